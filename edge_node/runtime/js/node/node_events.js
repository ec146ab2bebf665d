// node:events: EventEmitter and the functions around it.
const { nodeError, check, AbortError } = internals.load('node_errors');
const { inspect } = internals.load('inspect');
const { apply, ownKeys } = Reflect;
const kCapture = Symbol.for('nodejs.rejection'), kErrorMonitor = Symbol('events.errorMonitor');
let defaultMaxListeners = 10;

function EventEmitter(options) { EventEmitter.init.call(this, options); }
EventEmitter.init = function init(options = undefined) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners ??= undefined;
  if (options?.captureRejections) this._captures = true;
};

// Listeners stand in an array that is never changed once it is there, so that an emit under way keeps its own.
const listenersOf = (emitter, name) => emitter._events?.[name] ?? [];
function setListeners(emitter, name, list) {
  if (list.length > 0) emitter._events[name] = list;
  else delete emitter._events[name];
  emitter._eventsCount = ownKeys(emitter._events).length;
}
function add(emitter, name, listener, isFirst) {
  check.function(listener, 'listener');
  if (emitter._events === undefined) EventEmitter.init.call(emitter);
  if (emitter._events.newListener !== undefined) emitter.emit('newListener', name, listener.listener ?? listener);
  const before = listenersOf(emitter, name);
  const list = isFirst ? [listener, ...before] : [...before, listener];
  setListeners(emitter, name, list);
  const most = emitter.getMaxListeners();
  if (most > 0 && list.length === most + 1) {
    console.warn(`MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${list.length} ${String(name)} listeners added to ${inspect(emitter, { depth: -1 })}. MaxListeners is ${most}. Use emitter.setMaxListeners() to increase limit`);
  }
  return emitter;
}
function once(emitter, name, listener) {
  check.function(listener, 'listener');
  let done = false;
  const wrapper = function wrapper(...args) {
    if (done) return undefined;
    done = true;
    emitter.removeListener(name, wrapper);
    return apply(listener, emitter, args);
  };
  wrapper.listener = listener;
  return wrapper;
}
function unhandled(args) {
  const [error] = args;
  if (error instanceof Error) throw error;
  const made = nodeError('ERR_UNHANDLED_ERROR', error);
  made.context = error;
  throw made;
}
function capture(emitter, result, name, args) {
  if (typeof result?.then !== 'function') return;
  result.then(undefined, (error) => {
    if (typeof emitter[kCapture] === 'function') emitter[kCapture](error, name, ...args);
    else emitter.emit('error', error);
  });
}

const methods = {
  setMaxListeners(count) {
    check.number(count, 'setMaxListeners', 0);
    this._maxListeners = count;
    return this;
  },
  getMaxListeners() { return this._maxListeners ?? defaultMaxListeners; },
  emit(name, ...args) {
    if (name === 'error') {
      for (const listener of listenersOf(this, kErrorMonitor)) apply(listener, this, args);
      if (listenersOf(this, name).length === 0) unhandled(args);
    }
    const list = listenersOf(this, name);
    for (const listener of list) {
      const result = apply(listener, this, args);
      if (this._captures && result !== undefined) capture(this, result, name, args);
    }
    return list.length > 0;
  },
  addListener(name, listener) { return add(this, name, listener, false); },
  prependListener(name, listener) { return add(this, name, listener, true); },
  // By on(), which streams have one of their own of.
  once(name, listener) { return this.on(name, once(this, name, listener)); },
  prependOnceListener(name, listener) { return add(this, name, once(this, name, listener), true); },
  removeListener(name, listener) {
    check.function(listener, 'listener');
    const list = listenersOf(this, name);
    const at = list.findLastIndex((item) => item === listener || item.listener === listener);
    if (at === -1) return this;
    setListeners(this, name, list.filter((_, i) => i !== at));
    if (this._events.removeListener !== undefined) this.emit('removeListener', name, listener);
    return this;
  },
  removeAllListeners(...names) {
    if (this._events === undefined) return this;
    const every = names.length === 0;
    for (const name of every ? ownKeys(this._events) : names) {
      if (every && name === 'removeListener') continue;
      if (this._events.removeListener === undefined) setListeners(this, name, []);
      else for (const listener of [...listenersOf(this, name)].reverse()) this.removeListener(name, listener);
    }
    if (every) setListeners(this, 'removeListener', []);
    return this;
  },
  listeners(name) { return listenersOf(this, name).map((listener) => listener.listener ?? listener); },
  rawListeners(name) { return [...listenersOf(this, name)]; },
  listenerCount(name, listener = undefined) {
    const list = listenersOf(this, name);
    return listener === undefined ? list.length : list.filter((item) => item === listener || item.listener === listener).length;
  },
  eventNames() { return this._events === undefined ? [] : ownKeys(this._events); },
};
Object.assign(EventEmitter.prototype, { _events: undefined, _eventsCount: 0, _maxListeners: undefined }, methods);
EventEmitter.prototype.on = EventEmitter.prototype.addListener;
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

