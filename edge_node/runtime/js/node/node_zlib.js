// node:zlib: compression in one call and as streams.
const { nodeError, check } = internals.load('node_errors');
const { Buffer, bytesIn } = internals.load('node_buffer');
const { Transform, finished } = internals.load('node_stream').exports();
const { inherit } = internals.load('node_stream_base');
const { nextTick } = internals.load('node_process').process;
const { Coder, constants, ranged } = internals.load('node_zlib_coder');
const { crc32: crcOf } = native.compression;
const flushKind = Symbol('flush');
const bytesMax = 2 ** 32 - 1;

function toBytes(value, name, isBufferTaken = true) {
  if (typeof value === 'string') return Buffer.from(value);
  if (ArrayBuffer.isView(value) || (isBufferTaken && value instanceof ArrayBuffer)) return bytesIn(value);
  throw nodeError('ERR_INVALID_ARG_TYPE', name, ['string', 'Buffer', 'TypedArray', 'DataView', ...(isBufferTaken ? ['ArrayBuffer'] : [])], value);
}

// One call.
function codeAll(mode, bytes, options) {
  const most = ranged(options, 'maxOutputLength', 1, bytesMax, bytesMax);
  const coder = new Coder(mode, options);
  const pieces = [];
  let length = 0;
  try {
    for (const piece of coder.all(bytes)) {
      length += piece.length;
      if (length > most) throw nodeError('ERR_BUFFER_TOO_LARGE', most);
      pieces.push(piece);
    }
  } finally {
    coder.close();
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, length);
}
const withInfo = (result, options, make) => (options?.info ? { buffer: result, engine: make(options) } : result);
function functionsOf(mode, name, make) {
  const functions = {
    [`${name}Sync`](buffer, options) { return withInfo(codeAll(mode, toBytes(buffer, 'buffer'), options), options, make); },
    [name](buffer, options, callback) {
      if (typeof options === 'function') [options, callback] = [undefined, options];
      check.function(callback, 'callback');
      const bytes = toBytes(buffer, 'buffer');
      new Coder(mode, options).close();  // wrong options are thrown at once
      // In a turn of its own: it may take a while.
      internals.postTask(() => {
        let result;
        try {
          result = withInfo(codeAll(mode, bytes, options), options, make);
        } catch (error) {
          callback(error);
          return;
        }
        callback(null, result);
      });
    },
  };
  return functions;
}

function ZlibBase(mode, options) {
  const coder = new Coder(mode, options);
  ranged(options, 'maxOutputLength', 1, bytesMax);
  Transform.call(this, { ...options, autoDestroy: true, objectMode: false, transform: undefined, flush: undefined });
  Object.defineProperty(this, '_coder', { value: coder });
  this._work = null;  // goes on once what came out has been read
}
inherit(ZlibBase, Transform);
Object.assign(ZlibBase.prototype, {
  _transform(chunk, _, callback) { this._drive(this._coder.chunk(chunk, chunk[flushKind]), callback); },
  _flush(callback) { this._drive(this._coder.end(), callback); },
  _drive(steps, callback) {
    try {
      for (let step = steps.next(); !step.done; step = steps.next()) {
        if (this.destroyed) return;
        if (!this.push(step.value)) {
          this._work = () => this._drive(steps, callback);
          return;
        }
      }
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  },
  _read() {
    const work = this._work;
    this._work = null;
    work?.();
    // What has come to its end without new output lets the next chunk in.
    if (this._work === null) Transform.prototype._read.call(this);
  },
  _destroy(error, callback) {
    this._coder.close();
    callback(error);
  },
  // Gives out what has been written, by a chunk of no bytes that says so.
  flush(kind, callback) {
    if (typeof kind === 'function') [kind, callback] = [undefined, kind];
    const isBrotli = this instanceof classes.BrotliCompress || this instanceof classes.BrotliDecompress;
    if (this.writableFinished) {
      if (callback) nextTick(callback);
    } else if (this.writableEnded) {
      if (callback) this.once('end', callback);
    } else {
      const marker = Buffer.alloc(0);
      marker[flushKind] = kind ?? (isBrotli ? constants.BROTLI_OPERATION_FLUSH : constants.Z_FULL_FLUSH);
      this.write(marker, '', callback);
    }
  },
  reset() {
    if (this.destroyed) throw nodeError('ERR_STREAM_DESTROYED', 'reset');
    this._coder.reset();
  },
  close(callback = undefined) {
    if (callback) finished(this, callback);
    this.destroy();
  },
});
Object.defineProperty(ZlibBase.prototype, 'bytesWritten', { get() { return this._coder.bytesWritten; }, configurable: true });

const classes = {}, makers = {}, functions = {};
for (const [mode, name, call] of [
  [constants.DEFLATE, 'Deflate', 'deflate'], [constants.INFLATE, 'Inflate', 'inflate'], [constants.GZIP, 'Gzip', 'gzip'],
  [constants.GUNZIP, 'Gunzip', 'gunzip'], [constants.DEFLATERAW, 'DeflateRaw', 'deflateRaw'], [constants.INFLATERAW, 'InflateRaw', 'inflateRaw'],
  [constants.UNZIP, 'Unzip', 'unzip'], [constants.BROTLI_ENCODE, 'BrotliCompress', 'brotliCompress'],
  [constants.BROTLI_DECODE, 'BrotliDecompress', 'brotliDecompress'],
]) {
  const Class = {
    [name]: function (options = undefined) {
      if (!(this instanceof Class)) return new Class(options);
      ZlibBase.call(this, mode, options);
    },
  }[name];
  inherit(Class, ZlibBase);
  classes[name] = Class;
  const make = (options) => new Class(options);
  makers[`create${name}`] = make;
  Object.assign(functions, functionsOf(mode, call, make));
}

const codes = { __proto__: null };
for (const name of ['Z_OK', 'Z_STREAM_END', 'Z_NEED_DICT', 'Z_ERRNO', 'Z_STREAM_ERROR', 'Z_DATA_ERROR', 'Z_MEM_ERROR', 'Z_BUF_ERROR', 'Z_VERSION_ERROR']) {
  codes[name] = constants[name];
  codes[constants[name]] = name;
}
Object.freeze(codes);
function crc32(data, value = 0) {
  const bytes = toBytes(data, 'data', false);
  check.integer(value, 'value', 0, 2 ** 32 - 1);
  return crcOf(bytes, value);
}

const members = { crc32, ...classes, ...functions, ...makers, constants, codes };
const exports = () => ({ ...members, default: members });
return { exports };
