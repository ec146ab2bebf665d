// TransformStream (Streams standard section 6), and the transforms of bytes that Workers adds: IdentityTransformStream
// and FixedLengthStream.
//
// A transform is a writable side whose sink feeds a readable side, with back-pressure from one to the other.
const {
  Deferred, kDone, callBack, rejectedWith, settledBy, then, isObject, toCallback, toCount, toStrategy, extractHighWaterMark,
  extractSize, expectBytes, bufferOf, offsetOf, lengthOf, isView, noop,
} = internals.load('stream_base');
const readable = internals.load('stream_readable');
const writable = internals.load('stream_writable');
const { kInternal } = internals;
const { State, wrap } = internals.readable;
const { Number, RangeError, ReflectApply, TypeError, bufferByteLength } = internals.primordials;
const { cloneBytes } = native.streams;

class Transform {
  r = null;             // state of the readable side
  w = null;             // and of the writable one
  backpressure = true;
  changed = new Deferred();
  finish = null;        // what close, abort and cancel wait for: whichever comes first
  cleared = false;      // of its algorithms
  touched = false;      // by a chunk or an end
  native = null;        // {kind, argument} of IoContext::Transform, when native code can do all that it does
  transformAlgorithm;   // transform(chunk, transform), flush(transform), cancel(reason)
  flushAlgorithm;
  cancelAlgorithm;
  pub = null;
  constructor(transform, flush, cancel) {
    this.transformAlgorithm = transform;
    this.flushAlgorithm = flush;
    this.cancelAlgorithm = cancel;
  }
  open(started, writableHighWaterMark, writableSize, readableHighWaterMark, readableSize) {
    this.w = writable.create(started, (chunk) => this.write(chunk), () => this.close(), (reason) => this.abort(reason),
      writableHighWaterMark, writableSize);
    this.w.transform = this;
    this.r = readable.create(() => this.pull(), (reason) => this.cancel(reason), readableHighWaterMark, readableSize, started);
  }
  // The readable side is a byte stream, once somebody wants it to be: most of the time native code takes its place.
  openBytes() {
    this.w = writable.create(kDone, (chunk) => this.write(chunk), () => this.close(), (reason) => this.abort(reason), 1);
    this.w.transform = this;
    this.r = new State();
    this.r.opener = (s) => readable.openBytes(s, () => this.pull(), (reason) => this.cancel(reason));
  }
  clear() {
    this.cleared = true;
    this.transformAlgorithm = this.flushAlgorithm = this.cancelAlgorithm = undefined;
  }

  setBackpressure(backpressure) {
    this.changed.resolve(undefined);
    this.changed = new Deferred();
    this.backpressure = backpressure;
  }
  unblockWrite() { if (this.backpressure) this.setBackpressure(false); }
  errorWritable(error) {
    this.clear();
    writable.errorIfNeeded(this.w, error);
    this.unblockWrite();
  }
  get controller() { return readable.controllerOf(this.r); }
  error(error) {
    this.controller.error(error);
    this.errorWritable(error);
  }

  // ---- the controller's operations (6.4)

  get desiredSize() { return this.controller.desiredSize; }
  enqueue(chunk) {
    const { controller } = this;
    if (!controller.open) throw new TypeError('enqueue: the readable side is closed or errored');
    try {
      controller.enqueue(chunk);
    } catch (error) {
      this.errorWritable(error);
      throw this.r.error;
    }
    if (!controller.shouldPull() && !this.backpressure) this.setBackpressure(true);
  }
  terminate() {
    this.controller.close();
    this.errorWritable(new TypeError('the transform was terminated'));
  }

  // ---- the writable side's sink (6.4.1)

  write(chunk) {
    this.touched = true;
    if (!this.backpressure) return this.transform(chunk);
    return then(this.changed.promise, () => {
      if (this.w.state === 'erroring') throw this.w.error;
      return this.transform(chunk);
    });
  }
  transform(chunk) {
    let result;
    try {
      if (this.cleared) throw new TypeError('the transform is ending');
      result = settledBy(this.transformAlgorithm(chunk, this));
    } catch (error) {
      result = rejectedWith(error);
    }
    return then(result, undefined, (error) => {
      this.error(error);
      throw error;
    });
  }
  abort(reason) {
    return this.end(this.cancelAlgorithm, reason, (failed, error) => {
      if (!failed && this.r.state === 'errored') throw this.r.error;
      this.controller.error(failed ? error : reason);
    });
  }
  close() {
    return this.end(this.flushAlgorithm, this, (failed, error) => {
      if (failed) {
        this.controller.error(error);
        return;
      }
      if (this.r.state === 'errored') throw this.r.error;
      this.controller.close();
    });
  }

  // ---- the readable side's source (6.4.2)

  pull() {
    this.setBackpressure(false);
    return this.changed.promise;
  }
  cancel(reason) {
    return this.end(this.cancelAlgorithm, reason, (failed, error) => {
      if (!failed && this.w.state === 'errored') throw this.w.error;
      writable.errorIfNeeded(this.w, failed ? error : reason);
      this.unblockWrite();
    });
  }

  // The first end of the two sides: `algorithm` runs, then `settle` passes its outcome to the other side.
  end(algorithm, argument, settle) {
    this.touched = true;
    if (this.finish !== null) return this.finish.promise;
    this.finish = new Deferred();
    const { promise, resolve, reject } = this.finish;
    let result;
    try {
      result = algorithm === undefined ? kDone : settledBy(ReflectApply(algorithm, undefined, [argument]));
    } catch (error) {
      result = rejectedWith(error);
    }
    this.clear();
    then(result, () => {
      try { settle(false); } catch (error) {
        reject(error);
        return;
      }
      resolve(undefined);
    }, (error) => {
      settle(true, error);
      reject(error);
    });
    return promise;
  }
}
const kSize = 0;  // IoContext::Transform::Kind

