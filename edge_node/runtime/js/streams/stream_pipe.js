// pipeTo and pipeThrough (Streams standard section 4.2.4; ReadableStreamPipeTo of 4.9.1).
//
// A pipe reads when the destination wants chunks. It shuts down once: for the first of an error of the source, an error
// of the destination, the end of the source, an end of the destination, an abort; after what it has read is written.
const { Deferred, kDone, rejectedWith, noop, then, toDictionary } = internals.load('stream_base');
const { acquire: acquireReader, cancel, readInto, release: releaseReader } = internals.load('stream_readable');
const writable = internals.load('stream_writable');
const { TypeError } = internals.primordials;
const { is: isReadable, isMovable, kTaken, NativeBody, takeState } = internals.readable;
const { markHandled } = native.streams;
const { bodyCancel, bodyThrough, streamAttach } = native.io;

class Pipe {
  s;
  w;
  reader;
  writer;
  options;
  done = new Deferred();
  shuttingDown = false;
  handing = null;    // resolved when a chunk that was read is with the writer
  lastWrite = null;
  forget = noop;     // stops listening to the signal
  request = { next: null, chunk: (chunk) => this.hand(chunk), close: noop, error: noop };

  constructor(s, w, options) {
    this.s = s;
    this.w = w;
    this.options = options;
    this.reader = acquireReader(s);
    this.writer = writable.acquire(w);
    s.disturbed = true;
  }
  start() {
    const { s, w, reader, writer, options } = this;
    const { signal } = options;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.abort(signal.reason);
        return;
      }
      this.forget = internals.onAbort(signal, (reason) => this.abort(reason));
    }
    const sourceFailed = (error) => this.shutDown(options.preventAbort ? null : () => writable.abort(w, error), true, error);
    const sourceClosed = () => this.shutDown(options.preventClose ? null : () => writable.closeUnlessOver(w), false);
    const destinationFailed = (error) => this.shutDown(options.preventCancel ? null : () => cancel(s, error), true, error);
    if (s.state === 'errored') sourceFailed(s.error);
    else then(reader.closed.promise, undefined, sourceFailed);
    if (w.state === 'errored') destinationFailed(w.error);
    else then(writer.closed.promise, undefined, destinationFailed);
    if (s.state === 'closed') sourceClosed();
    else then(reader.closed.promise, sourceClosed, noop);
    if (w.closing || w.state === 'closed') destinationFailed(new TypeError('pipeTo: the destination is closed or closing'));
    this.step();
  }
  step() {
    if (this.shuttingDown) return;
    if (this.w.backpressure || this.w.state !== 'writable') then(this.writer.ready.promise, () => this.read(), noop);
    else this.read();
  }
  read() {
    if (!this.shuttingDown) readInto(this.reader, this.request);
  }
  // Never written from within the read: enqueue() of a source must not run a sink.
  hand(chunk) {
    this.handing = then(kDone, () => {
      this.handing = null;
      try { this.lastWrite = writable.write(this.writer, chunk); } catch { /* the destination's error ends the pipe */ }
      this.step();
    });
  }
  abort(error) {
    const { s, w, options } = this;
    this.shutDown(() => {
      const aborted = options.preventAbort || w.state !== 'writable' ? kDone : writable.abort(w, error);
      const canceled = options.preventCancel || s.state !== 'readable' ? kDone : cancel(s, error);
      return both(aborted, canceled);
    }, true, error);
  }
  shutDown(action, failed, error) {
    if (this.shuttingDown) return;
    this.shuttingDown = true;
    const act = () => {
      if (action === null) this.finish(failed, error);
      else then(action(), () => this.finish(failed, error), (actionError) => this.finish(true, actionError));
    };
    if (this.w.state === 'writable' && !this.w.closing) then(kDone, () => this.afterWrites(act)); else act();
  }
  afterWrites(act) {
    const again = () => this.afterWrites(act);
    if (this.handing !== null) then(this.handing, again);
    else if (this.lastWrite !== null && !this.lastWrite.settled) then(this.lastWrite.promise, again, again);
    else act();
  }
  finish(failed, error) {
    writable.release(this.writer);
    releaseReader(this.reader);
    this.forget();
    if (failed) this.done.reject(error); else this.done.resolve(undefined);
  }
}
// Of two promises: fulfilled when both are, rejected when one is.
function both(a, b) {
  const { promise, resolve, reject } = new Deferred();
  let left = 2;
  const one = () => { if (--left === 0) resolve(undefined); };
  then(a, one, reject);
  then(b, one, reject);
  return promise;
}

