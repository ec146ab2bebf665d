// EventTarget (DOM standard section 2.7) and event handler attributes (HTML section 8.1.8).
const { requireArguments, isEvent, isDispatching, dispatchByScript, dispatchTrusted } = internals;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { apply } = Reflect;
const none = [];

// The options of addEventListener and removeEventListener: a dictionary, or `capture` alone.
const isDictionary = (options) => options === undefined || options === null || typeof options === 'object' || typeof options === 'function';
const captureOf = (options) => (isDictionary(options) ? !!options?.capture : !!options);

function checkCallback(callback, what) {
  if (callback === null || callback === undefined || typeof callback === 'function' || typeof callback === 'object') return;
  throw new TypeError(`${what}: the listener is neither a function nor an object`);
}

class Listener {
  constructor(list, callback, capture) {
    this.list = list;
    this.callback = callback;
    this.capture = capture;
    this.once = this.passive = this.removed = false;
    this.forget = null;  // takes the abort signal's step back
  }
  remove() {
    this.removed = true;
    this.list.remove(this);
    this.forget?.();
  }
}

// The listeners of one type, in an array that is never changed in place: an event under way keeps its own.
class ListenerList {
  all = none;
  find(callback, capture) { return this.all.find((l) => l.callback === callback && l.capture === capture); }
  add(listener) { this.all = [...this.all, listener]; }
  remove(listener) { this.all = this.all.filter((l) => l !== listener); }
}

// Methods called without a target, or on the global object, mean the global object, whose listeners a stand-in keeps.
let real, shown;
let listenersOf, handlersOf;

class EventTarget {
  #listeners = null;  // Map type -> ListenerList, made when first needed
  #handlers = null;   // Map type -> {value, listener}, of the on<type> attributes

  addEventListener(type, callback, options = undefined) {
    requireArguments(arguments, 2, 'EventTarget.addEventListener');
    const target = real(this);
    const key = `${type}`;
    checkCallback(callback, 'EventTarget.addEventListener');
    const capture = captureOf(options);
    let once = false, passive = false, signal;
    if (isDictionary(options) && options !== undefined && options !== null) ({ once, passive, signal } = options);
    if (signal !== undefined) {
      if (!internals.isAbortSignal(signal)) throw new TypeError('EventTarget.addEventListener: signal is not an AbortSignal');
      if (signal.aborted) return;
    }
    if (callback === null || callback === undefined) return;
    const map = target.#listeners ??= new Map();
    let list = map.get(key);
    if (list === undefined) map.set(key, list = new ListenerList());
    if (list.find(callback, capture) !== undefined) return;
    const listener = new Listener(list, callback, capture);
    listener.once = !!once;
    listener.passive = !!passive;
    list.add(listener);
    if (signal !== undefined) listener.forget = internals.onAbort(signal, () => listener.remove());
    internals.listenerAdded?.(target, key);
  }
  removeEventListener(type, callback, options = undefined) {
    requireArguments(arguments, 2, 'EventTarget.removeEventListener');
    const target = real(this);
    const key = `${type}`;
    checkCallback(callback, 'EventTarget.removeEventListener');
    target.#listeners?.get(key)?.find(callback, captureOf(options))?.remove();
  }
  dispatchEvent(event) {
    requireArguments(arguments, 1, 'EventTarget.dispatchEvent');
    const target = real(this);
    const list = target.#listeners;
    if (!isEvent(event)) throw new TypeError('EventTarget.dispatchEvent: expected an Event');
    if (isDispatching(event)) throw new internals.DOMException('the event is being dispatched already', 'InvalidStateError');
    return dispatchByScript(event, shown(target), list?.get(event.type)?.all ?? none);
  }
  static {
    listenersOf = (target, type) => real(target).#listeners?.get(type)?.all ?? none;
    handlersOf = (target) => real(target).#handlers ??= new Map();
    const stand = new EventTarget();
    real = (target) => {
      if (target === undefined || target === null || target === globalThis) return stand;
      if (typeof target === 'object' && #listeners in target) return target;
      throw new TypeError('Illegal invocation');
    };
    shown = (target) => (target === stand ? globalThis : target);
  }
}
internals.finishClass(EventTarget, 'EventTarget');

// Fires an event of the runtime's own; false when it was canceled.
internals.fire = (target, event) => dispatchTrusted(event, target, listenersOf(target, event.type));
internals.hasListeners = (target, type) => listenersOf(target, type).length > 0;

// Runs the value of a handler attribute, which may be an object that cannot be called.
function handle(handler, target, event) {
  if (typeof handler !== 'function') return;
  const isError = target === globalThis && event.type === 'error' && internals.isErrorEvent?.(event) === true;
  const result = isError
    ? apply(handler, target, [event.message, event.filename, event.lineno, event.colno, event.error])
    : apply(handler, target, [event]);
  if (result === isError) event.preventDefault();
}
// An on<type> attribute. Its place among the listeners is where it was first set.
internals.eventHandler = (object, type) => {
  const name = `on${type}`;
  const accessor = {
    get [name]() { return handlersOf(this).get(type)?.value ?? null; },
    set [name](value) {
      const target = this ?? globalThis;
      const handlers = handlersOf(target);
      const entry = handlers.get(type);
      const isHandler = (typeof value === 'object' && value !== null) || typeof value === 'function';
      if (!isHandler) {
        if (entry === undefined) return;
        handlers.delete(type);
        removeEventListener(target, type, entry.listener);
      } else if (entry !== undefined) {
        entry.value = value;
      } else {
        const added = { value, listener: (event) => handle(added.value, target, event) };
        handlers.set(type, added);
        addEventListener(target, type, added.listener);
      }
    },
  };
  defineProperty(object, name, getOwnPropertyDescriptor(accessor, name));
};
const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
const addEventListener = (target, type, listener) => apply(add, target, [type, listener]);
const removeEventListener = (target, type, listener) => apply(remove, target, [type, listener]);

internals.defineGlobals({ EventTarget });
