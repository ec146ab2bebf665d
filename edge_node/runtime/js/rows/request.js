// Request.
const make = (init, url = 'http://a.test/') => new Request(url, init);

row('Web IDL 3.7', 'Request', () => {
  checkInterface(Request, {
    name: 'Request', length: 1,
    attributes: ['method', 'url', 'headers', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect',
      'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'signal', 'duplex', 'body', 'bodyUsed'],
    methods: { clone: 0, arrayBuffer: 0, blob: 0, bytes: 0, formData: 0, json: 0, text: 0 },
  });
});
row('Fetch 5.4', 'what it is by default', () => {
  const r = make();
  same([r.method, r.url, r.destination, r.referrer, r.referrerPolicy, r.mode, r.credentials, r.cache, r.redirect, r.integrity, r.keepalive,
    r.isReloadNavigation, r.isHistoryNavigation, r.duplex, r.body, r.bodyUsed, [...r.headers]],
  ['GET', 'http://a.test/', '', 'about:client', '', 'cors', 'same-origin', 'default', 'follow', '', false, false, false, 'half', null,
    false, []]);
  same([r.signal instanceof AbortSignal, r.signal === r.signal, r.signal.aborted], [true, true, false]);
});
row('Fetch 5.4', 'steps 5 to 8: the URL', () => {
  same(make(undefined, 'HTTP://A.test:80/../x y#z').url, 'http://a.test/x%20y#z');
  same(new Request({ toString: () => 'data:,x' }).url, 'data:,x');
  throws(TypeError, () => make(undefined, '/x'), 'absolute URL');
  throws(TypeError, () => make(undefined, ''), 'absolute URL');
  for (const url of ['http://u@a.test/', 'http://:p@a.test/', 'http://u:p@a.test/']) throws(TypeError, () => make(undefined, url), 'user name');
  same(make(undefined, 'http://a.test/@').url, 'http://a.test/@');
  throws(TypeError, () => new Request(), '1 argument needed');
});
row('HTML 8.1.3.2', 'with a location there is a base URL', () => {
  globalThis.location = new URL('http://base.test/a/b');
  try {
    same([new Request('c').url, Response.redirect('/d').headers.get('location')], ['http://base.test/a/c', 'http://base.test/d']);
    same(URL.createObjectURL(new Blob()).startsWith('blob:http://base.test/'), true);
  } finally {
    delete globalThis.location;
  }
});
row('Fetch 2.2.1', 'methods', () => {
  for (const method of ['get', 'Delete', 'HEAD', 'options', 'post', 'puT']) same(make({ method }).method, method.toUpperCase());
  for (const method of ['patch', 'Propfind', 'x']) same(make({ method }).method, method);
  for (const method of ['CONNECT', 'trace', 'Track', '', 'a b', '\u00e9', '\u0100']) throws(TypeError, () => make({ method }));
  same(make({ method: undefined }).method, 'GET');
});
row('Web IDL 3.2.17', 'init is read in the order of its names', () => {
  const read = [];
  make(new Proxy({}, { get: (_, name) => { read.push(name); } }));
  same(read, [...read].sort());
  same(['body', 'cache', 'credentials', 'duplex', 'headers', 'integrity', 'keepalive', 'method', 'mode', 'priority', 'redirect',
    'referrer', 'referrerPolicy', 'signal', 'window'].every((name) => read.includes(name)), true);
  for (const bad of [1, 'x', true]) throws(TypeError, () => make(bad));
  same(make(null).method, 'GET');
});
row('Fetch 5.4', 'members that are kept', () => {
  for (const [name, values] of Object.entries({
    cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache'], credentials: ['omit', 'same-origin', 'include'],
    mode: ['same-origin', 'no-cors', 'cors'], redirect: ['follow', 'error', 'manual'], integrity: ['sha256-x'], keepalive: [true],
    referrerPolicy: ['', 'origin', 'unsafe-url'],
  })) {
    for (const value of values) same(make({ [name]: value })[name], value);
    for (const value of values) same(new Request(make({ [name]: value }))[name], value);
    for (const value of values) same(make({ [name]: value }).clone()[name], value);
  }
  same([make({ referrer: '' }).referrer, make({ referrer: 'http://b.test' }).referrer], ['', 'about:client']);
});
row('Fetch 5.4', 'members that are refused', () => {
  for (const init of [{ cache: 'x' }, { credentials: 'x' }, { mode: 'x' }, { mode: 'navigate' }, { redirect: 'x' }, { duplex: 'full' },
    { priority: 'x' }, { referrer: 'http:' }, { referrerPolicy: 'x' }, { window: {} }, { cache: 'only-if-cached' }, { signal: {} },
    { headers: null }, { headers: 1 }, { headers: [['a']] }, { headers: { 'a b': 'c' } }, { headers: { a: '\n\0' } }]) {
    throws(TypeError, () => make(init));
  }
  same([make({ window: null, priority: 'high', duplex: 'half', signal: null }).url,
    make({ cache: 'only-if-cached', mode: 'same-origin' }).cache], ['http://a.test/', 'only-if-cached']);
});
row('Fetch 5.4', 'step 35: GET and HEAD have no body', () => {
  for (const method of ['GET', 'HEAD']) throws(TypeError, () => make({ method, body: '' }), 'no body');
  throws(TypeError, () => make({ body: '' }), 'no body');
  same(make({ body: null }).body, null);
  const post = make({ method: 'POST', body: 'x' });
  throws(TypeError, () => new Request(post, { method: 'GET' }), 'no body');
});
row('Fetch 5.4', 'steps 36 to 42: the body of another request moves', async () => {
  for (const body of ['abc', new Uint8Array([97, 98, 99]), new Blob(['abc']), new Blob(['abc']).stream()]) {
    const first = make({ method: 'POST', body });
    const second = new Request(first);
    same([first.bodyUsed, second.bodyUsed, second.method], [true, false, 'POST']);
    throws(TypeError, () => new Request(first), 'read already');
    same(await second.text(), 'abc');
  }
  const used = make({ method: 'POST', body: 'x' });
  await used.text();
  throws(TypeError, () => new Request(used), 'read already');
  same(await new Request(used, { body: 'y' }).text(), 'y');
});
row('Fetch 5.4', 'the Content-Type of the body', () => {
  same(make({ method: 'POST', body: new URLSearchParams() }).headers.get('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
  same(make({ method: 'POST', body: 'x', headers: { 'content-type': 'mine' } }).headers.get('content-type'), 'mine');
  same(new Request(make({ method: 'POST', body: 'x' })).headers.get('content-type'), 'text/plain;charset=UTF-8');
  same(new Request(make({ method: 'POST', body: 'x' }), { headers: {} }).headers.get('content-type'), null);
});
row('Fetch 5.4', 'keepalive does not go with a stream', () => {
  throws(TypeError, () => make({ method: 'POST', body: new ReadableStream(), keepalive: true }), 'keepalive');
  make({ method: 'POST', body: 'x', keepalive: true });
});
row('Fetch 5.4', 'headers are copied', () => {
  const first = make({ headers: { a: '1' } });
  const second = new Request(first);
  second.headers.set('a', '2');
  same([first.headers.get('a'), new Request(first, { headers: { b: '3' } }).headers.get('a')], ['1', null]);
});
row('Fetch 5.4', 'step 30: its signal follows the one that was given', () => {
  const controller = new AbortController();
  const r = make({ signal: controller.signal });
  const [copy, other, none] = [new Request(r), r.clone(), new Request(r, { signal: null })];
  same([r.signal === controller.signal, copy.signal === r.signal], [false, false]);
  controller.abort('why');
  same([r.signal.reason, copy.signal.reason, other.signal.reason, none.signal.aborted], ['why', 'why', 'why', false]);
  same(make({ signal: AbortSignal.abort('x') }).signal.reason, 'x');
});
row('Fetch 5.4', 'clone', async () => {
  const r = make({ method: 'PUT', body: 'abc', headers: { a: 'b' }, redirect: 'manual' });
  const copy = r.clone();
  same([copy.method, copy.url, copy.redirect, copy.headers.get('a'), await r.text(), await copy.text()],
    ['PUT', 'http://a.test/', 'manual', 'b', 'abc', 'abc']);
  throws(TypeError, () => r.clone(), 'read already');
});
row('Workers', 'new Request(url, request) is that request at another URL', async () => {
  const first = make({ method: 'POST', body: 'abc', headers: { a: 'b' }, redirect: 'manual', cf: { x: 1 } });
  const second = new Request('http://b.test/', first);
  same([second.url, second.method, second.headers.get('a'), second.redirect, second.cf], ['http://b.test/', 'POST', 'b', 'manual', { x: 1 }]);
  same(await second.text(), 'abc');
  same([first.bodyUsed, second.bodyUsed], [true, true]);  // one body
  same(new Request('http://b.test/', make()).method, 'GET');
});
row('Workers', 'cf, and a stream without duplex', async () => {
  same([make({ cf: { a: 1 } }).cf, make().cf, new Request(make({ cf: 2 })).cf, make({ cf: 3 }).clone().cf], [{ a: 1 }, undefined, 2, 3]);
  same(await make({ method: 'POST', body: new Blob(['x']).stream() }).text(), 'x');
  same(make().fetcher, null);
  throws(TypeError, () => make({ fetcher: {} }), 'service binding');
});
row('Workers', 'Headers.getAll', () => {
  const h = new Headers([['set-cookie', 'a'], ['Set-Cookie', 'b']]);
  same(h.getAll('Set-Cookie'), ['a', 'b']);
  throws(TypeError, () => h.getAll('accept'), 'get()');
});
