// FormData, and forms as bodies.
const formOf = (body, type) => new Response(body, { headers: { 'content-type': type } }).formData();
const shown = (form) => [...form].map(([name, value]) => (
  typeof value === 'string' ? `${name}=${value}` : `${name}=${value.name}|${value.type}|${value.size}`));

row('Web IDL 3.7', 'FormData', () => {
  checkInterface(FormData, {
    name: 'FormData', length: 0,
    methods: { append: 2, delete: 1, get: 1, getAll: 1, has: 1, set: 2, entries: 0, keys: 0, values: 0, forEach: 1 },
  });
  same(FormData.prototype[Symbol.iterator] === FormData.prototype.entries, true);
});
row('XHR 4', 'the constructor takes a form element, of which there are none', () => {
  same([...new FormData(), ...new FormData(undefined)], []);
  for (const bad of [null, {}, 'a=b', new FormData()]) throws(TypeError, () => new FormData(bad), 'form elements');
});
row('XHR 4', 'append, get, getAll, has', () => {
  const form = new FormData();
  form.append('a', 1);
  form.append('b', null);
  form.append('a', '\ud800');
  same([form.get('a'), form.getAll('a'), form.get('b'), form.get('c'), form.getAll('c'), form.has('a'), form.has('c')],
    ['1', ['1', '\ufffd'], 'null', null, [], true, false]);
  throws(TypeError, () => form.append('a'), '2 arguments needed');
  throws(TypeError, () => form.append('a', 'b', 'c'), 'no Blob');
  same(form.append('d', 'e', undefined), undefined);
  throws(TypeError, () => FormData.prototype.get.call({}, 'a'));
});
row('XHR 4', 'set takes the place of the first', () => {
  const form = new FormData();
  for (const [name, value] of [['a', '1'], ['b', '2'], ['a', '3'], ['c', '4'], ['a', '5']]) form.append(name, value);
  form.set('a', 'x');
  form.set('d', 'y');
  same(shown(form), ['a=x', 'b=2', 'c=4', 'd=y']);
  form.delete('b');
  form.delete('nope');
  same(shown(form), ['a=x', 'c=4', 'd=y']);
});
row('XHR 4', 'files: a blob becomes one named "blob"', async () => {
  const form = new FormData();
  const file = new File(['abc'], 'f.txt', { type: 'text/x', lastModified: 5 });
  form.append('plain', new Blob(['a'], { type: 'a/b' }));
  form.append('named', new Blob(['ab']), 'n');
  form.append('file', file);
  form.set('renamed', file, 'g');
  same(shown(form), ['plain=blob|a/b|1', 'named=n||2', 'file=f.txt|text/x|3', 'renamed=g|text/x|3']);
  same([form.get('file') === file, form.get('renamed') === file, form.get('renamed').lastModified, form.get('plain') instanceof File,
    form.get('plain') === form.get('plain')], [true, false, 5, true, true]);
});
row('Web IDL 3.7.9', 'iteration is live', () => {
  const form = new FormData();
  form.append('a', '1');
  const seen = [];
  for (const [name] of form) { seen.push(name); if (seen.length < 3) form.append(`b${seen.length}`, ''); }
  same([seen, [...form.keys()], [...form.values()]], [['a', 'b1', 'b2'], ['a', 'b1', 'b2'], ['1', '', '']]);
  const calls = [];
  form.forEach(function (value, name, object) { calls.push(this.x, value, name, object === form); }, { x: 7 });
  same(calls.slice(0, 4), [7, '1', 'a', true]);
});
row('HTML 4.10.21.8', 'a form as a body', async () => {
  const form = new FormData();
  form.append('a"\r\n\n', 'x\ny\rz');
  form.append('f', new File(['data\n'], 'q"\r\n.txt'));
  const response = new Response(form);
  form.append('later', '');  // too late
  const [, boundary] = /^multipart\/form-data; boundary=(----terrella[0-9a-f]{32})$/.exec(response.headers.get('content-type'));
  same(await response.text(), [
    `--${boundary}`, 'Content-Disposition: form-data; name="a%22%0D%0A%0D%0A"', '', 'x', 'y', 'z',
    `--${boundary}`, 'Content-Disposition: form-data; name="f"; filename="q%22%0D%0A.txt"', 'Content-Type: application/octet-stream', '', 'data\n',
    `--${boundary}--`, ''].join('\r\n'));
  same((await new Response(new FormData()).text()).endsWith('--\r\n'), true);
});
row('Fetch 5.3', 'formData() reads it back', async () => {
  const form = new FormData();
  form.append('\u00e9', '\u20ac');
  form.append('e', '');
  form.append('f', new File([new Uint8Array([0, 13, 10, 45, 45])], 'n', { type: 'a/b' }));
  form.append('empty', new File([], ''));
  const copy = await new Request('http://a.test', { method: 'POST', body: form }).formData();
  same(shown(copy), ['\u00e9=\u20ac', 'e=', 'f=n|a/b|5', 'empty=|application/octet-stream|0']);
  same([...await copy.get('f').bytes()], [0, 13, 10, 45, 45]);
  same(shown(await new Response(new FormData()).formData()), []);
});
row('Fetch 5.3', 'by the type of the message', async () => {
  same(shown(await formOf('a=1&b=%20+', 'application/x-www-form-urlencoded;charset=whatever')), ['a=1', 'b=  ']);
  same(shown(await formOf('--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\ufeffy\r\n--b--', 'multipart/form-data;boundary="b"')), ['x=\ufeffy']);
  same(shown(await formOf(null, 'application/x-www-form-urlencoded')), []);
  await rejects(TypeError, formOf('a=1', 'text/plain'), 'text/plain');
  await rejects(TypeError, formOf('x', 'multipart/form-data'), 'no boundary');
  await rejects(TypeError, formOf('x', 'multipart/form-data;boundary=b'), 'before its last delimiter');
  await rejects(TypeError, new Response(new Uint8Array(1)).formData(), 'not given');
});
