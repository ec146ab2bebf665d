// fetch(): to declared origins, and through service bindings (env.NAME.fetch()) to other workers.
const { then, takeBody, nativeBody, requestParts, responseFromFetch } = internals;
const { startFetch, abortFetch, bodyCancel, current } = native.io;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const redirectsMax = 20;
const crossOriginOnly = new Set(['authorization', 'cookie', 'proxy-authorization', 'host']);
const bodyHeaders = new Set(['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location', 'transfer-encoding']);
let nextKey = 1;

function without(flat, names) {
  const kept = [];
  for (let i = 0; i < flat.length; i += 2) if (!names.has(flat[i].toLowerCase())) kept.push(flat[i], flat[i + 1]);
  return kept;
}
function find(flat, name) {
  for (let i = 0; i < flat.length; i += 2) if (flat[i].toLowerCase() === name) return flat[i + 1];
  return undefined;
}
const originOf = (href) => href.slice(0, href.indexOf('/', href.indexOf('//') + 2));

// One hop; the promise of [status, statusText, flat headers, native body id or null].
function send(io, service, url, method, flat, body, signal) {
  const key = nextKey++;
  const answer = startFetch(io, key, service, url, method, flat, body);
  if (signal === null) return answer;
  return new Promise((resolve, reject) => {
    const forget = internals.onAbort(signal, (reason) => { abortFetch(io, key); reject(reason); });
    then(answer, (value) => { forget(); resolve(value); }, (error) => { forget(); reject(error); });
  });
}

async function fetchThrough(service, input, init) {
  const request = init === undefined && internals.isRequest(input) ? input : new internals.Request(input, init);
  let [method, url, flat, state, redirect, signal] = requestParts(request);
  if (signal?.aborted) throw signal.reason;
  const io = current();
  if (io === 0) throw new Error('fetch() is only possible while a request is handled, not in the global scope');
  const replay = internals.isReplayable(state);
  let body = takeBody(state, io);
  let redirected = false;
  for (let hops = 0; ; ++hops) {
    const [status, statusText, headers, id] = await send(io, service, url, method, flat, body, signal);
    const location = redirectStatuses.has(status) && redirect !== 'manual' ? find(headers, 'location') : undefined;
    if (location === undefined) {
      return responseFromFetch(status, statusText, headers, id === null ? null : nativeBody(io, id), url, redirected);
    }
    if (id !== null) bodyCancel(io, id);
    if (redirect === 'error') throw new TypeError(`fetch: ${url} redirects, and the request's redirect mode is "error"`);
    if (hops === redirectsMax) throw new TypeError(`fetch: more than ${redirectsMax} redirects`);
    const target = internals.parseUrl(location, url);
    if (target === undefined) throw new TypeError(`fetch: ${url} redirects to "${location}", which is not a URL`);
    if (((status === 301 || status === 302) && method === 'POST') || (status === 303 && method !== 'GET' && method !== 'HEAD')) {
      method = 'GET';
      body = null;
      flat = without(flat, bodyHeaders);
    } else if (!replay) {
      throw new TypeError(`fetch: ${url} redirects with ${status}, but the body is a stream that cannot be sent twice`);
    }
    if (originOf(target) !== originOf(url)) flat = without(flat, crossOriginOnly);
    url = target;
    redirected = true;
  }
}

function fetch(input, init) { return fetchThrough('', input, init); }

// env.NAME of a service binding.
class Fetcher {
  #service;
  constructor(token, service) {
    if (token !== internals.kInternal) throw new TypeError('Illegal constructor');
    this.#service = service;
  }
  fetch(input, init) { return fetchThrough(this.#service, input, init); }
}
internals.finishClass(Fetcher, 'Fetcher');
internals.Fetcher = Fetcher;
internals.defineGlobals({ fetch });
