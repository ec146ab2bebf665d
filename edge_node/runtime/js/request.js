// Request (Fetch standard section 5.4). One that came from a client reads its headers, cf and body out of its
// native context only when they are asked for.
//
// As in Workers, `cf` may be given and is copied along, a stream as body needs no `duplex`, and headers of a client's
// request are immutable. No header is forbidden and no mode filters them: a worker is no page.
const {
  kInternal, convertBody, extractBody, cloneBody, moveBody, mixInBody, nativeBody, headersFromNative, headersFromInit,
  headersCopy, headersClone, headersToNative, isUnusable, isStreamBody, idl,
} = internals;
const { need, usvString, byteString, enumeration } = idl;
const { requestHeaders, requestBody, requestCf, isOpen } = native.io;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const normalized = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
const redirects = ['follow', 'error', 'manual'];
const signalsMax = 64;

// Signals of client requests that somebody looked at, by context.
const signals = new Map();
internals.entry.abort = (io) => {
  const signal = signals.get(io);
  signals.delete(io);
  if (signal !== undefined) {
    internals.abortSignal(signal, new internals.DOMException('the client is gone', 'AbortError'));
  }
};
function signalOfClient(io) {
  let signal = signals.get(io);
  if (signal !== undefined) return signal;
  signal = internals.newAbortSignal();
  if (signals.size >= signalsMax) for (const other of signals.keys()) if (!isOpen(other)) signals.delete(other);
  signals.set(io, signal);
  return signal;
}

