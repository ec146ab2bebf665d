// TextEncoderStream and TextDecoderStream (Encoding Standard sections 7.5 and 7.6).
const { create } = internals.load('stream_transform');
const { wrap: wrapReadable } = internals.readable;
const { wrap: wrapWritable } = internals.load('stream_writable');
const { TypeError } = internals.primordials;
const { encodeUtf8 } = native.encoding;
const { make, decode, traits } = internals.textDecoder;

class TextDecoderStream {
  #traits;
  #readable;
  #writable;
  constructor(label = 'utf-8', options = undefined) {
    const decoder = make(label, options);
    const pass = (text, t) => { if (text !== '') t.enqueue(text); };
    const t = create((chunk, t) => {
      if (chunk === undefined) throw new TypeError('TextDecoderStream takes ArrayBuffers and views only');
      pass(decode(decoder, chunk, true), t);
    }, (t) => pass(decode(decoder, undefined, false), t));
    this.#traits = traits(decoder);
    this.#readable = wrapReadable(t.r);
    this.#writable = wrapWritable(t.w);
  }
  get encoding() { return this.#traits.encoding; }
  get fatal() { return this.#traits.fatal; }
  get ignoreBOM() { return this.#traits.ignoreBOM; }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}

class TextEncoderStream {
  #readable;
  #writable;
  constructor() {
    let lead = '';  // half of a surrogate pair whose other half may come in the next chunk
    const t = create((chunk, t) => {
      let text = lead + `${chunk}`;
      const last = text.charCodeAt(text.length - 1);
      const isCut = last >= 0xd800 && last <= 0xdbff;
      lead = isCut ? text.slice(-1) : '';
      if (isCut) text = text.slice(0, -1);
      if (text !== '') t.enqueue(encodeUtf8(text));
    }, (t) => { if (lead !== '') t.enqueue(encodeUtf8(lead)); });
    this.#readable = wrapReadable(t.r);
    this.#writable = wrapWritable(t.w);
  }
  get encoding() { return this.#readable && 'utf-8'; }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}

return {
  TextDecoderStream: internals.finishClass(TextDecoderStream, 'TextDecoderStream'),
  TextEncoderStream: internals.finishClass(TextEncoderStream, 'TextEncoderStream'),
};
