// URLPattern (URL Pattern Standard). A lazy file.
//
//   constructor string --splitConstructorString--> init (a pattern a component)
//   pattern string --tokenize--> tokens --PatternParser--> parts --> a RegExp, and the pattern written anew
//
// Regular expressions have the 'u' flag where the standard says 'v', which our V8 is too old for.
const { parseUrl, isObject } = internals;
const { toWellFormed } = native.encoding;
const { parse: parseParts, set: setPart } = native.url;

const COMPONENTS = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
const DEFAULT_PORTS = { __proto__: null, http: '80', https: '443', ws: '80', wss: '443', ftp: '21', file: '' };
const SPECIAL_SCHEMES = Object.keys(DEFAULT_PORTS);
const isSpecialScheme = (scheme) => SPECIAL_SCHEMES.includes(scheme);

const NAME_START = /^[$_\p{ID_Start}]$/u;
const NAME_PART = /^[$_\u200c\u200d\p{ID_Continue}]$/u;
const escapeRegExp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');
const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, '\\$&');
const fail = (what) => { throw new TypeError(`URLPattern: ${what}`); };

// Section 2.1.1: tokens are { type, index, value }. In the lenient form a fault is a token 'invalid-char'.
const tokenize = (input, isLenient) => {
  const points = [...input];
  const tokens = [];
  let index = 0;
  const add = (type, next, begin = index, end = next) => {
    tokens.push({ type, index, value: points.slice(begin, end).join('') });
    index = next;
  };
  const fault = (next, begin) => {
    if (!isLenient) fail(`syntax error at ${index} in '${input}'`);
    add('invalid-char', next, begin);
  };
  const single = { __proto__: null, '*': 'asterisk', '+': 'other-modifier', '?': 'other-modifier', '{': 'open', '}': 'close' };
  while (index < points.length) {
    const point = points[index];
    if (single[point] !== undefined) {
      add(single[point], index + 1);
    } else if (point === '\\') {
      if (index === points.length - 1) fault(index + 1, index);
      else add('escaped-char', index + 2, index + 1);
    } else if (point === ':') {
      let end = index + 1;
      while (end < points.length && (end === index + 1 ? NAME_START : NAME_PART).test(points[end])) end++;
      if (end === index + 1) fault(end, index);
      else add('name', end, index + 1);
    } else if (point === '(') {
      const end = endOfGroup(points, index + 1);
      if (end < 0) fault(index + 1, index);
      else add('regexp', end + 1, index + 1, end);
    } else {
      add('char', index + 1);
    }
  }
  add('end', index);
  return { tokens, points };
};

// The index of the ')' that ends the group whose text begins at `begin`; -1 when the group is malformed.
const endOfGroup = (points, begin) => {
  let depth = 1;
  for (let at = begin; at < points.length; at++) {
    const point = points[at];
    if (point > '\x7f' || (at === begin && point === '?')) return -1;
    if (point === '\\') {
      at++;
      if (at === points.length || points[at] > '\x7f') return -1;
    } else if (point === ')') {
      if (--depth === 0) return at === begin ? -1 : at;
    } else if (point === '(') {
      depth++;
      if (points[at + 1] !== '?') return -1;  // a capturing group would shift the numbers of ours
    }
  }
  return -1;
};

