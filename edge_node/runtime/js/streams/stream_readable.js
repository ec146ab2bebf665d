// Readable streams of chunks: states, default readers and default controllers (Streams standard sections 4.4, 4.6,
// 4.9). Written along the standard's abstract operations, on plain state objects behind the public classes.
const base = internals.load('stream_base');
const {
  Deferred, Outcome, kDone, fulfilled, resolvedWith, rejectedWith, noop, then, Fifo, ChunkQueue, isObject, illegal, toDictionary, toCallback,
  toStrategy, extractHighWaterMark, extractSize, callBack, settledBy,
} = base;
const { kInternal } = internals;
const { TypeError, RangeError, ReflectApply, Promise } = internals.primordials;
const { is: isStream, stateOf, wrap, State } = internals.readable;
const bytes = () => internals.load('stream_bytes');

// ---- a stream's state (4.9.2)

function close(s) {
  s.state = 'closed';
  const { reader } = s;
  if (reader === null) return;
  reader.closed.resolve();
  if (reader.byob) return;
  for (let request = reader.requests.takeAll(); request !== null; request = request.next) request.close();
}
function fail(s, error) {
  s.state = 'errored';
  s.error = error;
  const { reader } = s;
  if (reader === null) return;
  reader.closed.reject(error);
  failRequests(reader, error);
}
// For the runtime: whatever feeds the stream has broken.
function failFromOutside(s, error) {
  if (s.state !== 'readable') return;
  const { controller } = s;
  if (controller?.error !== undefined) {
    controller.error(error);
    return;
  }
  s.native = null;
  fail(s, error);
}
function failRequests(reader, error) {
  for (let request = reader.requests.takeAll(); request !== null; request = request.next) request.error(error);
}
function cancel(s, reason) {
  s.disturbed = true;
  if (s.state === 'closed') return fulfilled();
  if (s.state === 'errored') return rejectedWith(s.error);
  close(s);
  if (s.reader !== null && s.reader.byob) {
    for (let request = s.reader.requests.takeAll(); request !== null; request = request.next) request.close(undefined);
  }
  return then(controllerOf(s).cancelSteps(reason), noop);
}
// Some streams get their controller when JavaScript first wants something of it: native bodies, and sides of transforms.
function controllerOf(s) {
  if (s.controller === null) {
    if (s.opener === null) new (internals.load('stream_native').NativeController)(s);
    else s.opener(s);
  }
  return s.controller;
}

// ---- readers (4.9.3)

// What a public reader is a shell of. Requests are {next, chunk(value), close(), error(e)}.
class Reader {
  s;
  byob;
  requests = new Fifo();
  closed;
  pump = null;  // that hands the stream out (js/streams/stream_native.js)
  constructor(s, byob) {
    this.s = s;
    this.byob = byob;
    this.closed = s.state === 'readable' ? new Outcome()
      : s.state === 'closed' ? Outcome.fulfilled() : Outcome.rejected(s.error);
    s.reader = this;
  }
}
function acquire(s, byob = false) {
  if (s.reader !== null) throw new TypeError('the stream is locked to a reader');
  return new Reader(s, byob);
}
function release(reader) {
  const { s } = reader;
  if (s === null) return;
  const error = new TypeError('the reader was released');
  if (reader.closed.pending) reader.closed.reject(error); else reader.closed = Outcome.rejected(error);
  controllerOf(s).releaseSteps();
  s.reader = null;
  reader.s = null;
  failRequests(reader, error);
}
function readInto(reader, request) {
  const { s } = reader;
  s.disturbed = true;
  if (s.state === 'readable') controllerOf(s).pullSteps(request);
  else if (s.state === 'closed') request.close();
  else request.error(s.error);
}
class PromisedRead {
  next = null;
  deferred = new Deferred();
  chunk(value) { this.deferred.resolve({ value, done: false }); }
  close() { this.deferred.resolve({ value: undefined, done: true }); }
  error(error) { this.deferred.reject(error); }
}
function read(reader) {
  if (reader.s === null) return rejectedWith(new TypeError('the reader was released'));
  const request = new PromisedRead();
  readInto(reader, request);
  return request.deferred.promise;
}
function cancelReader(reader, reason) {
  if (reader.s === null) return rejectedWith(new TypeError('the reader was released'));
  return cancel(reader.s, reason);
}
const requested = (s) => (s.reader !== null && s.reader.requests !== null ? s.reader.requests.length : 0);

// ---- what both kinds of controllers do in turn with their source

