// ECDSA and ECDH (Web Cryptography API sections 23 and 24), Ed25519 and X25519 (sections 25 and 26), Ed448 and X448
// (Secure Curves in the Web Cryptography API).
const { load } = internals;
const { checkUsages, fail, kUsages, operationResult } = load('crypto_key');
const { Dictionary, bufferSource, cryptoKey, domString, hashIdentifier, hashes } = load('crypto_normalize');
const { checkType, exportPkcs8, exportSpki, importedKey, jwkOf, keyPair, kinds } = load('crypto_asymmetric');
const { checkKty, checkPurpose } = load('crypto_jwk');
const { exportJwk, exportRaw, generateCurve, importCurveJwk, importDer, importRaw } = native.cryptoKeys;
const { agree, sign, verify } = native.cryptoOperations;
const { Uint8Array, typedArrayLength } = internals.primordials;
const { slice: bufferSlice } = ArrayBuffer.prototype;
const { apply } = Reflect;
// SignatureScheme of edge_node/runtime/crypto/signature.h.
const kEcdsa = 2, kEddsa = 3;
const deriving = kUsages.deriveKey | kUsages.deriveBits;

const curveParams = new Dictionary([['namedCurve', domString, true]]);
const ecdsaParams = new Dictionary([['hash', hashIdentifier, true]]);
const publicParams = new Dictionary([['public', cryptoKey, true]]);
const ed448Params = new Dictionary([['context', bufferSource, false]]);

const ecCurves = { __proto__: null, 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };  // and ECDSA's "alg" of each

// The forms of a key of `curve`. `checkJwk` sees to "crv" and "alg" in its order; `kty` is "EC" or "OKP".
function importForm({ curve, kty, ofPublic, ofPrivate, use, checkJwk }, format, data, extractable, usages, name) {
  const kind = kinds[curve];
  if (format === 'spki') {
    checkUsages(usages, ofPublic, name);
    return ['public', importDer(false, kind, data)];
  }
  if (format === 'pkcs8') {
    checkUsages(usages, ofPrivate, name);
    return ['private', importDer(true, kind, data)];
  }
  if (format === 'raw' || format === 'raw-public') {
    checkUsages(usages, ofPublic, name);
    return ['public', importRaw(kind, data)];
  }
  if (format !== 'jwk') fail('NotSupportedError', `${name}: a key cannot be imported from "${format}"`);
  checkUsages(usages, data.d === undefined ? ofPublic : ofPrivate, name);
  checkKty(data, kty);
  checkPurpose(data, use, usages, extractable);
  checkJwk(data);
  return [data.d === undefined ? 'public' : 'private', importCurveJwk(kind, [data.x, data.y, data.d])];
}
function exportForm(slots, format, { curve, kty, alg }) {
  if (format === 'spki') return exportSpki(slots);
  if (format === 'pkcs8') return exportPkcs8(slots);
  if (format === 'raw' || format === 'raw-public') {
    checkType(slots, 'public');
    return operationResult(exportRaw(slots.handle));
  }
  if (format !== 'jwk') fail('NotSupportedError', `the key cannot be exported as "${format}"`);
  const jwk = jwkOf(slots, kty);
  const members = operationResult(exportJwk(slots.handle));
  jwk.crv = curve;
  jwk.alg = alg;
  jwk.x = members[0];
  jwk.y = members[1];
  jwk.d = members[2];
  return jwk;
}

// --- of the curves P-256, P-384 and P-521
function keysOfEc(ofPublic, ofPrivate, use, hasAlg) {
  return {
    generateKey: {
      params: curveParams,
      run({ namedCurve }, extractable, usages, name) {
        checkUsages(usages, ofPublic | ofPrivate, name);
        if (ecCurves[namedCurve] === undefined) fail('NotSupportedError', `unknown curve "${namedCurve}"`);
        const algorithm = { __proto__: null, name, namedCurve };
        return keyPair(generateCurve(kinds[namedCurve]), algorithm, extractable, usages, ofPublic, ofPrivate);
      },
    },
    importKey: {
      params: curveParams,
      run({ namedCurve }, format, data, extractable, usages, name) {
        if (ecCurves[namedCurve] === undefined) fail('DataError', `unknown curve "${namedCurve}"`);
        const checkJwk = (jwk) => {
          if (jwk.crv !== namedCurve) fail('DataError', `the JWK's "crv" is not "${namedCurve}"`);
          if (hasAlg && jwk.alg !== undefined && jwk.alg !== ecCurves[namedCurve]) {
            fail('DataError', `the JWK's "alg" is not "${ecCurves[namedCurve]}"`);
          }
        };
        const imported = importForm({ curve: namedCurve, kty: 'EC', ofPublic, ofPrivate, use, checkJwk },
          format, data, extractable, usages, name);
        return importedKey(imported[0], imported[1], { __proto__: null, name, namedCurve }, extractable, usages);
      },
    },
    exportKey: (slots, format) => exportForm(slots, format, { curve: slots.algorithm.namedCurve, kty: 'EC' }),
  };
}