function checkMethod(text) {
  if (!token.test(text)) throw new TypeError(`Request: "${text}" is not a method`);
  const upper = text.toUpperCase();
  if (upper === 'CONNECT' || upper === 'TRACE' || upper === 'TRACK') throw new TypeError(`Request: the method ${upper} is not allowed`);
  return normalized.has(upper) ? upper : text;
}
function checkUrl(text) {
  const href = internals.resolveUrl(text);
  if (href === undefined) throw new TypeError(`Request: "${text}" is not an absolute URL`);
  if (/^[^/?#]+:\/\/[^/?#]*@/.test(href)) throw new TypeError(`Request: "${text}" has a user name or password in it`);
  return href;
}

// RequestInit as a plain object of what was given, converted in the order of Web IDL.
class Init {
  body; cf; headers; method; redirect; signal;
  options = null;

  constructor(init) {
    if (!internals.isObject(init)) throw new TypeError('Request: the second argument is no object');
    let value = init.body;
    if (value !== undefined) this.body = value === null ? null : convertBody(value);
    this.#option('cache', init.cache);
    this.cf = init.cf;
    this.#option('credentials', init.credentials);
    this.#option('duplex', init.duplex);
    this.#option('fetcher', init.fetcher);
    if ((value = init.headers) !== undefined) this.headers = headersFromInit(value, 'request');
    this.#option('integrity', init.integrity);
    this.#option('keepalive', init.keepalive);
    if ((value = init.method) !== undefined) this.method = byteString(value, 'Request: method');
    this.#option('mode', init.mode);
    this.#option('priority', init.priority);
    if ((value = init.redirect) !== undefined) this.redirect = enumeration(value, redirects, 'Request: redirect');
    this.#option('referrer', init.referrer);
    this.#option('referrerPolicy', init.referrerPolicy);
    if ((value = init.signal) !== undefined) {
      if (value !== null && !internals.isAbortSignal(value)) throw new TypeError('Request: signal is not an AbortSignal');
      this.signal = value;
    }
    this.#option('window', init.window);
  }
  #option(name, value) {
    if (value === undefined) return;
    (this.options ??= {})[name] = internals.load('request_options').convertOption(name, value);
  }
}

class Request {
  #io = 0;  // the client request's context, or 0
  #method;
  #url;
  #headers = null;
  #body = null;
  #hasNativeBody = false;
  #signal = null;
  #source = null;  // the signal that #signal will follow once somebody looks at it
  #redirect = 'follow';
  #cf = undefined;
  #options = null;  // what few requests are given (request_options.js)
  #blob = undefined;  // of a blob: URL

  static {
    internals.isRequest = (value) => typeof value === 'object' && value !== null && #url in value;
    // What fetch() needs: [method, url, flat headers, body state, redirect, signal, options, blob, cf].
    internals.requestParts = (request) => [
      request.#method, request.#url, headersToNative(request.headers), request.#state(), request.#redirect,
      request.#signal ?? request.#source, request.#options, request.#blob, request.#io === 0 ? request.#cf : undefined,
    ];
  }

  constructor(input, init = undefined, method, url, hasBody) {
    if (input === kInternal) {
      this.#io = init;
      this.#method = method;
      this.#url = url;
      this.#hasNativeBody = hasBody;
      return;
    }
    need(1, arguments.length, 'Request');
    const from = internals.isRequest(input) ? input : null;
    const text = from === null ? usvString(input) : '';
    if (init === undefined || init === null) {
      this.#copy(from, text);
      this.#headers = from === null ? headersFromNative([], 'request') : headersCopy(from.headers, 'request');
      this.#takeBody(undefined, from);
    } else if (internals.isRequest(init)) {
      this.#copy(from, text);
      this.#follow(init, from);
    } else {
      const given = new Init(init);
      this.#copy(from, text);
      this.#apply(given, from);
    }
  }
  // All but headers and body of the request that was given, or the defaults.
  #copy(from, text) {
    if (from === null) {
      this.#url = checkUrl(text);
      this.#method = 'GET';
      if (this.#url.startsWith('blob:')) this.#blob = internals.load('blob').blobOfUrl(this.#url);
      return;
    }
    this.#url = from.#url;
    this.#method = from.#method;
    this.#redirect = from.#redirect;
    this.#cf = from.#io === 0 ? from.#cf : from.cf;
    this.#source = from.#io === 0 ? from.#signal ?? from.#source : null;
    this.#options = from.#options;
    this.#blob = from.#blob;
  }
  #apply(given, from) {
    if (given.options !== null) {
      this.#options = internals.load('request_options').mergeOptions(this.#options, given.options);
    }
    if (given.redirect !== undefined) this.#redirect = given.redirect;
    if (given.method !== undefined) this.#method = checkMethod(given.method);
    if (given.signal !== undefined) this.#source = given.signal;
    if (given.cf !== undefined) this.#cf = given.cf;
    this.#headers = given.headers ?? (from === null ? headersFromNative([], 'request') : headersCopy(from.headers, 'request'));
    this.#takeBody(given.body, from);
  }
  // `new Request(url, request)`: everything but the URL is the other request's, whose body becomes that of both.
  #follow(other, from) {
    this.#method = other.#method;
    this.#redirect = other.#redirect;
    this.#source = other.#io === 0 ? other.#signal ?? other.#source : null;
    this.#options = other.#options;
    const cf = other.cf;
    if (cf !== undefined) this.#cf = cf;
    this.#headers = headersCopy(other.headers, 'request');
    const state = other.#state();
    if (state === null) return this.#takeBody(undefined, from);
    if (isUnusable(state)) throw new TypeError('Request: the body of the given request was read already');
    this.#body = state;
  }
  #takeBody(body, from) {
    const input = from === null ? null : from.#state();
    if ((body !== undefined && body !== null) || input !== null) {
      if (this.#method === 'GET' || this.#method === 'HEAD') throw new TypeError(`Request: a ${this.#method} request has no body`);
    }
    if (body !== undefined && body !== null) {
      const [state, type] = extractBody(body);
      if (isStreamBody(state) && this.#options?.keepalive) throw new TypeError('Request: keepalive does not go with a stream as body');
      this.#body = state;
      if (type !== null && !this.#headers.has('content-type')) this.#headers.append('content-type', type);
    } else if (input !== null) {
      if (isUnusable(input)) throw new TypeError('Request: the body of the given request was read already');
      // It moves: the given request's counts as read.
      this.#body = moveBody(input);
    }
  }

  #state() {
    if (this.#hasNativeBody) {
      this.#hasNativeBody = false;
      this.#body = nativeBody(this.#io, requestBody(this.#io));
    }
    return this.#body;
  }
  static {
    mixInBody(Request.prototype, (request) => request.#state(), (request) => request.headers.get('content-type'));
  }

  get method() { return this.#method; }
  get url() { return this.#url; }
  get headers() { return this.#headers ??= headersFromNative(requestHeaders(this.#io), 'immutable'); }
  get redirect() { return this.#redirect; }
  get cf() {
    if (this.#cf === undefined && this.#io !== 0) this.#cf = requestCf(this.#io);
    return this.#cf;
  }
  get signal() {
    if (this.#signal === null) {
      if (this.#io !== 0) this.#signal = signalOfClient(this.#io);
      else this.#signal = this.#source === null ? internals.newAbortSignal() : internals.anySignal([this.#source], internals.newAbortSignal);
    }
    return this.#signal;
  }
  get cache() { return this.#options?.cache ?? 'default'; }
  get credentials() { return this.#options?.credentials ?? 'same-origin'; }
  get destination() { return this.#method && ''; }
  get duplex() { return this.#method && 'half'; }
  get fetcher() { return this.#options?.fetcher ?? null; }
  get integrity() { return this.#options?.integrity ?? ''; }
  get isHistoryNavigation() { return this.#method === null; }
  get isReloadNavigation() { return this.#method === null; }
  get keepalive() { return this.#options?.keepalive ?? false; }
  get mode() { return this.#options?.mode ?? 'cors'; }
  get referrer() { return this.#options?.referrer ?? 'about:client'; }
  get referrerPolicy() { return this.#options?.referrerPolicy ?? ''; }

  clone() {
    const body = cloneBody(this.#state());
    const copy = new Request(kInternal, this.#io, this.#method, this.#url, false);
    copy.#headers = headersClone(this.headers);
    copy.#body = body;
    copy.#source = this.#signal ?? this.#source;
    copy.#redirect = this.#redirect;
    copy.#cf = this.#cf;
    copy.#options = this.#options;
    copy.#blob = this.#blob;
    return copy;
  }
}
Object.defineProperty(Request, 'length', { value: 1, configurable: true });
internals.finishClass(Request, 'Request');
internals.Request = Request;
internals.defineGlobals({ Request });
