// Response (Fetch standard section 5.5). As in Workers, `cf` is kept, and with `encodeBody: "manual"` the body is sent
// as it is even if Content-Encoding names a coding.
const {
  convertBody, extractBody, cloneBody, mixInBody, headersFromNative, headersFromInit, headersClone, headersToNative, idl,
} = internals;
const { need, usvString, byteString, enumeration, unsignedShort } = idl;
const nullBodyStatuses = new Set([101, 204, 205, 304]);
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const { stringify } = JSON;
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
  #isEncoded = false;  // encodeBody: "manual"
  #cf = undefined;

  static {
    internals.isResponse = (value) => typeof value === 'object' && value !== null && #status in value;
    // What a handler's answer is made of: [status, statusText, flat headers, body state, whether it is encoded].
    internals.responseParts = (response) => {
      const contentType = response.#contentType;
      let flat;
      if (response.#headers !== null) flat = headersToNative(response.#headers);
      else flat = contentType === null ? [] : ['content-type', contentType];
      return [response.#status, response.#statusText, flat, response.#body, response.#isEncoded];
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
      response.#type = 'basic';
      return response;
    };
  }

  constructor(body = null, init = undefined) {
    if (body !== null) body = convertBody(body);
    if (init !== undefined && init !== null) this.#apply(init);
    if (body === null) return;
    if (nullBodyStatuses.has(this.#status)) throw new TypeError(`Response: a ${this.#status} response has no body`);
    const [state, type] = extractBody(body);
    this.#body = state;
    if (type === null) return;
    if (this.#headers === null) this.#contentType = type;
    else if (!this.#headers.has('content-type')) this.#headers.append('content-type', type);
  }
  // Reads the members in the order of Web IDL.
  #apply(init) {
    if (!internals.isObject(init)) throw new TypeError('Response: the second argument is no object');
    this.#cf = init.cf;
    const { encodeBody } = init;
    if (encodeBody !== undefined) {
      this.#isEncoded = enumeration(encodeBody, ['automatic', 'manual'], 'Response: encodeBody') === 'manual';
    }
    const { headers } = init;
    if (headers !== undefined) this.#headers = headersFromInit(headers, 'response');
    let { status, statusText } = init;
    if (status !== undefined) {
      const number = unsignedShort(status);
      if (number === 101) internals.load('websocket').attach(this, init.webSocket);
      else if (number < 200 || number > 599) throw new RangeError(`Response: the status is ${status}; expected 200 to 599`);
      this.#status = number;
    }
    if (statusText !== undefined) {
      statusText = byteString(statusText, 'Response: statusText');
      if (!reasonPhrase.test(statusText)) throw new TypeError('Response: statusText is not a reason phrase');
      this.#statusText = statusText;
    }
  }

  static error() {
    const response = new Response();
    response.#status = 0;
    response.#type = 'error';
    response.#headers = headersFromNative([], 'immutable');
    return response;
  }
  static redirect(url, status = 302) {
    need(1, arguments.length, 'Response.redirect');
    const text = usvString(url);
    const number = unsignedShort(status);
    const href = internals.resolveUrl(text);
    if (href === undefined) throw new TypeError(`Response.redirect: "${text}" is not an absolute URL`);
    if (!redirectStatuses.has(number)) {
      throw new RangeError(`Response.redirect: the status is ${status}; expected 301, 302, 303, 307 or 308`);
    }
    const response = new Response();
    response.#status = number;
    response.#headers = headersFromNative(['location', href], 'immutable');
    return response;
  }
  static json(data, init = undefined) {
    need(1, arguments.length, 'Response.json');
    const text = stringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value has no JSON form');
    const response = new Response();
    if (init !== undefined && init !== null) response.#apply(init);
    if (nullBodyStatuses.has(response.#status)) throw new TypeError(`Response.json: a ${response.#status} response has no body`);
    response.#body = extractBody(text)[0];
    if (response.#headers === null) response.#contentType = 'application/json';
    else if (!response.#headers.has('content-type')) response.#headers.append('content-type', 'application/json');
    return response;
  }
  static {
    mixInBody(Response.prototype, (response) => response.#body, (response) => response.headers.get('content-type'));
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
  get cf() { return this.#cf; }
  get webSocket() { return this.#status === 101 ? internals.webSocketOf(this) : null; }
  get redirected() { return this.#redirected; }
  clone() {
    const body = cloneBody(this.#body);
    const copy = new Response();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = headersClone(this.headers);
    copy.#body = body;
    copy.#type = this.#type;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#isEncoded = this.#isEncoded;
    copy.#cf = this.#cf;
    return copy;
  }
}
Object.defineProperty(Response, 'length', { value: 0, configurable: true });
Object.defineProperty(Response.redirect, 'length', { value: 1, configurable: true });
Object.defineProperty(Response.json, 'length', { value: 1, configurable: true });
internals.finishClass(Response, 'Response');
internals.defineGlobals({ Response });
