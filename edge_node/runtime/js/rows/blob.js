// Blob, File and blob: URLs.
const textOf = (...parts) => new Blob(parts).text();

row('Web IDL 3.7', 'Blob and File', () => {
  checkInterface(Blob, {
    name: 'Blob', length: 0, attributes: ['size', 'type'], methods: { slice: 0, stream: 0, text: 0, arrayBuffer: 0, bytes: 0 },
  });
  checkInterface(File, { name: 'File', length: 2, parent: Blob, attributes: ['name', 'lastModified'] });
});
row('File API 3.1', 'parts: strings, buffers, views, blobs, anything else as a string', async () => {
  const bytes = new Uint8Array([0x78, 0x79, 0x7a]);
  same(await textOf('a', bytes, bytes.buffer, bytes.subarray(1), new DataView(bytes.buffer, 2), new Blob(['b']), 7, null, {}),
    'axyzxyzyzzb7null[object Object]');
  same(await new Blob(new Set(['a', 'b'])).text(), 'ab');
  same([new Blob().size, new Blob([]).size, new Blob(['\u00e9']).size, new Blob(['\ud800']).size], [0, 0, 2, 3]);
});
row('File API 3.1', 'the bytes are those of now', async () => {
  const bytes = new Uint8Array([97]);
  const blob = new Blob([bytes, 'x']);
  bytes[0] = 98;
  same(await blob.text(), 'ax');
});
row('File API 3.1', 'strings stay apart: halves of a pair do not meet', async () => {
  same([...await new Blob(['\ud83d', '\udca9']).bytes()], [0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd]);
});
row('Web IDL 3.2.18', 'what is no sequence', () => {
  for (const bad of [null, 1, 'ab', {}, () => {}, new Date()]) throws(TypeError, () => new Blob(bad));
  throws(TypeError, () => new Blob([Symbol('s')]));
  throws(RangeError, () => new Blob({ [Symbol.iterator]() { throw new RangeError('mine'); } }), 'mine');
  throws(TypeError, () => new Blob([], 7));
});
row('File API 3.1', 'endings', async () => {
  same(await new Blob(['a\r\nb\rc\n', new Uint8Array([13])], { endings: 'native' }).text(), 'a\nb\nc\n\r');
  same(await new Blob(['a\r\n'], { endings: 'transparent' }).text(), 'a\r\n');
  throws(TypeError, () => new Blob([], { endings: 'NATIVE' }), 'transparent');
});
row('File API 3.1', 'type', () => {
  for (const [given, type] of [['Text/Plain', 'text/plain'], ['te xt', 'te xt'], ['a\u00e9', ''], ['a\x7f', ''], [null, 'null'],
    [undefined, '']]) {
    same(new Blob([], { type: given }).type, type);
  }
});
row('Web IDL 3.2.17', 'options are read in the order of their names', () => {
  const read = [];
  const options = new Proxy({}, { get: (_, name) => { read.push(name); } });
  new File([], 'f', options);
  same(read, ['endings', 'type', 'lastModified']);
});
row('File API 3.3.1', 'slice', async () => {
  const blob = new Blob(['abc', 'def', 'gh']);
  for (const [args, text] of [[[], 'abcdefgh'], [[2], 'cdefgh'], [[2, 4], 'cd'], [[-3], 'fgh'], [[-3, -1], 'fg'], [[0, 100], 'abcdefgh'],
    [[5, 2], ''], [[-100, 1], 'a'], [[1.5, 3.5], 'cd'], [[0.5, 2.5], 'ab'], [[NaN, '3'], 'abc'], [[undefined, undefined], 'abcdefgh'],
    [[-Infinity, Infinity], 'abcdefgh'], [[9], ''], [[null, 2], 'ab']]) {
    const slice = blob.slice(...args);
    same([await slice.text(), slice.size], [text, text.length], `slice(${args})`);
  }
  same([blob.slice(0, 1, 'A/B').type, blob.slice(0, 1, '\n').type, blob.slice().type], ['a/b', '', '']);
  same(await blob.slice(1, 7).slice(1, -1).text(), 'cdef');
  same(new File(['x'], 'f').slice() instanceof File, false);
});
row('File API 3.3.2', 'stream', async () => {
  const blob = new Blob([new Uint8Array(100_000).fill(1), 'end']);
  const sizes = [];
  for await (const chunk of blob.stream()) {
    same(chunk.constructor, Uint8Array);
    sizes.push(chunk.byteLength);
    chunk.fill(9);  // its own copy
  }
  same(sizes.reduce((a, b) => a + b), 100_003);
  same((await blob.bytes())[0], 1);
  same((await new Response(new Blob().stream()).text()), '');
  const reader = blob.stream().getReader({ mode: 'byob' });
  const { value, done } = await reader.read(new Uint8Array(10));
  same([value.byteLength > 0, done], [true, false]);
});
row('File API 3.3.3 to 3.3.5', 'text, arrayBuffer, bytes give new objects', async () => {
  const blob = new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 97, 0xff])]);
  same(await blob.text(), 'a\ufffd');
  const [a, b] = [await blob.arrayBuffer(), await blob.bytes()];
  same([a instanceof ArrayBuffer, a.byteLength, b.constructor, b.byteLength], [true, 5, Uint8Array, 5]);
  new Uint8Array(a)[3] = b[3] = 98;
  same((await blob.bytes())[3], 97);
  await rejects(TypeError, Blob.prototype.text.call({}));
});
row('File API 4.1', 'File', async () => {
  const file = new File(['x'], 'a\ud800/b', { type: 'A/B', lastModified: 7.9 });
  same([file.name, file.type, file.size, file.lastModified, await file.text()], ['a\ufffd/b', 'a/b', 1, 7, 'x']);
  same(Math.abs(new File([], 'f').lastModified - Date.now()) < 1000, true);
  for (const [given, time] of [[-1, -1], ['5', 5], [NaN, 0], [new Date(8), 8], [null, 0]]) {
    same(new File([], 'f', { lastModified: given }).lastModified, time);
  }
  throws(TypeError, () => new File([]), '2 arguments needed');
  throws(TypeError, () => new File('ab', 'f'));
});
row('File API 8.4', 'blob: URLs live until they are revoked', async () => {
  const url = URL.createObjectURL(new Blob(['hi'], { type: 'text/x' }));
  same(/^blob:null\/[0-9a-f-]{36}$/.test(url), true);
  const response = await fetch(`${url}#fragment`);
  same([response.status, response.headers.get('content-type'), response.headers.get('content-length'), await response.text()],
    [200, 'text/x', '2', 'hi']);
  const request = new Request(url);
  URL.revokeObjectURL(`${url}?`);
  URL.revokeObjectURL(url);
  await rejects(TypeError, fetch(url), 'no blob');
  same(await (await fetch(request)).text(), 'hi');  // it has the blob since it was made
  await rejects(TypeError, fetch(URL.createObjectURL(new Blob()), { method: 'POST' }), 'GET');
  throws(TypeError, () => URL.createObjectURL({}), 'no Blob');
  throws(TypeError, () => URL.createObjectURL());
});
row('Fetch 4.2', 'ranges of a blob: URL', async () => {
  const url = URL.createObjectURL(new Blob(['abc', 'def']));
  for (const [range, text, content] of [['bytes=1-3', 'bcd', 'bytes 1-3/6'], ['bytes=4-', 'ef', 'bytes 4-5/6'],
    ['bytes=-2', 'ef', 'bytes 4-5/6'], ['bytes=0-99', 'abcdef', 'bytes 0-5/6'], ['bytes \t= 2 - 2', 'c', 'bytes 2-2/6']]) {
    const response = await fetch(url, { headers: { range } });
    same([response.status, await response.text(), response.headers.get('content-range')], [206, text, content], range);
  }
  for (const range of ['bytes=6-', 'bytes=3-2', 'bytes=-', 'bytes=1-2,3-4', 'lines=1-2', 'bytes 1-2']) {
    await rejects(TypeError, fetch(url, { headers: { range } }));
  }
});
