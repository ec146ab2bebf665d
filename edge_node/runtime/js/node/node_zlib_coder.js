// What node:zlib's functions and streams work with: options as Node.js takes them, one coder, errors with zlib's codes.
// The codecs are those of CompressionStream (native.compression).
const { nodeError, check } = internals.load('node_errors');
const { Buffer, bytesIn } = internals.load('node_buffer');
const { open, run, take, close } = native.compression;
const kMore = 0, kEnd = 2;                       // Codec::Progress
const flushNone = 0, flushSync = 1, flushEnd = 2;  // Codec::Flush
const gzip = 0, deflate = 1, deflateRaw = 2, brotli = 3;  // CodecFormat
const gzipMagic = 0x1f;
// Node's default is the most: what a larger window needs, the worker's cap hardly has.
const brotliWindowMax = 22;

const constants = {
  Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5,
  Z_OK: 0, Z_STREAM_END: 1, Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5,
  Z_VERSION_ERROR: -6,
  Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1,
  Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0,
  DEFLATE: 1, INFLATE: 2, GZIP: 3, GUNZIP: 4, DEFLATERAW: 5, INFLATERAW: 6, UNZIP: 7, BROTLI_DECODE: 8, BROTLI_ENCODE: 9,
  Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_CHUNK: 64, Z_MAX_CHUNK: Infinity, Z_DEFAULT_CHUNK: 16384,
  Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9, Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1, Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1,
  BROTLI_OPERATION_PROCESS: 0, BROTLI_OPERATION_FLUSH: 1, BROTLI_OPERATION_FINISH: 2, BROTLI_OPERATION_EMIT_METADATA: 3,
  BROTLI_PARAM_MODE: 0, BROTLI_MODE_GENERIC: 0, BROTLI_MODE_TEXT: 1, BROTLI_MODE_FONT: 2, BROTLI_DEFAULT_MODE: 0,
  BROTLI_PARAM_QUALITY: 1, BROTLI_MIN_QUALITY: 0, BROTLI_MAX_QUALITY: 11, BROTLI_DEFAULT_QUALITY: 11,
  BROTLI_PARAM_LGWIN: 2, BROTLI_MIN_WINDOW_BITS: 10, BROTLI_MAX_WINDOW_BITS: 24, BROTLI_LARGE_MAX_WINDOW_BITS: 30, BROTLI_DEFAULT_WINDOW: 22,
  BROTLI_PARAM_LGBLOCK: 3, BROTLI_MIN_INPUT_BLOCK_BITS: 16, BROTLI_MAX_INPUT_BLOCK_BITS: 24,
  BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING: 4, BROTLI_PARAM_SIZE_HINT: 5, BROTLI_PARAM_LARGE_WINDOW: 6, BROTLI_PARAM_NPOSTFIX: 7,
  BROTLI_PARAM_NDIRECT: 8,
  BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION: 0, BROTLI_DECODER_PARAM_LARGE_WINDOW: 1,
};
Object.freeze(constants);

// By Node's number of the mode: [format, whether it decompresses].
const modes = {
  __proto__: null, 1: [deflate, false], 2: [deflate, true], 3: [gzip, false], 4: [gzip, true], 5: [deflateRaw, false], 6: [deflateRaw, true],
  7: [gzip, true], 8: [brotli, true], 9: [brotli, false],
};

function zlibError(message, code) {
  const error = new Error(message);
  error.errno = constants[code] ?? constants.Z_DATA_ERROR;
  error.code = code;
  return error;
}
const malformed = 'malformed compressed data: ', cut = 'the compressed data is cut short';
// The error that native code threw, as Node.js has it.
function translate(error, format) {
  const { message } = error;
  if (message === cut) return zlibError('unexpected end of file', 'Z_BUF_ERROR');
  if (typeof message !== 'string' || !message.startsWith(malformed)) return error;
  const what = message.slice(malformed.length);
  if (format === brotli) return zlibError('Decompression failed', `ERR_${what}`);
  if (what === 'it needs a dictionary') return zlibError('Missing dictionary', 'Z_NEED_DICT');
  if (what === 'it needs another dictionary') return zlibError('Bad dictionary', 'Z_NEED_DICT');
  return zlibError(what, 'Z_DATA_ERROR');
}

