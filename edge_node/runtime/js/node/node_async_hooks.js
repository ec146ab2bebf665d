// node:async_hooks: AsyncLocalStorage and AsyncResource over async_frame.h. A frame's stores are a Map that is never
// changed, storage -> value.
const { check } = internals.load('node_errors');
const { stores, enter } = native.async;
function run(frame, callback, self, args) {
  check.function(callback, 'callback');
  return native.async.run(frame, callback, self, args);
}

const withStore = (key, value) => {
  const next = new Map(stores());
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next.size === 0 ? undefined : next;
};

class AsyncLocalStorage {
  getStore() { return stores()?.get(this); }
  run(store, callback, ...args) { return run(withStore(this, store), callback, undefined, args); }
  exit(callback, ...args) { return run(withStore(this, undefined), callback, undefined, args); }
  enterWith(store) { enter(withStore(this, store)); }
  disable() { enter(withStore(this, undefined)); }
  static bind(callback) {
    check.function(callback, 'fn');
    const frame = stores();
    return function bound(...args) { return run(frame, callback, this, args); };
  }
  static snapshot() { return AsyncLocalStorage.bind((callback, ...args) => callback(...args)); }
}

let lastId = 0;
class AsyncResource {
  #frame = stores();
  #id = ++lastId;
  constructor(type) { check.string(type, 'type'); }
  runInAsyncScope(callback, self = undefined, ...args) { return run(this.#frame, callback, self, args); }
  bind(callback) {
    check.function(callback, 'fn');
    const resource = this;
    return function bound(...args) { return resource.runInAsyncScope(callback, this, ...args); };
  }
  asyncId() { return this.#id; }
  triggerAsyncId() { return 0; }
  emitDestroy() { return this; }
  static bind(callback, type = undefined, self = undefined) {
    const frame = stores();
    check.function(callback, 'fn');
    return function bound(...args) { return run(frame, callback, self ?? this, args); };
  }
}

const exports = () => {
  const named = {
    AsyncLocalStorage, AsyncResource, executionAsyncId: () => 0, triggerAsyncId: () => 0, executionAsyncResource: () => ({}),
  };
  return { ...named, default: named };
};
return { exports };
