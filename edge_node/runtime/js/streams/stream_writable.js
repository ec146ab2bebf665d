// WritableStream, its writer and controller (Streams standard section 5).
//
//   writable -> erroring (waits for the operation under way) -> errored
//   writable, closeRequest set -> closed
// The state of stream and controller is one object, along the standard's abstract operations.
const {
  Deferred, Outcome, kDone, fulfilled, rejectedWith, callBack, settledBy, then, Fifo, ChunkQueue, isObject, illegal, toDictionary, toCallback, toStrategy,
  extractHighWaterMark, extractSize,
} = internals.load('stream_base');
const { kInternal } = internals;
const { RangeError, TypeError } = internals.primordials;
const { markHandled } = native.streams;
const closeSentinel = { close: true };

// The promise of a write is made when somebody wants it: a pipe only looks at its last one.
class WriteRequest {
  next = null;
  deferred = null;
  settled = false;
  failed = false;
  reason = undefined;
  get promise() {
    if (this.deferred !== null) return this.deferred.promise;
    if (this.failed) return rejectedWith(this.reason);
    if (this.settled) return fulfilled();
    this.deferred = new Deferred();
    return this.deferred.promise;
  }
  resolve() {
    this.settled = true;
    if (this.deferred !== null) this.deferred.resolve(undefined);
  }
  reject(error) {
    this.settled = this.failed = true;
    this.reason = error;
    if (this.deferred !== null) this.deferred.reject(error);
  }
}

class WritableState {
  state = 'writable';  // 'erroring', 'errored', 'closed'
  error = undefined;
  writer = null;       // a Writer, or what else has locked the stream
  backpressure = false;
  queue = new ChunkQueue();
  writeRequests = new Fifo();
  inFlightWrite = null;
  closeRequest = null;
  inFlightClose = null;
  pendingAbort = null;
  started = false;
  highWaterMark;
  sizeAlgorithm;
  writeAlgorithm;      // write(chunk), close(), abort(reason); undefined: nothing to do
  closeAlgorithm;
  abortAlgorithm;
  pub = null;
  signal = null;       // made when it is looked at
  aborted = false;     // and aborted for `abortReason` by then
  abortReason = undefined;
  transform = null;    // the transform this is the writable side of, when native code can do all of it
  onWritten = null;
  onWriteFailed = null;

  constructor(write, close, abort, highWaterMark, size) {
    this.writeAlgorithm = write;
    this.closeAlgorithm = close;
    this.abortAlgorithm = abort;
    this.highWaterMark = highWaterMark;
    this.sizeAlgorithm = size;
    this.backpressure = highWaterMark <= 0;
  }
  // `started`: a promise.
  start(started) {
    then(started, () => {
      this.started = true;
      advance(this);
    }, (error) => {
      this.started = true;
      dealWithRejection(this, error);
    });
  }
  get closing() { return this.closeRequest !== null || this.inFlightClose !== null; }
  get desiredSize() {
    if (this.state === 'errored' || this.state === 'erroring') return null;
    return this.state === 'closed' ? 0 : this.highWaterMark - this.queue.size;
  }
}
function clearAlgorithms(w) {
  w.writeAlgorithm = w.closeAlgorithm = w.abortAlgorithm = w.sizeAlgorithm = undefined;
}

// ---- 5.5.2, 5.5.3: how a stream and its controller change

