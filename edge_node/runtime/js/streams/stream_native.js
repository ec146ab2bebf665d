// The two borders between streams and native bodies: reading one, and handing a stream out to be one.
const { Deferred, kDone, then } = internals.load('stream_base');
const { acquire, cancel, close, fail, readInto } = internals.load('stream_readable');
const { RangeError, TypeError, typedArrayName } = internals.primordials;
const { stateOf } = internals.readable;
const { bodyRead, bodyCancel, openStream, streamChunk, streamEnd, streamError } = native.io;

// ---- in: the controller of a stream over a native body. What it has not read stays outside of the heap.

class NativeController {
  s;
  reading = false;  // native code will call arrived()
  held = null;      // what arrived for a reader that was released meanwhile
  constructor(s) {
    this.s = s;
    s.controller = this;
  }
  get idle() { return !this.reading && this.held === null; }
  pullSteps(request) {
    this.s.reader.requests.push(request);
    if (!this.reading) this.next();
  }
  next() {
    const { held } = this;
    if (held !== null) {
      this.held = null;
      this.s.reader.requests.shift().chunk(held);
      return;
    }
    this.reading = true;
    const { io, id } = this.s.native;
    let chunk;
    try { chunk = bodyRead(io, id, this); } catch (error) {
      this.arrived(error, true);
      return;
    }
    if (chunk !== undefined) this.arrived(chunk, false);
  }
  // A chunk, null for the end, or an error.
  arrived(value, failed) {
    this.reading = false;
    const { s } = this;
    if (s.state !== 'readable') return;
    if (failed || value === null) {
      const { pipe, tee } = s.native;
      s.native = null;
      if (failed) fail(s, value); else close(s);
      if (tee !== null) tee.end();
      if (pipe !== null) pipe.finish(failed, value);
    } else if (s.reader === null || s.reader.requests.length === 0) {
      this.held = value;
    } else {
      const { requests } = s.reader;
      requests.shift().chunk(value);
      if (s.reader !== null && s.reader.requests.length > 0 && !this.reading) this.next();
    }
  }
  cancelSteps(reason) {
    const { io, id, pipe, tee } = this.s.native;
    this.s.native = null;
    this.held = null;
    bodyCancel(io, id);
    if (pipe !== null) pipe.finish(true, reason);
    if (tee === null) return kDone;
    tee.done ??= new Deferred();
    if (++tee.canceled === 2 || tee.over) tee.end();
    return tee.done.promise;
  }
  releaseSteps() {}
}

// A BYOB reader wants a byte controller in the place of the native one.
function toByteStream(s) {
  const { native: body, controller } = s;
  const { ByteController } = internals.load('stream_bytes');
  const pull = () => {
    const { promise, resolve, reject } = new Deferred();
    const arrived = (value, failed) => {
      if (failed) {
        reject(value);
        return;
      }
      if (value === null) {
        c.close();
        if (c.requestOfFirst !== null) c.respond(0);
      } else {
        c.enqueue(value);
      }
      resolve(undefined);
    };
    const chunk = bodyRead(body.io, body.id, { arrived });
    if (chunk !== undefined) arrived(chunk, false);
    return promise;
  };
  const c = new ByteController(s, pull, () => bodyCancel(body.io, body.id), 0, undefined);
  if (controller !== null && controller.held !== null) c.enqueue(controller.held);
  c.start(kDone);
}

// ---- out: what native code pulls a stream by, a chunk at a time and more while there is room for it

const kGoOn = 1, kFailed = 2;  // OutStream::Next
class OutPump {
  next = null;
  io;
  id = 0;  // of the stream in native code
  s;
  reader;
  pulling = false;
  wanted = false;
  constructor(io, s) {
    this.io = io;
    this.s = s;
    this.reader = acquire(s);
    this.reader.pump = this;
  }
  pull() {
    this.wanted = true;
    if (this.pulling) return;
    this.pulling = true;
    while (this.wanted) {
      this.wanted = false;
      readInto(this.reader, this);
    }
    this.pulling = false;
  }
  chunk(value) {
    if (typedArrayName(value) !== 'Uint8Array') {
      const error = new TypeError(`a body's stream must give Uint8Arrays, got ${typeof value}`);
      streamError(this.io, this.id, error);
      this.gone(error);
      return;
    }
    const next = streamChunk(this.io, this.id, value);
    if (next === kGoOn) this.pull();
    else if (next === kFailed) this.gone(new RangeError('the worker is out of memory'));
  }
  close() { streamEnd(this.io, this.id); }
  error(error) { streamError(this.io, this.id, error); }
  gone(reason) { then(cancel(this.s, reason), undefined, internals.report); }
}

// The number of a native body over a stream, which is locked for good.
function handOut(stream, io) {
  const s = stateOf(stream);
  const pump = new OutPump(io, s);
  return pump.id = openStream(io, (gone) => {
    if (gone) pump.gone(new internals.DOMException('the client is gone', 'AbortError')); else pump.pull();
  }, s.expectedBytes);
}

return { NativeController, toByteStream, handOut };
