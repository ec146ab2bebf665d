// TextEncoder and TextDecoder (Encoding Standard section 7).
const { encodeUtf8, encodeInto, label: nameOfLabel, decode, openDecoder, decodePiece } = native.encoding;

class TextEncoder {
  #brand = true;
  get encoding() { return this.#brand && 'utf-8'; }
  encode(input = '') {
    this.#brand;
    return encodeUtf8(`${input}`);
  }
  encodeInto(source, destination) {
    this.#brand;
    if (arguments.length < 2) {
      throw new TypeError(`TextEncoder.encodeInto: 2 arguments needed, ${arguments.length} given`);
    }
    source = `${source}`;
    if (!(ArrayBuffer.isView(destination) && Object.prototype.toString.call(destination) === '[object Uint8Array]')) {
      throw new TypeError('TextEncoder.encodeInto: the destination is not a Uint8Array');
    }
    const [read, written] = encodeInto(source, destination);
    return { read, written };
  }
}
Object.defineProperty(TextEncoder.prototype.encode, 'length', { value: 0, configurable: true });

let decodeText;
class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #decoder = null;  // native, while a stream is open

  constructor(label = 'utf-8', options = undefined) {
    label = `${label}`;
    if (options !== undefined && options !== null && !internals.isObject(options)) {
      throw new TypeError('TextDecoder: the options are not an object');
    }
    this.#encoding = nameOfLabel(label);
    if (this.#encoding === undefined) throw new RangeError(`TextDecoder: '${label}' is no encoding`);
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input = undefined, options = undefined) {
    this.#encoding;
    if (options !== undefined && options !== null && !internals.isObject(options)) {
      throw new TypeError('TextDecoder.decode: the options are not an object');
    }
    return decodeText(this, input, Boolean(options?.stream));
  }
  static {
    decodeText = (decoder, input, stream) => {
      let text;
      if (decoder.#decoder !== null || stream) {
        decoder.#decoder ??= openDecoder(decoder.#encoding, decoder.#fatal, decoder.#ignoreBOM);
        text = decodePiece(decoder.#decoder, input, stream);
        if (!stream && text !== undefined) decoder.#decoder = null;
      } else {
        text = decode(input, decoder.#encoding, decoder.#fatal, decoder.#ignoreBOM);
      }
      if (text === undefined) throw new TypeError('TextDecoder.decode: the input is neither an ArrayBuffer nor a view');
      if (text === null) throw new TypeError(`TextDecoder.decode: the data is not valid ${decoder.#encoding}`);
      return text;
    };
    // For TextDecoderStream, which is a decoder too.
    internals.textDecoder = {
      make: (label, options) => new TextDecoder(label, options),
      decode: decodeText,
      traits: (decoder) => ({ encoding: decoder.#encoding, fatal: decoder.#fatal, ignoreBOM: decoder.#ignoreBOM }),
    };
  }
}
Object.defineProperty(TextDecoder.prototype.decode, 'length', { value: 0, configurable: true });

internals.defineGlobals({
  TextEncoder: internals.finishClass(TextEncoder, 'TextEncoder'),
  TextDecoder: internals.finishClass(TextDecoder, 'TextDecoder'),
});
