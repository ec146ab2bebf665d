// Request (Fetch standard section 5.4). One that came from a client reads its headers, cf and body out of its
// native context only when they are asked for.
const {
  kInternal, extractBody, cloneBody, mixInBody, nativeBody, headersFromNative, headersFromInit, headersCopy,
  headersToNative,
} = internals;
const { requestHeaders, requestBody, requestCf, isOpen } = native.io;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const normalized = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
const redirects = new Set(['follow', 'error', 'manual']);
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

function checkMethod(method) {
  const text = `${method}`;
  if (!token.test(text)) throw new TypeError(`Request: "${text}" is not a method`);
  const upper = text.toUpperCase();
  if (upper === 'CONNECT' || upper === 'TRACE' || upper === 'TRACK') throw new TypeError(`Request: the method ${upper} is not allowed`);
  return normalized.has(upper) ? upper : text;
}

class Request {
  #io = 0;  // the client request's context, or 0
  #method;
  #url;
  #headers = null;
  #body = null;
  #hasNativeBody = false;
  #signal = null;
  #redirect = 'follow';
  #cf = undefined;

  static {
    internals.isRequest = (value) => typeof value === 'object' && value !== null && #url in value;
    // What fetch() needs: [method, url, flat headers, body state, redirect, signal].
    internals.requestParts = (request) => [
      request.#method, request.#url, headersToNative(request.headers), request.#state(), request.#redirect, request.#signal,
    ];
  }

  constructor(input, init, method, url, hasBody) {
    if (input === kInternal) {
      this.#io = init;
      this.#method = method;
      this.#url = url;
      this.#hasNativeBody = hasBody;
      return;
    }
    if (arguments.length === 0) throw new TypeError('Request: needs a URL or a Request');
    init ??= {};
    const from = internals.isRequest(input) ? input : null;
    if (from === null) {
      const text = `${input}`;
      this.#url = internals.parseUrl(text);
      if (this.#url === undefined) throw new TypeError(`Request: "${text}" is not an absolute URL`);
      this.#method = 'GET';
    } else {
      this.#url = from.#url;
      this.#method = from.#method;
      this.#redirect = from.#redirect;
      this.#cf = from.#io === 0 ? from.#cf : from.cf;
      this.#signal = from.#io === 0 ? from.#signal : null;
    }
    if (init.method !== undefined) this.#method = checkMethod(init.method);
    if (init.redirect !== undefined) {
      if (!redirects.has(`${init.redirect}`)) {
        throw new TypeError(`Request: redirect is "${init.redirect}"; expected "follow", "error" or "manual"`);
      }
      this.#redirect = `${init.redirect}`;
    }
    if (init.signal !== undefined) {
      if (init.signal !== null && !internals.isAbortSignal(init.signal)) throw new TypeError('Request: signal is not an AbortSignal');
      this.#signal = init.signal;
    }
    if (init.cf !== undefined) this.#cf = init.cf;
    if (init.headers !== undefined) this.#headers = headersFromInit(init.headers, 'request');
    else this.#headers = from === null ? headersFromNative([], 'request') : headersCopy(from.headers, 'request');
    if (init.body !== undefined && init.body !== null) {
      if (this.#method === 'GET' || this.#method === 'HEAD') throw new TypeError(`Request: a ${this.#method} request has no body`);
      const [state, type] = extractBody(init.body);
      this.#body = state;
      if (type !== null && !this.#headers.has('content-type')) this.#headers.append('content-type', type);
    } else if (from !== null && init.body === undefined) {
      const state = from.#state();
      if (state !== null) {
        if (internals.bodyUsed(state)) throw new TypeError('Request: the body of the given Request was read already');
        // The body moves: the given request's counts as read (Fetch, Request constructor step 42).
        this.#body = internals.moveBody(state);
      }
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
    mixInBody(Request.prototype, (request) => request.#state());
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
      this.#signal = internals.newAbortSignal();
      if (this.#io !== 0) {
        if (signals.size >= signalsMax) for (const io of signals.keys()) if (!isOpen(io)) signals.delete(io);
        signals.set(this.#io, this.#signal);
      }
    }
    return this.#signal;
  }
  get cache() { return 'default'; }
  get credentials() { return 'same-origin'; }
  get destination() { return ''; }
  get duplex() { return 'half'; }
  get integrity() { return ''; }
  get keepalive() { return false; }
  get mode() { return 'cors'; }
  get referrer() { return 'about:client'; }
  get referrerPolicy() { return ''; }

  clone() {
    const body = cloneBody(this.#state());
    const copy = new Request(kInternal, this.#io, this.#method, this.#url, false);
    copy.#headers = headersCopy(this.headers, 'request');
    copy.#body = body;
    copy.#signal = this.#signal;
    copy.#redirect = this.#redirect;
    copy.#cf = this.#cf;
    return copy;
  }
}
internals.finishClass(Request, 'Request');
internals.Request = Request;
internals.defineGlobals({ Request });
