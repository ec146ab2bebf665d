// What every other file builds on: how globals and classes are defined.
const { defineProperty, getOwnPropertyDescriptors } = Object;

// Web IDL: interface objects are writable and configurable but not enumerable.
internals.defineGlobals = (globals) => {
  for (const [name, value] of Object.entries(globals)) {
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
};

// Web IDL: methods and accessors of an interface are enumerable, and its objects have a string tag.
internals.finishClass = (constructor, name) => {
  const { prototype } = constructor;
  for (const [key, descriptor] of Object.entries(getOwnPropertyDescriptors(prototype))) {
    if (key !== 'constructor') defineProperty(prototype, key, { ...descriptor, enumerable: true });
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  return constructor;
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
