// SubtleCrypto (Web Cryptography API section 14). What an algorithm does is in its own file (crypto_normalize.js says
// where); here are the steps that all share.
//
// An operation is done by the time its method returns, in the caller's turn, so its data need not be copied; what takes
// long is a Later.
const { finishClass, idl, isObject, kInternal, load } = internals;
const { Later, fail, kUsages, operationResult, slotsOf, usageNames } = load('crypto_key');
const { algorithmOf, bufferSource, hashes, normalize, normalizeHash, toIdentifier } = load('crypto_normalize');
const { TypeError } = internals.primordials;
const { digest } = native.crypto;
const keyFormats = ['raw', 'raw-public', 'raw-private', 'raw-seed', 'raw-secret', 'spki', 'pkcs8', 'jwk'];
const jwk = () => load('crypto_jwk');

// --- Web IDL types of arguments
function toUsages(value) {
  let usages = 0;
  idl.sequence(value, (item) => {
    const name = `${item}`;
    const usage = kUsages[name];
    if (usage === undefined) throw new TypeError(`'${name}' is no key usage; expected one of ${usageNames}`);
    usages |= usage;
  }, 'keyUsages');
  return usages;
}
const toFormat = (value) => idl.enumeration(value, keyFormats, 'the key format');
const toData = (value, what) => bufferSource.convert(value, what);

// --- steps
function checkUse(slots, name, usage) {
  if (slots.algorithm.name !== name) {
    fail('InvalidAccessError', `the key is one of ${slots.algorithm.name}, not of ${name}`);
  }
  if (!(slots.usages & kUsages[usage])) fail('InvalidAccessError', `the key's usages do not have "${usage}"`);
}
// The key, or pair of them, that was made, once it is certain that it can be used.
function checkUsable(key) {
  const slots = slotsOf(key.privateKey ?? key, 'the key');
  if (slots.type !== 'public' && slots.usages === 0) {
    fail('SyntaxError', `a ${slots.type} key needs one of its usages`);
  }
  return key;
}
function importKey({ operation, params, name }, format, data, extractable, usages) {
  return checkUsable(operation.run(params, format, data, extractable, usages, name));
}
function exportKey(slots, format) {
  const { exportKey: run } = algorithmOf(slots.algorithm.name);
  if (run === undefined) fail('NotSupportedError', `a key of ${slots.algorithm.name} cannot be exported`);
  if (!slots.extractable) fail('InvalidAccessError', 'the key is not extractable');
  return run(slots, format);
}
// The first operation that the algorithm has.
function normalizeEither(identifier, op, other) {
  try {
    return normalize(identifier, op);
  } catch {
    return normalize(identifier, other);
  }
}
function checkThis(self, given, needed, what) {
  if (!SubtleCrypto.is(self)) throw new TypeError('Illegal invocation');
  if (given < needed) requireArguments({ length: given }, needed, `crypto.subtle.${what}`);
}

function checkThis(self, given, needed, what) {
  if (!isSubtle(self)) throw new TypeError('Illegal invocation');
  idl.need(needed, given, `crypto.subtle.${what}`);
}
// encrypt, decrypt and sign
function transform(op, algorithm, key, data) {
  const identifier = toIdentifier(algorithm);
  const slots = slotsOf(key, `${op}: the key`);
  toData(data, `${op}: the data`);
  const { operation, params, name } = normalize(identifier, op);
  checkUse(slots, name, op);
  return operationResult(operation.run(params, slots, data));
}