function abort(w, reason) {
  if (w.state === 'closed' || w.state === 'errored') return fulfilled();
  w.aborted = true;
  w.abortReason = reason;
  if (w.signal !== null) internals.abortSignal(w.signal, reason);
  if (w.state === 'closed' || w.state === 'errored') return fulfilled();
  if (w.pendingAbort !== null) return w.pendingAbort.deferred.promise;
  const wasErroring = w.state === 'erroring';
  w.pendingAbort = { deferred: new Deferred(), reason: wasErroring ? undefined : reason, wasErroring };
  const { promise } = w.pendingAbort.deferred;
  if (!wasErroring) startErroring(w, reason);
  return promise;
}
function close(w) {
  if (w.state === 'closed' || w.state === 'errored') return rejectedWith(new TypeError('close: the stream is closed or errored'));
  w.closeRequest = new Deferred();
  const { promise } = w.closeRequest;
  if (w.writer !== null && w.backpressure && w.state === 'writable') w.writer.ready.resolve();
  w.queue.enqueue(closeSentinel, 0);
  advance(w);
  return promise;
}
function dealWithRejection(w, error) {
  if (w.state === 'writable') startErroring(w, error);
  else finishErroring(w);
}
function startErroring(w, reason) {
  w.state = 'erroring';
  w.error = reason;
  if (w.writer !== null) w.writer.rejectReady(reason);
  if (w.inFlightWrite === null && w.inFlightClose === null && w.started) finishErroring(w);
}
function finishErroring(w) {
  w.state = 'errored';
  w.queue.reset();
  const { error } = w;
  for (let request = w.writeRequests.takeAll(); request !== null; request = request.next) request.reject(error);
  const pending = w.pendingAbort;
  w.pendingAbort = null;
  if (pending === null) {
    rejectClose(w);
    return;
  }
  if (pending.wasErroring) {
    pending.deferred.reject(error);
    rejectClose(w);
    return;
  }
  let result;
  try {
    result = w.abortAlgorithm === undefined ? kDone : settledBy(w.abortAlgorithm(pending.reason));
  } catch (thrown) {
    result = rejectedWith(thrown);
  }
  clearAlgorithms(w);
  then(result, () => {
    pending.deferred.resolve(undefined);
    rejectClose(w);
  }, (reason) => {
    pending.deferred.reject(reason);
    rejectClose(w);
  });
}
function rejectClose(w) {
  if (w.closeRequest !== null) {
    w.closeRequest.reject(w.error);
    w.closeRequest = null;
  }
  if (w.writer !== null) w.writer.closed.reject(w.error);
}
function errorIfNeeded(w, error) {
  if (w.state !== 'writable') return;
  clearAlgorithms(w);
  startErroring(w, error);
}
function updateBackpressure(w) {
  const backpressure = w.desiredSize <= 0;
  if (backpressure === w.backpressure) return;
  w.backpressure = backpressure;
  if (w.writer === null) return;
  if (backpressure) w.writer.ready = new Outcome(); else w.writer.ready.resolve();
}
function advance(w) {
  if (!w.started || w.inFlightWrite !== null || w.inFlightClose !== null) return;
  if (w.state === 'erroring') {
    finishErroring(w);
    return;
  }
  if (w.queue.length === 0 || w.state !== 'writable') return;
  const chunk = w.queue.head.value;
  if (chunk === closeSentinel) processClose(w); else processWrite(w, chunk);
}
function processClose(w) {
  w.inFlightClose = w.closeRequest;
  w.closeRequest = null;
  w.queue.dequeue();
  let result;
  try {
    result = w.closeAlgorithm === undefined ? kDone : settledBy(w.closeAlgorithm());
  } catch (error) {
    result = rejectedWith(error);
  }
  clearAlgorithms(w);
  then(result, () => {
    w.inFlightClose.resolve(undefined);
    w.inFlightClose = null;
    if (w.state === 'erroring') {
      w.error = undefined;
      if (w.pendingAbort !== null) w.pendingAbort.deferred.resolve(undefined);
      w.pendingAbort = null;
    }
    w.state = 'closed';
    if (w.writer !== null) w.writer.closed.resolve();
  }, (error) => {
    w.inFlightClose.reject(error);
    w.inFlightClose = null;
    if (w.pendingAbort !== null) w.pendingAbort.deferred.reject(error);
    w.pendingAbort = null;
    dealWithRejection(w, error);
  });
}
function processWrite(w, chunk) {
  w.inFlightWrite = w.writeRequests.shift();
  let result;
  try {
    result = w.writeAlgorithm === undefined ? kDone : settledBy(w.writeAlgorithm(chunk));
  } catch (error) {
    result = rejectedWith(error);
  }
  if (w.onWritten === null) {
    w.onWritten = () => {
      const request = w.inFlightWrite;
      w.inFlightWrite = null;
      request.resolve();
      w.queue.dequeue();
      if (!w.closing && w.state === 'writable') updateBackpressure(w);
      advance(w);
    };
    w.onWriteFailed = (error) => {
      if (w.state === 'writable') clearAlgorithms(w);
      const request = w.inFlightWrite;
      w.inFlightWrite = null;
      request.reject(error);
      dealWithRejection(w, error);
    };
  }
  then(result, w.onWritten, w.onWriteFailed);
}

