// Scheduler with postTask and yield (Prioritized Task Scheduling section 2) and wait, TaskController, TaskSignal.
//
// Tasks without a delay wait in one list, the isolate's; each posts one turn of its request, which runs the best task
// of that request that is waiting by then.
const { kInternal, onAbort, requireArguments, toDictionary, startTimer, stopTimer } = internals;
const { post, current } = native.io;
const { apply } = Reflect;
const priorities = ['user-blocking', 'user-visible', 'background'];
const kDefault = 1;

function toPriority(value) {
  const priority = priorities.indexOf(`${value}`);
  if (priority < 0) throw new TypeError(`'${value}' is no priority: expected ${priorities.join(', ')}`);
  return priority;
}
function toSignal(value) {
  if (value === undefined || internals.isAbortSignal(value)) return value;
  throw new TypeError('the signal is not an AbortSignal');
}

let isTaskSignal, priorityOf, makeTaskSignal, setPriority;

class TaskSignal extends AbortSignal {
  #priority = kDefault;
  #isChanging = false;
  #dependents = [];  // WeakRefs of signals that take their priority from this one
  constructor() { super(arguments[0]); }
  static any(signals, init = undefined) {
    requireArguments(arguments, 1, 'TaskSignal.any');
    const { priority = 'user-visible' } = toDictionary(init, 'TaskSignal.any: the second argument');
    const from = isTaskSignal(priority) ? priority : null;
    const level = from === null ? toPriority(priority) : from.#priority;
    const result = internals.anySignal(signals, () => makeTaskSignal(level));
    from?.#dependents.push(new WeakRef(result));
    return result;
  }
  get priority() { return priorities[this.#priority]; }

  static {
    isTaskSignal = (value) => typeof value === 'object' && value !== null && #priority in value;
    priorityOf = (signal) => (isTaskSignal(signal) ? signal.#priority : kDefault);
    makeTaskSignal = (priority) => {
      const signal = new TaskSignal(kInternal);
      signal.#priority = priority;
      return signal;
    };
    setPriority = (signal, priority) => {
      if (signal.#isChanging) throw new internals.DOMException('the priority is being changed already', 'NotAllowedError');
      if (signal.#priority === priority) return;
      signal.#isChanging = true;
      const previousPriority = priorities[signal.#priority];
      signal.#priority = priority;
      internals.fire(signal, new TaskPriorityChangeEvent('prioritychange', { previousPriority }));
      for (const reference of signal.#dependents) {
        const dependent = reference.deref();
        if (dependent !== undefined) setPriority(dependent, priority);
      }
      signal.#isChanging = false;
    };
  }
}
internals.finishClass(TaskSignal, 'TaskSignal');
internals.eventHandler(TaskSignal.prototype, 'prioritychange');

class TaskController extends AbortController {
  constructor(init = undefined) {
    const { priority = 'user-visible' } = toDictionary(init, 'TaskController: the argument');
    super(kInternal, makeTaskSignal(toPriority(priority)));
  }
  setPriority(priority) {
    requireArguments(arguments, 1, 'TaskController.setPriority');
    setPriority(this.signal, toPriority(priority));
  }
}
internals.finishClass(TaskController, 'TaskController');

class TaskPriorityChangeEvent extends internals.Event {
  #previousPriority;
  constructor(type, init) {
    requireArguments(arguments, 2, 'TaskPriorityChangeEvent');
    super(type, init);
    this.#previousPriority = priorities[toPriority(toDictionary(init, 'TaskPriorityChangeEvent').previousPriority)];
  }
  get previousPriority() { return this.#previousPriority; }
}
internals.finishClass(TaskPriorityChangeEvent, 'TaskPriorityChangeEvent');

const waiting = [];  // {io, priority(), isContinuation, run}
function enqueue(task) {
  task.io = current();
  if (task.io === 0) throw new Error('scheduler: tasks are only possible while a request is handled, not in the global scope');
  waiting.push(task);
  post(() => {
    const rank = (t) => 2 * t.priority() - (t.isContinuation ? 1 : 0);
    let best;
    for (const t of waiting) if (t.io === task.io && (best === undefined || rank(t) < rank(best))) best = t;
    if (best === undefined) return;
    waiting.splice(waiting.indexOf(best), 1);
    best.run();
  });
}
function cancel(task) {
  const index = waiting.indexOf(task);
  if (index >= 0) waiting.splice(index, 1);
}
// The priority and signal that yield() goes on with: of the task that is running.
let inherited = null;

// Runs `start(done)` unless the signal aborts first; `start` gives how to stop it.
function abortable(signal, resolve, reject, start) {
  if (signal?.aborted) return reject(signal.reason);
  let forget;
  const stop = start(() => forget?.());
  if (signal !== undefined) forget = onAbort(signal, (reason) => { stop(); reject(reason); });
}

class Scheduler {
  #isScheduler = true;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
  }
  postTask(callback, options = undefined) {
    return new Promise((resolve, reject) => {
      this.#isScheduler;
      requireArguments(arguments, 1, 'Scheduler.postTask');
      if (typeof callback !== 'function') throw new TypeError('Scheduler.postTask: the callback is not a function');
      const { delay = 0, priority, signal: given } = toDictionary(options, 'Scheduler.postTask: the options');
      const ms = internals.enforceRange(delay, 'Scheduler.postTask: delay');
      const fixed = priority === undefined ? null : toPriority(priority);
      const signal = toSignal(given);
      const level = () => fixed ?? priorityOf(signal);
      abortable(signal, resolve, reject, (done) => {
        const task = { priority: level, isContinuation: false, run() {
          done();
          inherited = { priority: level, signal };
          try { resolve(apply(callback, undefined, [])); } catch (error) { reject(error); }
          // What the task awaits may still yield in its name; a later task or request does not.
          post(() => { if (inherited?.priority === level) inherited = null; });
        } };
        if (ms === 0) {
          enqueue(task);
          return () => cancel(task);
        }
        const timer = startTimer(() => enqueue(task), ms);
        return () => { stopTimer(timer); cancel(task); };
      });
    });
  }
  yield() {
    return new Promise((resolve, reject) => {
      this.#isScheduler;
      const { priority, signal } = inherited ?? { priority: () => kDefault, signal: undefined };
      abortable(signal, resolve, reject, (done) => {
        const task = { priority, isContinuation: true, run() { done(); resolve(); } };
        enqueue(task);
        return () => cancel(task);
      });
    });
  }
  // Not of the standard: a promise for later.
  wait(delay, options = undefined) {
    return new Promise((resolve, reject) => {
      this.#isScheduler;
      requireArguments(arguments, 1, 'Scheduler.wait');
      const { signal: given } = toDictionary(options, 'Scheduler.wait: the options');
      abortable(toSignal(given), resolve, reject, (done) => {
        const timer = startTimer(() => { done(); resolve(); }, Math.max(0, delay | 0));
        return () => stopTimer(timer);
      });
    });
  }
}
internals.finishClass(Scheduler, 'Scheduler');

return { Scheduler, TaskController, TaskSignal, TaskPriorityChangeEvent, scheduler: new Scheduler(kInternal) };
