// Tests of URL, URLSearchParams, TextEncoder, TextDecoder and Headers; run by bindings/web_api_test.cc.
const results = [];
const test = (name, body) => {
  let failure = '';
  try { body(); } catch (error) { failure = `${error?.stack ?? error}` || 'failed'; }
  results.push(name, failure);
};
const show = (value) => (typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value) ?? String(value));
const same = (got, expected) => {
  if (!Object.is(got, expected) && show(got) !== show(expected)) {
    throw new Error(`got ${show(got)}, expected ${show(expected)}`);
  }
};
const throws = (type, body, text = '') => {
  try { body(); } catch (error) {
    if (!(error instanceof type)) throw new Error(`threw ${error}, expected a ${type.name}`);
    if (!error.message.includes(text)) throw new Error(`message '${error.message}' does not have '${text}'`);
    return;
  }
  throw new Error(`nothing thrown, expected a ${type.name}`);
};
const { URL, URLSearchParams, TextEncoder, TextDecoder, Headers } = globalThis;

// Shape, Web IDL section 3.7.
for (const [constructor, methods, length] of [
  [URL, ['toString', 'toJSON', 'href', 'origin', 'searchParams', 'hash'], 1],
  [URLSearchParams, ['append', 'delete', 'get', 'size', 'forEach', 'entries', 'keys', 'values'], 0],
  [TextEncoder, ['encode', 'encodeInto', 'encoding'], 0],
  [TextDecoder, ['decode', 'encoding', 'fatal', 'ignoreBOM'], 0],
  [Headers, ['append', 'getSetCookie', 'has', 'forEach', 'entries'], 0],
]) {
  test(`${constructor.name}: shape`, () => {
    const { prototype, name } = constructor;
    same(constructor.length, length);
    for (const method of methods) same(Object.getOwnPropertyDescriptor(prototype, method)?.enumerable, true);
    same(prototype[Symbol.toStringTag], name);
    same(Object.getOwnPropertyDescriptor(globalThis, name).enumerable, false);
    throws(TypeError, () => constructor());
    for (const method of methods) {
      const { value, get } = Object.getOwnPropertyDescriptor(prototype, method);
      throws(TypeError, () => Reflect.apply(value ?? get, {}, ['a', 'b']));
    }
  });
}

test('URL: parts', () => {
  const url = new URL('../x?q=1#f', 'https://u:p@example.com:8443/a/b');
  same(url.href, 'https://u:p@example.com:8443/x?q=1#f');
  same([url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash],
    ['https:', 'u', 'p', 'example.com:8443', 'example.com', '8443', '/x', '?q=1', '#f']);
  same(url.origin, 'https://example.com:8443');
  same(`${url}`, url.href);
  same(JSON.stringify({ url }), `{"url":"${url.href}"}`);
  same(Object.prototype.toString.call(url), '[object URL]');
});
test('URL: parts of a URL without authority', () => {
  const url = new URL('data:a b');
  same([url.host, url.hostname, url.port, url.username, url.password, url.pathname, url.search, url.hash, url.origin],
    ['', '', '', '', '', 'a b', '', '', 'null']);
  same(new URL('blob:https://a:8/1').origin, 'https://a:8');
  same(new URL('httpx://a/').origin, 'null');
  same(new URL('ws://a:81/').origin, 'ws://a:81');
});
test('URL: errors', () => {
  throws(TypeError, () => new URL(), '1 argument needed');
  throws(TypeError, () => new URL('/x'), "Invalid URL: '/x' (no scheme");
  throws(TypeError, () => new URL('/x', 'nope'), 'invalid base URL');
  throws(TypeError, () => new URL('http://a:99999'), 'port');
  throws(TypeError, () => new URL(Symbol('x')));
  same(new URL(undefined, 'http://a/').href, 'http://a/undefined');
  same(new URL({ toString: () => 'http://b' }).href, 'http://b/');
});
test('URL: canParse and parse', () => {
  same([URL.canParse('http://a'), URL.canParse('a'), URL.canParse('a', 'http://b'), URL.canParse('a', 'b')],
    [true, false, true, false]);
  same(URL.parse('x', 'http://b').href, 'http://b/x');
  same(URL.parse('x') instanceof URL, false);
  same(URL.parse('x'), null);
  same(URL.canParse.length, 1);
});
test('URL: setters', () => {
  const url = new URL('http://a/b');
  url.protocol = 'https';
  url.username = 'me';
  url.password = 'p@ss';
  url.host = 'b:81';
  url.hostname = 'c';
  url.port = 82;
  url.pathname = 'p q';
  url.search = 'x=1';
  url.hash = 'h';
  same(url.href, 'https://me:p%40ss@c:82/p%20q?x=1#h');
  url.href = 'http://z';
  same(url.href, 'http://z/');
  throws(TypeError, () => { url.href = 'z'; });
  same(url.href, 'http://z/');
});
test('URL: lone surrogates are U+FFFD', () => {
  same(new URL('http://a/\ud83d').href, 'http://a/%EF%BF%BD');
  same(new URL('http://a/\u{1f4a9}').href, 'http://a/%F0%9F%92%A9');
});
test('URL: searchParams follows and leads', () => {
  const url = new URL('http://a/?x=1&y=2#h');
  const params = url.searchParams;
  same(url.searchParams === params, true);
  params.append('z', 'a b&c');
  same(url.href, 'http://a/?x=1&y=2&z=a+b%26c#h');
  url.search = '?n=5';
  same([...params], [['n', '5']]);
  params.delete('n');
  same(url.href, 'http://a/#h');
  url.href = 'http://b/?q=%zz';
  same(params.get('q'), '%zz');
  same(url.search, '?q=%zz');
  params.sort();
  same(url.search, '?q=%25zz');
});