// ---- 5.5.4: writers

class Writer {
  w;
  ready;
  closed;
  constructor(w) {
    this.w = w;
    w.writer = this;
    const { state } = w;
    if (state === 'writable') {
      this.ready = w.closing || !w.backpressure ? Outcome.fulfilled() : new Outcome();
    } else {
      this.ready = state === 'closed' ? Outcome.fulfilled() : Outcome.rejected(w.error);
    }
    if (state === 'closed') this.closed = Outcome.fulfilled();
    else this.closed = state === 'errored' ? Outcome.rejected(w.error) : new Outcome();
  }
  rejectReady(error) {
    if (this.ready.pending) this.ready.reject(error); else this.ready = Outcome.rejected(error);
  }
}
function acquire(w) {
  if (w.writer !== null) throw new TypeError('the stream is locked to a writer');
  return new Writer(w);
}
function release(writer) {
  const { w } = writer;
  if (w === null) return;
  const error = new TypeError('the writer was released');
  writer.rejectReady(error);
  if (writer.closed.pending) writer.closed.reject(error); else writer.closed = Outcome.rejected(error);
  w.writer = null;
  writer.w = null;
}
// The WriteRequest; throws what the promise of a refused write is rejected with.
function write(writer, chunk) {
  const { w } = writer;
  const size = sizeOf(w, chunk);
  if (w !== writer.w) throw new TypeError('the writer was released');
  if (w.state === 'errored') throw w.error;
  if (w.closing || w.state === 'closed') throw new TypeError('write: the stream is closed or closing');
  if (w.state === 'erroring') throw w.error;
  const request = new WriteRequest();
  w.writeRequests.push(request);
  try {
    w.queue.enqueue(chunk, size);
  } catch (error) {
    errorIfNeeded(w, error);
    return request;
  }
  if (!w.closing && w.state === 'writable') updateBackpressure(w);
  advance(w);
  return request;
}
function sizeOf(w, chunk) {
  if (w.sizeAlgorithm === undefined) return 1;
  try {
    return w.sizeAlgorithm(chunk);
  } catch (error) {
    errorIfNeeded(w, error);
    return 1;
  }
}
// WritableStreamDefaultWriterCloseWithErrorPropagation.
function closeUnlessOver(w) {
  if (w.closing || w.state === 'closed') return fulfilled();
  return w.state === 'errored' ? rejectedWith(w.error) : close(w);
}

// ---- the public classes

