// Workers written as a script: addEventListener('fetch', (event) => event.respondWith(...)) (Service Workers, section
// 4.6). Their bindings are globals.
const { kInternal, defineGlobals, finishClass } = internals;
const own = new Map([['fetch', []], ['scheduled', []]]);  // listeners by type
const states = new WeakMap();  // by event

// What belongs to an event that was dispatched; of one that a worker made there is at most its request.
const stateOf = (event) => {
  const state = states.get(event);
  if (state === undefined) throw new TypeError('Illegal invocation');
  return state;
};
const contextOf = (event, what) => {
  const { ctx } = stateOf(event);
  if (ctx === undefined) throw new internals.DOMException(`${what}: the event was not dispatched by the runtime`, 'InvalidStateError');
  return ctx;
};
class ExtendableEvent extends Event {
  constructor(type, init = undefined) {
    super(type, init);
    states.set(this, {});
  }
  waitUntil(promise) { contextOf(this, 'waitUntil()').waitUntil(promise); }
}
class FetchEvent extends ExtendableEvent {
  constructor(type, init) {
    super(type, init);
    if (!internals.isObject(init) || !(init.request instanceof Request)) throw new TypeError('FetchEvent: init.request is no Request');
    stateOf(this).request = init.request;
  }
  get request() { return stateOf(this).request; }
  respondWith(response) {
    contextOf(this, 'respondWith()');
    const state = stateOf(this);
    if (state.dispatched || state.response !== undefined) {
      const why = state.dispatched ? 'the event was dispatched already' : 'it was called already';
      throw new internals.DOMException(`respondWith(): ${why}`, 'InvalidStateError');
    }
    state.response = Promise.resolve(response);
    state.response.catch(() => {});  // whoever takes the response hears of it
  }
  passThroughOnException() { contextOf(this, 'passThroughOnException()').passThroughOnException(); }
}
class ScheduledEvent extends ExtendableEvent {
  get scheduledTime() { return contextOf(this, 'scheduledTime').controller.scheduledTime; }
  get cron() { return contextOf(this, 'cron').controller.cron; }
  noRetry() { contextOf(this, 'noRetry()').controller.noRetry(); }
}
for (const constructor of [ExtendableEvent, FetchEvent, ScheduledEvent]) finishClass(constructor, constructor.name);

// Calls the listeners; what the first one to fail threw is thrown once all were called.
function fire(type, event, state) {
  states.set(event, state);
  let error, failed = false;
  for (const { callback, options } of [...own.get(type)]) {
    if (options?.once) remove(type, callback);
    try {
      if (typeof callback === 'function') callback.call(globalThis, event);
      else callback.handleEvent(event);
    } catch (thrown) {
      if (!failed) error = thrown;
      failed = true;
    }
  }
  state.dispatched = true;
  if (failed) throw error;
}

// The handlers of the events, as an ES module would export them.
const handlers = {
  fetch(request, env, ctx) {
    const state = { request, ctx, response: undefined, dispatched: false };
    fire('fetch', new FetchEvent('fetch', { cancelable: true, request }), state);
    // Nobody answered: the request goes on to where it was going.
    return state.response ?? fetch(request);
  },
  async scheduled(controller, env, ctx) {
    const work = [];
    const recording = { waitUntil(promise) { work.push(promise); ctx.waitUntil(promise); } };
    fire('scheduled', new ScheduledEvent('scheduled'), { ctx: { ...recording, controller } });
    await Promise.all(work);
  },
};

function remove(type, callback) {
  const list = own.get(type);
  const index = list.findIndex((listener) => listener.callback === callback);
  if (index >= 0) list.splice(index, 1);
}

// Before the script runs: its bindings and the listeners of its events are globals.
function install(env) {
  const inherited = { add: globalThis.addEventListener, remove: globalThis.removeEventListener };
  defineGlobals({
    addEventListener(type, callback, options) {
      const list = own.get(`${type}`);
      if (list === undefined) return inherited.add?.call(globalThis, type, callback, options);
      if (typeof callback !== 'function' && typeof callback?.handleEvent !== 'function') {
        throw new TypeError(`addEventListener: the listener of "${type}" is no function`);
      }
      if (!list.some((listener) => listener.callback === callback)) list.push({ callback, options });
    },
    removeEventListener(type, callback, options) {
      if (own.has(`${type}`)) return remove(`${type}`, callback);
      inherited.remove?.call(globalThis, type, callback, options);
    },
  });
  for (const [name, value] of Object.entries(env)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

function survey() {
  const has = (type) => own.get(type).length > 0;
  return { fetchListener: has('fetch') ? handlers.fetch : undefined, any: has('scheduled') };
}
return { install, survey, handlers, ExtendableEvent, FetchEvent, ScheduledEvent };