// --- of Ed25519 and its like, where algorithm and curve are one
function keysOfOkp(curve, ofPublic, ofPrivate, use, alg) {
  const checkJwk = (jwk) => {
    if (jwk.crv !== curve) fail('DataError', `the JWK's "crv" is not "${curve}"`);
    if (alg !== undefined && jwk.alg !== undefined && jwk.alg !== alg && jwk.alg !== 'EdDSA') {
      fail('DataError', `the JWK's "alg" is neither "${alg}" nor "EdDSA"`);
    }
  };
  return {
    generateKey: {
      run(_, extractable, usages, name) {
        checkUsages(usages, ofPublic | ofPrivate, name);
        return keyPair(generateCurve(kinds[curve]), { __proto__: null, name }, extractable, usages, ofPublic, ofPrivate);
      },
    },
    importKey: {
      run(_, format, data, extractable, usages, name) {
        const imported = importForm({ curve, kty: 'OKP', ofPublic, ofPrivate, use, checkJwk },
          format, data, extractable, usages, name);
        return importedKey(imported[0], imported[1], { __proto__: null, name }, extractable, usages);
      },
    },
    exportKey: (slots, format) => exportForm(slots, format, { curve, kty: 'OKP', alg }),
  };
}

function eddsa(curve, params) {
  const checkContext = (options) => {
    if (options?.context !== undefined && typedArrayLength(options.context) > 0) {
      fail('NotSupportedError', `${curve}: a context that is not empty is not supported`);
    }
  };
  return {
    sign: {
      params,
      run(options, slots, data) {
        checkType(slots, 'private');
        checkContext(options);
        return sign(slots.handle, kEddsa, 0, 0, data);
      },
    },
    verify: {
      params,
      run(options, slots, signature, data) {
        checkType(slots, 'public');
        checkContext(options);
        return verify(slots.handle, kEddsa, 0, 0, signature, data);
      },
    },
    ...keysOfOkp(curve, kUsages.verify, kUsages.sign, 'sig', curve),
  };
}

// The first `length` bits of an ArrayBuffer; all of them when it is null.
function firstBits(secret, length) {
  if (length === null) return secret;
  const bytes = new Uint8Array(secret);
  if (length > 8 * typedArrayLength(bytes)) {
    fail('OperationError', `${length} bits were asked for, the keys agree on ${8 * typedArrayLength(bytes)}`);
  }
  const used = (length + 7) >>> 3;
  if (length % 8 !== 0) bytes[used - 1] &= 0xff << (8 - length % 8);
  return apply(bufferSlice, secret, [0, used]);
}
const agreement = {
  params: publicParams,
  run({ public: peer }, slots, length) {
    checkType(slots, 'private');
    checkType(peer, 'public');
    if (peer.algorithm.name !== slots.algorithm.name || peer.algorithm.namedCurve !== slots.algorithm.namedCurve) {
      fail('InvalidAccessError', 'the two keys are not of one algorithm and curve');
    }
    return firstBits(operationResult(agree(slots.handle, peer.handle)), length);
  },
};

return {
  ECDSA: {
    sign: {
      params: ecdsaParams,
      run({ hash }, slots, data) {
        checkType(slots, 'private');
        return sign(slots.handle, kEcdsa, hashes[hash], 0, data);
      },
    },
    verify: {
      params: ecdsaParams,
      run({ hash }, slots, signature, data) {
        checkType(slots, 'public');
        return verify(slots.handle, kEcdsa, hashes[hash], 0, signature, data);
      },
    },
    ...keysOfEc(kUsages.verify, kUsages.sign, 'sig', true),
  },
  ECDH: { deriveBits: agreement, ...keysOfEc(0, deriving, 'enc', false) },
  Ed25519: eddsa('Ed25519', undefined),
  Ed448: eddsa('Ed448', ed448Params),
  X25519: { deriveBits: agreement, ...keysOfOkp('X25519', 0, deriving, 'enc', undefined) },
  X448: { deriveBits: agreement, ...keysOfOkp('X448', 0, deriving, 'enc', undefined) },
};