// Algorithms are functions of the controller (pull), of a reason (cancel); undefined: none.
class PullingController {
  s;
  started = false;
  closeRequested = false;
  pulling = false;
  pullAgain = false;
  highWaterMark;
  pullAlgorithm;
  cancelAlgorithm;
  pub = null;  // the object that a source of a worker sees
  onPulled = null;
  constructor(s, pull, cancel, highWaterMark) {
    this.s = s;
    this.highWaterMark = highWaterMark;
    this.pullAlgorithm = pull;
    this.cancelAlgorithm = cancel;
    s.controller = this;
  }
  // `started`: a promise.
  start(started) {
    then(started, () => {
      this.started = true;
      this.pull();
    }, (error) => this.error(error));
  }
  get open() { return !this.closeRequested && this.s.state === 'readable'; }
  get desiredSize() {
    if (this.s.state === 'errored') return null;
    return this.s.state === 'closed' ? 0 : this.highWaterMark - this.queue.size;
  }
  shouldPull() {
    if (!this.open || !this.started) return false;
    return requested(this.s) > 0 || this.desiredSize > 0;
  }
  pull() {
    if (!this.shouldPull()) return;
    if (this.pulling) {
      this.pullAgain = true;
      return;
    }
    this.pulling = true;
    let result;
    try {
      result = this.pullAlgorithm === undefined ? kDone : settledBy(this.pullAlgorithm(this));
    } catch (error) {
      result = rejectedWith(error);
    }
    if (this.onPulled === null) {
      this.onPulled = () => {
        this.pulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        this.pull();
      };
      this.onPullFailed = (error) => this.error(error);
    }
    then(result, this.onPulled, this.onPullFailed);
  }
  onPullFailed = null;
  clearAlgorithms() { this.pullAlgorithm = this.cancelAlgorithm = undefined; }
  cancelSteps(reason) {
    this.resetQueue();
    const { cancelAlgorithm } = this;
    let result;
    try {
      result = cancelAlgorithm === undefined ? kDone : settledBy(cancelAlgorithm(reason));
    } catch (error) {
      result = rejectedWith(error);
    }
    this.clearAlgorithms();
    return result;
  }
}

// ---- the default controller (4.6)