const isTarget = (value) => typeof value?.addEventListener === 'function' && typeof value.on !== 'function';
function listen(emitter, name, listener) {
  if (isTarget(emitter)) {
    emitter.addEventListener(name, listener);
    return () => emitter.removeEventListener(name, listener);
  }
  emitter.on(name, listener);
  return () => emitter.removeListener(name, listener);
}
const aborted = (signal) => new AbortError(undefined, { cause: signal.reason });

// The arguments of the next event of this name.
function nextEvent(emitter, name, { signal } = {}) {
  check.signal(signal, 'options.signal');
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted(signal));
      return;
    }
    const stops = [];
    const end = (settle) => (value) => { stops.forEach((stop) => stop()); settle(value); };
    stops.push(listen(emitter, name, (...args) => end(resolve)(args)));
    if (name !== 'error' && !isTarget(emitter)) stops.push(listen(emitter, 'error', end(reject)));
    if (signal) stops.push(listen(signal, 'abort', () => end(reject)(aborted(signal))));
  });
}
// All of them, as they come.
function on(emitter, name, { signal } = {}) {
  check.signal(signal, 'options.signal');
  if (signal?.aborted) throw aborted(signal);
  const waiting = [], events = [], stops = [];
  let failure, isOver = false;
  const finish = () => {
    isOver = true;
    stops.forEach((stop) => stop());
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };
  const fail = (error) => {
    const first = waiting.shift();
    if (first === undefined) failure = { error };
    else first.reject(error);
    finish();
  };
  stops.push(listen(emitter, name, (...args) => {
    const first = waiting.shift();
    if (first === undefined) events.push(args);
    else first.resolve({ value: args, done: false });
  }));
  if (name !== 'error' && !isTarget(emitter)) stops.push(listen(emitter, 'error', fail));
  if (signal) stops.push(listen(signal, 'abort', () => fail(aborted(signal))));
  return {
    next() {
      if (events.length > 0) return Promise.resolve({ value: events.shift(), done: false });
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (isOver) return finish();
      return new Promise((resolve, reject) => { waiting.push({ resolve, reject }); });
    },
    return: finish,
    throw(error) { fail(error); },
    [Symbol.asyncIterator]() { return this; },
  };
}

const statics = {
  once: nextEvent, on, EventEmitter, errorMonitor: kErrorMonitor, captureRejectionSymbol: kCapture,
  listenerCount: (emitter, name) => emitter.listenerCount(name),
  getEventListeners: (emitter, name) => emitter.listeners(name),
  getMaxListeners: (emitter) => emitter.getMaxListeners(),
  setMaxListeners(count = defaultMaxListeners, ...emitters) {
    check.number(count, 'setMaxListeners', 0);
    if (emitters.length === 0) defaultMaxListeners = count;
    for (const emitter of emitters) emitter.setMaxListeners?.(count);
  },
  addAbortListener(signal, listener) {
    check.signal(signal, 'signal');
    if (signal.aborted) queueMicrotask(() => listener());
    else signal.addEventListener('abort', listener, { once: true });
    return { [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => signal.removeEventListener('abort', listener) };
  },
};
Object.assign(EventEmitter, statics);
Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  get: () => defaultMaxListeners, enumerable: true, configurable: true,
  set(count) { check.number(count, 'defaultMaxListeners', 0); defaultMaxListeners = count; },
});

const exports = () => ({ ...statics, defaultMaxListeners, default: EventEmitter });
return { EventEmitter, exports };
