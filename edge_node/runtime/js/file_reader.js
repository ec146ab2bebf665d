// FileReader (File API section 6), and FileList (section 5), which is exposed to workers though only a page can come by
// one: `instanceof` is all that it is good for here.
const { DOMException, fire, postTask, requireArguments } = internals;
const { isBlob, chunksOfBlob } = internals.load('blob');
const { ProgressEvent } = internals.load('event_types');
const { concat, latin1, parseMime, mimeParameter } = native.body;
const { decode, label: nameOfLabel } = native.encoding;
const { encode: encodeBase64 } = native.base64;
const EMPTY = 0, LOADING = 1, DONE = 2;

// "Package data": with the encoding that was asked for, or that of the blob's type, or UTF-8; a byte order mark beats
// all of them.
function textOf(bytes, encoding, type) {
  let name = encoding === undefined ? undefined : nameOfLabel(encoding);
  if (name === undefined) {
    const mime = parseMime(type);
    const charset = mime === undefined ? undefined : mimeParameter(mime, 'charset');
    if (charset !== undefined) name = nameOfLabel(charset);
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) name = 'utf-8';
  else if (bytes[0] === 0xfe && bytes[1] === 0xff) name = 'utf-16be';
  else if (bytes[0] === 0xff && bytes[1] === 0xfe) name = 'utf-16le';
  return decode(bytes, name ?? 'utf-8', false, false);
}

const packages = {
  buffer: (bytes) => bytes.buffer,
  binary: (bytes) => latin1(bytes),
  text: textOf,
  dataUrl: (bytes, _, type) => `data:${type === '' ? 'application/octet-stream' : type};base64,${encodeBase64(latin1(bytes))}`,
};

class FileReader extends EventTarget {
  #state = EMPTY;
  #result = null;
  #error = null;
  #run = 0;  // of the read under way: what was terminated finds another number

  #read(kind, blob, args, encoding) {
    requireArguments(args, 1, 'FileReader');
    if (!isBlob(blob)) throw new TypeError('FileReader: the argument is no Blob');
    if (encoding !== undefined) encoding = `${encoding}`;
    if (this.#state === LOADING) throw new DOMException('the reader is reading already', 'InvalidStateError');
    this.#state = LOADING;
    this.#result = this.#error = null;
    const run = ++this.#run;
    this.#later(run, () => {
      this.#fire('loadstart', 0, blob.size);
      this.#later(run, () => {
        if (blob.size > 0) this.#fire('progress', blob.size, blob.size);
        this.#later(run, () => this.#finish(kind, blob, encoding, run));
      });
    });
  }
  // Each step is a task of its own: as if the bytes came from a disk, and so that what one event set off comes before
  // the next.
  #later(run, step) { postTask(() => { if (run === this.#run) step(); }); }
  #finish(kind, blob, encoding, run) {
    this.#state = DONE;
    try {
      this.#result = packages[kind](concat(chunksOfBlob(blob)), encoding, blob.type);
    } catch (error) {
      this.#error = new DOMException(error.message, 'NotReadableError');
    }
    this.#fire(this.#error === null ? 'load' : 'error', blob.size, blob.size);
    this.#later(run, () => this.#fire('loadend', blob.size, blob.size));
  }
  #fire(type, loaded, total) {
    fire(this, new ProgressEvent(type, { lengthComputable: true, loaded, total }));
  }

  readAsArrayBuffer(blob) { this.#read('buffer', blob, arguments); }
  readAsBinaryString(blob) { this.#read('binary', blob, arguments); }
  readAsText(blob, encoding = undefined) { this.#read('text', blob, arguments, encoding); }
  readAsDataURL(blob) { this.#read('dataUrl', blob, arguments); }
  abort() {
    if (this.#state !== LOADING) {
      this.#result = null;
      return;
    }
    this.#state = DONE;
    this.#result = null;
    this.#error = new DOMException('the read was aborted', 'AbortError');
    const run = ++this.#run;
    this.#fire('abort', 0, 0);
    if (run === this.#run && this.#state !== LOADING) this.#fire('loadend', 0, 0);
  }
  get readyState() { return this.#state; }
  get result() { return this.#result; }
  get error() { return this.#error; }
}
internals.finishClass(FileReader, 'FileReader');
Object.defineProperty(FileReader.prototype.readAsText, 'length', { value: 1, configurable: true });
for (const type of ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend']) {
  internals.eventHandler(FileReader.prototype, type);
}
internals.defineConstants(FileReader, { EMPTY, LOADING, DONE });

class FileList {
  #files = [];
  constructor() { throw new TypeError('Illegal constructor'); }
  item(index) {
    requireArguments(arguments, 1, 'FileList.item');
    return this.#files[index >>> 0] ?? null;
  }
  get length() { return this.#files.length; }
}
internals.finishClass(FileList, 'FileList');
Object.defineProperty(FileList.prototype, Symbol.iterator, { value: Array.prototype.values, writable: true, configurable: true });
return { FileReader, FileList };