test('URLSearchParams: initialisers', () => {
  same(`${new URLSearchParams('?a=1&b=2')}`, 'a=1&b=2');
  same(`${new URLSearchParams('??a=1')}`, '%3Fa=1');
  same(`${new URLSearchParams({ a: 1, b: 'x y' })}`, 'a=1&b=x+y');
  same(`${new URLSearchParams([['a', 1], new Set(['b', 'c'])])}`, 'a=1&b=c');
  same(`${new URLSearchParams(new URLSearchParams('a=1&a=2'))}`, 'a=1&a=2');
  same(`${new URLSearchParams(new Map([['k', 'v']]))}`, 'k=v');
  same(`${new URLSearchParams(null)}`, 'null=');
  same(`${new URLSearchParams(undefined)}`, '');
  same(`${new URLSearchParams({ '\ud835x': 1, '\ufffdx': 2 })}`, '%EF%BF%BDx=2');
  throws(TypeError, () => new URLSearchParams([['a']]), '1 items instead of 2');
  throws(TypeError, () => new URLSearchParams(['ab']), 'pair');
  throws(TypeError, () => new URLSearchParams({ [Symbol.iterator]: 5 }));
  throws(TypeError, () => new URLSearchParams({ [Symbol('x')]: 5 }));
});
test('URLSearchParams: lookups and changes', () => {
  const p = new URLSearchParams('a=1&b=2&a=3&a=1');
  same([p.get('a'), p.get('x'), p.getAll('a'), p.has('a', '3'), p.has('a', '4'), p.has('b', undefined), p.size],
    ['1', null, ['1', '3', '1'], true, false, true, 4]);
  p.delete('a', '1');
  same(`${p}`, 'b=2&a=3');
  p.set('b', 9);
  p.set('c', '');
  same(`${p}`, 'b=9&a=3&c=');
  p.append('a', 4);
  p.set('a', 5);
  same(`${p}`, 'b=9&a=5&c=');
  throws(TypeError, () => p.append('a'), '2 arguments needed, but only 1 given');
  throws(TypeError, () => p.get(), '1 argument needed');
});
test('URLSearchParams: sort is stable and by code units', () => {
  const p = new URLSearchParams('z=b&\ufb03=1&a=b&\u{1f4a9}=2&z=a&a=a');
  p.sort();
  same([...p], [['a', 'b'], ['a', 'a'], ['z', 'b'], ['z', 'a'], ['\u{1f4a9}', '2'], ['\ufb03', '1']]);
});
test('URLSearchParams: iteration', () => {
  const p = new URLSearchParams('a=1&b=2');
  same([[...p.keys()], [...p.values()], [...p.entries()]], [['a', 'b'], ['1', '2'], [['a', '1'], ['b', '2']]]);
  same(URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries, true);
  const iterator = p.keys();
  same(Object.prototype.toString.call(iterator), '[object URLSearchParams Iterator]');
  same(iterator[Symbol.iterator]() === iterator, true);
  throws(TypeError, () => iterator.next.call({}));
  same(Object.getPrototypeOf(Object.getPrototypeOf(iterator)) ===
    Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), true);
  const seen = [];
  p.forEach(function (value, key, list) { seen.push(value, key, list === p, this.t); }, { t: 1 });
  same(seen, ['1', 'a', true, 1, '2', 'b', true, 1]);
  throws(TypeError, () => p.forEach());
  const live = [];
  for (const [key] of p) { live.push(key); if (key === 'a') p.append('c', ''); }
  same(live, ['a', 'b', 'c']);
});

