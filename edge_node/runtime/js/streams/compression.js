// CompressionStream and DecompressionStream (Compression Streams standard sections 5 and 6).
//
// A chunk that would become a huge output is worked off in steps: once kAheadBytes have come out that nobody has read,
// the next step waits for a reader.
const { bufferOf, expectBytes, isView, lengthOf, offsetOf, then } = internals.load('stream_base');
const { create } = internals.load('stream_transform');
const { wrap: wrapReadable } = internals.readable;
const { wrap: wrapWritable } = internals.load('stream_writable');
const { TypeError, Uint8Array } = internals.primordials;
const { cloneBytes } = native.streams;
const { open, run, take, close } = native.compression;
const kFormats = { '__proto__': null, 'gzip': 0, 'deflate': 1, 'deflate-raw': 2, 'brotli': 3 };  // CodecFormat
const kMore = 0, kEnd = 2;                // Codec::Progress
const kFlushNone = 0, kFlushEnd = 2;     // Codec::Flush
const kDecode = 1, kEncode = 2;  // IoContext::Transform::Kind
const kAheadBytes = 1024 * 1024;

class Coder {
  codec = null;  // opened by the first chunk: native code may do it all without
  format;
  decompress;
  ended = false;  // nothing may follow in a compressed stream
  constructor(format, decompress) {
    this.format = format;
    this.decompress = decompress;
  }
  write(chunk, t) {
    expectBytes(chunk, this.decompress ? 'DecompressionStream' : 'CompressionStream');
    const bytes = isView(chunk) ? chunk : new Uint8Array(chunk);
    return this.work(bytes, 0, false, t, 0);
  }
  flush(t) { return this.work(undefined, 0, true, t, 0); }
  // Goes on from `offset`; a promise when it has to wait for a reader.
  work(bytes, offset, isLast, t, ahead) {
    try {
      this.codec ??= open(this.format, this.decompress);
      for (;;) {
        if (this.ended) {
          if (bytes !== undefined && offset < lengthOf(bytes)) throw new TypeError('there is data after the end of the compressed stream');
          return isLast ? this.close() : undefined;
        }
        const result = run(this.codec, bytes, offset, isLast ? kFlushEnd : kFlushNone);
        offset += result[0];
        const output = take(this.codec);
        if (output !== undefined) {
          ahead += lengthOf(output);
          t.enqueue(output);
        }
        this.ended = result[1] === kEnd;
        const isMore = result[1] === kMore || (bytes !== undefined && offset < lengthOf(bytes));
        if (!isMore && !this.ended) return undefined;
        if (isMore && ahead >= kAheadBytes && t.backpressure) {
          // The writer may do as it likes with its chunk meanwhile.
          const rest = bytes === undefined ? undefined : cloneBytes(bufferOf(bytes), offsetOf(bytes) + offset, lengthOf(bytes) - offset);
          return then(t.changed.promise, () => (t.controller.open ? this.work(rest, 0, isLast, t, 0) : undefined));
        }
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }
  close() {
    if (this.codec !== null) close(this.codec);
    this.codec = null;
  }
}
function construct(format, decompress, name) {
  const number = kFormats[`${format}`];
  if (number === undefined) throw new TypeError(`${name}: the format is "${format}"; expected "gzip", "deflate", "deflate-raw" or "brotli"`);
  const coder = new Coder(number, decompress);
  const t = create((chunk) => coder.write(chunk, t), () => coder.flush(t), () => coder.close());
  t.native = { kind: decompress ? kDecode : kEncode, argument: number };
  return t;
}

class CompressionStream {
  #readable;
  #writable;
  constructor(format) {
    const t = construct(format, false, 'CompressionStream');
    this.#readable = wrapReadable(t.r);
    this.#writable = wrapWritable(t.w);
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}
class DecompressionStream {
  #readable;
  #writable;
  constructor(format) {
    const t = construct(format, true, 'DecompressionStream');
    this.#readable = wrapReadable(t.r);
    this.#writable = wrapWritable(t.w);
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}

return {
  CompressionStream: internals.finishClass(CompressionStream, 'CompressionStream'),
  DecompressionStream: internals.finishClass(DecompressionStream, 'DecompressionStream'),
};