// Section 2.1.2: parts are { type, value, modifier, name, prefix, suffix }.
class PatternParser {
  constructor(input, encode, options) {
    this.tokens = tokenize(input, false).tokens;
    this.at = 0;
    this.parts = [];
    this.pending = '';
    this.nextName = 0;
    this.input = input;
    this.encode = encode;
    this.options = options;
  }
  tryTake(...types) {
    const token = this.tokens[this.at];
    if (!types.includes(token.type)) return null;
    this.at++;
    return token;
  }
  tryTakeMatcher(name) {
    return this.tryTake('regexp') ?? (name === null ? this.tryTake('asterisk') : null);
  }
  tryTakeModifier() { return this.tryTake('other-modifier', 'asterisk')?.value ?? ''; }
  takeText() {
    let text = '';
    for (let token; (token = this.tryTake('char', 'escaped-char')) !== null;) text += token.value;
    return text;
  }
  take(type) {
    if (this.tryTake(type) === null) {
      const token = this.tokens[this.at];
      fail(`${type === 'close' ? "'}'" : 'the end'} expected at ${token.index} in '${this.input}'`);
    }
  }
  parse() {
    while (this.at < this.tokens.length) {
      const char = this.tryTake('char');
      const name = this.tryTake('name');
      const matcher = this.tryTakeMatcher(name);
      if (name !== null || matcher !== null) {
        let prefix = char?.value ?? '';
        if (prefix !== '' && prefix !== this.options.prefix) {
          this.pending += prefix;
          prefix = '';
        }
        this.flush();
        this.add(prefix, name, matcher, '', this.tryTakeModifier());
        continue;
      }
      const fixed = char ?? this.tryTake('escaped-char');
      if (fixed !== null) {
        this.pending += fixed.value;
      } else if (this.tryTake('open') !== null) {
        const prefix = this.takeText();
        const groupName = this.tryTake('name');
        const groupMatcher = this.tryTakeMatcher(groupName);
        const suffix = this.takeText();
        this.take('close');
        this.add(prefix, groupName, groupMatcher, suffix, this.tryTakeModifier());
      } else {
        this.flush();
        this.take('end');
      }
    }
    return this.parts;
  }
  flush() {
    if (this.pending === '') return;
    const value = this.encode(this.pending);
    this.pending = '';
    this.parts.push({ type: 'fixed', value, modifier: '', name: '', prefix: '', suffix: '' });
  }
  add(prefix, nameToken, matcher, suffix, modifier) {
    if (nameToken === null && matcher === null && modifier === '') {
      this.pending += prefix;
      return;
    }
    this.flush();
    if (nameToken === null && matcher === null) {
      if (prefix === '') return;
      this.parts.push({ type: 'fixed', value: this.encode(prefix), modifier, name: '', prefix: '', suffix: '' });
      return;
    }
    let type = 'regexp';
    let value = matcher === null ? segmentWildcard(this.options)
      : matcher.type === 'asterisk' ? '.*' : matcher.value;
    if (value === segmentWildcard(this.options)) type = 'segment';
    else if (value === '.*') type = 'full';
    if (type !== 'regexp') value = '';
    const name = nameToken !== null ? nameToken.value : `${this.nextName++}`;
    if (this.parts.some((part) => part.name === name)) fail(`the name '${name}' is used twice in '${this.input}'`);
    prefix = this.encode(prefix);
    suffix = this.encode(suffix);
    this.parts.push({ type, value, modifier, name, prefix, suffix });
  }
}

const segmentWildcard = ({ delimiter }) => `[^${escapeRegExp(delimiter)}]+?`;

// Section 2.2: the regular expression of the parts.
const toRegExpSource = (parts, options) => {
  let source = '^';
  for (const { type, value, modifier, prefix, suffix } of parts) {
    if (type === 'fixed') {
      source += modifier === '' ? escapeRegExp(value) : `(?:${escapeRegExp(value)})${modifier}`;
      continue;
    }
    const matcher = type === 'segment' ? segmentWildcard(options) : type === 'full' ? '.*' : value;
    const isRepeated = modifier === '*' || modifier === '+';
    const before = escapeRegExp(prefix);
    const after = escapeRegExp(suffix);
    if (before === '' && after === '') {
      source += isRepeated ? `((?:${matcher})${modifier})` : `(${matcher})${modifier}`;
    } else if (!isRepeated) {
      source += `(?:${before}(${matcher})${after})${modifier}`;
    } else {
      source += `(?:${before}((?:${matcher})(?:${after}${before}(?:${matcher}))*)${after})${modifier === '*' ? '?' : ''}`;
    }
  }
  return `${source}$`;
};

