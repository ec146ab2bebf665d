// node:stream: Duplex, Transform and what joins streams, over Readable and Writable.
const { nodeError, check, AbortError } = internals.load('node_errors');
const { Stream, inherit, define, adopt } = internals.load('node_stream_base');
const { Readable, setUpReadable } = internals.load('node_stream_readable');
const { Writable, setUpWritable, getters } = internals.load('node_stream_writable');
const { nextTick } = internals.load('node_process').process;

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  setUpReadable(this, options);
  setUpWritable(this, options);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  Stream.call(this, options);
}
inherit(Duplex, Readable);
for (const name of ['_write', 'write', 'end', 'cork', 'uncork', 'setDefaultEncoding']) Duplex.prototype[name] = Writable.prototype[name];
define(Duplex.prototype, getters);

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  Duplex.call(this, options);
  this._resume = null;  // the callback of a write whose output found no room
  adopt(this, options, ['transform', 'flush']);
}
inherit(Transform, Duplex);
Object.assign(Transform.prototype, {
  _transform() { throw nodeError('ERR_METHOD_NOT_IMPLEMENTED', '_transform()'); },
  _write(chunk, encoding, callback) {
    this._transform(chunk, encoding, (error, value) => {
      if (error) {
        callback(error);
        return;
      }
      if (value !== null && value !== undefined) this.push(value);
      const state = this._readableState;
      if (state.ended || state.length < state.highWaterMark || state.length === 0) callback();
      else this._resume = callback;
    });
  },
  _read() {
    const resume = this._resume;
    this._resume = null;
    resume?.();
  },
  _final(callback) {
    const finish = (error, value) => {
      if (error) {
        callback(error);
        return;
      }
      if (value !== null && value !== undefined) this.push(value);
      this.push(null);
      callback();
    };
    if (typeof this._flush === 'function') this._flush(finish);
    else finish();
  },
});
function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
inherit(PassThrough, Transform);
PassThrough.prototype._transform = (chunk, encoding, callback) => callback(null, chunk);

// Calls back once both sides are over, or the first that failed is.
function finished(stream, options, callback) {
  if (typeof options === 'function') [options, callback] = [{}, options];
  check.function(callback, 'callback');
  const readable = options.readable ?? stream._readableState !== undefined, writable = options.writable ?? stream._writableState !== undefined;
  const isRead = () => !readable || stream.readableEnded, isWritten = () => !writable || stream.writableFinished;
  let isDone = false;
  const done = (error) => {
    if (isDone) return;
    isDone = true;
    stop();
    if (error) callback.call(stream, error);
    else callback.call(stream);
  };
  const listeners = {
    end: () => { if (isRead() && isWritten()) done(); },
    finish: () => { if (isRead() && isWritten()) done(); },
    error: done,
    close: () => done(isRead() && isWritten() ? undefined : stream.errored ?? nodeError('ERR_STREAM_PREMATURE_CLOSE')),
  };
  const stop = () => { for (const [name, listener] of Object.entries(listeners)) if (name !== 'error') stream.removeListener(name, listener); };
  for (const [name, listener] of Object.entries(listeners)) stream.on(name, listener);
  if (stream.closed) nextTick(listeners.close);
  else if (isRead() && isWritten()) nextTick(done);
  options.signal?.addEventListener('abort', () => done(new AbortError(undefined, { cause: options.signal.reason })), { once: true });
  return stop;
}
const toStream = (source) => (typeof source?.on === 'function' ? source : Readable.from(typeof source === 'function' ? source() : source));
function pipeline(...parts) {
  const callback = parts.pop();
  check.function(callback, 'callback');
  const given = parts.length === 1 && Array.isArray(parts[0]) ? parts[0] : parts;
  if (given.length < 2) throw nodeError('ERR_MISSING_ARGS', 'streams');
  const streams = [toStream(given[0])];
  let open = 0, isDone = false, value;
  const done = (error) => {
    if (isDone || (!error && --open > 0)) return;
    isDone = true;
    if (error) for (const stream of streams) stream.destroy(stream === streams.at(-1) ? error : undefined);
    if (error) callback(error);
    else callback(undefined, value);
  };
  // A function takes what is before it and gives an iterable, or as the last one a promise of the result.
  const isFedBy = [];
  for (const part of given.slice(1)) {
    const made = typeof part === 'function' ? part(streams.at(-1)) : part;
    if (typeof part === 'function' && typeof made?.then === 'function' && part === given.at(-1)) {
      open++;
      made.then((result) => { value = result; done(); }, done);
      continue;
    }
    isFedBy[streams.length] = typeof part !== 'function';
    streams.push(toStream(made));
  }
  open += streams.length;
  streams.forEach((stream, i) => {
    const isRead = i < streams.length - 1 || stream._writableState === undefined;
    finished(stream, { readable: isRead, writable: i > 0 && stream._writableState !== undefined }, done);
    if (isFedBy[i + 1]) stream.pipe(streams[i + 1]);
  });
  if (typeof given.at(-1) === 'function' && isFedBy[streams.length - 1] === false) streams.at(-1).resume();
  return streams.at(-1);
}
const promises = {
  finished: (stream, options = {}) => new Promise((resolve, reject) => { finished(stream, options, (error) => (error ? reject(error) : resolve())); }),
  pipeline: (...parts) => new Promise((resolve, reject) => { pipeline(...parts, (error, value) => (error ? reject(error) : resolve(value))); }),
};
const custom = Symbol.for('nodejs.util.promisify.custom');
Object.defineProperty(finished, custom, { value: promises.finished });
Object.defineProperty(pipeline, custom, { value: promises.pipeline });

const web = (name) => (...parts) => internals.load('node_stream_web')[name](...parts);
Readable.toWeb = web('readableToWeb');
Readable.fromWeb = web('readableFromWeb');
Writable.toWeb = web('writableToWeb');
Writable.fromWeb = web('writableFromWeb');

const members = { Stream, Readable, Writable, Duplex, Transform, PassThrough, finished, pipeline, promises };
Object.assign(Stream, members);
const exports = () => ({ ...members, default: Stream });
const promiseExports = () => ({ ...promises, default: promises });
return { exports, promiseExports };
