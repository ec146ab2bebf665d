// What both sides of node:stream share: the old Stream, how a stream is destroyed, and how bytes come in.
const { nodeError } = internals.load('node_errors');
const { EventEmitter } = internals.load('node_events');
const { Buffer } = internals.load('node_buffer');
const { nextTick } = internals.load('node_process').process;
const { setPrototypeOf } = Object;

function inherit(child, parent) {
  setPrototypeOf(child.prototype, parent.prototype);
  setPrototypeOf(child, parent);
}
// A getter that tools do not list.
function define(prototype, getters) {
  for (const [name, get] of Object.entries(getters)) Object.defineProperty(prototype, name, { get, configurable: true });
}

function Stream(options) { EventEmitter.call(this, options); }
inherit(Stream, EventEmitter);
// Of streams older than Readable: they emit data whether anybody keeps up or not, save that pause() may help.
Stream.prototype.pipe = function pipe(target, options = undefined) {
  const onData = (chunk) => { if (target.writable && target.write(chunk) === false) this.pause?.(); };
  const onDrain = () => { if (this.readable) this.resume?.(); };
  const onEnd = () => { if (options?.end !== false) target.end(); };
  this.on('data', onData);
  target.on('drain', onDrain);
  this.on('end', onEnd);
  const stop = () => {
    this.off('data', onData);
    target.off('drain', onDrain);
    this.off('end', onEnd);
  };
  this.once('end', stop);
  this.once('close', stop);
  target.once('close', stop);
  target.emit('pipe', this);
  return target;
};

// The state of both sides of a Duplex is destroyed at once; `close` comes after `error`.
const states = (stream) => [stream._readableState, stream._writableState].filter((state) => state !== undefined);
function destroy(error = undefined, callback = undefined) {
  const all = states(this);
  if (all.some((state) => state.destroyed)) {
    callback?.();
    return this;
  }
  for (const state of all) {
    state.destroyed = true;
    state.errored ??= error ?? null;
  }
  const finish = (failure) => {
    for (const state of all) {
      state.errored ??= failure ?? null;
      state.closed = true;
    }
    callback?.(failure);
    nextTick(() => {
      if (failure && !all.some((state) => state.errorEmitted)) {
        for (const state of all) state.errorEmitted = true;
        this.emit('error', failure);
      }
    });
    nextTick(() => { if (all.some((state) => state.emitClose)) this.emit('close'); });
  };
  try {
    this._destroy(error ?? null, finish);
  } catch (thrown) {
    finish(thrown);
  }
  return this;
}
// An error of the stream's own: with autoDestroy its end.
function fail(stream, error) {
  const [state] = states(stream);
  if (state.autoDestroy) {
    stream.destroy(error);
  } else {
    for (const each of states(stream)) each.errored ??= error;
    nextTick(() => stream.emit('error', error));
  }
}

function toChunk(chunk, encoding) {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw nodeError('ERR_INVALID_ARG_TYPE', 'chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
}
function stateOf(options, side) {
  const objectMode = Boolean(options?.objectMode || options?.[`${side}ObjectMode`]);
  const highWaterMark = options?.highWaterMark ?? options?.[`${side}HighWaterMark`] ?? (objectMode ? 16 : 16384);
  return {
    objectMode, highWaterMark, length: 0, destroyed: false, closed: false, errored: null, errorEmitted: false,
    emitClose: options?.emitClose !== false, autoDestroy: options?.autoDestroy !== false,
  };
}
// The methods that a stream may be given as options.
function adopt(stream, options, names) {
  for (const name of names) if (typeof options?.[name] === 'function') stream[`_${name}`] = options[name];
}
return { Stream, inherit, define, destroy, fail, toChunk, stateOf, adopt };
