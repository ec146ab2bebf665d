// Explicit resource management without its syntax (ECMA-262 sections 20.5.8, 27.3 and 27.4): SuppressedError,
// DisposableStack, AsyncDisposableStack, and disposal of iterators.
const { apply } = Reflect;
const { defineProperty, setPrototypeOf } = Object;
const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

class SuppressedErrorClass extends Error {
  constructor(error, suppressed, message) {
    super(message);
    if (message === undefined) delete this.message;
    defineProperty(this, 'error', { value: error, writable: true, configurable: true });
    defineProperty(this, 'suppressed', { value: suppressed, writable: true, configurable: true });
  }
}
// A native error is made by a call, too.
function SuppressedError(error, suppressed, message) {
  return Reflect.construct(SuppressedErrorClass, [error, suppressed, message], new.target ?? SuppressedError);
}
setPrototypeOf(SuppressedError, Error);
defineProperty(SuppressedError, 'prototype', { value: SuppressedErrorClass.prototype, writable: false });
for (const [key, value] of [['constructor', SuppressedError], ['name', 'SuppressedError'], ['message', '']]) {
  defineProperty(SuppressedError.prototype, key, { value, writable: true, configurable: true, enumerable: false });
}

function methodOf(value, symbol) {
  const method = value[symbol];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeError(`${symbol.description} is not a function`);
  return method;
}
const combine = (error, before) => new SuppressedError(error, before.error);

class DisposableStack {
  #stack = [];  // functions
  #isDisposed = false;
  #check() { if (this.#isDisposed) throw new ReferenceError('the stack is disposed already'); }
  get disposed() { return this.#isDisposed; }
  use(value) {
    this.#check();
    if (value === undefined || value === null) return value;
    if (!isObject(value)) throw new TypeError('DisposableStack.use: the value is not an object');
    const method = methodOf(value, Symbol.dispose);
    if (method === undefined) throw new TypeError('DisposableStack.use: the value has no Symbol.dispose');
    this.#stack.push(() => apply(method, value, []));
    return value;
  }
  adopt(value, onDispose) {
    this.#check();
    if (typeof onDispose !== 'function') throw new TypeError('DisposableStack.adopt: the callback is not a function');
    this.#stack.push(() => apply(onDispose, undefined, [value]));
    return value;
  }
  defer(onDispose) {
    this.#check();
    if (typeof onDispose !== 'function') throw new TypeError('DisposableStack.defer: the callback is not a function');
    this.#stack.push(() => apply(onDispose, undefined, []));
  }
  move() {
    this.#check();
    const moved = new DisposableStack();
    moved.#stack = this.#stack;
    this.#stack = [];
    this.#isDisposed = true;
    return moved;
  }
  dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    let failure = null;
    for (const run of this.#stack.splice(0).reverse()) {
      try {
        run();
      } catch (error) {
        failure = { error: failure === null ? error : combine(error, failure) };
      }
    }
    if (failure !== null) throw failure.error;
  }
}
class AsyncDisposableStack {
  #stack = [];  // {run, waits}
  #isDisposed = false;
  #check() { if (this.#isDisposed) throw new ReferenceError('the stack is disposed already'); }
  get disposed() { return this.#isDisposed; }
  use(value) {
    this.#check();
    if (value === undefined || value === null) {
      this.#stack.push(() => undefined);
      return value;
    }
    if (!isObject(value)) throw new TypeError('AsyncDisposableStack.use: the value is not an object');
    const asyncMethod = methodOf(value, Symbol.asyncDispose);
    const method = asyncMethod ?? methodOf(value, Symbol.dispose);
    if (method === undefined) throw new TypeError('AsyncDisposableStack.use: the value has neither Symbol.asyncDispose nor Symbol.dispose');
    // What a synchronous method returns is not waited for.
    this.#stack.push(asyncMethod === undefined ? () => { apply(method, value, []); } : () => apply(method, value, []));
    return value;
  }
  adopt(value, onDisposeAsync) {
    this.#check();
    if (typeof onDisposeAsync !== 'function') throw new TypeError('AsyncDisposableStack.adopt: the callback is not a function');
    this.#stack.push(() => apply(onDisposeAsync, undefined, [value]));
    return value;
  }
  defer(onDisposeAsync) {
    this.#check();
    if (typeof onDisposeAsync !== 'function') throw new TypeError('AsyncDisposableStack.defer: the callback is not a function');
    this.#stack.push(() => apply(onDisposeAsync, undefined, []));
  }
  move() {
    this.#check();
    const moved = new AsyncDisposableStack();
    moved.#stack = this.#stack;
    this.#stack = [];
    this.#isDisposed = true;
    return moved;
  }
  async disposeAsync() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    let failure = null;
    for (const run of this.#stack.splice(0).reverse()) {
      try {
        await run();
      } catch (error) {
        failure = { error: failure === null ? error : combine(error, failure) };
      }
    }
    if (failure !== null) throw failure.error;
  }
}
for (const [type, symbol, method] of [[DisposableStack, Symbol.dispose, 'dispose'], [AsyncDisposableStack, Symbol.asyncDispose, 'disposeAsync']]) {
  defineProperty(type.prototype, symbol, { value: type.prototype[method], writable: true, configurable: true });
  defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}

return {
  SuppressedError, DisposableStack, AsyncDisposableStack,
  iterator: { [Symbol.dispose]() {
    const method = this.return;
    if (method !== undefined && method !== null) apply(method, this, []);
  } },
  asyncIterator: { async [Symbol.asyncDispose]() {
    const method = this.return;
    if (method !== undefined && method !== null) await apply(method, this, [undefined]);
  } },
};
