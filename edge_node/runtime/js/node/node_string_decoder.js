// node:string_decoder: text out of bytes that come in pieces, whole characters only.
const { nodeError } = internals.load('node_errors');
const { Buffer, find } = internals.load('node_buffer');
const names = ['utf8', 'utf16le', 'latin1', 'ascii', 'hex', 'base64', 'base64url'];

// How many bytes at the end begin a character that is not whole, by encoding.
function openUtf8(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    // What can no longer become a character is not waited for.
    return length > back && isPrefix(bytes.subarray(bytes.length - back)) ? back : 0;
  }
  return 0;
}
function isPrefix(bytes) {
  const [first, second] = bytes;
  if (second === undefined) return true;
  const min = { 0xe0: 0xa0, 0xf0: 0x90 }[first] ?? 0x80, max = { 0xed: 0x9f, 0xf4: 0x8f }[first] ?? 0xbf;
  return second >= min && second <= max;
}
function openUtf16(bytes) {
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - 1];
  return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
}
const open = {
  __proto__: null, utf8: openUtf8, utf16le: openUtf16, base64: (bytes) => bytes.length % 3, base64url: (bytes) => bytes.length % 3,
};

class StringDecoder {
  #rest = Buffer.alloc(0);
  constructor(encoding = 'utf8') {
    const number = find(encoding ?? 'utf8');
    if (number === undefined) throw nodeError('ERR_UNKNOWN_ENCODING', encoding);
    this.encoding = names[number];
  }
  write(bytes) {
    if (typeof bytes === 'string') return bytes;
    if (!ArrayBuffer.isView(bytes)) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf', ['Buffer', 'TypedArray', 'DataView'], bytes);
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    const kept = open[this.encoding]?.(all) ?? 0;
    this.#rest = Buffer.from(all.subarray(all.length - kept));
    return all.toString(this.encoding, 0, all.length - kept);
  }
  end(bytes = undefined) {
    const text = bytes === undefined ? '' : this.write(bytes);
    const rest = this.#rest.toString(this.encoding);
    this.#rest = Buffer.alloc(0);
    return text + rest;
  }
  get lastChar() { return this.#rest; }
}

const exports = () => ({ StringDecoder, default: { StringDecoder } });
return { exports };
