// WritableStream and TransformStream (Streams standard sections 5 and 6).
//
// writable -> erroring (waits for the write under way) -> errored; writable -> closed.
const { then, resolved, kInternal } = internals;
const { Queue, deferred, extractStrategy, checkedSize, noop, handledRejection } = internals.streams;
const closeSentinel = Symbol('close');

function newWritable(pub, algorithms, { highWaterMark, size }) {
  const w = {
    pub, state: 'writable', error: undefined, writer: null, queue: new Queue(), requests: [], inFlight: null, closing: null,
    closeInFlight: false, pendingAbort: null, started: false, backpressure: highWaterMark <= 0, highWaterMark, size, algorithms,
    controller: null, signal: null,
  };
  return w;
}
function startWritable(w) {
  const startResult = w.algorithms.start?.(w.controller);
  then(resolved(startResult), () => { w.started = true; advance(w); }, (error) => { w.started = true; startErroring(w, error); });
}
function desiredSize(w) {
  if (w.state === 'errored' || w.state === 'erroring') return null;
  return w.state === 'closed' ? 0 : w.highWaterMark - w.queue.size;
}
function updateBackpressure(w) {
  if (w.state !== 'writable' || w.closing !== null) return;
  const full = desiredSize(w) <= 0;
  if (full === w.backpressure) return;
  w.backpressure = full;
  if (w.writer === null) return;
  if (full) w.writer.ready = deferred(); else w.writer.ready.resolve();
}
function startErroring(w, error) {
  if (w.state !== 'writable') return;
  w.state = 'erroring';
  w.error = error;
  if (w.writer !== null) rejectReady(w.writer, error);
  if (w.inFlight === null && !w.closeInFlight && w.started) finishErroring(w);
}
function rejectReady(writer, error) {
  writer.ready.reject(error);
  const rejected = deferred();
  rejected.reject(error);
  then(rejected.promise, undefined, noop);
  then(writer.ready.promise, undefined, noop);
  writer.ready = rejected;
}
function finishErroring(w) {
  w.state = 'errored';
  w.queue.clear();
  for (const request of w.requests.splice(0)) request.reject(w.error);
  const pending = w.pendingAbort;
  w.pendingAbort = null;
  const rejectClosed = () => {
    if (w.closing !== null) { w.closing.reject(w.error); then(w.closing.promise, undefined, noop); w.closing = null; }
    if (w.writer !== null) { then(w.writer.closed.promise, undefined, noop); w.writer.closed.reject(w.error); }
  };
  if (pending === null) return rejectClosed();
  if (pending.wasErroring) { pending.reject(w.error); return rejectClosed(); }
  let result;
  try { result = resolved(w.algorithms.abort?.(pending.reason)); } catch (error) { result = Promise.reject(error); }
  then(result, () => { pending.resolve(); rejectClosed(); }, (error) => { pending.reject(error); rejectClosed(); });
}
function advance(w) {
  if (!w.started || w.inFlight !== null || w.closeInFlight) return;
  if (w.state === 'erroring') return finishErroring(w);
  if (w.state !== 'writable' || w.queue.empty) return;
  const chunk = w.queue.items[w.queue.head];
  if (chunk === closeSentinel) {
    w.queue.shift();
    w.closeInFlight = true;
    let result;
    try { result = resolved(w.algorithms.close?.()); } catch (error) { result = Promise.reject(error); }
    then(result, () => {
      w.closeInFlight = false;
      if (w.state === 'erroring') { w.error = undefined; w.pendingAbort?.resolve(); w.pendingAbort = null; }
      w.state = 'closed';
      w.closing.resolve();
      w.writer?.closed.resolve();
    }, (error) => {
      w.closeInFlight = false;
      w.closing.reject(error);
      w.closing = null;
      w.pendingAbort?.reject(error);
      w.pendingAbort = null;
      fail(w, error);
    });
    return;
  }
  w.inFlight = w.requests.shift();
  let result;
  try { result = resolved(w.algorithms.write?.(chunk, w.controller)); } catch (error) { result = Promise.reject(error); }
  then(result, () => {
    w.inFlight.resolve();
    w.inFlight = null;
    if (!w.queue.empty) w.queue.shift();
    updateBackpressure(w);
    advance(w);
  }, (error) => {
    w.inFlight.reject(error);
    w.inFlight = null;
    fail(w, error);
  });
}
function fail(w, error) {
  if (w.state === 'writable') startErroring(w, error);
  else if (w.state === 'erroring') finishErroring(w);
}
function abort(w, reason) {
  if (w.state === 'closed' || w.state === 'errored') return Promise.resolve();
  internals.abortSignal(w.signal, reason);
  if (w.pendingAbort !== null) return w.pendingAbort.promise;
  const wasErroring = w.state === 'erroring';
  w.pendingAbort = Object.assign(deferred(), { reason: wasErroring ? undefined : reason, wasErroring });
  const { promise } = w.pendingAbort;
  if (!wasErroring) startErroring(w, reason);
  return promise;
}
function close(w) {
  if (w.state === 'closed' || w.state === 'errored' || w.closing !== null) {
    return Promise.reject(new TypeError('the stream is closed or closing already'));
  }
  w.closing = deferred();
  if (w.writer !== null && w.backpressure && w.state === 'writable') w.writer.ready.resolve();
  w.queue.push(closeSentinel, 0);
  const { promise } = w.closing;
  advance(w);
  return promise;
}
function write(writer, chunk) {
  const { w } = writer;
  if (w === null) return Promise.reject(new TypeError('the writer was released'));
  let size = 1;
  if (w.size !== undefined && w.state === 'writable') {
    try { size = checkedSize(w.size(chunk)); } catch (error) { startErroring(w, error); return Promise.reject(error); }
  }
  if (w.state === 'errored' || w.state === 'erroring') return Promise.reject(w.error);
  if (w.state === 'closed' || w.closing !== null) return Promise.reject(new TypeError('the stream is closed or closing'));
  const request = deferred();
  w.requests.push(request);
  w.queue.push(chunk, size);
  updateBackpressure(w);
  advance(w);
  return request.promise;
}
function acquire(w) {
  if (w.writer !== null) throw new TypeError('the stream is locked to another writer');
  const writer = { w, ready: deferred(), closed: deferred() };
  then(writer.ready.promise, undefined, noop);
  then(writer.closed.promise, undefined, noop);
  if (w.state === 'writable') {
    if (w.closing !== null || !w.backpressure) writer.ready.resolve();
  } else if (w.state === 'closed') {
    writer.ready.resolve();
    writer.closed.resolve();
  } else {
    writer.ready.reject(w.error);
    if (w.state === 'errored') writer.closed.reject(w.error);
  }
  return w.writer = writer;
}
function release(writer) {
  if (writer.w === null) return;
  const error = new TypeError('the writer was released');
  writer.w.writer = null;
  writer.w = null;
  writer.ready = { promise: handledRejection(error) };
  writer.closed = { promise: handledRejection(error) };
}

