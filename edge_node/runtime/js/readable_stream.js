// ReadableStream with its readers and controllers (Streams standard section 4).
//
// The algorithms work on plain state objects; the public classes are thin shells over them. Byte streams
// share the machinery of default streams: a BYOB read copies out of the queue instead of lending buffers to
// the source, so `byobRequest` is always null.
const { then, resolved, kInternal } = internals;
const noop = () => {};

function deferred() {
  const d = {};
  d.promise = new Promise((resolve, reject) => { d.resolve = resolve; d.reject = reject; });
  return d;
}
function handledRejection(error) {
  const promise = Promise.reject(error);
  then(promise, undefined, noop);
  return promise;
}

// ---- queue with sizes

class Queue {
  items = [];
  head = 0;
  size = 0;
  get length() { return this.items.length - this.head; }
  push(chunk, size) { this.items.push(chunk, size); this.size += size; }
  get empty() { return this.head === this.items.length; }
  shift() {
    const chunk = this.items[this.head];
    this.size = Math.max(0, this.size - this.items[this.head + 1]);
    this.items[this.head] = undefined;
    this.head += 2;
    if (this.head === this.items.length) { this.items.length = 0; this.head = 0; }
    else if (this.head > 256) { this.items.splice(0, this.head); this.head = 0; }
    return chunk;
  }
  unshift(chunk, size) {
    this.items.splice(0, this.head, chunk, size);
    this.head = 0;
    this.size += size;
  }
  clear() { this.items.length = 0; this.head = 0; this.size = 0; }
}

function extractStrategy(strategy, defaultHighWaterMark) {
  const size = strategy?.size;
  if (size !== undefined && typeof size !== 'function') throw new TypeError('the strategy\'s size is not a function');
  const highWaterMark = strategy?.highWaterMark === undefined ? defaultHighWaterMark : Number(strategy.highWaterMark);
  if (Number.isNaN(highWaterMark) || highWaterMark < 0) throw new RangeError('the strategy\'s highWaterMark is negative or no number');
  return { highWaterMark, size: size === undefined ? undefined : (chunk) => size(chunk) };
}
function checkedSize(size) {
  const n = Number(size);
  if (Number.isNaN(n) || n < 0 || n === Infinity) throw new RangeError('a chunk\'s size must be a finite, non-negative number');
  return n;
}

// ---- stream state: 'readable' -> 'closed' | 'errored'

