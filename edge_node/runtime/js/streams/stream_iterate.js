// Streams out of iterables and iterables out of streams: ReadableStream.from, values() and for await (Streams standard
// sections 4.2.5, 4.9.1; Web IDL section 3.7.10 for how calls of next() and return() queue up).
const { then, fulfilled, resolvedWith, rejectedWith, noop, Deferred, isObject, illegal, toDictionary } = internals.load('stream_base');
const { acquire, cancelReader, create, readInto, release } = internals.load('stream_readable');
const {
  AsyncIteratorPrototype, ObjectSetPrototypeOf, Promise, ReflectApply, SymbolAsyncIterator, SymbolIterator, TypeError,
} = internals.primordials;

// ---- from

function methodOf(value, name) {
  const method = value[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeError('ReadableStream.from: a method of the iterator is not a function');
  return method;
}
const expectObject = (value, what) => {
  if (!isObject(value)) throw new TypeError(`ReadableStream.from: the iterator's ${what} gave no object`);
  return value;
};
// GetIterator(value, async), as {next(), return(reason)} of promises of results.
function asyncIteratorOf(value) {
  if (value === undefined || value === null) throw new TypeError('ReadableStream.from: expected an iterable');
  let method = methodOf(value, SymbolAsyncIterator);
  const isSync = method === undefined;
  if (isSync) method = methodOf(value, SymbolIterator);
  if (method === undefined) throw new TypeError('ReadableStream.from: expected an iterable');
  const iterator = expectObject(ReflectApply(method, value, []), 'iterator method');
  const { next } = iterator;
  return { iterator, next, isSync };
}
// A result of a sync iterator with its value awaited (CreateAsyncFromSyncIterator).
function awaitValue(result, what) {
  const { done, value } = expectObject(result, what);
  return then(new Promise((resolve) => resolve(value)), (awaited) => ({ done, value: awaited }));
}
function fromIterable(iterable) {
  const { iterator, next, isSync } = asyncIteratorOf(iterable);
  const pull = (c) => {
    const result = ReflectApply(next, iterator, []);
    return then(isSync ? awaitValue(result, 'next()') : new Promise((resolve) => resolve(result)), (settled) => {
      const { done } = expectObject(settled, 'next()');
      if (done) c.close(); else c.enqueue(settled.value);
    });
  };
  const cancel = (reason) => {
    const method = methodOf(iterator, 'return');
    if (method === undefined) return undefined;
    const result = ReflectApply(method, iterator, [reason]);
    return then(isSync ? awaitValue(result, 'return()') : new Promise((resolve) => resolve(result)), (settled) => {
      expectObject(settled, 'return()');
    });
  };
  return internals.readable.wrap(create(pull, cancel, 0));
}

// ---- values

// Calls of next() and return() wait for the one before. Mostly there is none, and then nothing is chained.
class Iteration {
  reader;
  preventCancel;
  finished = false;
  pending = 0;   // calls that are not answered yet
  last = null;   // the promise of the latest of them
  constructor(reader, preventCancel) {
    this.reader = reader;
    this.preventCancel = preventCancel;
  }
  enqueue(steps) {
    this.last = this.pending++ === 0 ? steps() : then(this.last, steps, steps);
    return this.last;
  }
  settled() {
    if (--this.pending === 0) this.last = null;
  }
  onNext = (value) => {
    this.settled();
    if (value !== kEnd) return { value, done: false };
    this.finished = true;
    return { value: undefined, done: true };
  };
  onError = (error) => {
    this.settled();
    this.finished = true;
    throw error;
  };
  next() {
    if (this.finished) {
      this.settled();
      return resolvedWith({ value: undefined, done: true });
    }
    const request = new IteratedRead(this.reader);
    readInto(this.reader, request);
    return then(request.deferred.promise, this.onNext, this.onError);
  }
  return(value) {
    if (this.finished) {
      this.settled();
      return fulfilled();
    }
    this.finished = true;
    const canceled = this.preventCancel ? fulfilled() : cancelReader(this.reader, value);
    release(this.reader);
    const settled = () => this.settled();
    then(canceled, settled, settled);
    return canceled;
  }
}
const kEnd = { end: true };
class IteratedRead {
  next = null;
  deferred = new Deferred();
  reader;
  constructor(reader) { this.reader = reader; }
  chunk(value) { this.deferred.resolve(value); }
  close() {
    release(this.reader);
    this.deferred.resolve(kEnd);
  }
  error(error) {
    release(this.reader);
    this.deferred.reject(error);
  }
}

class Iterator {
  #iteration;
  constructor(iteration) { this.#iteration = iteration; }
  static #is(value) { return isObject(value) && #iteration in value; }
  next() {
    if (!Iterator.#is(this)) return rejectedWith(illegal('ReadableStreamAsyncIterator', 'next'));
    const iteration = this.#iteration;
    return iteration.enqueue(() => iteration.next());
  }
  return(value) {
    if (!Iterator.#is(this)) return rejectedWith(illegal('ReadableStreamAsyncIterator', 'return'));
    const iteration = this.#iteration;
    return then(iteration.enqueue(() => iteration.return(value)), () => ({ value, done: true }));
  }
}
internals.finishClass(Iterator, 'ReadableStream AsyncIterator');
delete Iterator.prototype.constructor;
ObjectSetPrototypeOf(Iterator.prototype, AsyncIteratorPrototype);

function values(s, options) {
  const preventCancel = !!toDictionary(options, 'values: the options')?.preventCancel;
  return new Iterator(new Iteration(acquire(s), preventCancel));
}

return { fromIterable, values };