// A transform over algorithms of the runtime's own.
function create(transform, flush, cancel = undefined) {
  const t = new Transform(transform, flush, cancel);
  t.open(kDone, 1, undefined, 0, undefined);
  return t;
}
function createBytes(transform, flush, cancel = undefined) {
  const t = new Transform(transform, flush, cancel);
  t.openBytes();
  return t;
}

class TransformStreamDefaultController {
  #t;
  constructor(token = undefined, t = undefined) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#t = t;
  }
  get desiredSize() { return this.#t.desiredSize; }
  enqueue(chunk = undefined) { this.#t.enqueue(chunk); }
  error(reason = undefined) { this.#t.error(reason); }
  terminate() { this.#t.terminate(); }
}
internals.finishClass(TransformStreamDefaultController, 'TransformStreamDefaultController');

// Transformer, its members read in Web IDL's order.
function toTransformer(transformer) {
  if (transformer === undefined) return {};
  const cancel = toCallback(transformer.cancel, 'the transformer\'s cancel');
  const flush = toCallback(transformer.flush, 'the transformer\'s flush');
  const { readableType } = transformer;
  const start = toCallback(transformer.start, 'the transformer\'s start');
  const transform = toCallback(transformer.transform, 'the transformer\'s transform');
  const { writableType } = transformer;
  if (readableType !== undefined) throw new RangeError('TransformStream: readableType has no meaning yet');
  if (writableType !== undefined) throw new RangeError('TransformStream: writableType has no meaning yet');
  return { cancel, flush, start, transform };
}
function construct(transformer, writableStrategy, readableStrategy) {
  if (transformer !== undefined && !isObject(transformer)) throw new TypeError('TransformStream: the transformer is not an object');
  const onWritable = toStrategy(writableStrategy), onReadable = toStrategy(readableStrategy);
  const { cancel, flush, start, transform } = toTransformer(transformer);
  const readableHighWaterMark = extractHighWaterMark(onReadable, 0), writableHighWaterMark = extractHighWaterMark(onWritable, 1);
  const started = new Deferred();
  const publicController = () => (t.pub ??= new TransformStreamDefaultController(kInternal, t));
  const t = new Transform(
    transform === undefined ? passOn : (chunk) => callBack(transform, transformer, [chunk, publicController()]),
    flush && (() => callBack(flush, transformer, [publicController()])),
    cancel && ((reason) => callBack(cancel, transformer, [reason])),
  );
  // Two ticks later: a promise resolved with it, had the sides' own controllers made that of it.
  t.open(then(then(started.promise, noop), noop), writableHighWaterMark, extractSize(onWritable), readableHighWaterMark, extractSize(onReadable));
  if (transformer === undefined && onWritable.size === undefined && onReadable.size === undefined) t.native = { kind: kSize, argument: -1 };
  started.resolve(start && ReflectApply(start, transformer, [publicController()]));
  return t;
}
const passOn = (chunk, t) => t.enqueue(chunk);

class TransformStream {
  #readable;
  #writable;
  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    const t = transformer === kInternal ? writableStrategy : construct(transformer, writableStrategy, readableStrategy);
    this.#readable = wrap(t.r);
    this.#writable = writable.wrap(t.w);
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}
internals.finishClass(TransformStream, 'TransformStream');

// ---- Workers' transforms of bytes

// A copy of a chunk's bytes: its owner may write into it again once the write is done.
function copyOf(chunk, what) {
  if (isView(chunk)) return cloneBytes(bufferOf(chunk), offsetOf(chunk), lengthOf(chunk));
  expectBytes(chunk, what);
  return cloneBytes(chunk, 0, bufferByteLength(chunk));
}
// Hands bytes on: `length` of them in all, not more and not fewer.
function handOn(name, length) {
  let left = length;
  const t = createBytes((chunk) => {
    const bytes = copyOf(chunk, name);
    const size = lengthOf(bytes);
    if (size > left) throw new TypeError(`${name}: ${size - left} bytes more than the ${length} there were to be`);
    left -= size;
    if (size > 0) t.enqueue(bytes);
  }, () => {
    if (left > 0 && left < Infinity) throw new TypeError(`${name}: closed ${left} bytes short of ${length}`);
  });
  const isFixed = length < Infinity;
  t.native = { kind: kSize, argument: isFixed ? length : -1 };
  if (isFixed) t.r.expectedBytes = length;
  return t;
}
class IdentityTransformStream extends TransformStream {
  constructor(queuingStrategy = undefined, t = undefined) {
    if (queuingStrategy !== kInternal) extractHighWaterMark(toStrategy(queuingStrategy), 0);
    super(kInternal, queuingStrategy === kInternal ? t : handOn('IdentityTransformStream', Infinity));
  }
}
internals.finishClass(IdentityTransformStream, 'IdentityTransformStream');

// A body made of its readable side has a content-length.
class FixedLengthStream extends IdentityTransformStream {
  constructor(expectedLength, queuingStrategy = undefined) {
    const length = typeof expectedLength === 'bigint' ? Number(expectedLength) : expectedLength;
    extractHighWaterMark(toStrategy(queuingStrategy), 0);
    super(kInternal, handOn('FixedLengthStream', toCount(length, 'FixedLengthStream: the length')));
  }
}
internals.finishClass(FixedLengthStream, 'FixedLengthStream');

return {
  TransformStream, TransformStreamDefaultController, IdentityTransformStream, FixedLengthStream, create, createBytes,
};
