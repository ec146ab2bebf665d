// FileReader.
const read = (method, blob, ...args) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader[method](blob, ...args);
});

row('Web IDL 3.7', 'FileReader', () => {
  checkInterface(FileReader, {
    name: 'FileReader', length: 0, parent: EventTarget,
    attributes: ['readyState', 'result', 'error', 'onloadstart', 'onprogress', 'onload', 'onabort', 'onerror', 'onloadend'],
    methods: { readAsArrayBuffer: 1, readAsBinaryString: 1, readAsText: 1, readAsDataURL: 1, abort: 0 },
  });
  for (const [name, value] of [['EMPTY', 0], ['LOADING', 1], ['DONE', 2]]) same([FileReader[name], FileReader.prototype[name]], [value, value]);
});
row('File API 6.3', 'packages of data', async () => {
  const blob = new Blob([new Uint8Array([0, 0xff, 0x41])], { type: 'a/b' });
  same([...new Uint8Array(await read('readAsArrayBuffer', blob))], [0, 255, 65]);
  same(await read('readAsBinaryString', blob), '\0\xffA');
  same([await read('readAsDataURL', blob), await read('readAsDataURL', new Blob())], ['data:a/b;base64,AP9B', 'data:application/octet-stream;base64,']);
});
row('File API 6.3', 'text: as asked, as the type says, or UTF-8', async () => {
  const bytes = new Uint8Array([0xe9, 0x80]);
  for (const [options, encoding, text] of [[{}, 'windows-1252', '\u00e9\u20ac'], [{ type: 'text/plain;charset=windows-1252' }, undefined, '\u00e9\u20ac'],
    [{ type: 'text/plain;charset=windows-1252' }, 'no such thing', '\u00e9\u20ac'], [{}, undefined, '\ufffd']]) {
    same(await read('readAsText', new Blob([bytes], options), encoding), text);
  }
  same(await read('readAsText', new Blob([new Uint8Array([0xff, 0xfe, 0x41, 0])]), 'utf-8'), 'A');
});
row('File API 6.2', 'events in order, each in a task of its own', async () => {
  const reader = new FileReader();
  const seen = [];
  const done = new Promise((resolve) => { reader.onloadend = resolve; });
  for (const type of ['loadstart', 'progress', 'load', 'loadend']) {
    reader.addEventListener(type, (e) => { seen.push(type, e.loaded, e.total, e.isTrusted, e.constructor === ProgressEvent, reader.readyState); });
  }
  same([reader.readyState, reader.result, reader.error], [0, null, null]);
  reader.readAsText(new Blob(['ab']));
  same(reader.readyState, 1);
  throws('InvalidStateError', () => reader.readAsText(new Blob()));
  await done;
  same(seen, ['loadstart', 0, 2, true, true, 1, 'progress', 2, 2, true, true, 1, 'load', 2, 2, true, true, 2, 'loadend', 2, 2, true, true, 2]);
  throws(TypeError, () => reader.readAsText({}), 'no Blob');
  throws(TypeError, () => reader.readAsText());
});
row('File API 6.2.6', 'abort', async () => {
  const reader = new FileReader();
  const seen = [];
  for (const type of ['loadstart', 'load', 'abort', 'loadend']) reader.addEventListener(type, () => seen.push(type));
  reader.abort();
  reader.readAsText(new Blob(['a']));
  reader.abort();
  await later(5);
  same([seen, reader.readyState, reader.result, reader.error.name], [['abort', 'loadend'], 2, null, 'AbortError']);
});
row('File API 5', 'FileList is an interface without instances', () => {
  checkInterface(FileList, { name: 'FileList', length: 0, attributes: ['length'], methods: { item: 1 } });
  throws(TypeError, () => new FileList(), 'Illegal constructor');
  same([[] instanceof FileList, FileList.prototype[Symbol.iterator] === Array.prototype.values], [false, true]);
});
