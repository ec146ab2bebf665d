// Response (Fetch standard section 5.5).
const {
  kInternal, extractBody, cloneBody, mixInBody, headersFromNative, headersFromInit, headersCopy, headersToNative,
} = internals;
const nullBodyStatuses = new Set([101, 204, 205, 304]);
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/;

class Response {
  #status = 200;
  #statusText = '';
  #headers = null;      // made when looked at
  #contentType = null;  // what they would hold, until then
  #body = null;
  #type = 'default';
  #url = '';
  #redirected = false;

  static {
    internals.isResponse = (value) => typeof value === 'object' && value !== null && #status in value;
    // What a handler's answer is made of: [status, statusText, flat headers, body state].
    internals.responseParts = (response) => {
      const contentType = response.#contentType;
      let flat;
      if (response.#headers !== null) flat = headersToNative(response.#headers);
      else flat = contentType === null ? [] : ['content-type', contentType];
      return [response.#status, response.#statusText, flat, response.#body];
    };
    internals.isErrorResponse = (response) => response.#type === 'error';
    internals.responseFromFetch = (status, statusText, flat, body, url, redirected) => {
      const response = new Response();
      response.#status = status;
      response.#statusText = statusText;
      response.#headers = headersFromNative(flat, 'immutable');
      response.#body = body;
      response.#url = url;
      response.#redirected = redirected;
      return response;
    };
  }

  constructor(body, init) {
    if (init !== undefined && init !== null) {
      if (internals.isResponse(init)) {
        init = { status: init.#status, statusText: init.#statusText, headers: init.headers };
      }
      const { status, statusText, headers } = init;
      if (status !== undefined) {
        const n = Number(status);
        if (!(n >= 200 && n <= 599)) throw new RangeError(`Response: the status is ${status}; expected 200 to 599`);
        this.#status = Math.trunc(n);
      }
      if (statusText !== undefined) {
        this.#statusText = `${statusText}`;
        if (!reasonPhrase.test(this.#statusText)) throw new TypeError('Response: statusText is not a reason phrase');
      }
      if (headers !== undefined && headers !== null) this.#headers = headersFromInit(headers, 'response');
    }
    if (body === undefined || body === null) return;
    if (nullBodyStatuses.has(this.#status)) throw new TypeError(`Response: a ${this.#status} response has no body`);
    const [state, type] = extractBody(body);
    this.#body = state;
    if (type === null) return;
    if (this.#headers === null) this.#contentType = type;
    else if (!this.#headers.has('content-type')) this.#headers.append('content-type', type);
  }

  static error() {
    const response = new Response();
    response.#status = 0;
    response.#type = 'error';
    response.#headers = headersFromNative([], 'immutable');
    return response;
  }
  static redirect(url, status = 302) {
    const href = internals.parseUrl(`${url}`);
    if (href === undefined) throw new TypeError(`Response.redirect: "${url}" is not an absolute URL`);
    if (!redirectStatuses.has(Number(status))) {
      throw new RangeError(`Response.redirect: the status is ${status}; expected 301, 302, 303, 307 or 308`);
    }
    const response = new Response(null, { status });
    response.#headers = headersFromNative(['location', href], 'immutable');
    return response;
  }
  static json(data, init) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value has no JSON form');
    const response = new Response(text, init);
    if (response.#headers === null) response.#contentType = 'application/json';
    else if (init?.headers === undefined || !headersFromInit(init.headers, 'none').has('content-type')) {
      response.#headers.set('content-type', 'application/json');
    }
    return response;
  }
  static {
    mixInBody(Response.prototype, (response) => response.#body);
  }

  get status() { return this.#status; }
  get statusText() { return this.#statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get headers() {
    if (this.#headers === null) {
      this.#headers = headersFromNative(this.#contentType === null ? [] : ['content-type', this.#contentType], 'response');
    }
    return this.#headers;
  }
  get type() { return this.#type; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  clone() {
    const body = cloneBody(this.#body);
    const copy = new Response();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = headersCopy(this.headers, 'response');
    copy.#body = body;
    copy.#type = this.#type;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    return copy;
  }
}
internals.finishClass(Response, 'Response');
internals.defineGlobals({ Response });
