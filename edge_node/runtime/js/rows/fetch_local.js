// fetch() of what lies nearer than an origin, and EventSource over a stream.
row('Fetch 6', 'data: URLs', async () => {
  const response = await fetch('data:text/html;charset=x,%41b#frag');
  same([response.status, response.statusText, response.type, response.url, response.headers.get('content-type'), await response.text()],
    [200, 'OK', 'basic', 'data:text/html;charset=x,%41b', 'text/html;charset=x', 'Ab']);
  same([...await (await fetch('data:;base64,/w==')).bytes()], [255]);
  same((await fetch('data:,x', { method: 'HEAD' })).body, null);
  await rejects(TypeError, fetch('data:;base64,%'), 'data: URL');
  await rejects(TypeError, fetch('data:x'), 'data: URL');
});
row('Fetch 4.2', 'other schemes', async () => {
  for (const url of ['about:blank', 'file:///x', 'ftp://a.test/', 'mailto:x', 'blob:null/none']) await rejects(TypeError, fetch(url));
  await rejects(TypeError, fetch(), '1 argument needed');
  await rejects(TypeError, fetch('/x'), 'absolute URL');
});
row('SRI 3.3', 'integrity', async () => {
  const good = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';  // of "abc"
  const strong = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';
  for (const integrity of ['', good, good.replace(/\+/g, '-').replace(/\//g, '_'), `sha256-x ${good}`, `${good}?opt`, `md5-x`, `sha256-x ${strong}`]) {
    same(await (await fetch('data:,abc', { integrity })).text(), 'abc', integrity);
  }
  for (const integrity of ['sha256-x', `${good} sha384-x`, strong.replace('3', '4')]) {
    await rejects(TypeError, fetch('data:,abc', { integrity }), 'integrity');
  }
});
row('Fetch 4', 'an aborted signal comes first', async () => {
  const reason = new RangeError('mine');
  await rejects(RangeError, fetch('data:,x', { signal: AbortSignal.abort(reason) }), 'mine');
  let canceled;
  const body = new ReadableStream({ cancel(why) { canceled = why; } });
  const promise = fetch('http://a.test', { method: 'POST', body, signal: AbortSignal.abort(reason) });
  same(canceled === reason, true);
  await rejects(RangeError, promise);
});

row('Web IDL 3.7', 'EventSource', () => {
  checkInterface(EventSource, {
    name: 'EventSource', length: 1, parent: EventTarget,
    attributes: ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror'], methods: { close: 0 }, statics: { from: 1 },
  });
  for (const [name, value] of [['CONNECTING', 0], ['OPEN', 1], ['CLOSED', 2]]) same([EventSource[name], EventSource.prototype[name]], [value, value]);
  throws('SyntaxError', () => new EventSource('/x'));
  throws('SyntaxError', () => new EventSource('http://a b/'));
  throws(TypeError, () => new EventSource());
  throws(TypeError, () => EventSource.from({}), 'ReadableStream');
});
row('HTML 9.2.6', 'events of a stream', async () => {
  const source = EventSource.from(new Blob(['data: a\nid: 1\n\nevent: x\ndata: b\n\ndata: c']).stream());
  const seen = [];
  const note = (e) => seen.push(e.type, e.data, e.lastEventId, e.origin, e.isTrusted, e.constructor === MessageEvent);
  source.onopen = () => seen.push('open', source.readyState);
  source.onmessage = note;
  source.addEventListener('x', note);
  await new Promise((resolve) => { source.onerror = resolve; });
  same(seen, ['open', 1, 'message', 'a', '1', '', true, true, 'x', 'b', '1', '', true, true]);
  same([source.readyState, source.url], [2, '']);
});
row('HTML 9.2.2', 'close ends it, and its stream', async () => {
  let canceled = false;
  const source = EventSource.from(new ReadableStream({
    pull(c) { c.enqueue(new TextEncoder().encode('data: a\n\ndata: b\n\n')); },
    cancel() { canceled = true; },
  }));
  const seen = [];
  source.onmessage = (e) => { seen.push(e.data); source.close(); };
  await later(5);
  same([seen, canceled, source.readyState], [['a'], true, 2]);
});
