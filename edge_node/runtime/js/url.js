// URL and URLSearchParams (URL Standard section 6). The parser and all setters are C++; a URL is its href and offsets
// into it (see bindings/url_binding.h), a URLSearchParams a flat list of names and values.
const { parse, explain, set, origin, parseParams, serializeParams } = native.url;
const { isObject, pairsOfObject, kInternal, idl } = internals;
const { need, usvString } = idl;

const HREF = 0, SCHEME_END = 1, USERNAME_END = 2, HOST_BEGIN = 3, HOST_END = 4, PATH_BEGIN = 5, QUERY_BEGIN = 6,
  FRAGMENT_BEGIN = 7;
// Indices of kSetters in bindings/url_binding.cc.
const PROTOCOL = 0, USERNAME = 1, PASSWORD = 2, HOST = 3, HOSTNAME = 4, PORT = 5, PATHNAME = 6, SEARCH = 7, HASH = 8;

const SHOWN_MAX = 200;  // of a wrong URL, in its error

const parseOrThrow = (url, base) => {
  const parts = parse(url, base);
  if (parts === undefined) {
    const shown = url.length > SHOWN_MAX ? `${url.slice(0, SHOWN_MAX)}...` : url;
    throw new TypeError(`Invalid URL: '${shown}' (${explain(url, base)})`);
  }
  return parts;
};

const searchOf = (parts) => {
  const begin = parts[QUERY_BEGIN];
  if (begin < 0) return '';
  const end = parts[FRAGMENT_BEGIN] < 0 ? parts[HREF].length : parts[FRAGMENT_BEGIN];
  return end - begin > 1 ? parts[HREF].slice(begin, end) : '';
};

// How the two classes reach each other.
let paramsOfUrl, refreshParams, changeSearch, listOf;

class URLSearchParams {
  #list;
  #url = null;