function ranged(options, name, min, max, fallback = undefined) {
  const value = options?.[name];
  if (value === undefined || Number.isNaN(value)) return fallback;
  check.number(value, `options.${name}`, min, max);
  return Number.isFinite(value) ? Math.trunc(value) : value;
}
function dictionaryOf(options) {
  const value = options?.dictionary;
  if (value === undefined) return undefined;
  if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], value);
  }
  return Buffer.from(bytesIn(value));
}
// [level, window bits, memory level, strategy, dictionary] for native.compression.open.
function zlibSettings(mode, options) {
  const bits = options?.windowBits;
  const isFromHeader = (bits === undefined || bits === null || bits === 0) && (mode === constants.INFLATE || mode === constants.GUNZIP || mode === constants.UNZIP);
  let windowBits = isFromHeader ? 0 : ranged(options, 'windowBits', mode === constants.GZIP ? 9 : 8, 15, 15);
  // Raw deflate has no window of 256 bytes; zlib takes the next larger one where it has a header to say so.
  if (windowBits === 8 && mode === constants.DEFLATERAW) windowBits = 9;
  return [ranged(options, 'level', -1, 9), windowBits, ranged(options, 'memLevel', 1, 9), ranged(options, 'strategy', 0, 4),
    mode === constants.GZIP || mode === constants.GUNZIP ? (dictionaryOf(options), undefined) : dictionaryOf(options)];
}
function brotliSettings(mode, options) {
  const params = options?.params;
  const settings = { quality: constants.BROTLI_DEFAULT_QUALITY, window: constants.BROTLI_DEFAULT_WINDOW, style: 0 };
  if (params !== undefined && params !== null) {
    check.object(params, 'options.params');
    for (const key of Object.keys(params)) {
      const value = params[key], number = Number(key);
      if (!(number >= 0 && number <= 8)) throw nodeError('ERR_BROTLI_INVALID_PARAM', key);
      if (typeof value !== 'number' && typeof value !== 'boolean') throw nodeError('ERR_INVALID_ARG_TYPE', 'options.params[key]', 'number', value);
      if (mode === constants.BROTLI_DECODE) continue;
      // What is out of range is taken for the nearest value, as the library does.
      const within = (min, max) => Math.max(min, Math.min(max, Math.trunc(Number(value)) || 0));
      if (number === constants.BROTLI_PARAM_QUALITY) settings.quality = within(0, 11);
      if (number === constants.BROTLI_PARAM_LGWIN) settings.window = within(10, brotliWindowMax);
      if (number === constants.BROTLI_PARAM_MODE) settings.style = within(0, 2);
    }
  }
  return [settings.quality, settings.window, undefined, settings.style, undefined];
}

class Coder {
  bytesWritten = 0;
  #mode;
  #format;
  #decompresses;
  #settings;
  #flushes;  // of a chunk, and of the end
  #codec = null;
  #isOver = false;
  #isDetected;

  constructor(mode, options) {
    this.#mode = mode;
    [this.#format, this.#decompresses] = modes[mode];
    const isBrotli = this.#format === brotli;
    const [last, end] = isBrotli ? [3, constants.BROTLI_OPERATION_FINISH] : [constants.Z_BLOCK, constants.Z_FINISH];
    ranged(options, 'chunkSize', constants.Z_MIN_CHUNK, Infinity);
    this.#flushes = [ranged(options, 'flush', 0, last, 0), ranged(options, 'finishFlush', 0, last, end)];
    this.#settings = isBrotli ? brotliSettings(mode, options) : zlibSettings(mode, options);
    this.#isDetected = mode !== constants.UNZIP;
  }
  // Codec::Flush of one of Node's numbers.
  #flushOf(kind) {
    if (this.#format === brotli) return kind === constants.BROTLI_OPERATION_FINISH ? flushEnd : kind === 0 ? flushNone : flushSync;
    return kind === constants.Z_FINISH ? flushEnd : kind === constants.Z_NO_FLUSH ? flushNone : flushSync;
  }
  // The output for these bytes, piece by piece. `flush`: of Node's, undefined for what the options say of a chunk.
  * chunk(bytes, flush = this.#flushes[0]) { yield* this.#steps(bytes, this.#flushOf(flush)); }
  * all(bytes) { yield* this.#steps(bytes, this.#flushOf(this.#flushes[1])); }
  * end() { if (!this.#isOver) yield* this.#steps(new Uint8Array(0), this.#flushOf(this.#flushes[1])); }

  * #steps(bytes, flush) {
    let offset = 0;
    if (!this.#isDetected && bytes.length > 0) {
      this.#isDetected = true;
      if (bytes[0] !== gzipMagic) this.#format = deflate;
    }
    for (;;) {
      if (this.#isOver && !this.#beginsAnother(bytes, offset)) return;
      const result = this.#step(bytes, offset, flush);
      offset += result[0];
      this.bytesWritten += result[0];
      const output = take(this.#codec);
      this.#isOver = result[1] === kEnd;
      if (this.#isOver) this.#release();
      if (output !== undefined) yield Buffer.from(output.buffer, output.byteOffset, output.byteLength);
      if (!this.#isOver && result[1] !== kMore && (offset >= bytes.length || result[0] === 0)) return;
    }
  }
  // What follows a member of gzip is another, unless it is padding; what follows anything else does not count.
  #beginsAnother(bytes, offset) {
    if (!this.#decompresses || this.#format !== gzip || offset >= bytes.length || bytes[offset] === 0) return false;
    this.#isOver = false;
    return true;
  }
  #step(bytes, offset, flush) {
    try {
      this.#codec ??= open(this.#format, this.#decompresses, ...this.#settings);
      return run(this.#codec, bytes, offset, flush);
    } catch (error) {
      this.close();
      throw translate(error, this.#format);
    }
  }
  #release() {
    if (this.#codec !== null) close(this.#codec);
    this.#codec = null;
  }
  close() {
    this.#release();
    this.#isOver = true;
  }
  reset() {
    this.#release();
    this.#isOver = false;
    this.#isDetected = this.#mode !== constants.UNZIP;
    this.#format = modes[this.#mode][0];
  }
}

return { Coder, constants, ranged };