class DefaultController extends PullingController {
  queue = new ChunkQueue();
  sizeAlgorithm;
  constructor(s, pull, cancel, highWaterMark, size) {
    super(s, pull, cancel, highWaterMark);
    this.sizeAlgorithm = size;
  }
  makePublic() { return new ReadableStreamDefaultController(kInternal, this); }
  resetQueue() { this.queue.reset(); }
  clearAlgorithms() {
    super.clearAlgorithms();
    this.sizeAlgorithm = undefined;
  }
  close() {
    if (!this.open) return;
    this.closeRequested = true;
    if (this.queue.length > 0) return;
    this.clearAlgorithms();
    close(this.s);
  }
  enqueue(chunk) {
    if (!this.open) return;
    if (requested(this.s) > 0) {
      this.s.reader.requests.shift().chunk(chunk);
    } else {
      try {
        this.queue.enqueue(chunk, this.sizeAlgorithm === undefined ? 1 : this.sizeAlgorithm(chunk));
      } catch (error) {
        this.error(error);
        throw error;
      }
    }
    this.pull();
  }
  error(error) {
    if (this.s.state !== 'readable') return;
    this.queue.reset();
    this.clearAlgorithms();
    fail(this.s, error);
  }
  pullSteps(request) {
    if (this.queue.length === 0) {
      this.s.reader.requests.push(request);
      this.pull();
      return;
    }
    const chunk = this.queue.dequeue();
    if (this.closeRequested && this.queue.length === 0) {
      this.clearAlgorithms();
      close(this.s);
    } else {
      this.pull();
    }
    request.chunk(chunk);
  }
  releaseSteps() {}
}
class ReadableStreamDefaultController {
  #c;
  constructor(token = undefined, c = undefined) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#c = c;
  }
  get desiredSize() { return this.#c.desiredSize; }
  close() {
    if (!this.#c.open) throw new TypeError('close: the stream is closed, closing or errored');
    this.#c.close();
  }
  enqueue(chunk = undefined) {
    if (!this.#c.open) throw new TypeError('enqueue: the stream is closed, closing or errored');
    this.#c.enqueue(chunk);
  }
  error(error = undefined) { this.#c.error(error); }
}
internals.finishClass(ReadableStreamDefaultController, 'ReadableStreamDefaultController');

// ---- making streams

// UnderlyingSource, its members read in Web IDL's order.
function toSource(source) {
  if (source === undefined) return {};
  const count = source.autoAllocateChunkSize;
  const autoAllocateChunkSize = count === undefined ? undefined : base.toCount(count, 'the source\'s autoAllocateChunkSize');
  const cancel = toCallback(source.cancel, 'the source\'s cancel');
  const pull = toCallback(source.pull, 'the source\'s pull');
  const start = toCallback(source.start, 'the source\'s start');
  const { type } = source;
  const isBytes = type !== undefined;
  if (isBytes && `${type}` !== 'bytes') throw new TypeError(`the source's type is "${type}"; expected "bytes" or none`);
  return { autoAllocateChunkSize, cancel, pull, start, isBytes };
}
// new ReadableStream(source, strategy): the state.
function construct(source, strategy) {
  if (source !== undefined && !isObject(source)) throw new TypeError('ReadableStream: the underlying source is not an object');
  const converted = toStrategy(strategy);
  const { autoAllocateChunkSize, cancel, pull, start, isBytes } = toSource(source);
  const onPull = pull && ((c) => callBack(pull, source, [publicOf(c)]));
  const onCancel = cancel && ((reason) => callBack(cancel, source, [reason]));
  const s = new State();
  let c;
  if (isBytes) {
    if (converted.size !== undefined) throw new RangeError('a byte stream\'s strategy has no size');
    const highWaterMark = extractHighWaterMark(converted, 0);
    if (autoAllocateChunkSize === 0) throw new TypeError('autoAllocateChunkSize is 0; expected at least 1');
    c = new (bytes().ByteController)(s, onPull, onCancel, highWaterMark, autoAllocateChunkSize);
  } else {
    c = new DefaultController(s, onPull, onCancel, extractHighWaterMark(converted, 1), extractSize(converted));
  }
  c.start(start === undefined ? kDone : callBack(start, source, [publicOf(c)]));
  return s;
}
const publicOf = (c) => (c.pub ??= c.makePublic());
// A stream's state over algorithms of the runtime's own, which get the controller itself. Arguments in a row: an
// object's missing members would be looked up in Object.prototype.
function create(pull, cancel, highWaterMark, size = undefined, started = kDone) {
  const s = new State();
  new DefaultController(s, pull, cancel, highWaterMark, size).start(started);
  return s;
}
function openBytes(s, pull, cancel, highWaterMark = 0) {
  new (bytes().ByteController)(s, pull, cancel, highWaterMark, undefined).start(kDone);
}
function createBytes(pull, cancel) {
  const s = new State();
  openBytes(s, pull, cancel);
  return s;
}
const makeBytes = (pull, cancel) => wrap(createBytes(pull, cancel));

// ---- ReadableStream's methods

function rejectIllegal(name, member) { return rejectedWith(illegal(name, member)); }
function cancelUnlocked(s, reason) {
  if (s.reader !== null) return rejectedWith(new TypeError('cancel: the stream is locked to a reader'));
  return cancel(s, reason);
}
function getReader(stream, s, options) {
  const mode = toDictionary(options, 'getReader: the options')?.mode;
  if (mode === undefined) return new ReadableStreamDefaultReader(stream);
  if (`${mode}` !== 'byob') throw new TypeError(`getReader: the mode is "${mode}"; expected "byob" or none`);
  return new (bytes().ReadableStreamBYOBReader)(stream);
}

class ReadableStreamDefaultReader {
  #reader;
  constructor(stream) {
    if (!isStream(stream)) throw new TypeError('ReadableStreamDefaultReader: expected a ReadableStream');
    this.#reader = acquire(stateOf(stream));
  }
  static #is(value) { return isObject(value) && #reader in value; }
  get closed() {
    if (!ReadableStreamDefaultReader.#is(this)) return rejectIllegal('ReadableStreamDefaultReader', 'closed');
    return this.#reader.closed.promise;
  }
  cancel(reason = undefined) {
    if (!ReadableStreamDefaultReader.#is(this)) return rejectIllegal('ReadableStreamDefaultReader', 'cancel');
    return cancelReader(this.#reader, reason);
  }
  read() {
    if (!ReadableStreamDefaultReader.#is(this)) return rejectIllegal('ReadableStreamDefaultReader', 'read');
    return read(this.#reader);
  }
  releaseLock() { release(this.#reader); }
}
internals.finishClass(ReadableStreamDefaultReader, 'ReadableStreamDefaultReader');

return {
  ReadableStreamDefaultReader, ReadableStreamDefaultController, PullingController, DefaultController, Reader, close, fail,
  failRequests, cancel, cancelReader, acquire, release, read, readInto, requested, controllerOf, construct, create, createBytes,
  openBytes, failFromOutside,
  makeBytes,
  rejectIllegal, cancelUnlocked, getReader,
};
