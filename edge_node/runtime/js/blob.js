// Blob and File (File API sections 3 and 4), and blob: URLs (section 8).
//
// A blob is a list of Uint8Arrays that nobody else can write to, so slices and blobs made of blobs share their bytes
// and nothing is joined until somebody reads. The arrays count as the worker's memory like all others.
const { kInternal, idl, readable, requireArguments, toDictionary } = internals;
const { usvString, enumeration, sequence, longLong, clampedLongLong, isBuffer, isView } = idl;
const { concat } = native.body;
const { encodeUtf8, decodeUtf8 } = native.encoding;
const { randomUuid } = native.crypto;
const pieceBytes = 64 * 1024;  // of stream()
const notPrintable = /[^\x20-\x7e]/;

let isBlob, chunksOfBlob, makeBlob, makeFile;

const normalizedType = (type) => (notPrintable.test(type) ? '' : type.toLowerCase());

function convertPart(part) {
  if (isBuffer(part) || isBlob(part)) return part;
  if (!isView(part)) return usvString(part);
  if (!isBuffer(part.buffer)) throw new TypeError('Blob: a part is a view of shared memory');
  return part;
}
// The bytes that the parts stand for now; strings that follow each other become one chunk.
function chunksOfParts(parts, endings) {
  const chunks = [];
  let text = '';
  const flush = () => {
    if (text !== '') chunks.push(encodeUtf8(text));
    text = '';
  };
  for (const part of parts) {
    if (typeof part === 'string') {
      text += endings === 'native' ? part.replace(/\r\n?/g, '\n') : part;
      continue;
    }
    flush();
    if (isBlob(part)) for (const chunk of chunksOfBlob(part)) chunks.push(chunk);
    else if (part.byteLength > 0) chunks.push(concat([part]));
  }
  flush();
  return chunks;
}
const lengthOf = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);

// What lies from `begin` to `end`.
function cut(chunks, begin, end) {
  const kept = [];
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(begin - at, 0), to = Math.min(end - at, chunk.byteLength);
    if (from < to) kept.push(new Uint8Array(chunk.buffer, chunk.byteOffset + from, to - from));
    at += chunk.byteLength;
    if (at >= end) break;
  }
  return kept;
}

// A stream of copies, piece by piece: what it gives out may be written to.
function streamOfChunks(chunks) {
  let index = 0, offset = 0;
  return readable.makeBytes((controller) => {
    while (index < chunks.length && chunks[index].byteLength === offset) { ++index; offset = 0; }
    if (index === chunks.length) {
      controller.close();
      // A reader with a buffer of its own still waits for it.
      if (controller.requestOfFirst !== null) controller.respond(0);
      return;
    }
    const { buffer, byteOffset, byteLength } = chunks[index];
    const length = Math.min(byteLength - offset, pieceBytes);
    const piece = concat([new Uint8Array(buffer, byteOffset + offset, length)]);
    offset += length;
    controller.enqueue(piece);
  });
}
const textOfChunks = (chunks, ignoreBom = false) => (chunks.length === 0 ? ''
  : decodeUtf8(chunks.length === 1 ? chunks[0] : concat(chunks), ignoreBom));

class Blob {
  #chunks;
  #size;
  #type;

  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === kInternal) {
      this.#chunks = options.chunks;
      this.#size = options.size ?? lengthOf(options.chunks);
      this.#type = options.type;
      return;
    }
    const parts = blobParts === undefined ? [] : sequence(blobParts, convertPart, 'Blob: the first argument');
    options = toDictionary(options, 'Blob: the second argument');
    let { endings = 'transparent' } = options;
    endings = enumeration(endings, ['transparent', 'native'], 'Blob: endings');
    const { type = '' } = options;
    this.#type = normalizedType(`${type}`);
    this.#chunks = chunksOfParts(parts, endings);
    this.#size = lengthOf(this.#chunks);
  }
  static {
    isBlob = (value) => typeof value === 'object' && value !== null && #chunks in value;
    chunksOfBlob = (blob) => blob.#chunks;
  }

  get size() { return this.#size; }
  get type() { return this.#type; }
  slice(start = undefined, end = undefined, contentType = undefined) {
    const size = this.#size;
    const place = (value, whole) => {
      if (value === undefined) return whole;
      const n = clampedLongLong(value);
      return n < 0 ? Math.max(size + n, 0) : Math.min(n, size);
    };
    const begin = place(start, 0);
    const length = Math.max(place(end, size) - begin, 0);
    const type = contentType === undefined ? '' : normalizedType(`${contentType}`);
    return makeBlob(cut(this.#chunks, begin, begin + length), type, length);
  }
  stream() { return streamOfChunks(this.#chunks); }
  async text() { return textOfChunks(this.#chunks); }
  async arrayBuffer() { return concat(this.#chunks).buffer; }
  async bytes() { return concat(this.#chunks); }
}

class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = undefined) {
    if (fileBits === kInternal) {
      super(kInternal, options);
      this.#name = fileName;
      this.#lastModified = options.lastModified ?? Date.now();
      return;
    }
    requireArguments(arguments, 2, 'File');
    const parts = sequence(fileBits, convertPart, 'File: the first argument');
    const name = usvString(fileName);
    options = toDictionary(options, 'File: the third argument');
    const { endings, type } = options;
    super(parts, { endings, type });
    const { lastModified } = options;
    this.#name = name;
    this.#lastModified = lastModified === undefined ? Date.now() : longLong(lastModified);
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  static {
    this.is = (value) => typeof value === 'object' && value !== null && #name in value;
  }
}
const isFile = File.is;
delete File.is;
makeBlob = (chunks, type, size) => new Blob(kInternal, { chunks, type, size });
makeFile = (chunks, name, type, lastModified) => new File(kInternal, name, { chunks, type, lastModified });
Object.defineProperty(File, 'length', { value: 2, configurable: true });
Object.defineProperty(Blob.prototype.slice, 'length', { value: 0, configurable: true });
internals.finishClass(Blob, 'Blob');
internals.finishClass(File, 'File');
// A Blob is serializable (File API section 4): the copy shares the bytes, which never change.
internals.cloneSteps.set(Blob.prototype, (blob) => new Blob(kInternal, { chunks: chunksOfBlob(blob), size: blob.size, type: blob.type }));
internals.cloneSteps.set(File.prototype, (file) => new File(kInternal, file.name, {
  chunks: chunksOfBlob(file), size: file.size, type: file.type, lastModified: file.lastModified,
}));

// Blobs that have a URL.
const blobUrls = new Map();
function createObjectURL(blob) {
  if (!isBlob(blob)) throw new TypeError('URL.createObjectURL: the argument is no Blob');
  const url = `blob:${internals.baseOrigin()}/${randomUuid()}`;
  blobUrls.set(url, blob);
  return url;
}
const revokeObjectURL = (url) => { blobUrls.delete(url); };
// The blob of a URL, which may have a fragment; undefined when there is none.
const blobOfUrl = (href) => blobUrls.get(href.split('#', 1)[0]);

internals.isBlob = isBlob;
return {
  Blob, File, isBlob, isFile, chunksOfBlob, makeBlob, makeFile, normalizedType, streamOfChunks, textOfChunks, cut, createObjectURL,
  revokeObjectURL, blobOfUrl,
};
