// HMAC (Web Cryptography API section 31).
const { load } = internals;
const { checkUsages, fail, kUsages } = load('crypto_key');
const { Dictionary, hashIdentifier, hashes, unsignedLong } = load('crypto_normalize');
const { exportSecret, generateSecret, secretData, secretKey } = load('crypto_secret');
const { hmac, verifyHmac } = native.cryptoOperations;
const { TypeError, typedArrayLength } = internals.primordials;
const usagesOfHmac = kUsages.sign | kUsages.verify;

const jwkNames = { __proto__: null, 'SHA-1': 'HS1', 'SHA-256': 'HS256', 'SHA-384': 'HS384', 'SHA-512': 'HS512' };
// Of a hash, in bits: the length of a key that nobody gave a length for.
const blockBits = {
  __proto__: null, 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024, 'SHA3-256': 1088,
  'SHA3-384': 832, 'SHA3-512': 576,
};
// HmacKeyGenParams and HmacImportParams
const params = new Dictionary([['hash', hashIdentifier, true], ['length', unsignedLong, false]]);

function checkAlg(jwk, hash) {
  const alg = jwkNames[hash];
  if (jwk.alg !== undefined && jwk.alg !== alg) fail('DataError', `the JWK's "alg" is not "${alg}"`);
}
// How many of the bytes' bits are the key.
function keyBits(bytes, length) {
  const bits = 8 * typedArrayLength(bytes);
  if (bits === 0) fail('DataError', 'an HMAC key must not be empty');
  if (length === undefined) return bits;
  if (length > bits || length <= bits - 8) {
    fail('DataError', `an HMAC key of ${bits} bits cannot be taken for one of ${length}`);
  }
  return length;
}

const HMAC = {
  sign: { run: (_, { handle, algorithm }, data) => hmac(handle, hashes[algorithm.hash], data) },
  verify: {
    run: (_, { handle, algorithm }, signature, data) => verifyHmac(handle, hashes[algorithm.hash], signature, data),
  },
  generateKey: {
    params,
    run({ hash, length = blockBits[hash] }, extractable, usages, name) {
      checkUsages(usages, usagesOfHmac, name);
      if (length === 0) fail('OperationError', 'an HMAC key must not be empty');
      return generateSecret({ __proto__: null, name, hash, length }, length, extractable, usages);
    },
  },
  importKey: {
    params,
    run({ hash, length }, format, data, extractable, usages, name) {
      checkUsages(usages, usagesOfHmac, name);
      const bytes = secretData(format, data, {
        extractable, usages, use: 'sig', checkAlg: (jwk) => checkAlg(jwk, hash), hasRaw: true,
      });
      const bits = keyBits(bytes, length);
      if (bits % 8 !== 0) bytes[typedArrayLength(bytes) - 1] &= 0xff << (8 - bits % 8);
      return secretKey({ __proto__: null, name, hash, length: bits }, bytes, extractable, usages);
    },
  },
  exportKey: (slots, format) => exportSecret(slots, format, jwkNames[slots.algorithm.hash]),
  getKeyLength: {
    params,
    run({ hash, length = blockBits[hash] }) {
      if (length === 0) throw new TypeError('an HMAC key must not be empty');
      return length;
    },
  },
};

return { HMAC };
