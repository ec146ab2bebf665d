// fetch() (Fetch standard section 4): to declared origins, and through service bindings (env.NAME.fetch()) to other
// workers. What lies nearer than an origin (data: and blob: URLs) and integrity are in fetch_local.js.
//
// Where it leaves the standard: there is no page, so no origin of its own, no CORS, no cookies and no referrer; with
// redirect "manual" the redirect itself is given, as in Workers.
const { then, takeBody, nativeBody, requestParts, responseFromFetch, abortBodyWith, cancelBody } = internals;
const { startFetch, abortFetch, bodyCancel, current } = native.io;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const nullBodyStatuses = new Set([101, 204, 205, 304]);
const redirectsMax = 20;
// A header of the request that another origin has no right to see.
const crossOriginOnly = new Set(['authorization', 'cookie', 'proxy-authorization', 'host']);
const bodyHeaders = new Set(['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location', 'transfer-encoding']);
let nextKey = 1;
internals.nextFetchKey = () => nextKey++;

function without(flat, names) {
  const kept = [];
  for (let i = 0; i < flat.length; i += 2) if (!names.has(flat[i].toLowerCase())) kept.push(flat[i], flat[i + 1]);
  return kept;
}
const originOf = (href) => href.slice(0, href.indexOf('/', href.indexOf('//') + 2));
function withoutFragment(href) {
  const hash = href.indexOf('#');
  return hash < 0 ? href : href.slice(0, hash);
}

// The URL that a redirect leads to ("location URL"); null when it names none.
function locationOf(flat, url) {
  let location = null;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i].toLowerCase() !== 'location') continue;
    if (location !== null) throw new TypeError(`fetch: ${url} redirects to more than one place`);
    location = flat[i + 1];
  }
  if (location === null) return null;
  // What is no ASCII is there as bytes, most often UTF-8, and stands for them as in any other URL.
  location = location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  const target = internals.parseUrl(location, url);
  if (target === undefined) throw new TypeError(`fetch: ${url} redirects to "${location}", which is not a URL`);
  if (!/^https?:/.test(target)) throw new TypeError(`fetch: ${url} redirects to ${target.slice(0, 100)}, which is not an http: or https: URL`);
  const hash = url.indexOf('#');
  return hash < 0 || target.includes('#') ? target : target + url.slice(hash);
}

// One hop; the promise of [status, statusText, flat headers, native body id or null].
function send(io, service, url, method, flat, body, state, signal, rules) {
  const key = nextKey++;
  const answer = startFetch(io, key, service, withoutFragment(url), method, flat, body, rules);
  if (signal === null) return answer;
  return new Promise((resolve, reject) => {
    const forget = internals.onAbort(signal, (reason) => {
      cancelBody(state, reason);
      abortFetch(io, key);
      reject(reason);
    });
    then(answer, (value) => { forget(); resolve(value); }, (error) => { forget(); reject(error); });
  });
}

const targets = new WeakMap();  // of what env has
internals.isFetcher = (value) => targets.has(value);
async function fetchThrough(service, input, init) {
  const request = init === undefined && internals.isRequest(input) ? input : new internals.Request(input, init);
  let [method, url, flat, state, redirect, signal, options, blob, cf] = requestParts(request);
  if (options?.fetcher) service = targets.get(options.fetcher);
  if (signal?.aborted) {
    cancelBody(state, signal.reason);
    if (state !== null) state.used = true;
    throw signal.reason;
  }
  const io = current();
  if (io === 0) throw new Error('fetch() is only possible while a request is handled, not in the global scope');
  if (!/^https?:/.test(url)) return internals.load('fetch_local').fetchLocal(url, method, flat, blob, options);
  const replay = internals.isReplayable(state);
  // What is asked of the node's cache.
  const rules = cf === undefined && !options?.cache ? undefined : internals.load('cache').rulesOf(cf, options?.cache);
  let body = takeBody(state, io);
  let redirected = false;
  for (let hops = 0; ; ++hops) {
    const [status, statusText, headers, id, socket] = await send(io, service, url, method, flat, body, state, signal, rules);
    if (redirectStatuses.has(status) && redirect === 'error') {
      throw new TypeError(`fetch: ${url} redirects, and the request's redirect mode is "error"`);
    }
    const target = redirectStatuses.has(status) && redirect === 'follow' ? locationOf(headers, url) : null;
    if (target === null) {
      const answer = bodyOfAnswer(io, id, method, status, signal);
      const parts = [status, statusText, headers, answer, withoutFragment(url), redirected];
      if (socket !== undefined) return internals.load('websocket').attachFetched(responseFromFetch(...parts), io, socket);
      return options?.integrity ? internals.load('fetch_local').checkIntegrity(options.integrity, parts)
        : responseFromFetch(...parts);
    }
    if (id !== null) bodyCancel(io, id);
    if (hops === redirectsMax) throw new TypeError(`fetch: more than ${redirectsMax} redirects`);
    if (status !== 303 && !replay) {
      throw new TypeError(`fetch: ${url} redirects with ${status}, but the body is a stream that cannot be sent twice`);
    }
    if (((status === 301 || status === 302) && method === 'POST') || (status === 303 && method !== 'GET' && method !== 'HEAD')) {
      method = 'GET';
      body = state = null;
      flat = without(flat, bodyHeaders);
    }
    if (originOf(target) !== originOf(url)) flat = without(flat, crossOriginOnly);
    url = target;
    redirected = true;
  }
}
// The state of a response's body, which `signal` may still break.
internals.bodyOfAnswer = bodyOfAnswer;
function bodyOfAnswer(io, id, method, status, signal) {
  if (id === null) return null;
  if (method === 'HEAD' || nullBodyStatuses.has(status)) {
    bodyCancel(io, id);
    return null;
  }
  const state = nativeBody(io, id);
  if (signal !== null) abortBodyWith(signal, state);
  return state;
}

function fetch(input, init = undefined) {
  if (arguments.length === 0) return Promise.reject(new TypeError('fetch: 1 argument needed, 0 given'));
  return fetchThrough('', input, init);
}

// env.NAME of a service binding; `target` is [script, entrypoint, props as JSON].
class Fetcher {
  #target;
  constructor(token, target) {
    if (token !== internals.kInternal) throw new TypeError('Illegal constructor');
    this.#target = target;
  }
  fetch(input, init) { return fetchThrough(this.#target, input, init); }
}
internals.finishClass(Fetcher, 'Fetcher');
internals.Fetcher = Fetcher;
internals.fetch = fetch;
internals.fetchThrough = fetchThrough;

// Every other name of a service binding is a method of the entrypoint behind it.
internals.bindService = (target) => {
  const fetcher = new Fetcher(internals.kInternal, target);
  const bound = { __proto__: null, fetch: (input, init) => fetchThrough(target, input, init) };
  const binding = new Proxy(fetcher, {
    get(_, name) {
      if (name in bound) return bound[name];
      if (typeof name === 'symbol' || name in fetcher || name === 'then') return fetcher[name];
      bound[name] = internals.load('rpc').methodOf(target, name);
      return bound[name];
    },
  });
  targets.set(binding, target);
  return binding;
};
internals.defineGlobals({ fetch });
