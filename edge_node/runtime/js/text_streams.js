// TextEncoderStream and TextDecoderStream (Encoding Standard sections 7.5 and 7.6).
const { encodeUtf8 } = native.encoding;

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(label = 'utf-8', options = undefined) {
    const decoder = new TextDecoder(label, options);
    const pass = (text, controller) => { if (text !== '') controller.enqueue(text); };
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        if (chunk === undefined) throw new TypeError('TextDecoderStream takes ArrayBuffers and views only');
        pass(decoder.decode(chunk, { stream: true }), controller);
      },
      flush(controller) { pass(decoder.decode(), controller); },
    });
  }
  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
}

class TextEncoderStream {
  #transform;

  constructor() {
    let lead = '';  // half of a surrogate pair whose other half may come in the next chunk
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        let text = lead + `${chunk}`;
        const last = text.charCodeAt(text.length - 1);
        const isCut = last >= 0xd800 && last <= 0xdbff;
        lead = isCut ? text.slice(-1) : '';
        if (isCut) text = text.slice(0, -1);
        if (text !== '') controller.enqueue(encodeUtf8(text));
      },
      flush(controller) { if (lead !== '') controller.enqueue(encodeUtf8(lead)); },
    });
  }
  get encoding() { return this.#transform && 'utf-8'; }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
}

internals.defineGlobals({
  TextDecoderStream: internals.finishClass(TextDecoderStream, 'TextDecoderStream'),
  TextEncoderStream: internals.finishClass(TextEncoderStream, 'TextEncoderStream'),
});
