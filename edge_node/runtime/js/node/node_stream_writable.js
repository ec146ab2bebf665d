// Writable of node:stream.
const { nodeError } = internals.load('node_errors');
const { Stream, inherit, define, destroy, fail, toChunk, stateOf, adopt } = internals.load('node_stream_base');
const { nextTick } = internals.load('node_process').process;

function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);
  setUpWritable(this, options);
  Stream.call(this, options);
}
inherit(Writable, Stream);
function setUpWritable(stream, options) {
  stream._writableState = {
    ...stateOf(options, 'writable'), waiting: [], writing: false, corked: 0, needDrain: false, ending: false, finished: false,
    finalCalled: false, defaultEncoding: options?.defaultEncoding ?? 'utf8', decodeStrings: options?.decodeStrings !== false,
  };
  adopt(stream, options, ['write', 'writev', 'destroy', 'final']);
}
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState !== undefined;  // a Duplex inherits from Readable alone
  },
});

function start(stream, state, entries) {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  state.writing = true;
  let isSync = true, isDone = false;
  const done = (error) => {
    if (isDone) {
      fail(stream, nodeError('ERR_MULTIPLE_CALLBACK'));
      return;
    }
    isDone = true;
    state.writing = false;
    state.length -= size;
    const settle = () => settled(stream, state, entries, error);
    if (error) state.errored ??= error;
    else if (!state.corked) next(stream, state);
    if (isSync) nextTick(settle);
    else settle();
  };
  try {
    if (entries.length > 1) stream._writev(entries.map(({ chunk, encoding }) => ({ chunk, encoding })), done);
    else stream._write(entries[0].chunk, entries[0].encoding, done);
  } catch (error) {
    fail(stream, error);
  }
  isSync = false;
}
function settled(stream, state, entries, error) {
  if (error) {
    for (const { callback } of entries) callback(error);
    fail(stream, error);
    return;
  }
  if (state.needDrain && state.length === 0 && !state.ending && !state.destroyed) {
    state.needDrain = false;
    stream.emit('drain');
  }
  for (const { callback } of entries) callback(null);
  finishMaybe(stream, state);
}
function next(stream, state) {
  if (state.writing || state.corked > 0 || state.waiting.length === 0 || state.destroyed || state.errored) return;
  start(stream, state, stream._writev ? state.waiting.splice(0) : [state.waiting.shift()]);
}
function finishMaybe(stream, state) {
  if (!state.ending || state.length > 0 || state.writing || state.finished || state.finalCalled || state.errored || state.destroyed) return;
  state.finalCalled = true;
  const finish = (error) => {
    if (error) {
      fail(stream, error);
      return;
    }
    stream.emit('prefinish');
    nextTick(() => {
      if (state.errored || state.destroyed) return;
      state.finished = true;
      stream.emit('finish');
      const readable = stream._readableState;
      if (state.autoDestroy && (readable === undefined || readable.endEmitted)) stream.destroy();
    });
  };
  if (typeof stream._final !== 'function') {
    finish();
    return;
  }
  try { stream._final(finish); } catch (error) { finish(error); }
}

Object.assign(Writable.prototype, {
  destroy,
  _destroy(error, callback) { callback(error); },
  _write(chunk, encoding, callback) {
    if (!this._writev) throw nodeError('ERR_METHOD_NOT_IMPLEMENTED', '_write()');
    this._writev([{ chunk, encoding }], callback);
  },
  write(given, encoding = undefined, callback = undefined) {
    const state = this._writableState;
    if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
    encoding ??= state.defaultEncoding;
    if (given === null) throw nodeError('ERR_STREAM_NULL_VALUES');
    let chunk = given;
    if (!state.objectMode) {
      if (typeof given !== 'string' || state.decodeStrings) {
        chunk = toChunk(given, encoding);
        encoding = 'buffer';
      }
    }
    const refused = state.ending ? nodeError('ERR_STREAM_WRITE_AFTER_END') : state.destroyed ? nodeError('ERR_STREAM_DESTROYED', 'write') : null;
    if (refused !== null) {
      nextTick(() => callback?.(refused));
      fail(this, refused);
      return false;
    }
    const size = state.objectMode ? 1 : chunk.length;
    state.length += size;
    state.waiting.push({ chunk, encoding, size, callback: callback ?? (() => {}) });
    const hasRoom = state.length < state.highWaterMark;
    if (!hasRoom) state.needDrain = true;
    next(this, state);
    return hasRoom && !state.errored && !state.destroyed;
  },
  end(chunk = undefined, encoding = undefined, callback = undefined) {
    const state = this._writableState;
    if (typeof chunk === 'function') [chunk, callback] = [undefined, chunk];
    else if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    state.corked = 0;
    next(this, state);
    if (typeof callback === 'function') {
      if (state.finished) nextTick(callback);
      else this.once('finish', callback);
    }
    if (!state.ending) {
      state.ending = true;
      finishMaybe(this, state);
    }
    return this;
  },
  cork() { this._writableState.corked++; },
  uncork() {
    const state = this._writableState;
    if (state.corked > 0 && --state.corked === 0) next(this, state);
  },
  setDefaultEncoding(encoding) {
    this._writableState.defaultEncoding = encoding;
    return this;
  },
});
const getters = {
  writable() { const s = this._writableState; return !s.destroyed && !s.errored && !s.ending; },
  writableEnded() { return this._writableState.ending; }, writableFinished() { return this._writableState.finished; },
  writableLength() { return this._writableState.length; }, writableObjectMode() { return this._writableState.objectMode; },
  writableHighWaterMark() { return this._writableState.highWaterMark; }, writableNeedDrain() { return this._writableState.needDrain; },
  writableCorked() { return this._writableState.corked; },
};
define(Writable.prototype, {
  ...getters, destroyed() { return this._writableState.destroyed; }, closed() { return this._writableState.closed; }, errored() { return this._writableState.errored; },
});
return { Writable, setUpWritable, getters };
