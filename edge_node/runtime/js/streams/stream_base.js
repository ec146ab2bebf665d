// What all streams are built of: promises on demand, queues, and Web IDL's conversions.
const {
  DataView, MathMax, MathTrunc, NumberIsNaN, Promise, RangeError, ReflectApply, TypeError, Uint8Array, typedArrayName,
  typedArrayBuffer, typedArrayByteOffset, typedArrayByteLength, dataViewBuffer, dataViewByteOffset, dataViewByteLength,
  bufferByteLength, isView,
} = internals.primordials;
const { then } = internals;
const { markHandled } = native.streams;
const noop = () => {};

// ---- promises

class Deferred {
  promise;
  resolve;
  reject;
  constructor() {
    this.promise = new Promise((resolve, reject) => { this.resolve = resolve; this.reject = reject; });
  }
}

// A promise of undefined that is made when somebody looks at it; its rejection needs no handler.
// `closed` and `ready` of most readers and writers are never looked at.
const kPending = 0, kFulfilled = 1, kRejected = 2;
class Outcome {
  state = kPending;
  reason = undefined;
  deferred = null;
  static fulfilled() {
    const outcome = new Outcome();
    outcome.state = kFulfilled;
    return outcome;
  }
  static rejected(reason) {
    const outcome = new Outcome();
    outcome.reject(reason);
    return outcome;
  }
  get pending() { return this.state === kPending; }
  get promise() {
    if (this.deferred === null) {
      this.deferred = new Deferred();
      this.settle();
    }
    return this.deferred.promise;
  }
  resolve() {
    this.state = kFulfilled;
    if (this.deferred !== null) this.settle();
  }
  reject(reason) {
    this.state = kRejected;
    this.reason = reason;
    if (this.deferred !== null) this.settle();
  }
  settle() {
    const { promise, resolve, reject } = this.deferred;
    if (this.state === kFulfilled) resolve(undefined);
    if (this.state !== kRejected) return;
    markHandled(promise);
    reject(this.reason);
  }
}

const kDone = new Promise((resolve) => resolve(undefined));
// "A promise resolved with" of Web IDL, which never hands a promise through. kDone is never given to a worker.
const resolvedWith = (value) => (value === undefined ? kDone : new Promise((resolve) => resolve(value)));
const fulfilled = () => new Promise((resolve) => resolve(undefined));
const rejectedWith = (reason) => new Promise((resolve, reject) => reject(reason));
// What an algorithm gives: a promise, or undefined for one that is done. A worker's callback is converted first.
const settledBy = (result) => (result === undefined ? kDone : result);
const callBack = (callback, self, args) => resolvedWith(ReflectApply(callback, self, args));

// ---- queues

// First in, first out, of objects with a field `next`.
class Fifo {
  head = null;
  tail = null;
  length = 0;
  push(item) {
    if (this.tail === null) this.head = item; else this.tail.next = item;
    this.tail = item;
    ++this.length;
  }
  shift() {
    const item = this.head;
    this.head = item.next;
    if (this.head === null) this.tail = null;
    item.next = null;
    --this.length;
    return item;
  }
  // The first of what was queued; the others hang on it.
  takeAll() {
    const { head } = this;
    this.head = this.tail = null;
    this.length = 0;
    return head;
  }
}

class SizedChunk {
  value;
  size;
  next = null;
  constructor(value, size) { this.value = value; this.size = size; }
}
// Queue-with-sizes (section 8.1).
class ChunkQueue extends Fifo {
  size = 0;
  enqueue(value, size) {
    if (typeof size !== 'number' || NumberIsNaN(size) || size < 0 || size === Infinity) {
      throw new RangeError('a chunk\'s size must be a finite, non-negative number');
    }
    this.push(new SizedChunk(value, size));
    this.size += size;
  }
  dequeue() {
    const { value, size } = this.shift();
    this.size = MathMax(0, this.size - size);  // rounding may leave it below zero
    return value;
  }
  reset() {
    this.takeAll();
    this.size = 0;
  }
}

// ---- Web IDL

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
const illegal = (name, member) => new TypeError(`${name}.${member}: called on something else than a ${name}`);
function toDictionary(value, what) {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new TypeError(`${what}: expected an object, got ${typeof value}`);
  return value;
}
function toCallback(value, what) {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${what} is not a function`);
  return value;
}
// [EnforceRange] unsigned long long.
function toCount(value, what) {
  const n = MathTrunc(+value);
  if (!(n >= 0 && n <= 9007199254740991)) throw new TypeError(`${what} is ${n}; expected an integer from 0 to 2^53 - 1`);
  return n + 0;
}
// QueuingStrategy as [highWaterMark, size], either of them undefined. Web IDL converts it before a source is read.
function toStrategy(strategy) {
  const dictionary = toDictionary(strategy, 'the queuing strategy');
  if (dictionary === undefined) return { highWaterMark: undefined, size: undefined };
  const { highWaterMark } = dictionary;
  const converted = highWaterMark === undefined ? undefined : +highWaterMark;
  return { highWaterMark: converted, size: toCallback(dictionary.size, 'the strategy\'s size') };
}
function extractHighWaterMark({ highWaterMark }, byDefault) {
  if (highWaterMark === undefined) return byDefault;
  if (NumberIsNaN(highWaterMark) || highWaterMark < 0) {
    throw new RangeError(`the strategy's highWaterMark is ${highWaterMark}; expected a non-negative number`);
  }
  return highWaterMark;
}
// Undefined: every chunk counts 1.
const extractSize = ({ size }) => (size === undefined ? undefined : (chunk) => +ReflectApply(size, undefined, [chunk]));

// ---- views of bytes, as the engine knows them

const bufferOf = (view) => (typedArrayName(view) === undefined ? dataViewBuffer(view) : typedArrayBuffer(view));
const offsetOf = (view) => (typedArrayName(view) === undefined ? dataViewByteOffset(view) : typedArrayByteOffset(view));
const lengthOf = (view) => (typedArrayName(view) === undefined ? dataViewByteLength(view) : typedArrayByteLength(view));
// BufferSource of Web IDL.
function expectBytes(value, what) {
  try {
    if (isView(value)) bufferByteLength(bufferOf(value)); else bufferByteLength(value);
  } catch {
    throw new TypeError(`${what} takes ArrayBuffers, typed arrays and DataViews that are not shared`);
  }
}

return {
  Deferred, Outcome, kDone, fulfilled, resolvedWith, rejectedWith, settledBy, callBack, noop, then, Fifo, ChunkQueue, isObject, illegal,
  toDictionary, toCallback, toCount, toStrategy, extractHighWaterMark, extractSize, bufferOf, offsetOf,
  lengthOf, isView, expectBytes, DataView, Uint8Array,
};