const isDigit = (text) => text[0] >= '0' && text[0] <= '9';
const startsAsName = (text) => text !== '' && NAME_PART.test([...text][0]);

// Whether a part must be written in braces to be read back as the same part.
const needsGrouping = (part, previous, next, options) => {
  if (part.suffix !== '' || (part.prefix !== '' && part.prefix !== options.prefix)) return true;
  const isPlainName = !isDigit(part.name) && part.type === 'segment' && part.modifier === '';
  if (isPlainName && next !== undefined && next.prefix === '' && next.suffix === '') {
    if (next.type === 'fixed' ? startsAsName(next.value) : isDigit(next.name)) return true;
  }
  return part.prefix === '' && previous?.type === 'fixed' && options.prefix !== '' &&
    previous.value.endsWith(options.prefix);
};

// URLPattern.prototype.generate, as proposed: the text of these groups that the component would match.
const generate = ({ parts, encode, options }, groups) => {
  let text = '';
  for (const { type, value, modifier, name, prefix, suffix } of parts) {
    if (modifier !== '') fail('a part that may be repeated or left out cannot be generated');
    if (type === 'fixed') {
      text += value;
      continue;
    }
    if (type !== 'segment') fail('a wildcard or regular expression cannot be generated');
    if (groups[name] === undefined) fail(`the group "${name}" has no value`);
    const encoded = encode(`${groups[name]}`);
    if (!new RegExp(`^${segmentWildcard(options)}$`, 'u').test(encoded)) fail(`the group "${name}" cannot be '${encoded}'`);
    text += prefix + encoded + suffix;
  }
  return text;
};

// URLPattern.compareComponent, as proposed: what leaves more open comes first.
const TYPE_ORDER = ['full', 'segment', 'regexp', 'fixed'];
const MODIFIER_ORDER = ['*', '?', '+', ''];
const EMPTY_PART = { type: 'fixed', value: '', modifier: '', prefix: '', suffix: '' };
const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const compareParts = (left, right) => order(TYPE_ORDER.indexOf(left.type), TYPE_ORDER.indexOf(right.type))
  || order(MODIFIER_ORDER.indexOf(left.modifier), MODIFIER_ORDER.indexOf(right.modifier))
  || order(left.prefix, right.prefix) || order(left.value, right.value) || order(left.suffix, right.suffix);
const compareComponents = (left, right) => {
  const length = Math.max(left.parts.length, right.parts.length);
  for (let i = 0; i < length; ++i) {
    const difference = compareParts(left.parts[i] ?? EMPTY_PART, right.parts[i] ?? EMPTY_PART);
    if (difference !== 0) return difference;
    if (left.parts[i] === undefined || right.parts[i] === undefined) break;
  }
  return 0;
};

// Section 2.3: the pattern string of the parts.
const toPatternString = (parts, options) => parts.map((part, index) => {
  const { type, value, modifier, name, prefix, suffix } = part;
  if (type === 'fixed') return modifier === '' ? escapePattern(value) : `{${escapePattern(value)}}${modifier}`;
  const previous = parts[index - 1];
  const isGrouped = needsGrouping(part, previous, parts[index + 1], options);
  const hasName = !isDigit(name);
  let text = escapePattern(prefix) + (hasName ? `:${name}` : '');
  if (type === 'regexp') {
    text += `(${value})`;
  } else if (type === 'segment') {
    if (!hasName) text += `(${segmentWildcard(options)})`;
    else if (startsAsName(suffix)) text += '\\';
  } else {
    const isStar = !hasName && (previous === undefined || previous.type === 'fixed' || previous.modifier !== '' ||
      isGrouped || prefix !== '');
    text += isStar ? '*' : '(.*)';
  }
  text += escapePattern(suffix);
  return (isGrouped ? `{${text}}` : text) + modifier;
}).join('');

