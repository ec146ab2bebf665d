// The Cache API as Workers has it (caches.default, caches.open), and what fetch() asks of the node's cache by the
// members `cf` and `cache` of its init.
//
// Unlike a browser's: what is stored and how long, the response's headers decide; a match gives only what is fresh,
// honours Range, If-None-Match and If-Modified-Since, and never asks an origin.
const { kInternal, finishClass, idl, responseParts, responseFromFetch, takeBody, cancelBody, bodyOfAnswer } = internals;
const { current } = native.io;
const { start } = native.cache;
const kMatch = 0, kPut = 1, kDelete = 2;
const nameLengthMax = 1024;
const modes = { __proto__: null, 'no-store': 1, 'no-cache': 2, reload: 2 };
const { Promise, TypeError } = internals.primordials;

function fieldOf(flat, name) {
  for (let i = 0; i < flat.length; i += 2) if (flat[i].toLowerCase() === name) return flat[i + 1];
  return undefined;
}
function requestOf(input) { return internals.isRequest(input) ? input : new internals.Request(input); }
const ignoresMethod = (options) => options !== undefined && options !== null && Boolean(options.ignoreMethod);

// One operation; the promise of [status, statusText, flat headers, native body id or null].
function operate(kind, name, request, response) {
  const io = current();
  if (io === 0) throw new Error('caches can only be used while a request is handled, not in the global scope');
  const [, url, flat] = internals.requestParts(request);
  if (!/^https?:/.test(url)) throw new TypeError(`Cache: ${url.slice(0, 100)} is not an http: or https: URL`);
  const hash = url.indexOf('#');
  const key = hash < 0 ? url : url.slice(0, hash);
  if (kind !== kPut) return [io, start([io, internals.nextFetchKey(), kind, name, key, flat])];
  const [status, statusText, fields, state, isEncoded] = response;
  const body = takeBody(state, io);
  return [io, start([io, internals.nextFetchKey(), kind, name, key, flat, status, statusText, fields, body, isEncoded])];
}

class Cache {
  #name;
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    this.#name = arguments[1];
  }
  async match(request, options = undefined) {
    idl.need(1, arguments.length, 'Cache.match');
    request = requestOf(request);
    if (request.method !== 'GET' && !ignoresMethod(options)) return undefined;
    const [io, answer] = operate(kMatch, this.#name, request);
    const [status, statusText, headers, id] = await answer;
    if (fieldOf(headers, 'cf-cache-status') !== 'HIT') {
      if (id !== null) native.io.bodyCancel(io, id);
      return undefined;
    }
    return responseFromFetch(status, statusText, headers, bodyOfAnswer(io, id, 'GET', status, null), request.url, false);
  }
  async put(request, response) {
    idl.need(2, arguments.length, 'Cache.put');
    request = requestOf(request);
    if (!internals.isResponse(response)) throw new TypeError('Cache.put: the second argument is no Response');
    if (request.method !== 'GET') throw new TypeError(`Cache.put: the request's method is ${request.method}; expected GET`);
    if (internals.isErrorResponse(response)) throw new TypeError('Cache.put: an error response cannot be stored');
    const parts = responseParts(response);
    const [status, , flat, state] = parts;
    if (status === 206) throw new TypeError('Cache.put: a 206 Partial Content cannot be stored');
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i].toLowerCase() === 'vary' && flat[i + 1].includes('*')) throw new TypeError('Cache.put: a response with "Vary: *" cannot be stored');
    }
    if (status === 304) {
      // It stands for a response the worker does not have: storing it would serve it to those who asked for the whole.
      cancelBody(state, undefined);
      return;
    }
    const [, answer] = operate(kPut, this.#name, request, parts);
    await answer;
  }
  async delete(request, options = undefined) {
    idl.need(1, arguments.length, 'Cache.delete');
    request = requestOf(request);
    if (request.method !== 'GET' && !ignoresMethod(options)) return false;
    const [, answer] = operate(kDelete, this.#name, request);
    return (await answer)[0] === 200;
  }
}
finishClass(Cache, 'Cache');

class CacheStorage {
  #default = new Cache(kInternal, '');
  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
  }
  get default() { return this.#default; }
  async open(name) {
    idl.need(1, arguments.length, 'CacheStorage.open');
    const text = `${name}`;
    if (text.length > nameLengthMax) throw new TypeError(`CacheStorage.open: the name has ${text.length} characters; at most ${nameLengthMax}`);
    // Apart from the default cache, whatever it is called.
    return new Cache(kInternal, `:${text}`);
  }
}
finishClass(CacheStorage, 'CacheStorage');

// What C++ takes as the rules of a fetch (CacheRulesFromV8); undefined when nothing was asked for.
function rulesOf(cf, mode) {
  const number = modes[mode] ?? 0;
  if (cf === undefined || cf === null || typeof cf !== 'object') return number === 0 ? undefined : [number, false, null, '', [], []];
  const { cacheEverything, cacheTtl, cacheKey, cacheTags, cacheTtlByStatus } = cf;
  const ttls = [];
  if (typeof cacheTtlByStatus === 'object' && cacheTtlByStatus !== null) {
    for (const status of Object.keys(cacheTtlByStatus)) {
      const ttl = cacheTtlByStatus[status];
      if (typeof ttl === 'number') ttls.push(status, Math.trunc(ttl));
    }
  }
  return [
    number,
    cacheEverything === true,
    typeof cacheTtl === 'number' ? Math.trunc(cacheTtl) : null,
    typeof cacheKey === 'string' ? cacheKey : '',
    Array.isArray(cacheTags) ? cacheTags.map(String) : [],
    ttls,
  ];
}

return { Cache, CacheStorage, caches: new CacheStorage(kInternal), rulesOf };