function newStream(pub) {
  return { pub, state: 'readable', error: undefined, reader: null, disturbed: false, controller: null, native: null };
}
function setUpController(s, { start, pull, cancel }, { highWaterMark, size }, bytes) {
  const c = {
    s, queue: new Queue(), started: false, closeRequested: false, pulling: false, pullAgain: false, highWaterMark, size,
    pull, cancel, bytes, pub: null,
  };
  c.pub = bytes ? new ReadableByteStreamController(kInternal, c) : new ReadableStreamDefaultController(kInternal, c);
  s.controller = c;
  const startResult = start === undefined ? undefined : start(c.pub);
  then(resolved(startResult), () => {
    c.started = true;
    callPullIfNeeded(c);
  }, (error) => controllerError(c, error));
}
function desiredSize(c) {
  if (c.s.state === 'errored') return null;
  return c.s.state === 'closed' ? 0 : c.highWaterMark - c.queue.size;
}
function canEnqueue(c) { return !c.closeRequested && c.s.state === 'readable'; }
function callPullIfNeeded(c) {
  if (!canEnqueue(c) || !c.started || c.pull === undefined) return;
  if (!(c.s.reader !== null && c.s.reader.requests.length > 0) && !(desiredSize(c) > 0)) return;
  if (c.pulling) { c.pullAgain = true; return; }
  c.pulling = true;
  let result;
  try { result = resolved(c.pull(c.pub)); } catch (error) { result = Promise.reject(error); }
  then(result, () => {
    c.pulling = false;
    if (c.pullAgain) { c.pullAgain = false; callPullIfNeeded(c); }
  }, (error) => controllerError(c, error));
}
function clearAlgorithms(c) { c.pull = c.cancel = c.size = undefined; }
function controllerClose(c) {
  if (!canEnqueue(c)) throw new TypeError('the stream is closed or closing already');
  c.closeRequested = true;
  if (c.queue.empty) { clearAlgorithms(c); streamClose(c.s); }
}
function controllerEnqueue(c, chunk) {
  if (!canEnqueue(c)) throw new TypeError('the stream is closed or closing: nothing can be enqueued');
  if (c.bytes) {
    if (!ArrayBuffer.isView(chunk)) throw new TypeError('a byte stream takes typed arrays and DataViews only');
    if (chunk.byteLength === 0) throw new TypeError('a byte stream takes no empty chunks');
    chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  const { reader } = c.s;
  if (reader !== null && reader.requests.length > 0) {
    reader.requests.shift().chunk(chunk);
  } else {
    let size = c.bytes ? chunk.byteLength : 1;
    if (!c.bytes && c.size !== undefined) {
      try { size = checkedSize(c.size(chunk)); } catch (error) { controllerError(c, error); throw error; }
    }
    c.queue.push(chunk, size);
  }
  callPullIfNeeded(c);
}
function controllerError(c, error) {
  if (c.s.state !== 'readable') return;
  c.queue.clear();
  clearAlgorithms(c);
  streamError(c.s, error);
}
function streamClose(s) {
  s.state = 'closed';
  const { reader } = s;
  if (reader === null) return;
  reader.closed?.resolve();
  for (const request of reader.requests.splice(0)) request.close();
}
function streamError(s, error) {
  s.state = 'errored';
  s.error = error;
  const { reader } = s;
  if (reader === null) return;
  if (reader.closed) { then(reader.closed.promise, undefined, noop); reader.closed.reject(error); }
  for (const request of reader.requests.splice(0)) request.error(error);
}
function streamCancel(s, reason) {
  s.disturbed = true;
  if (s.state === 'closed') return Promise.resolve();
  if (s.state === 'errored') return Promise.reject(s.error);
  const c = s.controller;
  streamClose(s);
  c.queue.clear();
  const { cancel } = c;
  clearAlgorithms(c);
  let result;
  try { result = resolved(cancel?.(reason)); } catch (error) { result = Promise.reject(error); }
  return then(result, noop);
}

// ---- readers

// A request is {chunk(value), close(), error(e)}.
function readRequest(s, request) {
  s.disturbed = true;
  if (s.state === 'closed') return request.close();
  if (s.state === 'errored') return request.error(s.error);
  const c = s.controller;
  if (!c.queue.empty) {
    const chunk = c.queue.shift();
    if (c.closeRequested && c.queue.empty) { clearAlgorithms(c); streamClose(s); } else callPullIfNeeded(c);
    return request.chunk(chunk);
  }
  s.reader.requests.push(request);
  callPullIfNeeded(c);
}
function acquire(s, byob = false) {
  if (s.reader !== null) throw new TypeError('the stream is locked to another reader');
  return s.reader = { s, requests: [], closed: null, byob };
}
function readPromise(r) {
  if (r.s === null) return Promise.reject(new TypeError('the reader was released'));
  return new Promise((resolve, reject) => {
    readRequest(r.s, {
      chunk: (value) => resolve({ value, done: false }),
      close: () => resolve({ value: undefined, done: true }),
      error: reject,
    });
  });
}
function release(r) {
  if (r.s === null) return;
  const error = new TypeError('the reader was released');
  if (r.closed && r.s.state === 'readable') { then(r.closed.promise, undefined, noop); r.closed.reject(error); }
  else r.closed = { promise: handledRejection(error) };
  r.s.reader = null;
  r.s = null;
  for (const request of r.requests.splice(0)) request.error(error);
}
function closedPromise(r) {
  if (r.closed === null) {
    r.closed = deferred();
    if (r.s.state === 'closed') r.closed.resolve();
    if (r.s.state === 'errored') { then(r.closed.promise, undefined, noop); r.closed.reject(r.s.error); }
  }
  return r.closed.promise;
}
function readInto(r, view) {
  if (!ArrayBuffer.isView(view) || view.byteLength === 0) {
    return Promise.reject(new TypeError('read: expected a view of at least one byte'));
  }
  const make = (length) => (view instanceof DataView
    ? new DataView(view.buffer, view.byteOffset, length)
    : new view.constructor(view.buffer, view.byteOffset, Math.floor(length / view.BYTES_PER_ELEMENT)));
  return then(readPromise(r), ({ value, done }) => {
    if (done) return { value: make(0), done: true };
    const length = Math.min(value.byteLength, view.byteLength);
    new Uint8Array(view.buffer, view.byteOffset, length).set(value.subarray(0, length));
    if (length < value.byteLength && r.s !== null) putBack(r.s, value.subarray(length));
    return { value: make(length), done: false };
  });
}
function putBack(s, chunk) {
  if (s.reader.requests.length > 0) return s.reader.requests.shift().chunk(chunk);
  if (s.state === 'closed') { s.state = 'readable'; s.controller.closeRequested = true; }
  s.controller.queue.unshift(chunk, chunk.byteLength);
}

// ---- tee and pipe

function tee(s) {
  const r = acquire(s);
  let reading = false, again = false;
  const canceled = [false, false], reasons = [];
  const cancelDone = deferred();
  const branches = [];
  function pull() {
    if (reading) { again = true; return; }
    reading = true;
    readRequest(s, {
      chunk(value) {
        reading = false;
        again = false;
        // A consumer of one branch may write into its bytes: the other gets a copy.
        if (!canceled[0]) controllerEnqueue(branches[0].controller, value);
        if (!canceled[1]) controllerEnqueue(branches[1].controller, s.controller.bytes ? value.slice() : value);
        if (again) pull();
      },
      close() {
        reading = false;
        for (const i of [0, 1]) if (!canceled[i]) controllerClose(branches[i].controller);
        if (!canceled[0] || !canceled[1]) cancelDone.resolve();
      },
      error(error) {
        reading = false;
        for (const i of [0, 1]) controllerError(branches[i].controller, error);
        cancelDone.resolve();
      },
    });
  }
  for (const i of [0, 1]) {
    const cancel = (reason) => {
      canceled[i] = true;
      reasons[i] = reason;
      if (canceled[1 - i]) cancelDone.resolve(streamCancel(s, reasons));
      return cancelDone.promise;
    };
    branches.push(getStream(makeStream({ pull, cancel }, { highWaterMark: 0 }, s.controller.bytes)));
  }
  then(closedPromise(r), undefined, (error) => {
    for (const i of [0, 1]) controllerError(branches[i].controller, error);
    cancelDone.resolve();
  });
  return branches.map((branch) => branch.pub);
}

function pipeTo(s, destination, { preventClose, preventAbort, preventCancel, signal } = {}) {
  const { writable } = internals;
  const w = writable.acquire(destination);
  const r = acquire(s);
  s.disturbed = true;
  return new Promise((resolve, reject) => {
    let shuttingDown = false, lastWrite = resolved();
    let forget = noop;
    function finish(failed, error) {
      writable.release(w);
      release(r);
      forget();
      if (failed) reject(error); else resolve();
    }
    function shutdown(action, failed, error) {
      if (shuttingDown) return;
      shuttingDown = true;
      const act = () => {
        if (action === null) return finish(failed, error);
        then(action(), () => finish(failed, error), (actionError) => finish(true, actionError));
      };
      then(lastWrite, act, act);
    }
    if (signal !== undefined) {
      const onAbort = (reason) => shutdown(() => Promise.all([
        preventAbort || writable.state(destination) !== 'writable' ? undefined : writable.abort(destination, reason),
        preventCancel || s.state !== 'readable' ? undefined : streamCancel(s, reason),
      ]), true, reason);
      if (signal.aborted) return onAbort(signal.reason);
      forget = internals.onAbort(signal, onAbort);
    }
    then(closedPromise(r), undefined, (error) => {
      shutdown(preventAbort ? null : () => writable.abort(destination, error), true, error);
    });
    then(writable.closed(w), () => {
      if (shuttingDown) return;
      const error = new TypeError('pipeTo: the destination is closed');
      shutdown(preventCancel ? null : () => streamCancel(s, error), true, error);
    }, (error) => shutdown(preventCancel ? null : () => streamCancel(s, error), true, error));
    function step() {
      if (shuttingDown) return;
      then(writable.ready(w), () => {
        if (shuttingDown) return;
        readRequest(s, {
          chunk(value) {
            lastWrite = then(writable.write(w, value), undefined, noop);
            step();
          },
          close() { shutdown(preventClose ? null : () => writable.close(w), false); },
          error: noop,
        });
      }, noop);
    }
    step();
  });
}

// ---- public classes

let getStream, isStream;
class ReadableStream {
  #s;
  static {
    isStream = (value) => typeof value === 'object' && value !== null && #s in value;
    getStream = (value) => value.#s;
  }
  constructor(source, strategy) {
    this.#s = newStream(this);
    if (source === kInternal) return;
    if (source !== undefined && (source === null || typeof source !== 'object')) {
      throw new TypeError('ReadableStream: the underlying source is not an object');
    }
    const type = source?.type === undefined ? undefined : `${source.type}`;
    if (type !== undefined && type !== 'bytes') throw new TypeError(`ReadableStream: unknown type "${type}"`);
    const algorithms = {};
    for (const name of ['start', 'pull', 'cancel']) {
      const method = source?.[name];
      if (method === undefined) continue;
      if (typeof method !== 'function') throw new TypeError(`ReadableStream: the source's ${name} is not a function`);
      algorithms[name] = (argument) => method.call(source, argument);
    }
    setUpController(this.#s, algorithms, extractStrategy(strategy, type === 'bytes' ? 0 : 1), type === 'bytes');
  }
  static from(iterable) {
    const method = iterable?.[Symbol.asyncIterator] ?? iterable?.[Symbol.iterator];
    if (typeof method !== 'function') throw new TypeError('ReadableStream.from: expected an iterable');
    const iterator = method.call(iterable);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done) controller.close(); else controller.enqueue(await value);
      },
      async cancel(reason) { await iterator.return?.(reason); },
    }, { highWaterMark: 0 });
  }
  get locked() { return this.#s.reader !== null; }
  cancel(reason) {
    if (this.#s.reader !== null) return Promise.reject(new TypeError('cancel: the stream is locked to a reader'));
    return streamCancel(this.#s, reason);
  }
  getReader(options) {
    const mode = options?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` === 'byob') return new ReadableStreamBYOBReader(this);
    throw new TypeError(`getReader: unknown mode "${mode}"`);
  }
  tee() { return tee(this.#s); }
  pipeTo(destination, options) {
    if (!internals.writable.is(destination)) return Promise.reject(new TypeError('pipeTo: expected a WritableStream'));
    if (this.locked || destination.locked) return Promise.reject(new TypeError('pipeTo: one of the streams is locked'));
    return pipeTo(this.#s, destination, options ?? {});
  }
  pipeThrough(transform, options) {
    const { readable, writable } = transform;
    if (!isStream(readable) || !internals.writable.is(writable)) {
      throw new TypeError('pipeThrough: expected {readable, writable}');
    }
    if (this.locked || writable.locked) throw new TypeError('pipeThrough: one of the streams is locked');
    then(pipeTo(this.#s, writable, options ?? {}), undefined, noop);
    return readable;
  }
  values(options) {
    const r = acquire(this.#s);
    const preventCancel = Boolean(options?.preventCancel);
    let last = resolved(), finished = false;
    const next = () => {
      if (finished) return Promise.resolve({ value: undefined, done: true });
      return then(readPromise(r), (result) => {
        if (result.done) { finished = true; release(r); }
        return result;
      }, (error) => { finished = true; release(r); throw error; });
    };
    const finish = (value) => {
      if (finished) return Promise.resolve({ value, done: true });
      finished = true;
      const canceled = preventCancel ? resolved() : streamCancel(r.s, value);
      release(r);
      return then(canceled, () => ({ value, done: true }));
    };
    return Object.setPrototypeOf({
      next() { return last = then(last, next, next); },
      return(value) { return last = then(last, () => finish(value), () => finish(value)); },
    }, asyncIteratorPrototype);
  }
}
const asyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
internals.finishClass(ReadableStream, 'ReadableStream');
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator,
  { value: ReadableStream.prototype.values, writable: true, configurable: true });

function makeReader(name, read, byob) {
  return internals.finishClass({
    [name]: class {
      #r;
      constructor(stream) {
        if (!isStream(stream)) throw new TypeError(`${name}: expected a ReadableStream`);
        const s = getStream(stream);
        if (byob && !s.controller.bytes) throw new TypeError('a BYOB reader needs a stream of type "bytes"');
        this.#r = acquire(s, byob);
      }
      get closed() { return closedPromise(this.#r); }
      read(view) { return read(this.#r, view); }
      cancel(reason) {
        if (this.#r.s === null) return Promise.reject(new TypeError('the reader was released'));
        return streamCancel(this.#r.s, reason);
      }
      releaseLock() { release(this.#r); }
    },
  }[name], name);
}
const ReadableStreamDefaultReader = makeReader('ReadableStreamDefaultReader', readPromise, false);
const ReadableStreamBYOBReader = makeReader('ReadableStreamBYOBReader', readInto, true);

function makeController(name) {
  return internals.finishClass({
    [name]: class {
      #c;
      constructor(token, c) {
        if (token !== kInternal) throw new TypeError('Illegal constructor');
        this.#c = c;
      }
      get desiredSize() { return desiredSize(this.#c); }
      get byobRequest() { return null; }
      close() { controllerClose(this.#c); }
      enqueue(chunk) { controllerEnqueue(this.#c, chunk); }
      error(error) { controllerError(this.#c, error); }
    },
  }[name], name);
}
const ReadableStreamDefaultController = makeController('ReadableStreamDefaultController');
delete ReadableStreamDefaultController.prototype.byobRequest;
const ReadableByteStreamController = makeController('ReadableByteStreamController');

// A stream over algorithms of the runtime's own.
function makeStream(algorithms, strategy, bytes = false) {
  const stream = new ReadableStream(kInternal);
  setUpController(getStream(stream), algorithms, strategy, bytes);
  return stream;
}

class CountQueuingStrategy {
  #highWaterMark;
  constructor(init) { this.#highWaterMark = Number(init.highWaterMark); }
  get highWaterMark() { return this.#highWaterMark; }
  get size() { return () => 1; }
}
class ByteLengthQueuingStrategy {
  #highWaterMark;
  constructor(init) { this.#highWaterMark = Number(init.highWaterMark); }
  get highWaterMark() { return this.#highWaterMark; }
  get size() { return (chunk) => chunk.byteLength; }
}

internals.streams = { Queue, deferred, extractStrategy, checkedSize, noop, handledRejection };
internals.readable = {
  is: isStream, make: makeStream, state: (stream) => getStream(stream), acquire: (stream) => acquire(getStream(stream)),
  read: readPromise, release, cancel: (stream, reason) => streamCancel(getStream(stream), reason), tee: (stream) => tee(getStream(stream)),
  enqueue: (stream, chunk) => controllerEnqueue(getStream(stream).controller, chunk),
  close: (stream) => { if (canEnqueue(getStream(stream).controller)) controllerClose(getStream(stream).controller); },
  error: (stream, error) => controllerError(getStream(stream).controller, error),
  desiredSize: (stream) => desiredSize(getStream(stream).controller),
};
internals.defineGlobals({
  ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader, ReadableStreamDefaultController,
  ReadableByteStreamController,
  CountQueuingStrategy: internals.finishClass(CountQueuingStrategy, 'CountQueuingStrategy'),
  ByteLengthQueuingStrategy: internals.finishClass(ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy'),
});
