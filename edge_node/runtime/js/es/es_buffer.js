// ArrayBuffer.prototype.transfer (ECMA-262 section 25.1.6.9); base64 and hex of Uint8Array (sections 23.3.1 and 23.3.2).
const { bufferByteLength, typedArrayName, typedArrayBuffer, typedArrayLength } = internals.primordials;
const { copyBuffer, detach, isDetachable, isDetached, shareBuffer } = native.values;
const { fromBase64, fromHex, toBase64, toHex } = native.base64;
const { TypeError, SyntaxError, RangeError, Uint8Array } = globalThis;

function toIndex(value) {
  const integer = Math.trunc(+value) || 0;
  if (integer < 0 || integer > Number.MAX_SAFE_INTEGER) throw new RangeError('Invalid array buffer length');
  return integer;
}
function transferTo(buffer, newLength) {
  const length = bufferByteLength(buffer);  // throws for what is no ArrayBuffer
  const wanted = newLength === undefined ? length : toIndex(newLength);
  if (!isDetachable(buffer)) throw new TypeError('Cannot transfer an ArrayBuffer that is detached or not detachable');
  const result = wanted === length ? shareBuffer(buffer) : copyBuffer(buffer, wanted);
  detach(buffer);
  return result;
}

function checkUint8Array(value) {
  if (typedArrayName(value) !== 'Uint8Array') throw new TypeError('this is not a Uint8Array');
}
function checkAttached(array) {
  if (isDetached(typedArrayBuffer(array))) throw new TypeError('the ArrayBuffer is detached');
}
function checkString(value) {
  if (typeof value !== 'string') throw new TypeError('the first argument is not a string');
}
function optionsOf(options) {
  if (options === undefined) return { __proto__: null };
  if ((typeof options === 'object' && options !== null) || typeof options === 'function') return options;
  throw new TypeError('the options are not an object');
}
function choose(options, name, choices) {
  const value = options[name];
  const index = value === undefined ? 0 : choices.indexOf(value);
  if (index < 0) throw new TypeError(`${name} is none of ${choices.join(', ')}`);
  return index;
}
const decodeOptions = (options) => {
  const given = optionsOf(options);
  return [choose(given, 'alphabet', ['base64', 'base64url']), choose(given, 'lastChunkHandling', ['loose', 'strict', 'stop-before-partial'])];
};
const badText = (what) => new SyntaxError(`the string is not ${what}`);
// What a decoder found, put into the array that asked for it.
function take(array, [bytes, read, isWrong], what) {
  const written = bytes.length;
  for (let i = 0; i < written; ++i) array[i] = bytes[i];
  if (isWrong) throw badText(what);
  return { read, written };
}

return {
  isDetached(buffer) {
    bufferByteLength(buffer);
    return isDetached(buffer);
  },
  transfer(newLength = undefined) { return transferTo(this, newLength); },
  transferToFixedLength(newLength = undefined) { return transferTo(this, newLength); },

  fromBase64(string, options = undefined) {
    checkString(string);
    const [bytes, , isWrong] = fromBase64(string, ...decodeOptions(options), Infinity);
    if (isWrong) throw badText('base64');
    return bytes;
  },
  fromHex(string) {
    checkString(string);
    const [bytes, , isWrong] = fromHex(string, Infinity);
    if (isWrong) throw badText('hexadecimal');
    return bytes;
  },
  setFromBase64(string, options = undefined) {
    checkUint8Array(this);
    checkString(string);
    const choices = decodeOptions(options);
    checkAttached(this);
    return take(this, fromBase64(string, ...choices, typedArrayLength(this)), 'base64');
  },
  setFromHex(string) {
    checkUint8Array(this);
    checkString(string);
    checkAttached(this);
    return take(this, fromHex(string, typedArrayLength(this)), 'hexadecimal');
  },
  toBase64(options = undefined) {
    checkUint8Array(this);
    const given = optionsOf(options);
    const alphabet = choose(given, 'alphabet', ['base64', 'base64url']);
    const omitPadding = !!given.omitPadding;
    checkAttached(this);
    return toBase64(this, alphabet, omitPadding);
  },
  toHex() {
    checkUint8Array(this);
    checkAttached(this);
    return toHex(this);
  },
};
