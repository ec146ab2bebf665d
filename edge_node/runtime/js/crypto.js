// crypto.getRandomValues, crypto.randomUUID and crypto.subtle.digest (Web Cryptography API).
const { DOMException } = internals;
const { randomBytes, randomUuid, digest } = native.crypto;
const integerArrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  BigInt64Array, BigUint64Array];
const randomBytesMax = 65536;

class SubtleCrypto {
  async digest(algorithm, data) {
    const name = `${typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm}`.toUpperCase();
    if (!ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) {
      throw new TypeError('digest: the data is neither an ArrayBuffer nor a view of one');
    }
    const result = digest(name, data);
    if (result === undefined) {
      throw new DOMException(`digest: unknown algorithm "${name}"; expected SHA-1, SHA-256, SHA-384, SHA-512 or MD5`,
        'NotSupportedError');
    }
    return result;
  }
}
internals.finishClass(SubtleCrypto, 'SubtleCrypto');

class Crypto {
  #subtle = new SubtleCrypto();
  get subtle() { return this.#subtle; }
  getRandomValues(array) {
    if (!integerArrays.some((type) => array instanceof type)) {
      throw new DOMException('getRandomValues: expected an array of integers', 'TypeMismatchError');
    }
    if (array.byteLength > randomBytesMax) {
      throw new DOMException(`getRandomValues: ${array.byteLength} bytes asked for, at most ${randomBytesMax} are given`,
        'QuotaExceededError');
    }
    randomBytes(array);
    return array;
  }
  randomUUID() { return randomUuid(); }
}
internals.finishClass(Crypto, 'Crypto');
internals.defineGlobals({ Crypto, SubtleCrypto, crypto: new Crypto() });
