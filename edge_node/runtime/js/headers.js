// Headers (Fetch Standard section 5.1). The list is flat, [name, value, ...], names in lower case, one pair a field.
//
// The headers of a message that came over the wire are kept as native code gave them until somebody looks. Guards: an
// 'immutable' list refuses changes; 'request' and 'response' are kept apart from 'none' in name only, because the
// names the standard forbids there are forbidden to web pages, and a worker is no web page.
const { isObject, pairsOfObject, idl } = internals;
const { need, byteString } = idl;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PLAIN_VALUE = /^[!-~][ -~]*$/;
const FORBIDDEN_IN_VALUE = /[\x00\r\n]/;

const isWhiteSpace = (unit) => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
// By hand: a pattern for the end would take quadratic time on a value full of spaces.
const strip = (text) => {
  let begin = 0;
  let end = text.length;
  while (begin < end && isWhiteSpace(text.charCodeAt(begin))) begin++;
  while (end > begin && isWhiteSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(begin, end);
};
const toText = (value) => byteString(value, 'Headers');
const toName = (value, what) => {
  const name = `${value}`;
  if (!TOKEN.test(name)) throw new TypeError(`${what}: '${name}' is no header name`);
  return name.toLowerCase();
};
const toValue = (value, what) => {
  let text = `${value}`;
  if (PLAIN_VALUE.test(text) && !text.endsWith(' ')) return text;
  text = strip(byteString(text, what));
  if (FORBIDDEN_IN_VALUE.test(text)) throw new TypeError(`${what}: a header value may not hold NUL, CR or LF`);
  return text;
};

// Section 2.2.2, "sort and combine": names in order, values of one name joined, cookies kept apart.
const sortAndCombine = (list) => {
  const byName = new Map();
  for (let i = 0; i < list.length; i += 2) {
    const values = byName.get(list[i]);
    if (values === undefined) byName.set(list[i], [list[i + 1]]);
    else values.push(list[i + 1]);
  }
  const sorted = [];
  for (const name of [...byName.keys()].sort()) {
    const values = byName.get(name);
    if (name === 'set-cookie') for (const value of values) sorted.push(name, value);
    else sorted.push(name, values.join(', '));
  }
  return sorted;
};

let sortedOf, fromNative, toNative, fromInit, copy, clone, isHeaders;

class Headers {
  #wire = null;    // fields as they came, when nobody has looked yet: a flat array, or a function giving one
  #list = [];      // when #wire is null
  #sorted = null;  // sortAndCombine(#list), until it changes
  #guard = 'none';

  constructor(init = undefined) {
    if (init === undefined) return;
    if (!isObject(init)) throw new TypeError('Headers: the initialiser is neither an object nor a sequence of pairs');
    this.#fill(init);
  }

  #fill(init) {
    const isPlainHeaders = #list in init && init[Symbol.iterator] === Headers.prototype.entries;
    if (isPlainHeaders) {
      this.#list = [...init.#fields()];
      return;
    }
    const pairs = pairsOfObject(init, toText, 'Headers');
    for (let i = 0; i < pairs.length; i += 2) {
      const name = toName(pairs[i], 'Headers');
      this.#list.push(name, toValue(pairs[i + 1], 'Headers'));
    }
  }
  #fields() {
    if (this.#wire !== null) {
      const wire = typeof this.#wire === 'function' ? this.#wire() : this.#wire;
      this.#list = wire.slice();
      for (let i = 0; i < wire.length; i += 2) this.#list[i] = wire[i].toLowerCase();
      this.#wire = null;
    }
    return this.#list;
  }
  #change(what) {
    if (this.#guard === 'immutable') throw new TypeError(`${what}: these headers are immutable`);
    this.#sorted = null;
    return this.#fields();
  }
  #remove(name) {
    const list = this.#list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) continue;
      list[kept++] = list[i];
      list[kept++] = list[i + 1];
    }
    list.length = kept;
  }

  append(name, value) {
    this.#guard;
    need(2, arguments.length, 'Headers.append');
    name = toName(name, 'Headers.append');
    value = toValue(value, 'Headers.append');
    this.#change('Headers.append').push(name, value);
  }
  delete(name) {
    this.#guard;
    need(1, arguments.length, 'Headers.delete');
    name = toName(name, 'Headers.delete');
    this.#change('Headers.delete');
    this.#remove(name);
  }
  get(name) {
    const list = this.#fields();
    need(1, arguments.length, 'Headers.get');
    name = toName(name, 'Headers.get');
    let combined = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) combined = combined === null ? list[i + 1] : `${combined}, ${list[i + 1]}`;
    }
    return combined;
  }
  getSetCookie() {
    const list = this.#fields();
    const cookies = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === 'set-cookie') cookies.push(list[i + 1]);
    return cookies;
  }
  // Of Workers, from before there was getSetCookie.
  getAll(name) {
    if (toName(name, 'Headers.getAll') !== 'set-cookie') throw new TypeError('Headers.getAll: only for Set-Cookie; use get()');
    return this.getSetCookie();
  }
  has(name) {
    const list = this.#fields();
    need(1, arguments.length, 'Headers.has');
    name = toName(name, 'Headers.has');
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return true;
    return false;
  }
  set(name, value) {
    this.#guard;
    need(2, arguments.length, 'Headers.set');
    name = toName(name, 'Headers.set');
    value = toValue(value, 'Headers.set');
    const list = this.#change('Headers.set');
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      list[i] = '';  // no header's name: survives the removal of its namesakes
      this.#remove(name);
      list[i] = name;
      list[i + 1] = value;
      return;
    }
    list.push(name, value);
  }

  static {
    sortedOf = (headers) => headers.#sorted ??= sortAndCombine(headers.#fields());
    isHeaders = (value) => isObject(value) && #list in value;
    fromNative = (wire, guard = 'none') => {
      const headers = new Headers();
      headers.#wire = wire;
      headers.#guard = guard;
      return headers;
    };
    toNative = (headers) => (Array.isArray(headers.#wire) ? headers.#wire : headers.#fields());
    fromInit = (init, guard = 'none') => {
      const headers = new Headers(init);
      headers.#guard = guard;
      return headers;
    };
    copy = (source, guard = 'none') => {
      const headers = new Headers();
      headers.#wire = source.#wire;
      headers.#list = source.#list.slice();
      headers.#guard = guard;
      return headers;
    };
    clone = (source) => copy(source, source.#guard);
  }
}

internals.finishClass(Headers, 'Headers');
internals.definePairIteration(Headers, 'Headers', sortedOf);
internals.headersFromNative = fromNative;
internals.headersToNative = toNative;  // for reading only: it may be the headers' own list
internals.headersFromInit = fromInit;
internals.headersCopy = copy;
internals.headersClone = clone;  // with the same guard
internals.isHeaders = isHeaders;
internals.defineGlobals({ Headers });
