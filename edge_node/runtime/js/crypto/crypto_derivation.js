// HKDF and PBKDF2 (Web Cryptography API sections 33 and 34).
const { load } = internals;
const { Later, checkUsages, fail, kUsages, operationResult } = load('crypto_key');
const { Dictionary, bufferSource, hashIdentifier, hashes, unsignedLong } = load('crypto_normalize');
const { secretKey } = load('crypto_secret');
const { copy } = native.cryptoKeys;
const { hkdf, pbkdf2 } = native.cryptoOperations;
const { Uint8Array } = internals.primordials;

const hkdfParams = new Dictionary([['hash', hashIdentifier, true], ['info', bufferSource, true], ['salt', bufferSource, true]]);
const pbkdf2Params = new Dictionary([
  ['hash', hashIdentifier, true], ['iterations', unsignedLong, true], ['salt', bufferSource, true],
]);

function toBytes(length, name) {
  if (length === null || length % 8 !== 0) fail('OperationError', `${name}: the length must be a multiple of 8`);
  return length / 8;
}
const passwords = {
  importKey: {
    run(_, format, data, extractable, usages, name) {
      if (format !== 'raw' && format !== 'raw-secret') {
        fail('NotSupportedError', `${name}: a key cannot be imported from "${format}"`);
      }
      checkUsages(usages, kUsages.deriveKey | kUsages.deriveBits, name);
      if (extractable) fail('SyntaxError', `${name}: a key cannot be extractable`);
      return secretKey({ __proto__: null, name }, copy(data), false, usages);
    },
  },
  getKeyLength: { run: () => null },
};

return {
  HKDF: {
    deriveBits: {
      params: hkdfParams,
      run({ hash, info, salt }, { handle }, length) {
        return operationResult(hkdf(handle, hashes[hash], salt, info, toBytes(length, 'HKDF')));
      },
    },
    ...passwords,
  },
  PBKDF2: {
    deriveBits: {
      params: pbkdf2Params,
      run({ hash, iterations, salt }, { handle }, length) {
        const bytes = toBytes(length, 'PBKDF2');
        if (iterations === 0) fail('OperationError', 'PBKDF2: there must be at least one iteration');
        if (bytes === 0) return new Uint8Array(0).buffer;
        return new Later((done) => pbkdf2(handle, hashes[hash], salt, iterations, bytes, done), operationResult);
      },
    },
    ...passwords,
  },
};