const compile = (input, encode, options, ignoreCase = false) => {
  const parts = new PatternParser(input, encode, options).parse();
  const source = toRegExpSource(parts, options);
  const flags = ignoreCase ? 'ui' : 'u';
  let regexp;
  try {
    regexp = new RegExp(source, flags);
  } catch (error) {
    try {
      regexp = new RegExp(internals.load('regexp_sets').withoutSets(source), flags);
    } catch {
      fail(`'${input}' holds an invalid regular expression: ${error.message}`);
    }
  }
  return {
    parts, encode, options, regexp,
    pattern: toPatternString(parts, options),
    names: parts.filter((part) => part.type !== 'fixed').map((part) => part.name),
    hasRegExpGroups: parts.some((part) => part.type === 'regexp'),
  };
};

// Section 3.3: canonical forms, by the URL parser itself.
const HOSTNAME = 4, PORT = 5;  // setters of native.url
const DUMMY = 'https://dummy.invalid/';
const canonicalProtocol = (value) => {
  if (value === '') return '';
  const href = parseUrl(`${value}://dummy.invalid/`);
  return href === undefined ? fail(`invalid protocol '${value}'`) : href.slice(0, href.indexOf(':'));
};
const throughSetter = (name) => (value) => {
  if (value === '') return '';
  const url = new URL(DUMMY);
  url[name] = value;
  return url[name];
};
const canonicalUsername = throughSetter('username');
const canonicalPassword = throughSetter('password');
const canonicalHostname = (value) => {
  if (value === '') return '';
  const parts = setPart(DUMMY, HOSTNAME, value);
  const host = parts[0].slice(parts[3], parts[4]);
  return host === 'dummy.invalid' && value !== host ? fail(`invalid hostname '${value}'`) : host;
};
const canonicalOpaqueHostname = (value) => {
  if (value === '') return '';
  const parts = setPart('a://dummy.invalid/', HOSTNAME, value);
  const host = parts[0].slice(parts[3], parts[4]);
  return host === 'dummy.invalid' && value !== host ? fail(`invalid hostname '${value}'`) : host;
};
const canonicalIpv6Hostname = (value) => {
  if (!/^[0-9a-fA-F[\]:]*$/.test(value)) fail(`invalid IPv6 hostname '${value}'`);
  return value.toLowerCase();
};
const canonicalPort = (value, protocol = '') => {
  if (value === '') return '';
  const digits = /^[\t\n\r]*[0-9]/.test(value) ? value : fail(`invalid port '${value}'`);
  const scheme = isSpecialScheme(protocol) && protocol !== 'file' ? protocol : 'a';
  const marked = setPart(`${scheme}://dummy.invalid:1/`, PORT, digits);
  const port = marked[0].slice(marked[4] + 1, marked[5]);
  const isOne = /^[\t\n\r]*0*[\t\n\r]*1([^0-9]|$)/.test(digits);
  return port === '1' && !isOne ? fail(`invalid port '${value}'`) : port;
};
const canonicalPathname = (value) => {
  if (value === '') return '';
  const hasSlash = value[0] === '/';
  const url = new URL(DUMMY);
  url.pathname = hasSlash ? value : `/-${value}`;
  return hasSlash ? url.pathname : url.pathname.slice(2);
};
const canonicalOpaquePathname = (value) => {
  if (value === '') return '';
  // Marks of the query and fragment are text of a path here.
  const path = value.replaceAll('?', '%3F').replaceAll('#', '%23');
  const parts = parseParts(`data:${path}-`, undefined);
  return parts === undefined ? fail(`invalid pathname '${value}'`) : parts[0].slice(5, -1);
};
const canonicalSearch = (value) => (value === '' ? '' : throughSetter('search')(`?${value}`).slice(1));
const canonicalHash = (value) => (value === '' ? '' : throughSetter('hash')(`#${value}`).slice(1));

// Section 3.4 ("process a URLPatternInit"); `isPattern` tells patterns from URLs to match.
const stripEnd = (text, mark) => (text.endsWith(mark) ? text.slice(0, -1) : text);
const stripStart = (text, mark) => (text.startsWith(mark) ? text.slice(1) : text);
const isAbsolutePathname = (path, isPattern) =>
  path.startsWith('/') || (isPattern && (path.startsWith('\\/') || path.startsWith('{/')));

