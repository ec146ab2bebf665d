// Response, and the Body mixin.
const json = { 'content-type': 'application/json' };

row('Web IDL 3.7', 'Response', () => {
  checkInterface(Response, {
    name: 'Response', length: 0,
    attributes: ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', 'body', 'bodyUsed'],
    methods: { clone: 0, arrayBuffer: 0, blob: 0, bytes: 0, formData: 0, json: 0, text: 0 },
    statics: { error: 0, redirect: 1, json: 1 },
  });
});
row('Fetch 5.5', 'what it is by default', () => {
  const r = new Response();
  same([r.type, r.url, r.redirected, r.status, r.ok, r.statusText, r.body, r.bodyUsed, [...r.headers]],
    ['default', '', false, 200, true, '', null, false, []]);
  same(r.headers === r.headers, true);
});
row('Fetch 5.5', 'status', () => {
  for (const status of [200, 204, 299, 300, 404, 599, '404', 200.9, 65536 + 200]) new Response(null, { status });
  for (const status of [0, 1, 100, 199, 600, -1, NaN, Infinity, 'x', null]) {
    throws(RangeError, () => new Response(null, { status }), '200 to 599');
  }
  throws(RangeError, () => new Response(null, { status: 101 }), 'webSocket');
  same([new Response(null, { status: undefined }).status, new Response(null, { status: 65536 + 404 }).status], [200, 404]);
  throws(TypeError, () => new Response(null, { status: 1n }));
});
row('Fetch 5.5', 'statusText is a reason phrase', () => {
  for (const statusText of ['', 'OK', '\t \xe9']) same(new Response(null, { statusText }).statusText, statusText);
  for (const statusText of ['\n', 'a\x7f', '\u0100']) throws(TypeError, () => new Response(null, { statusText }));
});
row('Fetch 5.5', 'no body with some statuses', () => {
  for (const status of [204, 205, 304]) {
    throws(TypeError, () => new Response('', { status }), 'no body');
    throws(TypeError, () => Response.json({}, { status }), 'no body');
    same(new Response(null, { status }).body, null);
  }
});
row('Web IDL 3.2.17', 'init is read in the order of its names', () => {
  const read = [];
  new Response(null, new Proxy({}, { get: (_, name) => { read.push(name); } }));
  same(read.filter((name) => ['headers', 'status', 'statusText'].includes(name)), ['headers', 'status', 'statusText']);
  for (const bad of [1, 'x', true]) throws(TypeError, () => new Response(null, bad));
  throws(TypeError, () => new Response(null, { headers: null }));
});
row('Fetch 5.2', 'a Content-Type out of the body, unless there is one', () => {
  const rows = [['x', 'text/plain;charset=UTF-8'], [new URLSearchParams(), 'application/x-www-form-urlencoded;charset=UTF-8'],
    [new Blob([], { type: 'a/b' }), 'a/b'], [new Blob(), null], [new Uint8Array(), null], [new ArrayBuffer(1), null],
    [new ReadableStream(), null], [7, 'text/plain;charset=UTF-8'], [undefined, null], [null, null]];
  for (const [body, type] of rows) {
    same(new Response(body).headers.get('content-type'), type);
    same(new Response(body, { headers: { 'Content-Type': 'mine' } }).headers.get('content-type'), 'mine');
  }
});
row('Fetch 5.5', 'error', () => {
  const r = Response.error();
  same([r.type, r.status, r.ok, r.body], ['error', 0, false, null]);
  throws(TypeError, () => r.headers.set('a', 'b'), 'immutable');
  same(r.clone().type, 'error');
});
row('Fetch 5.5', 'redirect', () => {
  const r = Response.redirect('http://A.test/x y#z');
  same([r.status, r.headers.get('location'), r.body], [302, 'http://a.test/x%20y#z', null]);
  for (const status of [301, 302, 303, 307, 308, '301']) Response.redirect('http://a.test', status);
  for (const status of [200, 300, 304, 309, NaN]) throws(RangeError, () => Response.redirect('http://a.test', status));
  throws(TypeError, () => Response.redirect('/x'), 'absolute URL');
  throws(TypeError, () => r.headers.delete('location'), 'immutable');
  throws(TypeError, () => Response.redirect());
});
row('Fetch 5.5', 'json', async () => {
  const r = Response.json({ a: [1] }, { status: 201, headers: { x: 'y' } });
  same([r.status, r.headers.get('content-type'), r.headers.get('x'), await r.json()], [201, 'application/json', 'y', { a: [1] }]);
  same(Response.json(1, { headers: { 'content-type': 'x/y' } }).headers.get('content-type'), 'x/y');
  same(await Response.json(null).text(), 'null');
  for (const bad of [undefined, () => {}, Symbol('s')]) throws(TypeError, () => Response.json(bad), 'no JSON form');
  throws(RangeError, () => Response.json({ toJSON() { throw new RangeError('mine'); } }), 'mine');
  throws(TypeError, () => Response.json());
});
row('Fetch 5.3', 'each way to read, once', async () => {
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 123, 125]);
  const readers = {
    text: '{}', json: {}, arrayBuffer: 5, blob: 5, bytes: 5,
  };
  for (const body of [bytes, bytes.buffer, new Blob([bytes]), new Blob([bytes]).stream()]) {
    for (const [method, expected] of Object.entries(readers)) {
      const r = new Response(method === 'text' || !(body instanceof ReadableStream) ? body : new Blob([bytes]).stream());
      const value = await r[method]();
      same(value?.byteLength ?? value?.size ?? value, expected, method);
      same(r.bodyUsed, true);
      await rejects(TypeError, r[method](), 'read already');
    }
  }
  same([await new Response('\ud800').text(), [...await new Response('\ud800').bytes()]], ['\ufffd', [0xef, 0xbf, 0xbd]]);
  await rejects(SyntaxError, new Response('{').json());
  await rejects(SyntaxError, new Response().json());
  await rejects(TypeError, Response.prototype.text.call({}));
});
row('Fetch 5.3', 'without a body there is nothing to use up', async () => {
  const r = new Response();
  same([await r.text(), await r.text(), r.bodyUsed, (await r.arrayBuffer()).byteLength, (await r.blob()).size, (await r.bytes()).length],
    ['', '', false, 0, 0, 0]);
});
row('Fetch 5.3', 'blob() has the type of the message', async () => {
  for (const [type, shown] of [['Text/HTML ; a="b"', 'text/html;a=b'], ['x', ''], ['text/html, text/plain;c=d', 'text/plain;c=d']]) {
    same((await new Response('', { headers: { 'content-type': type } }).blob()).type, shown);
  }
  same((await new Response(new Uint8Array()).blob()).type, '');
});
row('Fetch 5.3', 'the stream: locked is unusable, and a body that is read is locked', async () => {
  const r = new Response('abc');
  same(r.body === r.body, true);
  const reader = r.body.getReader();
  await rejects(TypeError, r.text(), 'locked');
  same(r.bodyUsed, false);
  same([...(await reader.read()).value], [97, 98, 99]);
  same(r.bodyUsed, true);
  const other = new Response('abc');
  await other.text();
  same([other.body.locked, other.bodyUsed], [true, true]);
  throws(TypeError, () => other.body.getReader());
  throws(TypeError, () => new Response(new Response('x').body.pipeThrough(new TransformStream()).getReader() && other.body));
});
row('Fetch 5.3', 'a stream as body must give Uint8Arrays', async () => {
  for (const chunk of ['x', new Uint16Array(1), new ArrayBuffer(1), undefined, null, 1]) {
    const stream = new ReadableStream({ start(c) { c.enqueue(chunk); c.close(); } });
    await rejects(TypeError, new Response(stream).text(), 'Uint8Array');
  }
  const failing = new ReadableStream({ pull(c) { c.error(new RangeError('mine')); } });
  await rejects(RangeError, new Response(failing).text(), 'mine');
});
row('Fetch 5.5', 'clone', async () => {
  const r = new Response('abc', { status: 201, statusText: 'x', headers: { a: 'b' } });
  const copy = r.clone();
  copy.headers.set('a', 'c');
  same([copy.status, copy.statusText, r.headers.get('a'), await r.text(), await copy.text()], [201, 'x', 'b', 'abc', 'abc']);
  throws(TypeError, () => r.clone(), 'read already');
  throws(TypeError, () => Response.redirect('http://a.test').clone().headers.set('a', 'b'), 'immutable');
  const bytes = new Response(new Uint8Array([1, 2]));
  const second = bytes.clone();
  const [x, y] = [(await bytes.body.getReader().read()).value, (await second.body.getReader().read()).value];
  x[0] = 9;
  same([...y], [1, 2]);
});
row('Fetch 5.5', 'clone of a stream copies its chunks', async () => {
  const chunk = new Uint8Array([1]);
  const r = new Response(new ReadableStream({ start(c) { c.enqueue(chunk); c.close(); } }));
  const copy = r.clone();
  const [a, b] = [(await r.body.getReader().read()).value, (await copy.body.getReader().read()).value];
  same([a === chunk, b === chunk, [...b]], [true, false, [1]]);
});
row('Workers', 'cf, encodeBody', () => {
  same([new Response(null, { cf: { a: 1 } }).cf, new Response().cf], [{ a: 1 }, undefined]);
  new Response('x', { encodeBody: 'manual' });
  throws(TypeError, () => new Response('x', { encodeBody: 'none' }), 'automatic');
});
