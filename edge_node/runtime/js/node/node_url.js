// node:url: the classes of the URL Standard, file: URLs and what came before them, parse() and format().
const { nodeError, check } = internals.load('node_errors');
const { querystring } = internals.load('node_querystring');
const { URL, URLSearchParams } = globalThis;

function fileURLToPath(value) {
  const url = typeof value === 'string' ? new URL(value) : value;
  if (typeof url?.href !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'path', ['string', 'URL'], value);
  if (url.protocol !== 'file:') throw nodeError('ERR_INVALID_URL_SCHEME', 'file');
  if (url.hostname !== '') throw nodeError('ERR_INVALID_FILE_URL_HOST', 'linux');
  if (/%2f/i.test(url.pathname)) throw nodeError('ERR_INVALID_FILE_URL_PATH', 'must not include encoded / characters');
  return decodeURIComponent(url.pathname);
}
function pathToFileURL(path) {
  const whole = internals.load('node_path').exports().resolve(path);
  const url = new URL('file://');
  url.pathname = (path.endsWith('/') && whole !== '/' ? `${whole}/` : whole).replace(/[%\\\n\r\t?#]/g, encodeURIComponent);
  return url;
}
function domainToASCII(domain) {
  try { return new URL(`ws://${domain}`).hostname; } catch { return ''; }
}
function urlToHttpOptions(url) {
  const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
  const options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), hash, search, pathname, path: `${pathname}${search}`, href };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

// The old object of parts.
class Url {
  constructor() {
    for (const name of ['protocol', 'slashes', 'auth', 'host', 'port', 'hostname', 'hash', 'search', 'query', 'pathname', 'path', 'href']) this[name] = null;
  }
  parse(text, parsesQuery, isHostAlways) { return Object.assign(this, parse(text, parsesQuery, isHostAlways)); }
  format() { return formatParts(this); }
  resolve(to) { return resolve(this.format(), to); }
}
const slashed = /^(https?|ftp|gopher|file|wss?):?$/;
const parts = /^([a-z][a-z0-9.+-]*:)?(\/\/)?([^]*)$/i;

function takeHost(url, rest) {
  const end = rest.search(/[/?#]/), authority = end === -1 ? rest : rest.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at !== -1) url.auth = decodeURIComponent(authority.slice(0, at));
  let host = authority.slice(at + 1);
  const port = /:(\d*)$/.exec(host);
  if (port !== null) {
    if (port[1] !== '') [, url.port] = port;
    host = host.slice(0, port.index);
  }
  const isAddress = /^\[.*\]$/.test(host);
  url.hostname = isAddress ? host.slice(1, -1).toLowerCase() : domainToASCII(host) || host.toLowerCase();
  url.host = `${isAddress ? `[${url.hostname}]` : url.hostname}${url.port === null ? '' : `:${url.port}`}`;
  return rest.slice(authority.length);
}
function parse(text, parsesQuery = false, isHostAlways = false) {
  if (text instanceof Url) return text;
  check.string(text, 'url');
  const url = new Url();
  const [before, ...after] = text.trim().split('#');
  if (after.length > 0) url.hash = `#${after.join('#')}`;
  let [, protocol, slashes, rest] = parts.exec(before.replace(/^([^?]*)/, (path) => path.replaceAll('\\', '/')));
  if (protocol !== undefined) url.protocol = protocol.toLowerCase();
  if (slashes !== undefined && (protocol !== undefined || isHostAlways || /^[^/]+@[^/]+/.test(rest))) {
    url.slashes = true;
    rest = takeHost(url, rest);
  } else if (slashes !== undefined) {
    rest = slashes + rest;
  }
  const query = rest.indexOf('?');
  if (query !== -1) {
    url.search = rest.slice(query);
    url.query = url.search.slice(1);
    rest = rest.slice(0, query);
  }
  if (parsesQuery) {
    url.search ??= '';
    url.query = querystring.parse(url.query ?? '');
  }
  const isWeb = slashed.test(url.protocol ?? '') && url.hostname;
  url.pathname = rest !== '' ? rest.replace(/[\s"<>^`{|}]/g, encodeURIComponent) : isWeb ? '/' : null;
  if (url.pathname !== null || url.search) url.path = `${url.pathname ?? ''}${url.search ?? ''}`;
  url.href = formatParts(url);
  return url;
}
function formatParts(url) {
  let protocol = url.protocol || '', host = '';
  if (protocol !== '' && !protocol.endsWith(':')) protocol += ':';
  const auth = url.auth ? `${encodeURIComponent(url.auth).replace(/%3A/i, ':')}@` : '';
  if (url.host) host = auth + url.host;
  else if (url.hostname) host = `${auth}${url.hostname.includes(':') ? `[${url.hostname}]` : url.hostname}${url.port ? `:${url.port}` : ''}`;
  let path = (url.pathname || '').replace(/[?#]/g, encodeURIComponent);
  let search = url.search || (typeof url.query === 'object' && url.query !== null && Object.keys(url.query).length > 0 ? `?${querystring.stringify(url.query)}` : '');
  if (search !== '' && search[0] !== '?') search = `?${search}`;
  let hash = url.hash || '';
  if (hash !== '' && hash[0] !== '#') hash = `#${hash}`;
  if (url.slashes || (slashed.test(protocol) && host !== '')) {
    if (path !== '' && path[0] !== '/') path = `/${path}`;
    host = `//${host}`;
  }
  return `${protocol}${host}${path}${search.replaceAll('#', '%23')}${hash}`;
}
function format(value, options = {}) {
  if (typeof value === 'string') return parse(value).href;
  if (!(value instanceof URL)) {
    check.object(value, 'urlObject');
    return formatParts(value);
  }
  const url = new URL(value);
  if (options.fragment === false) url.hash = '';
  if (options.search === false) url.search = '';
  if (options.auth === false) url.username = url.password = '';
  return url.href;
}
// RFC 3986 section 5.2, also between two relative references.
function resolve(from, to) {
  const base = 'resolve://host/';
  const resolved = new URL(to, new URL(from, base));
  if (resolved.protocol !== 'resolve:') return resolved.href;
  const text = `${resolved.pathname}${resolved.search}${resolved.hash}`;
  return from[0] === '/' || to[0] === '/' ? text : text.slice(1);
}

// RFC 3492 section 6.2: what a label is after "xn--"; undefined when it is none.
function decodePunycode(label) {
  const points = [...label.slice(0, Math.max(label.lastIndexOf('-'), 0))].map((c) => c.codePointAt(0));
  let n = 128, i = 0, bias = 72;
  for (let at = label.lastIndexOf('-') + 1; at < label.length;) {
    const before = i;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = at < label.length ? parseInt(label[at++], 36) : NaN;
      if (Number.isNaN(digit)) return undefined;
      // a-z stand for 0 to 25, 0-9 for 26 to 35.
      const value = digit < 10 ? digit + 26 : digit - 10;
      i += value * weight;
      const threshold = k <= bias ? 1 : Math.min(k - bias, 26);
      if (value < threshold) break;
      weight *= 36 - threshold;
    }
    const count = points.length + 1;
    let delta = before === 0 ? Math.floor(i / 700) : Math.floor((i - before) / 2);
    delta += Math.floor(delta / count);
    for (bias = 0; delta > 455; bias += 36) delta = Math.floor(delta / 35);
    bias += Math.floor(36 * delta / (delta + 38));
    n += Math.floor(i / count);
    if (n > 0x10ffff) return undefined;
    i %= count;
    points.splice(i++, 0, n);
  }
  return String.fromCodePoint(...points);
}
function domainToUnicode(domain) {
  return domainToASCII(domain).split('.').map((label) => (label.startsWith('xn--') ? decodePunycode(label.slice(4)) ?? label : label)).join('.');
}

const url = {
  URL, URLSearchParams, Url, parse, format, resolve, fileURLToPath, pathToFileURL, domainToASCII, domainToUnicode, urlToHttpOptions,
  resolveObject: (from, to) => parse(resolve(typeof from === 'string' ? from : format(from), to)),
};
const exports = () => ({ ...url, default: url });
return { exports };