let getWritable, isWritable;
class WritableStream {
  #w;
  static {
    isWritable = (value) => typeof value === 'object' && value !== null && #w in value;
    getWritable = (value) => value.#w;
  }
  constructor(sink = {}, strategy) {
    if (sink === null || typeof sink !== 'object') throw new TypeError('WritableStream: the underlying sink is not an object');
    if (sink.type !== undefined) throw new RangeError('WritableStream: a sink has no type');
    const algorithms = {};
    for (const name of ['start', 'write', 'close', 'abort']) {
      const method = sink[name];
      if (method === undefined) continue;
      if (typeof method !== 'function') throw new TypeError(`WritableStream: the sink's ${name} is not a function`);
      algorithms[name] = (...args) => method.apply(sink, args);
    }
    const w = this.#w = newWritable(this, algorithms, extractStrategy(strategy, 1));
    w.signal = internals.newAbortSignal();
    w.controller = new WritableStreamDefaultController(kInternal, w);
    startWritable(w);
  }
  get locked() { return this.#w.writer !== null; }
  abort(reason) {
    if (this.locked) return Promise.reject(new TypeError('abort: the stream is locked to a writer'));
    return abort(this.#w, reason);
  }
  close() {
    if (this.locked) return Promise.reject(new TypeError('close: the stream is locked to a writer'));
    return close(this.#w);
  }
  getWriter() { return new WritableStreamDefaultWriter(this); }
}
internals.finishClass(WritableStream, 'WritableStream');

class WritableStreamDefaultController {
  #w;
  constructor(token, w) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#w = w;
  }
  get signal() { return this.#w.signal; }
  error(error) { startErroring(this.#w, error); }
}
internals.finishClass(WritableStreamDefaultController, 'WritableStreamDefaultController');

class WritableStreamDefaultWriter {
  #writer;
  constructor(stream) {
    if (!isWritable(stream)) throw new TypeError('WritableStreamDefaultWriter: expected a WritableStream');
    this.#writer = acquire(getWritable(stream));
  }
  get closed() { return this.#writer.closed.promise; }
  get ready() { return this.#writer.ready.promise; }
  get desiredSize() {
    if (this.#writer.w === null) throw new TypeError('the writer was released');
    return desiredSize(this.#writer.w);
  }
  write(chunk) { return write(this.#writer, chunk); }
  close() { return this.#writer.w === null ? Promise.reject(new TypeError('the writer was released')) : close(this.#writer.w); }
  abort(reason) {
    return this.#writer.w === null ? Promise.reject(new TypeError('the writer was released')) : abort(this.#writer.w, reason);
  }
  releaseLock() { release(this.#writer); }
}
internals.finishClass(WritableStreamDefaultWriter, 'WritableStreamDefaultWriter');

internals.writable = {
  is: isWritable, acquire: (stream) => acquire(getWritable(stream)), release, write,
  state: (stream) => getWritable(stream).state, abort: (stream, reason) => abort(getWritable(stream), reason),
  close: (writer) => close(writer.w), closed: (writer) => writer.closed.promise, ready: (writer) => writer.ready.promise,
};

class TransformStream {
  #readable;
  #writable;
  constructor(transformer = {}, writableStrategy, readableStrategy) {
    const strategy = extractStrategy(readableStrategy, 0);
    let wanted = deferred();  // resolved while the readable side has room
    let started = deferred();
    const readable = this.#readable = internals.readable.make({
      pull() { wanted.resolve(); },
      cancel: async (reason) => {
        const canceled = transformer?.cancel?.(reason);
        errorWritable(reason ?? new TypeError('the readable side was canceled'));
        await canceled;
      },
    }, strategy);
    const controller = new TransformStreamDefaultController(kInternal, readable, (error) => errorWritable(error));
    let sinkController;
    let terminated;
    const errorWritable = (error) => { terminated = { error }; sinkController.error(error); wanted.resolve(); };
    const transform = transformer?.transform === undefined
      ? (chunk) => controller.enqueue(chunk) : (chunk) => transformer.transform(chunk, controller);
    this.#writable = new WritableStream({
      start(c) {
        sinkController = c;
        return started.promise;
      },
      async write(chunk) {
        while (internals.readable.desiredSize(readable) <= 0 && !pendingRead(readable)) {
          wanted = deferred();
          await wanted.promise;
          if (terminated !== undefined) throw terminated.error;
        }
        try {
          await transform(chunk);
        } catch (error) {
          internals.readable.error(readable, error);
          throw error;
        }
      },
      async close() {
        try {
          await transformer?.flush?.(controller);
        } catch (error) {
          internals.readable.error(readable, error);
          throw error;
        }
        const { state, error } = internals.readable.state(readable);
        if (state === 'errored') throw error;
        internals.readable.close(readable);
      },
      async abort(reason) {
        internals.readable.error(readable, reason);
        await transformer?.cancel?.(reason);
      },
    }, writableStrategy);
    started.resolve(transformer?.start?.(controller));
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}
function pendingRead(stream) { return (internals.readable.state(stream).reader?.requests.length ?? 0) > 0; }
internals.finishClass(TransformStream, 'TransformStream');

class TransformStreamDefaultController {
  #readable;
  #errorWritable;
  constructor(token, readable, errorWritable) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#readable = readable;
    this.#errorWritable = errorWritable;
  }
  get desiredSize() { return internals.readable.desiredSize(this.#readable); }
  enqueue(chunk) { internals.readable.enqueue(this.#readable, chunk); }
  error(error) {
    internals.readable.error(this.#readable, error);
    this.#errorWritable(error);
  }
  terminate() {
    internals.readable.close(this.#readable);
    this.#errorWritable(new TypeError('the transform was terminated'));
  }
}
internals.finishClass(TransformStreamDefaultController, 'TransformStreamDefaultController');

// Bytes in, the same bytes out.
class IdentityTransformStream extends TransformStream {
  constructor() {
    super({
      transform(chunk, controller) {
        if (!ArrayBuffer.isView(chunk) && !(chunk instanceof ArrayBuffer)) {
          throw new TypeError('IdentityTransformStream takes bytes only');
        }
        controller.enqueue(chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk);
      },
    });
  }
}
internals.finishClass(IdentityTransformStream, 'IdentityTransformStream');
internals.defineGlobals({
  WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter, TransformStream,
  TransformStreamDefaultController, IdentityTransformStream,
});
