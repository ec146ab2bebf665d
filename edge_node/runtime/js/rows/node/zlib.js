// node:zlib. Node.js 20 passes these rows too.
import zlib, { constants, createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { pipeline, Readable, Writable } from 'node:stream';
import { AsyncLocalStorage } from 'node:async_hooks';

const text = 'The quick brown fox jumps over the lazy dog. '.repeat(500);
const bytes = Buffer.from(text);
const pairs = [['deflate', 'inflate'], ['gzip', 'gunzip'], ['deflateRaw', 'inflateRaw'], ['brotliCompress', 'brotliDecompress'], ['gzip', 'unzip'], ['deflate', 'unzip']];
const classOf = (name) => name[0].toUpperCase() + name.slice(1);
async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const through = (stream, ...chunks) => {
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return collect(stream);
};
const thrown = (body) => {
  try { body(); } catch (error) { return [error.code, error.errno, error.message]; }
  return 'nothing';
};

for (const [pack, unpack] of pairs) {
  row('zlib', `${pack} and ${unpack}: at once, later and as streams`, async () => {
    const packed = zlib[`${pack}Sync`](bytes);
    same([packed instanceof Buffer, packed.length < 500], [true, true]);
    same(zlib[`${unpack}Sync`](packed).toString() === text, true);
    same((await promisify(zlib[unpack])(await promisify(zlib[pack])(text))).toString() === text, true);
    const streamed = await through(zlib[`create${classOf(pack)}`](), bytes.subarray(0, 7), bytes.subarray(7));
    const single = [...streamed].map((_, i) => streamed.subarray(i, i + 1));
    same((await through(new zlib[classOf(unpack)](), ...single)).toString() === text, true);
    same(zlib[`${unpack}Sync`](zlib[`${pack}Sync`]('')).length, 0);
  });
}
row('zlib', 'known bytes', () => {
  same(zlib.deflateSync('hello').toString('hex'), '789ccb48cdc9c90700062c0215');
  same(zlib.deflateRawSync('hello', { level: 0 }).toString('hex'), '010500faff68656c6c6f');
  same(gunzipSync(Buffer.from('H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', 'base64')).toString(), 'hello');
  same(zlib.brotliDecompressSync(Buffer.from('CwKAaGVsbG8D', 'base64')).toString(), 'hello');
  if (zlib.crc32 !== undefined) same([zlib.crc32('hello'), zlib.crc32('lo', zlib.crc32('hel'))], [0x3610a686, 0x3610a686]);
});
row('zlib', 'errors have codes', async () => {
  same(thrown(() => zlib.inflateSync(Buffer.from('nonsense'))), ['Z_DATA_ERROR', -3, 'incorrect header check']);
  same(thrown(() => zlib.inflateRawSync(Buffer.from([0xff]))), ['Z_DATA_ERROR', -3, 'invalid block type']);
  const packed = gzipSync('hello');
  same(thrown(() => gunzipSync(packed.subarray(0, -3))), ['Z_BUF_ERROR', -5, 'unexpected end of file']);
  same(thrown(() => gunzipSync(Buffer.alloc(0))), ['Z_BUF_ERROR', -5, 'unexpected end of file']);
  same(gunzipSync(packed.subarray(0, -3), { finishFlush: constants.Z_SYNC_FLUSH }).toString(), 'hello');
  const bad = Buffer.from(packed);
  bad[bad.length - 6] ^= 1;
  same(thrown(() => gunzipSync(bad)), ['Z_DATA_ERROR', -3, 'incorrect data check']);
  const [code, , message] = thrown(() => zlib.brotliDecompressSync(Buffer.from('this is no Brotli')));
  same([/^ERR_.*[A-Z]/.test(code), message], [true, 'Decompression failed']);
  const later = await new Promise((resolve) => { zlib.inflate(Buffer.from('x'), (error, value) => resolve([error.code, value])); });
  same(later, ['Z_BUF_ERROR', undefined]);
  const failed = await through(createGunzip(), 'no gzip').catch((error) => error.code);
  same(failed, 'Z_DATA_ERROR');
  same(await through(createGunzip(), packed.subarray(0, 12)).catch((error) => error.code), 'Z_BUF_ERROR');
});
row('zlib', 'wrong arguments are thrown at once', () => {
  for (const [body, code] of [
    [() => gzipSync(), 'ERR_INVALID_ARG_TYPE'], [() => gzipSync(5), 'ERR_INVALID_ARG_TYPE'], [() => zlib.gzip('x'), 'ERR_INVALID_ARG_TYPE'],
    [() => gzipSync('', { level: 10 }), 'ERR_OUT_OF_RANGE'], [() => gzipSync('', { level: '9' }), 'ERR_INVALID_ARG_TYPE'],
    [() => gzipSync('', { windowBits: 8 }), 'ERR_OUT_OF_RANGE'], [() => createGzip({ memLevel: 0 }), 'ERR_OUT_OF_RANGE'],
    [() => createGzip({ strategy: 5 }), 'ERR_OUT_OF_RANGE'], [() => createGzip({ chunkSize: 1 }), 'ERR_OUT_OF_RANGE'],
    [() => zlib.deflateSync('', { dictionary: 'text' }), 'ERR_INVALID_ARG_TYPE'], [() => zlib.createBrotliCompress({ params: { 99: 1 } }), 'ERR_BROTLI_INVALID_PARAM'],
    [() => zlib.createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 'best' } }), 'ERR_INVALID_ARG_TYPE'],
  ]) {
    same(thrown(body)[0], code, String(body));
  }
});
row('zlib', 'options of compression have their effect', () => {
  const at = (level) => zlib.deflateSync(bytes, { level }).length;
  same([at(0) > bytes.length, at(1) >= at(9)], [true, true]);
  for (const windowBits of [8, 9, 12, 15]) {
    same(zlib.inflateRawSync(zlib.deflateRawSync(bytes, { windowBits }), { windowBits: Math.max(windowBits, 9) }).length, bytes.length);
    same(zlib.inflateSync(zlib.deflateSync(bytes, { windowBits, memLevel: 1, strategy: constants.Z_HUFFMAN_ONLY })).length, bytes.length);
  }
  same(thrown(() => zlib.inflateSync(zlib.deflateSync(bytes, { windowBits: 15 }), { windowBits: 9 }))[2], 'invalid window size');
  const quality = (value) => zlib.brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: value, [constants.BROTLI_PARAM_LGWIN]: 16 } });
  for (const value of [0, 4, 11, 12]) same(zlib.brotliDecompressSync(quality(value)).length, bytes.length);
});
row('zlib', 'dictionaries', () => {
  const dictionary = Buffer.from('quick brown fox lazy dog');
  for (const [pack, unpack] of [['deflateSync', 'inflateSync'], ['deflateRawSync', 'inflateRawSync']]) {
    const packed = zlib[pack]('lazy dog quick', { dictionary });
    same(zlib[unpack](packed, { dictionary }).toString(), 'lazy dog quick');
  }
  const packed = zlib.deflateSync('lazy dog', { dictionary });
  same(thrown(() => zlib.inflateSync(packed)), ['Z_NEED_DICT', 2, 'Missing dictionary']);
  same(thrown(() => zlib.inflateSync(packed, { dictionary: Buffer.from('other') })), ['Z_NEED_DICT', 2, 'Bad dictionary']);
});
row('zlib', 'members of gzip follow each other, padding and what follows others does not count', async () => {
  const two = Buffer.concat([gzipSync('abc'), gzipSync('def')]);
  same(gunzipSync(two).toString(), 'abcdef');
  same(gunzipSync(Buffer.concat([two, Buffer.alloc(10)])).toString(), 'abcdef');
  same(thrown(() => gunzipSync(Buffer.concat([two, Buffer.from([0x1f, 0x8b, 0xff, 0xff]), Buffer.alloc(10)])))[2], 'unknown compression method');
  same((await through(createGunzip(), two.subarray(0, 23), two.subarray(23))).toString(), 'abcdef');
  same(zlib.inflateSync(Buffer.concat([zlib.deflateSync('abc'), Buffer.from('behind')])).toString(), 'abc');
});
row('zlib', 'maxOutputLength bounds what one call gives', async () => {
  const packed = gzipSync(Buffer.alloc(1 << 20));
  same(thrown(() => gunzipSync(packed, { maxOutputLength: 1000 }))[0], 'ERR_BUFFER_TOO_LARGE');
  same(await promisify(zlib.gunzip)(packed, { maxOutputLength: 1000 }).catch((error) => error.code), 'ERR_BUFFER_TOO_LARGE');
  same(gunzipSync(packed, { maxOutputLength: 1 << 20 }).length, 1 << 20);
});
row('zlib', 'flush gives out what was written', async () => {
  for (const [pack, unpack] of [[zlib.createDeflate(), zlib.createInflate()], [zlib.createBrotliCompress(), zlib.createBrotliDecompress()]]) {
    const got = new Promise((resolve) => { unpack.once('data', (chunk) => resolve(chunk.toString())); });
    pack.on('data', (chunk) => unpack.write(chunk));
    pack.write('now');
    pack.flush();
    same(await got, 'now');
    pack.end();
  }
});
row('zlib', 'streams keep to the reader\'s pace and tell how much went in', async () => {
  const packed = gzipSync(Buffer.alloc(4 << 20));
  const gunzip = createGunzip();
  gunzip.end(packed);
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  same(gunzip.readableLength < (1 << 20), true);
  let length = 0;
  await promisify(pipeline)(gunzip, new Writable({ write(chunk, _, callback) { length += chunk.length; setTimeout(callback, 0); } }));
  same([length, gunzip.bytesWritten], [4 << 20, packed.length]);
  const made = await promisify(pipeline)(Readable.from([bytes]), zlib.Gzip(), createGunzip(), collect);
  same(made.toString() === text, true);
});
row('zlib', 'reset and close', async () => {
  const gzip = createGzip();
  gzip.on('data', () => {});
  gzip.write('x');
  await new Promise((resolve) => { gzip.flush(resolve); });
  gzip.reset();
  await new Promise((resolve) => { gzip.close(resolve); });
  same(gzip.destroyed, true);
  same(thrown(() => createGzip().close()), 'nothing');
});
row('zlib', 'a callback runs in the context of its call', async () => {
  const storage = new AsyncLocalStorage();
  const seen = await new Promise((resolve) => { storage.run('here', () => { zlib.gzip('x', () => resolve(storage.getStore())); }); });
  same(seen, 'here');
});
row('zlib', 'constants and codes', () => {
  same([constants.Z_FINISH, constants.BROTLI_PARAM_QUALITY, zlib.codes.Z_DATA_ERROR, zlib.codes['-3']], [4, 1, -3, 'Z_DATA_ERROR']);
  same(Object.isFrozen(zlib.codes), true);
  const { buffer, engine } = gzipSync('x', { info: true });
  same([gunzipSync(buffer).toString(), engine instanceof zlib.Gzip], ['x', true]);
});
