// What few requests are given: the members of RequestInit that ask a browser for something, kept so that they can be
// read back. Of them only integrity and Workers' fetcher, a service binding to go through, change what fetch() does.
const { idl } = internals;
const { usvString, enumeration } = idl;

const values = {
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  credentials: ['omit', 'same-origin', 'include'],
  duplex: ['half'],
  mode: ['navigate', 'same-origin', 'no-cors', 'cors'],
  priority: ['high', 'low', 'auto'],
  referrerPolicy: ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
    'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'],
};

// The member's value as its Web IDL type.
function convertOption(name, value) {
  if (name === 'integrity') return `${value}`;
  if (name === 'fetcher') {
    if (value !== null && !internals.isFetcher(value)) throw new TypeError('Request: fetcher is no service binding');
    return value;
  }
  if (name === 'keepalive') return Boolean(value);
  if (name === 'referrer') return usvString(value);
  if (name === 'window') return value;
  return enumeration(value, values[name], `Request: ${name}`);
}

// The request's options out of those it copies and those it is given; both null or an object. Throws for what the
// Request constructor refuses (Fetch section 5.4, steps 10 to 21).
function mergeOptions(copied, given) {
  const { window, referrer, ...others } = given;
  if (window !== undefined && window !== null) throw new TypeError('Request: window is not null');
  if (others.mode === 'navigate') throw new TypeError('Request: the mode "navigate" belongs to browsers');
  const merged = { ...copied, referrer: undefined, referrerPolicy: undefined, ...others };
  if (referrer !== undefined) merged.referrer = resolveReferrer(referrer);
  if (merged.cache === 'only-if-cached' && merged.mode !== 'same-origin') {
    throw new TypeError('Request: the cache mode "only-if-cached" needs the mode "same-origin"');
  }
  delete merged.duplex;
  delete merged.priority;
  return merged;
}
function resolveReferrer(text) {
  if (text === '') return '';
  const href = internals.resolveUrl(text);
  if (href === undefined) throw new TypeError(`Request: the referrer "${text}" is not a URL`);
  // A page may only name itself or its like.
  const origin = internals.baseOrigin();
  return href === 'about:client' || origin === 'null' || new URL(href).origin !== origin ? 'about:client' : href;
}

return { convertOption, mergeOptions };
