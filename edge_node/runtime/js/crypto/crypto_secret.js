// Secret keys in the forms they travel in: raw, and a JSON Web Key of the type "oct" (RFC 7518 section 6.4).
const { load } = internals;
const { fail, namesOfUsages, newKey } = load('crypto_key');
const { checkKty, checkPurpose } = load('crypto_jwk');
const { copy, decodeBase64Url, encodeBase64Url, randomSecret, secret, secretBytes } = native.cryptoKeys;
const { Uint8Array } = internals.primordials;

// Formats of which raw is one; "raw-secret" is another name for it, and the only one that newer algorithms take.
const isRaw = (format, hasRaw = true) => format === 'raw-secret' || (hasRaw && format === 'raw');

// The key's bytes, as a Uint8Array of our own. `checkAlg(jwk, bytes)` sees to "alg"; `use` is what "use" may be.
function secretData(format, data, { extractable, usages, use, checkAlg, hasRaw }) {
  if (isRaw(format, hasRaw)) return copy(data);
  if (format !== 'jwk') fail('NotSupportedError', `a secret key cannot be imported from "${format}"`);
  checkKty(data, 'oct');
  const decoded = data.k === undefined ? undefined : decodeBase64Url(data.k);
  if (decoded === undefined) fail('DataError', 'the JWK\'s "k" is missing or no base64url');
  const bytes = new Uint8Array(decoded);
  checkAlg(data, bytes);
  checkPurpose(data, use, usages, extractable);
  return bytes;
}

function exportSecret(slots, format, alg, { hasRaw } = {}) {
  const bytes = secretBytes(slots.handle);
  if (isRaw(format, hasRaw)) return bytes;
  if (format !== 'jwk') fail('NotSupportedError', `a secret key cannot be exported as "${format}"`);
  return {
    __proto__: null, kty: 'oct', k: encodeBase64Url(bytes), alg, key_ops: namesOfUsages(slots.usages), ext: slots.extractable,
  };
}

const secretKey = (algorithm, bytes, extractable, usages) =>
  newKey({ __proto__: null, type: 'secret', extractable, usages, algorithm, handle: secret(bytes) });

// A key of as many bits; those that fill up the last byte are zero.
function generateSecret(algorithm, bits, extractable, usages) {
  const handle = randomSecret(bits);
  if (typeof handle === 'string') fail('OperationError', handle);
  return newKey({ __proto__: null, type: 'secret', extractable, usages, algorithm, handle });
}

return { exportSecret, generateSecret, secretData, secretKey };