test('TextEncoder: encode', () => {
  const e = new TextEncoder();
  same(e.encoding, 'utf-8');
  same([...e.encode('a\u00e9\u20ac\u{1f4a9}')], [97, 195, 169, 226, 130, 172, 240, 159, 146, 169]);
  same([...e.encode('\ud83d')], [239, 191, 189]);
  same([e.encode().length, e.encode(undefined).length, e.encode(null).length], [0, 0, 4]);
  same(e.encode('x') instanceof Uint8Array, true);
});
test('TextEncoder: encodeInto writes whole characters', () => {
  const e = new TextEncoder();
  const to = (text, size) => {
    const bytes = new Uint8Array(size).fill(7);
    const { read, written } = e.encodeInto(text, bytes);
    return [read, written, ...bytes];
  };
  same(to('ab', 3), [2, 2, 97, 98, 7]);
  same(to('a\u20ac', 3), [1, 1, 97, 7, 7]);
  same(to('\u{1f4a9}', 3), [0, 0, 7, 7, 7]);
  same(to('\u{1f4a9}', 4), [2, 4, 240, 159, 146, 169]);
  same(to('\ud83dx', 4), [2, 4, 239, 191, 189, 120]);
  same(to('x\ud83d', 3), [1, 1, 120, 7, 7]);
  same(to('abc', 0), [0, 0]);
  const whole = new Uint8Array(6);
  e.encodeInto('hi', whole.subarray(2, 5));
  same([...whole], [0, 0, 104, 105, 0, 0]);
  throws(TypeError, () => e.encodeInto('a', new Uint16Array(2)), 'Uint8Array');
  throws(TypeError, () => e.encodeInto('a'), '2 arguments needed');
});
test('TextDecoder: labels and options', () => {
  same(new TextDecoder().encoding, 'utf-8');
  same(new TextDecoder(' LATIN1\n').encoding, 'windows-1252');
  throws(RangeError, () => new TextDecoder('utf-7'), "'utf-7'");
  throws(RangeError, () => new TextDecoder('iso-2022-cn'));
  const d = new TextDecoder('utf8', { fatal: 1, ignoreBOM: true });
  same([d.fatal, d.ignoreBOM], [true, true]);
  throws(TypeError, () => new TextDecoder('utf8', 5));
});
test('TextDecoder: decode', () => {
  const bytes = new TextEncoder().encode('\ufeffh\u00e9\u{1f4a9}');
  same(new TextDecoder().decode(bytes), 'h\u00e9\u{1f4a9}');
  same(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), '\ufeffh\u00e9\u{1f4a9}');
  same(new TextDecoder().decode(bytes.buffer), 'h\u00e9\u{1f4a9}');
  same(new TextDecoder().decode(new DataView(bytes.buffer, 3, 1)), 'h');
  same(new TextDecoder().decode(), '');
  same(new TextDecoder('windows-1252').decode(new Uint8Array([0x80, 0xe9])), '\u20ac\u00e9');
  same(new TextDecoder('shift_jis').decode(new Uint8Array([0x82, 0xa0])), '\u3042');
  throws(TypeError, () => new TextDecoder().decode('text'), 'neither');
  throws(TypeError, () => new TextDecoder().decode(null));
});
test('TextDecoder: fatal', () => {
  const d = new TextDecoder('utf-8', { fatal: true });
  throws(TypeError, () => d.decode(new Uint8Array([0xff])), 'not valid utf-8');
  same(d.decode(new Uint8Array([97])), 'a');
  same(new TextDecoder().decode(new Uint8Array([0xff])), '\ufffd');
});
test('TextDecoder: stream', () => {
  const d = new TextDecoder();
  const piece = (bytes, stream) => d.decode(new Uint8Array(bytes), { stream });
  same([piece([0xf0, 0x9f], true), piece([0x92], true), piece([0xa9, 97], false)], ['', '', '\u{1f4a9}a']);
  same([piece([0xe2], true), d.decode()], ['', '\ufffd']);
  same([piece([0xef, 0xbb], true), piece([0xbf, 98], false)], ['', 'b']);
  same(piece([0xef, 0xbb, 0xbf, 99], false), 'c');
  same([piece([0xe2], true), piece([98], false)], ['', '\ufffdb']);
  const j = new TextDecoder('iso-2022-jp');
  same([j.decode(new Uint8Array([0x1b, 0x24, 0x42, 0x24]), { stream: true }), j.decode(new Uint8Array([0x22]))],
    ['', '\u3042']);
});
test('native.encoding.decodeUtf8 decodes whole bodies', () => {
  same(native.encoding.decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 97])), 'a');
  same(native.encoding.decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 97]), true), '\ufeffa');
});

