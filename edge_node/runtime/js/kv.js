// Workers KV: env.NAME of a KV binding. A lazy file.
const { kv } = native;
const { kInternal } = internals;
const { encodeUtf8, decodeUtf8 } = native.encoding;

const KEY_BYTES_MAX = 512, GET_KEYS_MAX = 100, LIST_MAX = 1000;
const CACHE_TTL_S = 60, CACHE_TTL_S_MIN = 30, EXPIRES_IN_S_MIN = 60;

const checkKey = (key, what) => {
  const text = `${key}`;
  if (text === '' || text === '.' || text === '..') throw new TypeError(`KV ${what}: the key may not be "${text}"`);
  const bytes = text.length > KEY_BYTES_MAX / 3 ? encodeUtf8(text).byteLength : 0;
  if (bytes > KEY_BYTES_MAX) throw new TypeError(`KV ${what}: the key has ${bytes} bytes; at most ${KEY_BYTES_MAX} are allowed`);
  return text;
};

// A value as the asked type.
const convert = (bytes, type) => {
  if (bytes === null) return null;
  switch (type) {
    case 'text': return decodeUtf8(bytes);
    case 'json': return JSON.parse(decodeUtf8(bytes));
    case 'arrayBuffer': return bytes.buffer;
    default: return new Response(bytes).body;
  }
};
const types = ['text', 'json', 'arrayBuffer', 'stream'];

// { type, cacheTtl } out of what a get was given: a type, or an object of both.
const readOptions = (given, what, allowed = types) => {
  const { type = 'text', cacheTtl = CACHE_TTL_S } = typeof given === 'string' ? { type: given } : given ?? {};
  if (!allowed.includes(type)) throw new TypeError(`KV ${what}: the type is "${type}"; expected ${allowed.join(', ')}`);
  const ttl = Number(cacheTtl);
  if (!(ttl >= CACHE_TTL_S_MIN)) throw new TypeError(`KV ${what}: cacheTtl is ${cacheTtl}; expected at least ${CACHE_TTL_S_MIN} seconds`);
  return { type, cacheTtl: ttl };
};
const metadataOf = (text) => (text === '' ? null : JSON.parse(text));

class KvNamespace {
  #name;
  constructor(token, name) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#name = name;
  }

  async #getMany(keys, given, what, make) {
    const { type, cacheTtl } = readOptions(given, what, ['text', 'json']);
    if (keys.length > GET_KEYS_MAX) throw new TypeError(`KV ${what}: ${keys.length} keys; at most ${GET_KEYS_MAX} are allowed`);
    const names = keys.map((key) => checkKey(key, what));
    const flat = await kv.get(this.#name, names, cacheTtl);
    const found = new Map();
    names.forEach((name, i) => found.set(name, make(convert(flat[2 * i], type), flat[2 * i + 1])));
    return found;
  }
  async get(key, options) {
    if (Array.isArray(key)) return this.#getMany(key, options, 'get', (value) => value);
    const { type, cacheTtl } = readOptions(options, 'get');
    const [bytes] = await kv.get(this.#name, [checkKey(key, 'get')], cacheTtl);
    return convert(bytes, type);
  }
  async getWithMetadata(key, options) {
    const make = (value, metadata) => ({ value, metadata: metadataOf(metadata), cacheStatus: null });
    if (Array.isArray(key)) return this.#getMany(key, options, 'getWithMetadata', make);
    const { type, cacheTtl } = readOptions(options, 'getWithMetadata');
    const [bytes, metadata] = await kv.get(this.#name, [checkKey(key, 'getWithMetadata')], cacheTtl);
    return make(convert(bytes, type), metadata);
  }
  async put(key, value, options) {
    const name = checkKey(key, 'put');
    const { expiration, expirationTtl, metadata } = options ?? {};
    let expires = 0;
    if (expiration !== undefined && expiration !== null) expires = Number(expiration);
    if (expirationTtl !== undefined && expirationTtl !== null) {
      if (!(Number(expirationTtl) >= EXPIRES_IN_S_MIN)) {
        throw new TypeError(`KV put: expirationTtl is ${expirationTtl}; expected at least ${EXPIRES_IN_S_MIN} seconds`);
      }
      expires = Math.floor(Date.now() / 1000) + Math.floor(Number(expirationTtl));
    }
    if (!Number.isInteger(expires) || expires < 0) throw new TypeError(`KV put: expiration is ${expiration}; expected Unix seconds`);
    let bytes = value;
    if (typeof value !== 'string') {
      const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value);
      if (!isBytes && !(value instanceof ReadableStream)) {
        throw new TypeError('KV put: the value must be a string, an ArrayBuffer, a view of one, or a ReadableStream');
      }
      if (!isBytes) bytes = await new Response(value).arrayBuffer();
    }
    await kv.put(this.#name, name, bytes, metadata === undefined || metadata === null ? '' : JSON.stringify(metadata), expires);
  }
  async delete(key) {
    await kv.remove(this.#name, checkKey(key, 'delete'));
  }
  async list(options) {
    const { prefix, limit, cursor } = options ?? {};
    const count = limit === undefined || limit === null ? LIST_MAX : Number(limit);
    if (!(Number.isInteger(count) && count >= 1 && count <= LIST_MAX)) {
      throw new TypeError(`KV list: the limit is ${limit}; expected 1 to ${LIST_MAX}`);
    }
    let after = '';
    try { after = atob(cursor ?? ''); } catch { throw new TypeError('KV list: the cursor is not one that list() gave'); }
    const flat = await kv.list(this.#name, prefix === undefined || prefix === null ? '' : `${prefix}`, count, after);
    const keys = [];
    for (let i = 1; i < flat.length; i += 3) {
      const key = { name: flat[i] };
      if (flat[i + 2] !== 0) key.expiration = flat[i + 2];
      if (flat[i + 1] !== '') key.metadata = JSON.parse(flat[i + 1]);
      keys.push(key);
    }
    const result = { keys, list_complete: flat[0] === '', cacheStatus: null };
    if (flat[0] !== '') result.cursor = btoa(flat[0]);
    return result;
  }
}
internals.finishClass(KvNamespace, 'KvNamespace');
return { make: (name) => new KvNamespace(kInternal, name) };
