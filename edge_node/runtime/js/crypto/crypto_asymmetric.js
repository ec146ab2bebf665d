// Pairs of public and private keys: what RSA and the curves share.
const { load } = internals;
const { dataResult, fail, namesOfUsages, newKey, operationResult } = load('crypto_key');
const { exportDer } = native.cryptoKeys;

// KeyKind of edge_node/runtime/crypto/key_parts.h.
const kinds = { __proto__: null, RSA: 0, 'P-256': 1, 'P-384': 2, 'P-521': 3, Ed25519: 4, X25519: 5, Ed448: 6, X448: 7 };

// `result` is what native code gave for an import.
const importedKey = (type, result, algorithm, extractable, usages) =>
  newKey({ __proto__: null, type, extractable, usages, algorithm, handle: dataResult(result) });

// `pair` is [public, private] from native code, or an error; `ofPublic` and `ofPrivate` are the usages that each can have.
function keyPair(pair, algorithm, extractable, usages, ofPublic, ofPrivate) {
  operationResult(pair);
  return {
    privateKey: newKey({
      __proto__: null, type: 'private', extractable, usages: usages & ofPrivate, algorithm, handle: pair[1],
    }),
    publicKey: newKey({
      __proto__: null, type: 'public', extractable: true, usages: usages & ofPublic, algorithm, handle: pair[0],
    }),
  };
}

function checkType(slots, type) {
  if (slots.type !== type) fail('InvalidAccessError', `the key is a ${slots.type} one; this takes a ${type} one`);
}
function exportSpki(slots) {
  checkType(slots, 'public');
  return operationResult(exportDer(false, slots.handle));
}
function exportPkcs8(slots) {
  checkType(slots, 'private');
  return operationResult(exportDer(true, slots.handle));
}
// The members that every exported JWK has.
const jwkOf = (slots, kty) =>
  ({ __proto__: null, kty, key_ops: namesOfUsages(slots.usages), ext: slots.extractable });

return { checkType, exportPkcs8, exportSpki, importedKey, jwkOf, keyPair, kinds };
