// AES-CBC, AES-CTR, AES-GCM and AES-KW (Web Cryptography API sections 27 to 30), AES-OCB and ChaCha20-Poly1305 (Modern
// Algorithms in the Web Cryptography API).
const { load } = internals;
const { checkUsages, fail, kUsages } = load('crypto_key');
const { Dictionary, bufferSource, octet, unsignedShort } = load('crypto_normalize');
const { exportSecret, generateSecret, secretData, secretKey } = load('crypto_secret');
const { aead, aesCbc, aesCtr, keyWrap } = native.cryptoOperations;
const { Uint8Array, typedArrayLength } = internals.primordials;
const wrapping = kUsages.wrapKey | kUsages.unwrapKey;
const ciphering = wrapping | kUsages.encrypt | kUsages.decrypt;
// AeadKind of edge_node/runtime/crypto/block_cipher.h.
const kGcm = 0, kOcb = 1, kChaCha = 2;
const nothing = new Uint8Array(0);

const lengthParams = new Dictionary([['length', unsignedShort, true]]);
const cbcParams = new Dictionary([['iv', bufferSource, true]]);
const ctrParams = new Dictionary([['counter', bufferSource, true], ['length', octet, true]]);
const aeadParams = new Dictionary([
  ['additionalData', bufferSource, false], ['iv', bufferSource, true], ['tagLength', octet, false],
]);

const isAesLength = (bits) => bits === 128 || bits === 192 || bits === 256;
function checkLength(bits, error) {
  if (!isAesLength(bits)) fail(error, `an AES key of ${bits} bits; expected 128, 192 or 256`);
  return bits;
}

// What all AES algorithms do with keys. `letters` end the name in a JWK's "alg": A128GCM.
function keysOfAes(allowed, letters, hasRaw = true) {
  return {
    generateKey: {
      params: lengthParams,
      run({ length }, extractable, usages, name) {
        checkUsages(usages, allowed, name);
        checkLength(length, 'OperationError');
        return generateSecret({ __proto__: null, name, length }, length, extractable, usages);
      },
    },
    importKey: {
      run(_, format, data, extractable, usages, name) {
        checkUsages(usages, allowed, name);
        const checkAlg = (jwk, bytes) => {
          const alg = `A${checkLength(8 * typedArrayLength(bytes), 'DataError')}${letters}`;
          if (jwk.alg !== undefined && jwk.alg !== alg) fail('DataError', `the JWK's "alg" is not "${alg}"`);
        };
        const bytes = secretData(format, data, { extractable, usages, use: 'enc', checkAlg, hasRaw });
        const length = checkLength(8 * typedArrayLength(bytes), 'DataError');
        return secretKey({ __proto__: null, name, length }, bytes, extractable, usages);
      },
    },
    exportKey: (slots, format) => exportSecret(slots, format, `A${slots.algorithm.length}${letters}`, { hasRaw }),
    getKeyLength: { params: lengthParams, run: ({ length }) => checkLength(length, 'OperationError') },
  };
}

function cbc(encrypts, { iv }, { handle }, data) {
  if (typedArrayLength(iv) !== 16) fail('OperationError', `AES-CBC: an iv of ${typedArrayLength(iv)} bytes; expected 16`);
  return aesCbc(handle, encrypts, iv, data);
}
function ctr({ counter, length }, { handle }, data) {
  if (typedArrayLength(counter) !== 16) {
    fail('OperationError', `AES-CTR: a counter of ${typedArrayLength(counter)} bytes; expected 16`);
  }
  if (length === 0 || length > 128) fail('OperationError', `AES-CTR: a counter of ${length} bits; expected 1 to 128`);
  return aesCtr(handle, counter, length, data);
}
const isTagOfGcm = (bits) => bits === 32 || bits === 64 || bits === 96 || bits === 104 || bits === 112 || bits === 120;
const isTagOfOcb = (bits) => bits === 64 || bits === 96;
function sealOrOpen(kind, encrypts, { iv, additionalData = nothing, tagLength = 128 }, { handle }, data) {
  const isAllowed = tagLength === 128 || (kind === kGcm && isTagOfGcm(tagLength)) || (kind === kOcb && isTagOfOcb(tagLength));
  if (!isAllowed) fail('OperationError', `a tag of ${tagLength} bits is not for this algorithm`);
  return aead(handle, kind, encrypts, iv, additionalData, tagLength / 8, data);
}
function aeadOperations(kind) {
  return {
    encrypt: { params: aeadParams, run: (params, slots, data) => sealOrOpen(kind, true, params, slots, data) },
    decrypt: { params: aeadParams, run: (params, slots, data) => sealOrOpen(kind, false, params, slots, data) },
  };
}

const keysOfChaCha = {
  generateKey: {
    run(_, extractable, usages, name) {
      checkUsages(usages, ciphering, name);
      return generateSecret({ __proto__: null, name }, 256, extractable, usages);
    },
  },
  importKey: {
    run(_, format, data, extractable, usages, name) {
      checkUsages(usages, ciphering, name);
      const checkAlg = (jwk) => {
        if (jwk.alg !== undefined && jwk.alg !== 'C20P') fail('DataError', 'the JWK\'s "alg" is not "C20P"');
      };
      const bytes = secretData(format, data, { extractable, usages, use: 'enc', checkAlg, hasRaw: false });
      if (typedArrayLength(bytes) !== 32) fail('DataError', `${name}: a key of ${typedArrayLength(bytes)} bytes; expected 32`);
      return secretKey({ __proto__: null, name }, bytes, extractable, usages);
    },
  },
  exportKey: (slots, format) => exportSecret(slots, format, 'C20P', { hasRaw: false }),
  getKeyLength: { run: () => 256 },
};

return {
  'AES-CBC': {
    encrypt: { params: cbcParams, run: (params, slots, data) => cbc(true, params, slots, data) },
    decrypt: { params: cbcParams, run: (params, slots, data) => cbc(false, params, slots, data) },
    ...keysOfAes(ciphering, 'CBC'),
  },
  'AES-CTR': { encrypt: { params: ctrParams, run: ctr }, decrypt: { params: ctrParams, run: ctr }, ...keysOfAes(ciphering, 'CTR') },
  'AES-GCM': { ...aeadOperations(kGcm), ...keysOfAes(ciphering, 'GCM') },
  'AES-OCB': { ...aeadOperations(kOcb), ...keysOfAes(ciphering, 'OCB', false) },
  'ChaCha20-Poly1305': { ...aeadOperations(kChaCha), ...keysOfChaCha },
  'AES-KW': {
    wrapKey: { run: (_, { handle }, data) => keyWrap(handle, true, data) },
    unwrapKey: { run: (_, { handle }, data) => keyWrap(handle, false, data) },
    ...keysOfAes(wrapping, 'KW'),
  },
};
