// RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (Web Cryptography API sections 20 to 22).
const { load } = internals;
const { Later, checkUsages, dataResult, fail, kUsages, operationResult } = load('crypto_key');
const { Dictionary, bigInteger, bufferSource, hashIdentifier, hashes, unsignedLong } = load('crypto_normalize');
const { checkType, exportPkcs8, exportSpki, importedKey, jwkOf, keyPair, kinds } = load('crypto_asymmetric');
const { checkKty, checkPurpose } = load('crypto_jwk');
const { describeRsa, exportJwk, generateRsa, importDer, importRsaJwk } = native.cryptoKeys;
const { oaep, sign, verify } = native.cryptoOperations;
const { Uint8Array } = internals.primordials;
// SignatureScheme of edge_node/runtime/crypto/signature.h.
const kPkcs1 = 0, kPss = 1;
const nothing = new Uint8Array(0);

const keyGenParams = new Dictionary([
  ['modulusLength', unsignedLong, true], ['publicExponent', bigInteger, true], ['hash', hashIdentifier, true],
]);
const importParams = new Dictionary([['hash', hashIdentifier, true]]);
const pssParams = new Dictionary([['saltLength', unsignedLong, true]]);
const oaepParams = new Dictionary([['label', bufferSource, false]]);

// A JWK's "alg" for a hash: the prefix, and this.
const suffixes = { __proto__: null, 'SHA-1': '1', 'SHA-256': '256', 'SHA-384': '384', 'SHA-512': '512' };
const signatureAlg = (prefix) => (hash) => (suffixes[hash] === undefined ? undefined : prefix + suffixes[hash]);
const oaepAlg = (hash) => {
  if (hash === 'SHA-1') return 'RSA-OAEP';
  return suffixes[hash] === undefined ? undefined : `RSA-OAEP-${suffixes[hash]}`;
};
const jwkNames = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

// `ofPublic` and `ofPrivate` are usages, `use` is a JWK's, `algOf` gives its "alg".
function keysOf(ofPublic, ofPrivate, use, algOf) {
  function importJwk(jwk, hash, extractable, usages, what) {
    checkUsages(usages, jwk.d === undefined ? ofPublic : ofPrivate, what);
    checkKty(jwk, 'RSA');
    checkPurpose(jwk, use, usages, extractable);
    const alg = algOf(hash);
    if (jwk.alg !== undefined && jwk.alg !== alg) fail('DataError', `the JWK's "alg" is not "${alg}"`);
    if (jwk.oth !== undefined) fail('DataError', 'an RSA key of more than two primes');
    const members = [];
    for (let i = 0; i < jwkNames.length; ++i) members[i] = jwk[jwkNames[i]];
    return importRsaJwk(members);
  }
  return {
    generateKey: {
      params: keyGenParams,
      run({ hash, modulusLength, publicExponent }, extractable, usages, name) {
        checkUsages(usages, ofPublic | ofPrivate, name);
        const algorithm = { __proto__: null, name, modulusLength, publicExponent, hash };
        return new Later((done) => generateRsa(modulusLength, publicExponent, done),
          (pair) => keyPair(pair, algorithm, extractable, usages, ofPublic, ofPrivate));
      },
    },
    importKey: {
      params: importParams,
      run({ hash }, format, data, extractable, usages, name) {
        let type = 'public';
        let handle;
        if (format === 'spki') {
          checkUsages(usages, ofPublic, name);
          handle = importDer(false, kinds.RSA, data);
        } else if (format === 'pkcs8') {
          type = 'private';
          checkUsages(usages, ofPrivate, name);
          handle = importDer(true, kinds.RSA, data);
        } else if (format === 'jwk') {
          if (data.d !== undefined) type = 'private';
          handle = importJwk(data, hash, extractable, usages, name);
        } else {
          fail('NotSupportedError', `${name}: a key cannot be imported from "${format}"`);
        }
        const described = describeRsa(dataResult(handle));
        const algorithm = { __proto__: null, name, modulusLength: described[0], publicExponent: described[1], hash };
        return importedKey(type, handle, algorithm, extractable, usages);
      },
    },
    exportKey(slots, format) {
      if (format === 'spki') return exportSpki(slots);
      if (format === 'pkcs8') return exportPkcs8(slots);
      const alg = algOf(slots.algorithm.hash);
      if (format !== 'jwk' || alg === undefined) fail('NotSupportedError', `the key cannot be exported as "${format}"`);
      const jwk = jwkOf(slots, 'RSA');
      jwk.alg = alg;
      const members = operationResult(exportJwk(slots.handle));
      for (let i = 0; i < jwkNames.length; ++i) jwk[jwkNames[i]] = members[i];
      return jwk;
    },
  };
}

function signatures(scheme, params, prefix) {
  return {
    sign: {
      params,
      run(options, slots, data) {
        checkType(slots, 'private');
        return sign(slots.handle, scheme, hashes[slots.algorithm.hash], options?.saltLength ?? 0, data);
      },
    },
    verify: {
      params,
      run(options, slots, signature, data) {
        checkType(slots, 'public');
        return verify(slots.handle, scheme, hashes[slots.algorithm.hash], options?.saltLength ?? 0, signature, data);
      },
    },
    ...keysOf(kUsages.verify, kUsages.sign, 'sig', signatureAlg(prefix)),
  };
}

function crypt(encrypts, { label = nothing }, slots, data) {
  checkType(slots, encrypts ? 'public' : 'private');
  return oaep(slots.handle, encrypts, hashes[slots.algorithm.hash], label, data);
}

return {
  'RSASSA-PKCS1-v1_5': signatures(kPkcs1, undefined, 'RS'),
  'RSA-PSS': signatures(kPss, pssParams, 'PS'),
  'RSA-OAEP': {
    encrypt: { params: oaepParams, run: (params, slots, data) => crypt(true, params, slots, data) },
    decrypt: { params: oaepParams, run: (params, slots, data) => crypt(false, params, slots, data) },
    ...keysOf(kUsages.encrypt | kUsages.wrapKey, kUsages.decrypt | kUsages.unwrapKey, 'enc', oaepAlg),
  },
};