  constructor(init = '') {
    if (init === kInternal) {
      this.#list = [];
    } else if (isObject(init)) {
      this.#list = pairsOfObject(init, usvString, 'URLSearchParams');
    } else {
      const text = usvString(init);
      this.#list = parseParams(text[0] === '?' ? text.slice(1) : text);
    }
  }
  static {
    paramsOfUrl = (url, query) => {
      const params = new URLSearchParams(kInternal);
      params.#list = query === '' ? [] : parseParams(query.slice(1));
      params.#url = url;
      return params;
    };
    refreshParams = (params, query) => { params.#list = query === '' ? [] : parseParams(query.slice(1)); };
    listOf = (params) => params.#list;
  }

  #changed() {
    if (this.#url !== null) changeSearch(this.#url, serializeParams(this.#list));
  }
  get size() { return this.#list.length / 2; }
  append(name, value) {
    this.#list;
    need(2, arguments.length, 'URLSearchParams.append');
    name = usvString(name);
    this.#list.push(name, usvString(value));
    this.#changed();
  }
  delete(name, value = undefined) {
    this.#list;
    need(1, arguments.length, 'URLSearchParams.delete');
    name = usvString(name);
    if (value !== undefined) value = usvString(value);
    const kept = [];
    for (let i = 0; i < this.#list.length; i += 2) {
      const isHit = this.#list[i] === name && (value === undefined || this.#list[i + 1] === value);
      if (!isHit) kept.push(this.#list[i], this.#list[i + 1]);
    }
    this.#list = kept;
    this.#changed();
  }
  get(name) {
    const list = this.#list;
    need(1, arguments.length, 'URLSearchParams.get');
    name = usvString(name);
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return null;
  }
  getAll(name) {
    const list = this.#list;
    need(1, arguments.length, 'URLSearchParams.getAll');
    name = usvString(name);
    const values = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) values.push(list[i + 1]);
    return values;
  }
  has(name, value = undefined) {
    const list = this.#list;
    need(1, arguments.length, 'URLSearchParams.has');
    name = usvString(name);
    if (value !== undefined) value = usvString(value);
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) return true;
    }
    return false;
  }
  set(name, value) {
    this.#list;
    need(2, arguments.length, 'URLSearchParams.set');
    name = usvString(name);
    value = usvString(value);
    const kept = [];
    let isSet = false;
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] !== name) {
        kept.push(this.#list[i], this.#list[i + 1]);
      } else if (!isSet) {
        kept.push(name, value);
        isSet = true;
      }
    }
    if (!isSet) kept.push(name, value);
    this.#list = kept;
    this.#changed();
  }
  sort() {
    const pairs = [];
    for (let i = 0; i < this.#list.length; i += 2) pairs.push([this.#list[i], this.#list[i + 1]]);
    // By UTF-16 code units, which is how JavaScript compares strings; sort is stable.
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#list = pairs.flat();
    this.#changed();
  }
  toString() { return serializeParams(this.#list); }
}
Object.defineProperty(URLSearchParams.prototype.delete, 'length', { value: 1, configurable: true });
Object.defineProperty(URLSearchParams.prototype.has, 'length', { value: 1, configurable: true });

class URL {
  #parts;
  #params = null;

  constructor(url, base = undefined) {
    need(1, arguments.length, 'URL');
    if (url === kInternal) {
      this.#parts = base;
      return;
    }
    url = `${url}`;
    this.#parts = parseOrThrow(url, base === undefined ? undefined : `${base}`);
  }
  static {
    changeSearch = (url, query) => { url.#parts = set(url.#parts[HREF], SEARCH, query); };
  }
  static canParse(url, base = undefined) {
    need(1, arguments.length, 'URL.canParse');
    url = `${url}`;
    return parse(url, base === undefined ? undefined : `${base}`) !== undefined;
  }
  static parse(url, base = undefined) {
    need(1, arguments.length, 'URL.parse');
    url = `${url}`;
    const parts = parse(url, base === undefined ? undefined : `${base}`);
    return parts === undefined ? null : new URL(kInternal, parts);
  }
  static createObjectURL(object) {
    need(1, arguments.length, 'URL.createObjectURL');
    return internals.load('blob').createObjectURL(object);
  }
  static revokeObjectURL(url) {
    need(1, arguments.length, 'URL.revokeObjectURL');
    internals.load('blob').revokeObjectURL(`${url}`);
  }

  #set(setter, value) {
    this.#parts = set(this.#parts[HREF], setter, `${value}`);
  }
  #refreshParams() {
    if (this.#params !== null) refreshParams(this.#params, searchOf(this.#parts));
  }
  get href() { return this.#parts[HREF]; }
  set href(value) {
    this.#parts;
    this.#parts = parseOrThrow(`${value}`);
    this.#refreshParams();
  }
  get origin() {
    const parts = this.#parts;
    // What an http URL has without asking C++.
    if (parts[HREF].startsWith('http') && (parts[SCHEME_END] === 5 || parts[HREF][4] === 's')
        && parts[SCHEME_END] <= 6) {
      return `${parts[HREF].slice(0, parts[SCHEME_END])}//${parts[HREF].slice(parts[HOST_BEGIN], parts[PATH_BEGIN])}`;
    }
    return origin(parts[HREF]);
  }
  get protocol() { return this.#parts[HREF].slice(0, this.#parts[SCHEME_END]); }
  set protocol(value) { this.#set(PROTOCOL, value); }
  get username() {
    const parts = this.#parts;
    return parts[HOST_BEGIN] === parts[SCHEME_END] ? '' : parts[HREF].slice(parts[SCHEME_END] + 2, parts[USERNAME_END]);
  }
  set username(value) { this.#set(USERNAME, value); }
  get password() {
    const parts = this.#parts;
    return parts[HOST_BEGIN] - parts[USERNAME_END] < 2 ? ''
      : parts[HREF].slice(parts[USERNAME_END] + 1, parts[HOST_BEGIN] - 1);
  }
  set password(value) { this.#set(PASSWORD, value); }
  get host() {
    const parts = this.#parts;
    return parts[HOST_BEGIN] === parts[SCHEME_END] ? '' : parts[HREF].slice(parts[HOST_BEGIN], parts[PATH_BEGIN]);
  }
  set host(value) { this.#set(HOST, value); }
  get hostname() { return this.#parts[HREF].slice(this.#parts[HOST_BEGIN], this.#parts[HOST_END]); }
  set hostname(value) { this.#set(HOSTNAME, value); }
  get port() {
    const parts = this.#parts;
    return parts[HOST_BEGIN] === parts[SCHEME_END] ? '' : parts[HREF].slice(parts[HOST_END] + 1, parts[PATH_BEGIN]);
  }
  set port(value) { this.#set(PORT, value); }
  get pathname() {
    const parts = this.#parts;
    const end = parts[QUERY_BEGIN] >= 0 ? parts[QUERY_BEGIN]
      : parts[FRAGMENT_BEGIN] >= 0 ? parts[FRAGMENT_BEGIN] : parts[HREF].length;
    return parts[HREF].slice(parts[PATH_BEGIN], end);
  }
  set pathname(value) { this.#set(PATHNAME, value); }
  get search() { return searchOf(this.#parts); }
  set search(value) {
    this.#set(SEARCH, value);
    this.#refreshParams();
  }
  get searchParams() { return this.#params ??= paramsOfUrl(this, searchOf(this.#parts)); }
  get hash() {
    const parts = this.#parts;
    const hash = parts[FRAGMENT_BEGIN] < 0 ? '' : parts[HREF].slice(parts[FRAGMENT_BEGIN]);
    return hash.length > 1 ? hash : '';
  }
  set hash(value) { this.#set(HASH, value); }
  toString() { return this.#parts[HREF]; }
  toJSON() { return this.#parts[HREF]; }
}
for (const method of ['canParse', 'createObjectURL', 'parse', 'revokeObjectURL']) {
  Object.defineProperty(URL[method], 'length', { value: 1, configurable: true });
}

internals.finishClass(URL, 'URL');
internals.finishClass(URLSearchParams, 'URLSearchParams');
internals.definePairIteration(URLSearchParams, 'URLSearchParams', listOf);
internals.parseUrl = (url, base) => parse(url, base)?.[HREF];
// The API base URL (HTML section 8.1.3.2): a worker has none, unless its global object was given a location as a
// page's has.
const baseUrl = () => {
  const { location } = globalThis;
  return isObject(location) ? `${location.href}` : undefined;
};
internals.resolveUrl = (url) => {
  const parts = parse(url) ?? (baseUrl() === undefined ? undefined : parse(url, baseUrl()));
  return parts?.[HREF];
};
internals.baseOrigin = () => (baseUrl() === undefined ? 'null' : origin(baseUrl()));
internals.defineGlobals({ URL, URLSearchParams });
