// What every other file builds on: how globals and classes are defined.
const { defineProperty, entries, freeze, getOwnPropertyDescriptor, getOwnPropertyNames } = Object;
const { trunc } = Math;
const { MAX_SAFE_INTEGER } = Number;

// Web IDL: interface objects are writable and configurable but not enumerable. Operations of the global object, whose
// names begin with a small letter, are enumerable members of WorkerGlobalScope.prototype (js/global_scope.js).
internals.defineGlobals = (globals) => {
  for (const [name, value] of entries(globals)) {
    const isOperation = typeof value === 'function' && name[0] >= 'a';
    defineProperty(isOperation ? internals.scopePrototype ?? globalThis : globalThis, name, {
      value, writable: true, configurable: true, enumerable: isOperation,
    });
  }
};

// Structured clones (js/structured_clone.js) do not go into objects of the classes of this runtime, known by their
// prototypes. Those that can be cloned have cloneSteps, (object, cloner) => its copy; those that can be transferred have
// transferSteps, (object) => [finish, receive]: receive() makes the object that stands for it, undefined when it is
// detached; finish(), once nothing can fail any more, takes the original's content away.
internals.platformPrototypes = new Set();
internals.cloneSteps = new Map();
internals.transferSteps = new Map();

// Web IDL: methods and accessors of an interface are enumerable, and its objects have a string tag.
const enumerable = freeze({ __proto__: null, enumerable: true });
internals.finishClass = (constructor, name) => {
  const { prototype } = constructor;
  for (const key of getOwnPropertyNames(constructor)) {
    if (key !== 'length' && key !== 'name' && key !== 'prototype') defineProperty(constructor, key, enumerable);
  }
  for (const key of getOwnPropertyNames(prototype)) {
    if (key !== 'constructor') defineProperty(prototype, key, enumerable);
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  internals.platformPrototypes.add(prototype);
  return constructor;
};
// Web IDL section 3.7.3: constants stand on the interface object and on its prototype.
internals.defineConstants = (constructor, constants) => {
  for (const [name, value] of entries(constants)) {
    for (const object of [constructor, constructor.prototype]) defineProperty(object, name, { value, enumerable: true });
  }
};

// Web IDL conversions that several files share. `what` begins the message: "Event".
internals.requireArguments = (args, count, what) => {
  if (args.length >= count) return;
  throw new TypeError(`${what}: ${count} argument${count === 1 ? '' : 's'} needed, but only ${args.length} given`);
};
// A dictionary: an object to read members of, for undefined and null one without any.
const noMembers = freeze({ __proto__: null });
internals.toDictionary = (value, what) => {
  if (value === undefined || value === null) return noMembers;
  if (typeof value === 'object' || typeof value === 'function') return value;
  throw new TypeError(`${what} is neither an object nor undefined`);
};
internals.toBoolean = (value) => !!value;
// [EnforceRange] unsigned long long.
internals.enforceRange = (value, what) => {
  const number = trunc(+value);
  if (number >= 0 && number <= MAX_SAFE_INTEGER) return number + 0;
  throw new TypeError(`${what} is not a whole number from 0 to ${MAX_SAFE_INTEGER}`);
};
internals.toSequence = (value, what) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || typeof value[Symbol.iterator] !== 'function') {
    throw new TypeError(`${what} is not iterable`);
  }
  return [...value];
};
// The `this` of an operation of the global object.
internals.checkGlobal = (value) => {
  if (value !== undefined && value !== null && value !== globalThis) throw new TypeError('Illegal invocation');
};
// A read-only attribute of the global object, made when it is first read. [Replaceable] lets a worker put another
// value in its place. `on` is where Web IDL has the attribute.
internals.defineGlobalAttribute = (name, get, { replaceable = false, on = globalThis } = {}) => {
  let value;
  const accessor = {
    get [name]() {
      internals.checkGlobal(this);
      return value ??= get();
    },
    set [name](other) {
      internals.checkGlobal(this);
      defineProperty(globalThis, name, { value: other, writable: true, configurable: true, enumerable: true });
    },
  };
  const descriptor = getOwnPropertyDescriptor(accessor, name);
  if (!replaceable) descriptor.set = undefined;
  defineProperty(on, name, descriptor);
};

// A promise reaction that a worker's patch of Promise.prototype.then cannot reach.
const promiseThen = Promise.prototype.then;
const { apply } = Reflect;
internals.then = (promise, onFulfilled, onRejected) => apply(promiseThen, promise, [onFulfilled, onRejected]);
internals.resolved = (value) => Promise.resolve(value);

// Errors nobody caught: reported like an uncaught exception of the request.
internals.report = (error) => native.io.report(error);
internals.entry = {};

// A token that only this code can hold: constructors take it to build objects by other means than the
// arguments of the standard.
internals.kInternal = { internal: true };

// Calls it in a turn of its own of this request; in the global scope, where there is no other turn, soon.
internals.postTask = (callback) => {
  if (native.io.post(callback)) return;
  internals.then(internals.resolved(), () => {
    try {
      callback();
    } catch (error) {
      internals.report(error);
    }
  });
};
