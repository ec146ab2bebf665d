// Readable of node:stream.
const { nodeError } = internals.load('node_errors');
const { Buffer } = internals.load('node_buffer');
const { Stream, inherit, define, destroy, fail, toChunk, stateOf, adopt } = internals.load('node_stream_base');
const { nextTick } = internals.load('node_process').process;

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  setUpReadable(this, options);
  Stream.call(this, options);
}
inherit(Readable, Stream);
function setUpReadable(stream, options) {
  stream._readableState = {
    ...stateOf(options, 'readable'), buffer: [], flowing: null, ended: false, endEmitted: false, reading: false, isSync: false,
    emittingReadable: false, isListening: false, decoder: null, encoding: null, readsMore: false,
  };
  adopt(stream, options, ['read', 'destroy']);
  if (options?.encoding) stream.setEncoding(options.encoding);
}

// Takes `count` units off the buffer; everything when undefined.
function take(state, count) {
  if (state.length === 0) return null;
  if (state.objectMode) {
    state.length--;
    return state.buffer.shift();
  }
  if (count === undefined && state.flowing) count = state.buffer[0].length;
  const all = state.buffer.length === 1 ? state.buffer[0] : state.decoder ? state.buffer.join('') : Buffer.concat(state.buffer);
  if (count === undefined || count >= all.length) {
    state.buffer = [];
    state.length = 0;
    return all;
  }
  state.buffer = [all.slice(count)];
  state.length -= count;
  return all.slice(0, count);
}
function takeFirst(state) {
  const chunk = state.buffer.shift();
  state.length -= chunk.length;
  return chunk;
}
function callRead(stream, state) {
  state.reading = true;
  state.isSync = true;
  try {
    stream._read(state.highWaterMark);
  } catch (error) {
    fail(stream, error);
  }
  state.isSync = false;
}
function endSoon(stream, state) {
  if (state.endEmitted || state.endScheduled) return;
  state.endScheduled = true;
  nextTick(() => {
    if (state.endEmitted || state.length > 0 || state.errored) return;
    state.endEmitted = true;
    stream.emit('end');
    const writable = stream._writableState;
    if (writable !== undefined && stream.allowHalfOpen === false && !writable.ending) stream.end();
    else if (state.autoDestroy && (writable === undefined || writable.finished)) stream.destroy();
  });
}
function announce(stream, state) {
  if (state.emittingReadable) return;
  state.emittingReadable = true;
  nextTick(() => {
    state.emittingReadable = false;
    if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) stream.emit('readable');
    flow(stream, state);
  });
}
function flow(stream, state) {
  while (state.flowing && stream.read() !== null);
}
function readMoreSoon(stream, state) {
  if (state.readsMore) return;
  state.readsMore = true;
  nextTick(() => {
    while (!state.reading && !state.ended && !state.destroyed && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
      const before = state.length;
      stream.read(0);
      if (state.length === before) break;
    }
    state.readsMore = false;
  });
}
function add(stream, state, chunk, isFront) {
  state.reading = isFront ? state.reading : false;
  if (state.flowing && state.length === 0 && !state.isSync && !isFront && stream.listenerCount('data') > 0) {
    stream.emit('data', chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    state.buffer[isFront ? 'unshift' : 'push'](chunk);
    announce(stream, state);
  }
  readMoreSoon(stream, state);
}
function endOf(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest) {
    state.buffer.push(rest);
    state.length += rest.length;
  }
  state.ended = true;
  state.reading = false;
  announce(stream, state);
}
function put(stream, given, encoding, isFront) {
  const state = stream._readableState;
  if (state.destroyed || state.errored) return false;
  if (given === null) {
    endOf(stream, state);
    return false;
  }
  let chunk = given;
  if (!state.objectMode) {
    try { chunk = toChunk(given, encoding); } catch (error) { fail(stream, error); return false; }
    if (state.decoder !== null) chunk = isFront ? chunk.toString(state.encoding) : state.decoder.write(chunk);
  }
  if (isFront ? state.endEmitted : state.ended) {
    fail(stream, nodeError(isFront ? 'ERR_STREAM_UNSHIFT_AFTER_END_EVENT' : 'ERR_STREAM_PUSH_AFTER_EOF'));
  } else if (state.objectMode || chunk.length > 0) {
    add(stream, state, chunk, isFront);
  } else if (!isFront) {
    state.reading = false;
    readMoreSoon(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

Object.assign(Readable.prototype, {
  destroy,
  _destroy(error, callback) { callback(error); },
  _read() { throw nodeError('ERR_METHOD_NOT_IMPLEMENTED', '_read()'); },
  push(chunk, encoding = undefined) { return put(this, chunk, encoding, false); },
  unshift(chunk, encoding = undefined) { return put(this, chunk, encoding, true); },
  read(count = undefined) {
    const state = this._readableState;
    if (count !== undefined) count = Math.trunc(Number(count)) || 0;
    const left = count === 0 ? state.length : state.length - (count ?? state.length);
    if (!state.reading && !state.ended && !state.destroyed && !state.errored && (left < state.highWaterMark || state.length === 0)) callRead(this, state);
    let chunk = null;
    if (count !== 0 && (count === undefined || state.objectMode || count <= state.length || state.ended)) {
      chunk = count === undefined && state.flowing && !state.objectMode && state.length > 0 ? takeFirst(state) : take(state, count);
    }
    if (state.length === 0 && state.ended) endSoon(this, state);
    if (chunk !== null && !state.errored) this.emit('data', chunk);
    return chunk;
  },
  resume() {
    const state = this._readableState;
    if (!state.flowing) {
      state.flowing = !state.isListening;
      nextTick(() => {
        if (!state.reading) this.read(0);
        this.emit('resume');
        flow(this, state);
        if (state.flowing && !state.reading) this.read(0);
      });
    }
    return this;
  },
  pause() {
    const wasFlowing = this._readableState.flowing !== false;
    this._readableState.flowing = false;
    if (wasFlowing) this.emit('pause');
    return this;
  },
  isPaused() { return this._readableState.flowing === false; },
  setEncoding(encoding) {
    const state = this._readableState;
    const { StringDecoder } = internals.load('node_string_decoder').exports();
    state.decoder = new StringDecoder(encoding);
    state.encoding = state.decoder.encoding;
    const text = state.buffer.map((chunk) => state.decoder.write(chunk)).join('');
    state.buffer = text === '' ? [] : [text];
    state.length = text.length;
    return this;
  },
  on(name, listener) {
    Stream.prototype.on.call(this, name, listener);
    const state = this._readableState;
    if (name === 'data' && state.flowing !== false) this.resume();
    if (name === 'readable' && !state.isListening) {
      state.isListening = true;
      state.flowing = false;
      if (state.length > 0 || state.ended) announce(this, state);
      else if (!state.reading) nextTick(() => this.read(0));
    }
    return this;
  },
  removeListener(name, listener) {
    Stream.prototype.removeListener.call(this, name, listener);
    if (name === 'readable' && this.listenerCount('readable') === 0) {
      this._readableState.isListening = false;
      nextTick(() => { if (this.listenerCount('data') > 0) this.resume(); });
    }
    return this;
  },
  pipe(target, options = undefined) {
    const onData = (chunk) => {
      if (target.write(chunk) !== false) return;
      this.pause();
      target.once('drain', () => { if (piping) this.resume(); });
    };
    let piping = true;
    const onEnd = () => { if (options?.end !== false) target.end(); };
    const stop = () => {
      piping = false;
      this.removeListener('data', onData);
      this.removeListener('end', onEnd);
      target.removeListener('close', stop);
      this._pipes = this._pipes.filter((pipe) => pipe.stop !== stop);
      target.emit('unpipe', this);
    };
    (this._pipes ??= []).push({ target, stop });
    if (this._readableState.endEmitted) nextTick(onEnd);
    else this.once('end', onEnd);
    target.once('close', stop);
    this.on('data', onData);
    target.emit('pipe', this);
    return target;
  },
  unpipe(target = undefined) {
    const pipes = (this._pipes ?? []).filter((pipe) => target === undefined || pipe.target === target);
    for (const { stop } of pipes) stop();
    if (pipes.length > 0 && this._pipes.length === 0) this.pause();
    return this;
  },
  async* [Symbol.asyncIterator]() {
    let wake = () => {};
    const woken = () => wake();
    for (const name of ['readable', 'end', 'error', 'close']) this.on(name, woken);
    try {
      for (;;) {
        const chunk = this._readableState.destroyed ? null : this.read();
        if (chunk !== null) {
          yield chunk;
        } else if (this._readableState.errored) {
          throw this._readableState.errored;
        } else if (this._readableState.endEmitted) {
          return;
        } else if (this._readableState.destroyed) {
          throw nodeError('ERR_STREAM_PREMATURE_CLOSE');
        } else {
          await new Promise((resolve) => { wake = resolve; });
        }
      }
    } finally {
      for (const name of ['readable', 'end', 'close']) this.removeListener(name, woken);
      if (!this._readableState.destroyed) this.destroy(this._readableState.endEmitted ? null : undefined);
      else if (!this._readableState.errored) this.removeListener('error', woken);
    }
  },
});
Readable.prototype.addListener = Readable.prototype.on;
Readable.prototype.off = Readable.prototype.removeListener;
define(Readable.prototype, {
  readable() { const s = this._readableState; return !s.destroyed && !s.errored && !s.endEmitted; },
  destroyed() { return this._readableState?.destroyed ?? false; }, closed() { return this._readableState.closed; },
  errored() { return this._readableState.errored; }, readableEnded() { return this._readableState.endEmitted; },
  readableFlowing() { return this._readableState.flowing; }, readableLength() { return this._readableState.length; },
  readableObjectMode() { return this._readableState.objectMode; }, readableEncoding() { return this._readableState.encoding; },
  readableHighWaterMark() { return this._readableState.highWaterMark; },
});

// Of anything that can be iterated over; text and bytes are one chunk.
Readable.from = (source, options = undefined) => {
  const isWhole = typeof source === 'string' || source instanceof Uint8Array;
  const items = isWhole ? [source] : source;
  const iterator = items?.[Symbol.asyncIterator]?.() ?? items?.[Symbol.iterator]?.();
  if (iterator === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'iterable', 'Iterable', source);
  return new Readable({
    objectMode: true, highWaterMark: 1, ...options,
    read() {
      (async () => {
        const { value, done } = await iterator.next();
        this.push(done ? null : await value);
      })().catch((error) => this.destroy(error));
    },
    destroy(error, callback) {
      const ended = Promise.resolve(this.readableEnded ? undefined : iterator.return?.());
      ended.then(() => callback(error), callback);
    },
  });
};
return { Readable, setUpReadable };
