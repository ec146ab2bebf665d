// Crypto: random values, and the door to SubtleCrypto (Web Cryptography API section 10). The rest is in js/crypto/,
// compiled when a worker first asks for crypto.subtle.
const { DOMException, defineGlobalAttribute, defineGlobals, defineLazy, finishClass, kInternal, load, requireArguments } = internals;
const { TypeError, isView, typedArrayByteLength, typedArrayName } = internals.primordials;
const { randomBytes, randomUuid } = native.crypto;
const RANDOM_BYTES_MAX = 65536;

class Crypto {
  #subtle = undefined;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
  }
  get subtle() { return this.#subtle ??= load('subtle').subtle; }
  getRandomValues(array) {
    if (!(#subtle in this)) throw new TypeError('Illegal invocation');
    requireArguments(arguments, 1, 'getRandomValues');
    const type = typedArrayName(array);
    if (type === undefined && !isView(array)) throw new TypeError('getRandomValues: expected a view of an ArrayBuffer');
    if (type === undefined || type === 'Float32Array' || type === 'Float64Array') {
      throw new DOMException('getRandomValues: expected an array of integers', 'TypeMismatchError');
    }
    const requested = typedArrayByteLength(array);
    if (requested > RANDOM_BYTES_MAX) {
      const { QuotaExceededError } = load('quota_exceeded');
      throw new QuotaExceededError(`getRandomValues: ${requested} bytes asked for, at most ${RANDOM_BYTES_MAX} are given`);
    }
    randomBytes(array);
    return array;
  }
  randomUUID() {
    if (!(#subtle in this)) throw new TypeError('Illegal invocation');
    return randomUuid();
  }
}
finishClass(Crypto, 'Crypto');
defineLazy('digest_stream', ['DigestStream'], Crypto.prototype);
defineGlobals({ Crypto });
defineGlobalAttribute('crypto', () => new Crypto(kInternal), { replaceable: true, on: WorkerGlobalScope.prototype });
