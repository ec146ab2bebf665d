// node:crypto: hashes, MACs, key derivation and randomness.
const { nodeError, check } = internals.load('node_errors');
const { Buffer, bytesIn } = internals.load('node_buffer');
const { openHash, openHmac, copyHash, updateHash, finishHash, hashes, hkdf, pbkdf2, scrypt } = native.cryptoStreams;
const { randomBytes: fill, randomUuid } = native.crypto;
const { crypto: webcrypto } = globalThis;
const bytesMax = 2 ** 31 - 1;

// Bytes out of what Node.js takes for them: text, views, buffers.
function toBytes(value, name, encoding = undefined) {
  if (typeof value === 'string') return Buffer.from(value, encoding === 'buffer' ? 'utf8' : encoding);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return bytesIn(value);
  if (value instanceof KeyObject) return value.export();
  throw nodeError('ERR_INVALID_ARG_TYPE', name, ['string', 'Buffer', 'TypedArray', 'DataView'], value);
}
// What native code gave: bytes, or the message of an error.
function given(result) {
  if (typeof result === 'string') throw new Error(result);
  return Buffer.from(result);
}
const shown = (buffer, encoding) => (encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding));

const kToken = {};
class KeyObject {
  #bytes;
  constructor(token, bytes) {
    if (token !== kToken) throw nodeError('ERR_INVALID_ARG_VALUE', 'type', token);
    this.#bytes = bytes;
  }
  get type() { return 'secret'; }
  get symmetricKeySize() { return this.#bytes.length; }
  export({ format = 'buffer' } = {}) {
    return format === 'jwk' ? { kty: 'oct', k: this.#bytes.toString('base64url') } : Buffer.from(this.#bytes);
  }
  equals(other) { return other instanceof KeyObject && this.#bytes.equals(other.#bytes); }
}
const createSecretKey = (key, encoding = undefined) => new KeyObject(kToken, Buffer.from(toBytes(key, 'key', encoding)));

class Digester {
  #state;
  #isDone = false;
  constructor(token, state) {
    if (token !== kToken) throw new TypeError('Illegal constructor');
    this.#state = state;
  }
  update(data, encoding = undefined) {
    if (this.#isDone) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    const error = updateHash(this.#state, toBytes(data, 'data', encoding));
    if (error !== undefined) throw new Error(error);
    return this;
  }
  // Of a MAC asked twice the second answer is empty.
  finish(encoding, isMac) {
    if (this.#isDone) {
      if (isMac) return shown(Buffer.alloc(0), encoding);
      throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    }
    this.#isDone = true;
    return shown(given(finishHash(this.#state)), encoding);
  }
  copyState() {
    if (this.#isDone) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    return copyHash(this.#state);
  }
}
class Hash extends Digester {
  digest(encoding = undefined) { return this.finish(encoding, false); }
  copy() { return new Hash(kToken, this.copyState()); }
}
class Hmac extends Digester {
  digest(encoding = undefined) { return this.finish(encoding, true); }
}
function createHash(algorithm) {
  check.string(algorithm, 'algorithm');
  const state = openHash(algorithm);
  if (state === undefined) throw nodeError('ERR_CRYPTO_INVALID_DIGEST', algorithm);
  return new Hash(kToken, state);
}
function createHmac(algorithm, key) {
  check.string(algorithm, 'hmac');
  const state = openHmac(algorithm, toBytes(key, 'key'));
  if (state === undefined) throw nodeError('ERR_CRYPTO_INVALID_DIGEST', algorithm);
  return new Hmac(kToken, state);
}
const hash = (algorithm, data, encoding = 'hex') => createHash(algorithm).update(data).digest(encoding);

// With a callback: later, as Node.js does it.
function later(callback, compute) {
  if (callback === undefined) return compute();
  check.function(callback, 'callback');
  let error = null, value;
  try { value = compute(); } catch (thrown) { error = thrown; }
  queueMicrotask(() => (error ? callback(error) : callback(null, value)));
  return undefined;
}
function randomFillSync(view, offset = 0, size = undefined) {
  const bytes = bytesIn(view);
  check.integer(offset, 'offset', 0, bytes.length);
  if (size !== undefined) check.integer(size, 'size', 0, bytes.length - offset);
  fill(bytes.subarray(offset, size === undefined ? undefined : offset + size));
  return view;
}
function randomBytes(size, callback = undefined) {
  check.number(size, 'size', 0, bytesMax);
  return later(callback, () => randomFillSync(Buffer.alloc(size)));
}
function randomFill(view, ...rest) {
  const callback = rest.pop();
  check.function(callback, 'callback');
  later(callback, () => randomFillSync(view, ...rest));
}
function randomInt(min, max = undefined, callback = undefined) {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  check.integer(min, 'min');
  check.integer(max, 'max');
  const range = max - min;
  if (range <= 0) throw nodeError('ERR_OUT_OF_RANGE', 'max', `greater than the value of "min" (${min})`, max);
  if (range > 2 ** 48 - 1) throw nodeError('ERR_OUT_OF_RANGE', 'max - min', '<= 281474976710655', range);
  return later(callback, () => {
    const most = 2 ** 48 - (2 ** 48 % range);  // beyond it the last values would be rarer
    let value;
    do value = randomBytes(6).readUIntBE(0, 6); while (value >= most);
    return min + (value % range);
  });
}
function timingSafeEqual(a, b) {
  if (!ArrayBuffer.isView(a) && !(a instanceof ArrayBuffer)) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf1', ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], a);
  if (!ArrayBuffer.isView(b) && !(b instanceof ArrayBuffer)) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf2', ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], b);
  if (a.byteLength !== b.byteLength) throw nodeError('ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH');
  return webcrypto.subtle.timingSafeEqual(a, b);
}

const isHash = (name) => openHash(name) !== undefined;
function checkDigest(digest) {
  check.string(digest, 'digest');
  if (!isHash(digest)) throw nodeError('ERR_CRYPTO_INVALID_DIGEST', digest);
}
// Derivations that may take long run on a helper thread when there is a callback.
function derive(callback, start) {
  if (callback === undefined) return given(start(undefined));
  check.function(callback, 'callback');
  const done = (result) => {
    let value;
    try { value = given(result); } catch (error) { callback(error); return; }
    callback(null, value);
  };
  const now = start(done);
  if (now !== undefined) queueMicrotask(() => done(now));
  return undefined;
}
function pbkdf2With(password, salt, iterations, length, digest, callback) {
  checkDigest(digest);
  const bytes = toBytes(password, 'password'), salted = toBytes(salt, 'salt');
  check.integer(iterations, 'iterations', 1, bytesMax);
  check.integer(length, 'keylen', 0, bytesMax);
  return derive(callback, (done) => pbkdf2(digest, bytes, salted, iterations, length, done));
}
function hkdfSync(digest, key, salt, info, length) {
  checkDigest(digest);
  check.integer(length, 'length', 0, bytesMax);
  const made = given(hkdf(digest, toBytes(key, 'ikm'), toBytes(salt, 'salt'), toBytes(info, 'info'), length));
  return made.buffer;
}
function scryptWith(password, salt, length, options, callback) {
  const cost = options.N ?? options.cost ?? 16384, block = options.r ?? options.blockSize ?? 8;
  const parallel = options.p ?? options.parallelization ?? 1, memory = options.maxmem ?? 32 << 20;
  const bytes = toBytes(password, 'password'), salted = toBytes(salt, 'salt');
  check.integer(length, 'keylen', 0, bytesMax);
  for (const [name, value] of Object.entries({ N: cost, r: block, p: parallel, maxmem: memory })) check.integer(value, name, 0);
  return derive(callback, (done) => scrypt(bytes, salted, cost, block, parallel, memory, length, done));
}
const withCallback = (callback, compute) => {
  check.function(callback, 'callback');
  return compute(callback);
};

const crypto = {
  Hash, Hmac, KeyObject, createHash, createHmac, createSecretKey, hash, randomBytes, randomFill, randomFillSync, randomInt, timingSafeEqual,
  randomUUID: () => randomUuid(), pseudoRandomBytes: randomBytes, rng: randomBytes,
  pbkdf2Sync: (password, salt, iterations, length, digest) => pbkdf2With(password, salt, iterations, length, digest, undefined),
  pbkdf2: (password, salt, iterations, length, digest, callback) => withCallback(callback, (done) => pbkdf2With(password, salt, iterations, length, digest, done)),
  hkdfSync, hkdf: (digest, key, salt, info, length, callback) => withCallback(callback, (done) => later(done, () => hkdfSync(digest, key, salt, info, length))),
  scryptSync: (password, salt, length, options = {}) => scryptWith(password, salt, length, options, undefined),
  scrypt(password, salt, length, options, callback = undefined) {
    if (callback === undefined) [options, callback] = [{}, options];
    withCallback(callback, (done) => scryptWith(password, salt, length, options, done));
  },
  getHashes: () => hashes().map((name) => (name.startsWith('SHA-') ? `sha${name.slice(4)}` : name.toLowerCase())), getFips: () => 0, constants: {}, webcrypto, subtle: webcrypto.subtle,
  getRandomValues: (view) => webcrypto.getRandomValues(view),
};
// Libraries of tokens look for these and fall back to a secret key on an error.
for (const name of ['createPublicKey', 'createPrivateKey', 'createSign', 'createVerify', 'createCipheriv', 'createDecipheriv']) {
  crypto[name] = () => { throw nodeError('ERR_METHOD_NOT_IMPLEMENTED', `crypto.${name}()`); };
}
const exports = () => ({ ...crypto, default: crypto });
return { exports };