test('Headers: initialisers', () => {
  same([...new Headers({ B: 'x', a: 1 })], [['a', '1'], ['b', 'x']]);
  same([...new Headers([['a', 'x'], ['A', 'y']])], [['a', 'x, y']]);
  same([...new Headers(new Headers({ a: 'x' }))], [['a', 'x']]);
  same([...new Headers(new Map([['k', 'v']]))], [['k', 'v']]);
  same([...new Headers()], []);
  same([...new Headers(undefined)], []);
  for (const bad of [null, 5, 'a: b', [['a']], [['a', 'b', 'c']], ['ab'], { 'a b': 'x' }, { '': 'x' }, { a: 'x\ny' },
    { a: '\u0100' }, { '\u00e9': 'x' }, [['a', 'x\0']], { [Symbol('s')]: 'x' }]) {
    throws(TypeError, () => new Headers(bad));
  }
});
test('Headers: values are stripped, not folded', () => {
  const h = new Headers({ a: ' \t x  y \r\n', b: '' });
  same([h.get('a'), h.get('b')], ['x  y', '']);
  h.append('b', 'z');
  same(h.get('B'), ', z');
  h.append('latin', '\u00e9');
  same(h.get('latin'), '\u00e9');
});
test('Headers: changes', () => {
  const h = new Headers([['a', '1'], ['b', '2'], ['A', '3'], ['c', '4']]);
  h.set('A', 'x');
  same([...h], [['a', 'x'], ['b', '2'], ['c', '4']]);
  same(internals.headersToNative(h), ['a', 'x', 'b', '2', 'c', '4']);
  h.delete('B');
  same([h.has('b'), h.has('C'), h.get('b')], [false, true, null]);
  h.set('n', 5);
  same(h.get('N'), '5');
  throws(TypeError, () => h.get('a b'), 'no header name');
  throws(TypeError, () => h.get(), '1 argument needed');
  throws(TypeError, () => h.append('a'), '2 arguments needed');
});
test('Headers: cookies stay apart', () => {
  const h = new Headers([['Set-Cookie', 'a=1'], ['x', '1'], ['set-cookie', 'b=2']]);
  same(h.getSetCookie(), ['a=1', 'b=2']);
  same(h.get('set-cookie'), 'a=1, b=2');
  same([...h], [['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x', '1']]);
  same(new Headers(h).getSetCookie(), ['a=1', 'b=2']);
  same(internals.headersToNative(h), ['set-cookie', 'a=1', 'x', '1', 'set-cookie', 'b=2']);
});
test('Headers: iteration is sorted and sees changes', () => {
  const h = new Headers({ b: '2', a: '1' });
  same([[...h.keys()], [...h.values()]], [['a', 'b'], ['1', '2']]);
  same(Object.prototype.toString.call(h.keys()), '[object Headers Iterator]');
  const seen = [];
  for (const [name] of h) { seen.push(name); if (name === 'a') h.append('c', '3'); }
  same(seen, ['a', 'b', 'c']);
  same(Headers.prototype[Symbol.iterator] === Headers.prototype.entries, true);
});
test('Headers: of the wire, lazily', () => {
  const wire = ['Host', 'a', 'X-Y', '1', 'x-y', '2'];
  const h = internals.headersFromNative(wire, 'immutable');
  same(internals.headersToNative(h) === wire, true);
  same(h.get('x-Y'), '1, 2');
  same([...h.keys()], ['host', 'x-y']);
  same(wire[0], 'Host');
  throws(TypeError, () => h.set('a', 'b'), 'immutable');
  throws(TypeError, () => h.append('a', 'b'), 'immutable');
  throws(TypeError, () => h.delete('a'), 'immutable');
  let calls = 0;
  const thunk = internals.headersFromNative(() => { calls++; return ['A', 'b']; }, 'request');
  same(calls, 0);
  same([thunk.get('a'), thunk.has('a'), calls], ['b', true, 1]);
  thunk.set('a', 'c');
  same(thunk.get('a'), 'c');
});
test('Headers: internals', () => {
  const h = new Headers({ a: '1' });
  const copy = internals.headersCopy(h, 'immutable');
  h.set('a', '2');
  same(copy.get('a'), '1');
  throws(TypeError, () => copy.set('a', '3'), 'immutable');
  const untouched = internals.headersCopy(internals.headersFromNative(['A', '1'], 'immutable'), 'request');
  untouched.append('A', '2');
  same(untouched.get('a'), '1, 2');
  same([internals.isHeaders(h), internals.isHeaders({}), internals.isHeaders(null)], [true, false, false]);
  same(internals.headersFromInit({ x: 'y' }, 'response').get('x'), 'y');
  same([...internals.headersFromInit(undefined, 'response')], []);
});
for (const constructor of [URL, URLSearchParams, Headers, TextDecoder, TextEncoder]) {
  test(`${constructor.name}: can be subclassed`, () => {
    class Sub extends constructor {}
    const object = new Sub(...(constructor === URL ? ['http://a/'] : []));
    same(object instanceof constructor, true);
    same(object instanceof Sub, true);
  });
}
test('URLPattern: matches paths and names groups', () => {
  const pattern = new URLPattern({ pathname: '/users/:id/:rest*' });
  const match = pattern.exec('https://a/users/42/x/y?q');
  same(match.pathname.groups, { id: '42', rest: 'x/y' });
  same(match.hostname.groups, { 0: 'a' });
  same([pattern.test('https://a/users'), pattern.pathname, pattern.search], [false, '/users/:id/:rest*', '*']);
});
test('URLPattern: constructor strings', () => {
  const pattern = new URLPattern('https://*.example.com/api/:v(\\d+)\\?q=*');
  same([pattern.protocol, pattern.hostname, pattern.pathname, pattern.search, pattern.hasRegExpGroups],
    ['https', '*.example.com', '/api/:v(\\d+)', 'q=*', true]);
  same(pattern.exec('https://x.example.com/api/2?q=1').pathname.groups, { v: '2' });
  same(new URLPattern('/a', 'https://b').test('https://b/a'), true);
  same(new URLPattern({ pathname: '/A' }, { ignoreCase: true }).test('http://b/a'), true);
});
test('URLPattern: set notation in regular expressions (ECMA-262 section 22.2.1, flag v)', () => {
  const matches = (group, text) => new URLPattern({ pathname: `/(${group})` }).test({ pathname: `/${text}` });
  for (const [group, yes, no] of [
    ['[[a-z]--a]', 'bz', 'a'], ['[[a-z]--[aeiou]--z]', 'bcd', 'aez'], ['[\\d&&[0-1]]', '01', '3'],
    ['[[a-c][0-2]]', 'ab12', 'd3'], ['[^[a-c][0-2]]', 'd3', 'a1'], ['[\\:\\&]', ':&', '%'], ['[\\w--[\\d_]]', 'a', '1_'],
    ['[\\p{Lu}--[A-M]]', 'NZ', 'Aa'], ['[^]', 'ab', ''], ['[[a]b[c]d-f]', 'abcdef', 'g'],
  ]) {
    for (const text of yes) same(matches(group, text), true, `${group} ${text}`);
    for (const text of no) same(matches(group, text), false, `${group} ${text}`);
  }
  for (const group of ['[a--[b]', '[a--b&&c]', '[[a]|]', '['.repeat(100000)]) {
    throws(TypeError, () => new URLPattern({ pathname: `/(${group})` }));
  }
});
test('URLPattern: generate and compareComponent', () => {
  same(new URLPattern({ pathname: '/a/:b/c' }).generate('pathname', { b: 'x y' }), '/a/x%20y/c');
  same(new URLPattern({ hostname: '{:a}.example' }).generate('hostname', { a: 'M\u00fcnchen' }), 'xn--mnchen-3ya.example');
  throws(TypeError, () => new URLPattern({ pathname: '/:a' }).generate('pathname', { a: 'x/y' }), "cannot be 'x/y'");
  throws(TypeError, () => new URLPattern({ pathname: '/:a' }).generate('pathname'), 'no value');
  throws(TypeError, () => new URLPattern({ pathname: '/*' }).generate('pathname', { 0: 'x' }), 'wildcard');
  throws(TypeError, () => new URLPattern({}).generate('path', {}), 'no component');
  const compare = (a, b) => URLPattern.compareComponent('pathname', new URLPattern({ pathname: a }), new URLPattern({ pathname: b }));
  for (const [less, more] of [['/*', '/:a'], ['/:a', '/(a)'], ['/(a)', '/a'], ['/a', '/b'], ['/{a}*', '/{a}?'], ['/{a}?', '/{a}+']]) {
    same(compare(less, more), -1, `${less} ${more}`);
    same(compare(more, less), 1, `${more} ${less}`);
  }
  same(compare('/:a', '/:b'), 0);
});
test('URLPattern: errors', () => {
  throws(TypeError, () => new URLPattern('/a'), 'no base URL');
  throws(TypeError, () => new URLPattern({ pathname: '/:a/:a' }), "'a' is used twice");
  throws(TypeError, () => new URLPattern({ pathname: '/{a' }), "'}' expected");
  throws(TypeError, () => new URLPattern({ pathname: '/([)' }));
  throws(TypeError, () => new URLPattern({}, 'https://a'), 'base URL');
  same(new URLPattern({}).exec('not a URL'), null);
});
const fits = [
  ['http://hello.edge.test/api?x=1', undefined], ['HTTP://A/../b', undefined], ['x', 'http://a/b/c'], ['//h', 'ws://a'],
  ['file:///C|/x', undefined], ['http://[::1]:80/', undefined], ['mailto:a@b?c#d', undefined],
];
for (const [input, base] of fits) {
  test(`URL: ${input} is what parseUrl says`, () => {
    const url = new URL(input, base);
    same(internals.parseUrl(input, base), url.href);
    same(new URL(url.href).href, url.href);
  });
}
test('parseUrl gives undefined for what is no URL', () => same(internals.parseUrl('x'), undefined));
test('URL: new URL(url) copies', () => {
  const url = new URL('http://a/?b');
  same(new URL(url).href, url.href);
  same(new URL(url) === url, false);
});
return results;