const inheritFrom = (base, init, isPattern, result) => {
  const literal = isPattern ? escapePattern : (text) => text;
  const lacks = (...names) => names.every((name) => init[name] === undefined);
  if (lacks('protocol')) result.protocol = literal(base.protocol.slice(0, -1));
  if (!isPattern && lacks('protocol', 'hostname', 'port', 'username')) {
    result.username = base.username;
    if (lacks('password')) result.password = base.password;
  }
  const order = ['hostname', 'port', 'pathname', 'search', 'hash'];
  for (let i = 0; i < order.length && lacks('protocol', ...order.slice(0, i + 1)); i++) {
    const name = order[i];
    const value = name === 'search' || name === 'hash' ? base[name].slice(1) : base[name];
    result[name] = literal(value);
  }
};

const processInit = (init, isPattern, result) => {
  let base = null;
  if (init.baseURL !== undefined) {
    base = URL.parse(init.baseURL);
    if (base === null) fail(`invalid base URL '${init.baseURL}'`);
    inheritFrom(base, init, isPattern, result);
  }
  const put = (name, value, canonical) => { result[name] = isPattern ? value : canonical(value); };
  const has = (name) => init[name] !== undefined;
  if (has('protocol')) put('protocol', stripEnd(init.protocol, ':'), canonicalProtocol);
  if (has('username')) put('username', init.username, canonicalUsername);
  if (has('password')) put('password', init.password, canonicalPassword);
  const protocol = result.protocol ?? '';
  const isStandard = protocol === '' || isSpecialScheme(protocol);
  if (has('hostname')) put('hostname', init.hostname, isStandard ? canonicalHostname : canonicalOpaqueHostname);
  if (has('port')) put('port', init.port, (value) => canonicalPort(value, protocol));
  if (has('pathname')) {
    let path = init.pathname;
    const baseIsList = base !== null && (base.host !== '' || base.pathname.startsWith('/'));
    if (baseIsList && !isAbsolutePathname(path, isPattern)) {
      const basePath = isPattern ? escapePattern(base.pathname) : base.pathname;
      path = basePath.slice(0, basePath.lastIndexOf('/') + 1) + path;
    }
    put('pathname', path, isStandard ? canonicalPathname : canonicalOpaquePathname);
  }
  if (has('search')) put('search', stripStart(init.search, '?'), canonicalSearch);
  if (has('hash')) put('hash', stripStart(init.hash, '#'), canonicalHash);
  return result;
};