// A pipe that native code does: from a native body into a transform that native code can be too. Nothing moves until
// somebody takes the readable side, which is a native body then.
class NativePipe {
  s;
  w;
  writer;
  done = null;  // for pipeTo
  constructor(s, w, t, isWatched) {
    this.s = s;
    this.w = w;
    this.writer = writable.acquire(w);
    if (isWatched) this.done = new Deferred();
    const { io, id } = takeState(s);
    const through = bodyThrough(io, id, t.native.kind, t.native.argument, isWatched ? this : undefined);
    const { r } = t;
    t.touched = true;
    if (r.controller !== null) r.controller.closeRequested = true;  // the transform's own does nothing more
    r.controller = r.opener = null;
    if (r.reader === null) {
      r.native = new NativeBody(io, through);
      r.native.pipe = this;
    } else {
      // On its way out already, as the body of an answer.
      if (!streamAttach(io, r.reader.pump.id, through)) bodyCancel(io, through);
      r.reader = kTaken;
    }
  }
  // Told by who reads in JavaScript, by native code, or by both.
  finish(failed, error) {
    const { s, w, writer, done } = this;
    if (writer.w === null) return;
    s.reader = null;
    s.state = failed ? 'errored' : 'closed';
    s.error = w.error = error;
    w.state = s.state;
    if (failed) writer.closed.reject(error); else writer.closed.resolve();
    writable.release(writer);
    if (done === null) return;
    if (failed) done.reject(error); else done.resolve(undefined);
  }
}
// Whether native code can do a pipe.
function isForNative(s, w, { preventAbort, preventCancel, preventClose, signal }) {
  const t = w.transform;
  if (t === null || t.native === null || t.touched || w.state !== 'writable' || w.queue.length > 0) return false;
  const { r } = t;
  const isFree = r.reader === null ? !r.disturbed : r.reader.pump?.io === s.native?.io;
  return isFree && isMovable(s) && r.state === 'readable' && !preventAbort && !preventCancel && !preventClose && signal === undefined;
}

function toOptions(options) {
  const dictionary = toDictionary(options, 'the pipe\'s options');
  if (dictionary === undefined) return { preventAbort: false, preventCancel: false, preventClose: false, signal: undefined };
  const preventAbort = !!dictionary.preventAbort, preventCancel = !!dictionary.preventCancel, preventClose = !!dictionary.preventClose;
  const { signal } = dictionary;
  if (signal !== undefined && !internals.isAbortSignal(signal)) throw new TypeError('the pipe\'s signal is not an AbortSignal');
  return { preventAbort, preventCancel, preventClose, signal };
}
function pipe(s, w, options, isHandled) {
  if (isForNative(s, w, options)) return new NativePipe(s, w, w.transform, !isHandled).done?.promise;
  const piping = new Pipe(s, w, options);
  const { promise } = piping.done;
  if (isHandled) markHandled(promise);
  piping.start();
  return promise;
}

function pipeToUnlocked(s, destination, options) {
  try {
    if (!writable.is(destination)) throw new TypeError('pipeTo: the destination is not a WritableStream');
    const converted = toOptions(options);
    const w = writable.stateOf(destination);
    if (s.reader !== null) throw new TypeError('pipeTo: the stream is locked to a reader');
    if (w.writer !== null) throw new TypeError('pipeTo: the destination is locked to a writer');
    return pipe(s, w, converted, false);
  } catch (error) {
    return rejectedWith(error);
  }
}
function pipeThrough(s, transform, options) {
  const pair = toDictionary(transform, 'pipeThrough: the transform');
  const to = pair?.readable;
  if (!isReadable(to)) throw new TypeError('pipeThrough: the transform\'s readable is not a ReadableStream');
  const from = pair.writable;
  if (!writable.is(from)) throw new TypeError('pipeThrough: the transform\'s writable is not a WritableStream');
  const converted = toOptions(options);
  const w = writable.stateOf(from);
  if (s.reader !== null) throw new TypeError('pipeThrough: the stream is locked to a reader');
  if (w.writer !== null) throw new TypeError('pipeThrough: the transform\'s writable is locked to a writer');
  pipe(s, w, converted, true);
  return to;
}

return { pipeToUnlocked, pipeThrough };