let isSubtle;
class SubtleCrypto {
  #brand = undefined;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
  }
  static {
    isSubtle = (value) => isObject(value) && #brand in value;
  }

  async encrypt(algorithm, key, data) {
    checkThis(this, arguments.length, 3, 'encrypt');
    return transform('encrypt', algorithm, key, data);
  }
  async decrypt(algorithm, key, data) {
    checkThis(this, arguments.length, 3, 'decrypt');
    return transform('decrypt', algorithm, key, data);
  }
  async sign(algorithm, key, data) {
    checkThis(this, arguments.length, 3, 'sign');
    return transform('sign', algorithm, key, data);
  }
  async verify(algorithm, key, signature, data) {
    checkThis(this, arguments.length, 4, 'verify');
    const identifier = toIdentifier(algorithm);
    const slots = slotsOf(key, 'verify: the key');
    toData(signature, 'verify: the signature');
    toData(data, 'verify: the data');
    const { operation, params, name } = normalize(identifier, 'verify');
    checkUse(slots, name, 'verify');
    return operationResult(operation.run(params, slots, signature, data));
  }
  async digest(algorithm, data) {
    checkThis(this, arguments.length, 2, 'digest');
    let hash = typeof algorithm === 'string' ? hashes[algorithm] : undefined;
    if (hash === undefined) {
      const identifier = toIdentifier(algorithm);
      toData(data, 'digest: the data');
      hash = hashes[normalizeHash(identifier)];
    }
    const result = digest(hash, data);
    return result === undefined ? toData(data, 'digest: the data') : operationResult(result);
  }
  async generateKey(algorithm, extractable, keyUsages) {
    checkThis(this, arguments.length, 3, 'generateKey');
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    const { operation, params, name } = normalize(identifier, 'generateKey');
    const key = operation.run(params, !!extractable, usages, name);
    if (!(key instanceof Later)) return checkUsable(key);
    await key.arrival();
    return checkUsable(key.take());
  }
  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    checkThis(this, arguments.length, 5, 'deriveKey');
    const identifier = toIdentifier(algorithm);
    const slots = slotsOf(baseKey, 'deriveKey: the base key');
    const derived = toIdentifier(derivedKeyType);
    const usages = toUsages(keyUsages);
    const { operation, params, name } = normalize(identifier, 'deriveBits');
    const forImport = normalize(derived, 'importKey');
    const forLength = normalize(derived, 'getKeyLength');
    checkUse(slots, name, 'deriveKey');
    const length = forLength.operation.run(forLength.params);
    let secret = operation.run(params, slots, length);
    if (secret instanceof Later) {
      await secret.arrival();
      secret = secret.take();
    }
    return importKey(forImport, 'raw-secret', secret, !!extractable, usages);
  }
  async deriveBits(algorithm, baseKey, length = null) {
    checkThis(this, arguments.length, 2, 'deriveBits');
    const identifier = toIdentifier(algorithm);
    const slots = slotsOf(baseKey, 'deriveBits: the base key');
    const bits = length === null ? null : length >>> 0;
    const { operation, params, name } = normalize(identifier, 'deriveBits');
    checkUse(slots, name, 'deriveBits');
    const secret = operation.run(params, slots, bits);
    if (!(secret instanceof Later)) return secret;
    await secret.arrival();
    return secret.take();
  }
  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    checkThis(this, arguments.length, 5, 'importKey');
    const form = toFormat(format);
    const isBytes = idl.isView(keyData) || idl.isBuffer(keyData);
    const data = isBytes ? toData(keyData, 'importKey: the key data') : jwk().toJsonWebKey(keyData, 'importKey');
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    const normalized = normalize(identifier, 'importKey');
    if (isBytes === (form === 'jwk')) {
      throw new TypeError(`importKey: "${form}" takes ${isBytes ? 'a JsonWebKey' : 'an ArrayBuffer or a view of one'}`);
    }
    return importKey(normalized, form, data, !!extractable, usages);
  }
  async exportKey(format, key) {
    checkThis(this, arguments.length, 2, 'exportKey');
    const form = toFormat(format);
    const exported = exportKey(slotsOf(key, 'exportKey: the key'), form);
    return form === 'jwk' ? jwk().showJwk(exported) : exported;
  }
  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    checkThis(this, arguments.length, 4, 'wrapKey');
    const form = toFormat(format);
    const slots = slotsOf(key, 'wrapKey: the key');
    const wrapping = slotsOf(wrappingKey, 'wrapKey: the wrapping key');
    const { operation, params, name } = normalizeEither(toIdentifier(wrapAlgorithm), 'wrapKey', 'encrypt');
    checkUse(wrapping, name, 'wrapKey');
    const exported = exportKey(slots, form);
    const bytes = form === 'jwk' ? jwk().jwkBytes(exported) : exported;
    return operationResult(operation.run(params, wrapping, bytes));
  }
  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    checkThis(this, arguments.length, 7, 'unwrapKey');
    const form = toFormat(format);
    toData(wrappedKey, 'unwrapKey: the wrapped key');
    const unwrapping = slotsOf(unwrappingKey, 'unwrapKey: the unwrapping key');
    const identifier = toIdentifier(unwrapAlgorithm);
    const keyIdentifier = toIdentifier(unwrappedKeyAlgorithm);
    const usages = toUsages(keyUsages);
    const { operation, params, name } = normalizeEither(identifier, 'unwrapKey', 'decrypt');
    const forImport = normalize(keyIdentifier, 'importKey');
    checkUse(unwrapping, name, 'unwrapKey');
    const bytes = operationResult(operation.run(params, unwrapping, wrappedKey));
    return importKey(forImport, form, form === 'jwk' ? jwk().parseJwk(bytes) : bytes, !!extractable, usages);
  }
  // Of Workers: whether two buffers of one length are the same, in a time that does not say where they differ.
  timingSafeEqual(a, b) {
    checkThis(this, arguments.length, 2, 'timingSafeEqual');
    const { byteLength, timingSafeEqual } = native.cryptoOperations;
    toData(a, 'timingSafeEqual: the first argument');
    toData(b, 'timingSafeEqual: the second argument');
    if (byteLength(a) !== byteLength(b)) {
      throw new TypeError(`timingSafeEqual: the buffers have ${byteLength(a)} and ${byteLength(b)} bytes; one length is needed`);
    }
    return timingSafeEqual(a, b);
  }
}
finishClass(SubtleCrypto, 'SubtleCrypto');

return { SubtleCrypto, subtle: new SubtleCrypto(kInternal) };