// Section 2.5: the constructor string parser. Finds which tokens belong to which component.
class ConstructorString {
  constructor(input) {
    const { tokens, points } = tokenize(input, true);
    this.tokens = tokens;
    this.points = points;
    this.result = {};
    this.begin = 0;
    this.at = 0;
    this.step = 1;
    this.depth = 0;
    this.bracketDepth = 0;
    this.isSpecial = false;
    this.state = 'init';
  }
  token(index) { return this.tokens[Math.min(index, this.tokens.length - 1)]; }
  isMark(value, index = this.at) {
    const token = this.token(index);
    return token.value === value && ['char', 'escaped-char', 'invalid-char'].includes(token.type);
  }
  isSearchMark() {
    if (this.isMark('?')) return true;
    if (this.token(this.at).value !== '?') return false;
    return this.at === 0 || !['name', 'regexp', 'close', 'asterisk'].includes(this.tokens[this.at - 1].type);
  }
  text() { return this.points.slice(this.token(this.begin).index, this.tokens[this.at].index).join(''); }
  rewind(state) {
    this.at = this.begin;
    this.step = 0;
    this.state = state;
  }
  change(state, skip) {
    const { result } = this;
    if (!['init', 'authority', 'done'].includes(this.state)) result[this.state] = this.text();
    if (this.state !== 'init' && state !== 'done') {
      const order = ['protocol', 'authority', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
      const from = order.indexOf(this.state);
      const to = order.indexOf(state);
      if (from <= 3 && to >= 5) result.hostname ??= '';
      if (from <= 5 && to >= 7) result.pathname ??= this.isSpecial ? '/' : '';
      if (from <= 6 && to === 8) result.search ??= '';
    }
    this.state = state;
    this.at += skip;
    this.begin = this.at;
    this.step = 0;
  }
  split() {
    for (; this.at < this.tokens.length; this.at += this.step) {
      this.step = 1;
      const { type } = this.tokens[this.at];
      if (type === 'end') {
        if (this.state === 'init') {
          this.rewind('init');
          if (this.isMark('#')) this.change('hash', 1);
          else if (this.isSearchMark()) this.change('search', 1);
          else this.change('pathname', 0);
          continue;
        }
        if (this.state === 'authority') {
          this.rewind('hostname');
          continue;
        }
        this.change('done', 0);
        break;
      }
      if (type === 'open') {
        this.depth++;
        continue;
      }
      if (this.depth > 0) {
        if (type !== 'close') continue;
        this.depth--;
      }
      this[this.state]();
    }
    if (this.result.hostname !== undefined) this.result.port ??= '';
    return this.result;
  }
  init() { if (this.isMark(':')) this.rewind('protocol'); }
  protocol() {
    if (!this.isMark(':')) return;
    const { regexp } = compile(this.text(), canonicalProtocol, PLAIN);
    this.isSpecial = SPECIAL_SCHEMES.some((scheme) => regexp.test(scheme));
    if (this.isMark('/', this.at + 1) && this.isMark('/', this.at + 2)) this.change('authority', 3);
    else this.change(this.isSpecial ? 'authority' : 'pathname', 1);
  }
  authority() {
    if (this.isMark('@')) this.rewind('username');
    else if (this.isMark('/') || this.isSearchMark() || this.isMark('#')) this.rewind('hostname');
  }
  username() {
    if (this.isMark(':')) this.change('password', 1);
    else this.password();
  }
  password() { if (this.isMark('@')) this.change('hostname', 1); }
  hostname() {
    if (this.isMark('[')) this.bracketDepth++;
    else if (this.isMark(']')) this.bracketDepth--;
    else if (this.isMark(':') && this.bracketDepth === 0) this.change('port', 1);
    else this.port();
  }
  port() {
    if (this.isMark('/')) this.change('pathname', 0);
    else this.pathname();
  }
  pathname() {
    if (this.isSearchMark()) this.change('search', 1);
    else this.search();
  }
  search() { if (this.isMark('#')) this.change('hash', 1); }
  hash() {}
}

const PLAIN = { delimiter: '', prefix: '' };
const HOST_OPTIONS = { delimiter: '.', prefix: '' };
const PATH_OPTIONS = { delimiter: '/', prefix: '/' };

const usv = (value) => toWellFormed(`${value}`);
const toInit = (value) => {
  const init = {};
  for (const name of ['baseURL', ...COMPONENTS]) {
    const member = value?.[name];
    if (member !== undefined) init[name] = usv(member);
  }
  return init;
};

const isIpv6Pattern = (hostname) => /^(\[|\{\[|\\\[)/.test(hostname) && hostname.length > 1;

const compileAll = (init, ignoreCase) => {
  const get = (name) => init[name] ?? '*';
  const components = {
    protocol: compile(get('protocol'), canonicalProtocol, PLAIN),
    username: compile(get('username'), canonicalUsername, PLAIN),
    password: compile(get('password'), canonicalPassword, PLAIN),
  };
  const isSpecial = SPECIAL_SCHEMES.some((scheme) => components.protocol.regexp.test(scheme));
  const hostname = get('hostname');
  const encodeHost = isIpv6Pattern(hostname) ? canonicalIpv6Hostname
    : isSpecial ? canonicalHostname : canonicalOpaqueHostname;
  components.hostname = compile(hostname, encodeHost, HOST_OPTIONS);
  components.port = compile(get('port'), (value) => canonicalPort(value), PLAIN);
  components.pathname = isSpecial ? compile(get('pathname'), canonicalPathname, PATH_OPTIONS, ignoreCase)
    : compile(get('pathname'), canonicalOpaquePathname, PLAIN, ignoreCase);
  components.search = compile(get('search'), canonicalSearch, PLAIN, ignoreCase);
  components.hash = compile(get('hash'), canonicalHash, PLAIN, ignoreCase);
  return components;
};

class URLPattern {
  #components;

  constructor(input = {}, baseURL = undefined, options = undefined) {
    // Two overloads: (input, baseURL, options) and (input, options).
    if (arguments.length < 3 && (isObject(baseURL) || baseURL === null)) [baseURL, options] = [undefined, baseURL];
    if (options !== undefined && options !== null && !isObject(options)) fail('the options are not an object');
    let init;
    if (isObject(input) || input === undefined || input === null) {
      init = toInit(input);
      if (baseURL !== undefined) fail('a base URL goes with a string only');
    } else {
      init = new ConstructorString(usv(input)).split();
      if (baseURL !== undefined) init.baseURL = usv(baseURL);
      else if (init.protocol === undefined) fail(`'${input}' is relative, and there is no base URL`);
    }
    const processed = processInit(init, true, {});
    const { protocol } = processed;
    if (isSpecialScheme(protocol) && processed.port === DEFAULT_PORTS[protocol]) processed.port = '';
    this.#components = compileAll(processed, Boolean(options?.ignoreCase));
  }

  #match(input, baseURL, given) {
    const inputs = [input];
    const values = {};
    if (isObject(input) || input === undefined || input === null) {
      if (baseURL !== undefined) fail('a base URL goes with a string only');
      for (const name of COMPONENTS) values[name] = '';
      const init = toInit(input);
      inputs[0] = init;
      try {
        processInit(init, false, values);
      } catch {
        return null;
      }
    } else {
      inputs[0] = usv(input);
      if (baseURL !== undefined) inputs.push(usv(baseURL));
      const url = URL.parse(inputs[0], baseURL === undefined ? undefined : inputs[1]);
      if (url === null) return null;
      for (const name of COMPONENTS) values[name] = url[name];
      values.protocol = values.protocol.slice(0, -1);
      values.search = values.search.slice(1);
      values.hash = values.hash.slice(1);
    }
    const result = { inputs };
    for (const name of COMPONENTS) {
      const { regexp, names } = this.#components[name];
      const match = regexp.exec(values[name]);
      if (match === null) return null;
      if (!given) continue;
      const groups = {};
      names.forEach((group, index) => { groups[group] = match[index + 1]; });
      result[name] = { input: values[name], groups };
    }
    return result;
  }
  test(input = {}, baseURL = undefined) { return this.#match(input, baseURL, false) !== null; }
  exec(input = {}, baseURL = undefined) { return this.#match(input, baseURL, true); }
  generate(component, groups = {}) { return generate(this.#component(component), groups ?? {}); }
  static compareComponent(component, left, right) {
    return compareComponents(left.#component(component), right.#component(component));
  }
  #component(name) {
    if (!COMPONENTS.includes(`${name}`)) fail(`"${name}" is no component`);
    return this.#components[name];
  }
  get protocol() { return this.#components.protocol.pattern; }
  get username() { return this.#components.username.pattern; }
  get password() { return this.#components.password.pattern; }
  get hostname() { return this.#components.hostname.pattern; }
  get port() { return this.#components.port.pattern; }
  get pathname() { return this.#components.pathname.pattern; }
  get search() { return this.#components.search.pattern; }
  get hash() { return this.#components.hash.pattern; }
  get hasRegExpGroups() { return COMPONENTS.some((name) => this.#components[name].hasRegExpGroups); }
}
for (const method of ['test', 'exec']) {
  Object.defineProperty(URLPattern.prototype[method], 'length', { value: 0, configurable: true });
}

return { URLPattern: internals.finishClass(URLPattern, 'URLPattern') };