const released = () => rejectedWith(new TypeError('the writer was released'));
class WritableStreamDefaultWriter {
  #writer;
  constructor(stream) {
    if (!isWritable(stream)) throw new TypeError('WritableStreamDefaultWriter: expected a WritableStream');
    this.#writer = acquire(stateOf(stream));
  }
  static #is(value) { return isObject(value) && #writer in value; }
  static #illegal(member) { return rejectedWith(illegal('WritableStreamDefaultWriter', member)); }
  get closed() {
    const Writer = WritableStreamDefaultWriter;
    return Writer.#is(this) ? this.#writer.closed.promise : Writer.#illegal('closed');
  }
  get desiredSize() {
    const { w } = this.#writer;
    if (w === null) throw new TypeError('the writer was released');
    return w.desiredSize;
  }
  get ready() {
    const Writer = WritableStreamDefaultWriter;
    return Writer.#is(this) ? this.#writer.ready.promise : Writer.#illegal('ready');
  }
  abort(reason = undefined) {
    if (!WritableStreamDefaultWriter.#is(this)) return WritableStreamDefaultWriter.#illegal('abort');
    const { w } = this.#writer;
    return w === null ? released() : abort(w, reason);
  }
  close() {
    if (!WritableStreamDefaultWriter.#is(this)) return WritableStreamDefaultWriter.#illegal('close');
    const { w } = this.#writer;
    if (w === null) return released();
    return w.closing ? rejectedWith(new TypeError('close: the stream is closing already')) : close(w);
  }
  releaseLock() { release(this.#writer); }
  write(chunk = undefined) {
    if (!WritableStreamDefaultWriter.#is(this)) return WritableStreamDefaultWriter.#illegal('write');
    if (this.#writer.w === null) return released();
    try { return write(this.#writer, chunk).promise; } catch (error) { return rejectedWith(error); }
  }
}
internals.finishClass(WritableStreamDefaultWriter, 'WritableStreamDefaultWriter');

class WritableStreamDefaultController {
  #w;
  constructor(token = undefined, w = undefined) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#w = w;
  }
  get signal() {
    const w = this.#w;
    if (w.signal === null) {
      w.signal = internals.newAbortSignal();
      if (w.aborted) internals.abortSignal(w.signal, w.abortReason);
    }
    return w.signal;
  }
  error(error = undefined) { errorIfNeeded(this.#w, error); }
}
internals.finishClass(WritableStreamDefaultController, 'WritableStreamDefaultController');
const publicOf = (w) => (w.pub ??= new WritableStreamDefaultController(kInternal, w));

// UnderlyingSink, its members read in Web IDL's order.
function toSink(sink) {
  if (sink === undefined) return {};
  const abort = toCallback(sink.abort, 'the sink\'s abort');
  const close = toCallback(sink.close, 'the sink\'s close');
  const start = toCallback(sink.start, 'the sink\'s start');
  const { type } = sink;
  const write = toCallback(sink.write, 'the sink\'s write');
  if (type !== undefined) throw new RangeError('WritableStream: a sink has no type');
  return { abort, close, start, write };
}
function construct(sink, strategy) {
  if (sink !== undefined && !isObject(sink)) throw new TypeError('WritableStream: the underlying sink is not an object');
  const converted = toStrategy(strategy);
  const { abort, close, start, write } = toSink(sink);
  const size = extractSize(converted);
  const w = new WritableState(
    write && ((chunk) => callBack(write, sink, [chunk, publicOf(w)])),
    close && (() => callBack(close, sink, [])),
    abort && ((reason) => callBack(abort, sink, [reason])),
    extractHighWaterMark(converted, 1), size,
  );
  w.start(start === undefined ? kDone : callBack(start, sink, [publicOf(w)]));
  return w;
}
function create(started, write, close, abort, highWaterMark, size = undefined) {
  const w = new WritableState(write, close, abort, highWaterMark, size);
  w.start(started);
  return w;
}

let isWritable, stateOf;
class WritableStream {
  #w;
  static {
    isWritable = (value) => isObject(value) && #w in value;
    stateOf = (stream) => stream.#w;
  }
  constructor(underlyingSink = undefined, strategy = undefined) {
    this.#w = underlyingSink === kInternal ? strategy : construct(underlyingSink, strategy);
  }
  get locked() { return this.#w.writer !== null; }
  abort(reason = undefined) {
    if (!isWritable(this)) return rejectedWith(illegal('WritableStream', 'abort'));
    if (this.#w.writer !== null) return rejectedWith(new TypeError('abort: the stream is locked to a writer'));
    return abort(this.#w, reason);
  }
  close() {
    if (!isWritable(this)) return rejectedWith(illegal('WritableStream', 'close'));
    const w = this.#w;
    if (w.writer !== null) return rejectedWith(new TypeError('close: the stream is locked to a writer'));
    return w.closing ? rejectedWith(new TypeError('close: the stream is closing already')) : close(w);
  }
  getWriter() { return new WritableStreamDefaultWriter(isWritable(this) ? this : undefined); }
}
internals.finishClass(WritableStream, 'WritableStream');
const wrap = (w) => new WritableStream(kInternal, w);

return {
  WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController, WritableState, is: isWritable, stateOf, wrap, create,
  acquire, release, write, abort, close, closeUnlessOver, errorIfNeeded,
};
