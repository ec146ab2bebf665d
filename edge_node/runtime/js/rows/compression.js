// CompressionStream and DecompressionStream.
const formats = ['gzip', 'deflate', 'deflate-raw', 'brotli'];
async function through(transform, ...chunks) {
  const writer = transform.writable.getWriter();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  writing.catch(() => {});
  const out = [];
  for await (const chunk of transform.readable) {
    same(Object.prototype.toString.call(chunk), '[object Uint8Array]');
    same(chunk.byteLength > 0, true);
    out.push(...chunk);
  }
  await writing;
  return new Uint8Array(out);
}
const compress = (format, ...chunks) => through(new CompressionStream(format), ...chunks);
const decompress = (format, ...chunks) => through(new DecompressionStream(format), ...chunks);
const text = 'a text that says a text that says a text '.repeat(50);
const encoded = new TextEncoder().encode(text);

row('Web IDL 3.7', 'the interfaces', () => {
  for (const [type, name] of [[CompressionStream, 'CompressionStream'], [DecompressionStream, 'DecompressionStream']]) {
    checkInterface(type, { name, length: 1, attributes: ['readable', 'writable'] });
    for (const wrong of [undefined, 'GZIP', 'zip', 'toString', '__proto__']) throws(TypeError, () => new type(wrong));
    throws(TypeError, () => new type(Symbol('x')));
  }
});
for (const format of formats) {
  row('Compression 5, 6', `${format}: what was compressed comes back, in any pieces`, async () => {
    const packed = await compress(format, encoded);
    same(packed.length < encoded.length / 5, true);
    same(new TextDecoder().decode(await decompress(format, packed)), text);
    const pieces = [];
    for (let i = 0; i < packed.length; ++i) pieces.push(packed.slice(i, i + 1));
    same(new TextDecoder().decode(await decompress(format, ...pieces)), text);
    same((await decompress(format, await compress(format))).length, 0);
    same([...await decompress(format, await compress(format, new Uint8Array(0), encoded.subarray(0, 3)))], [...encoded.subarray(0, 3)]);
  });
  row('Compression 6', `${format}: input that ends early, or goes on behind its end`, async () => {
    const packed = await compress(format, encoded);
    await rejects(TypeError, decompress(format, packed.subarray(0, packed.length - 1)));
    await rejects(TypeError, decompress(format));
    await rejects(TypeError, decompress(format, packed, new Uint8Array([0])));
    await rejects(TypeError, decompress(format, new Uint8Array([...packed, 0])));
    same((await decompress(format, packed, new Uint8Array(0))).length, encoded.length);
  });
  row('Compression 6', `${format}: malformed input errors both sides`, async () => {
    const transform = new DecompressionStream(format);
    const writer = transform.writable.getWriter();
    const reading = transform.readable.getReader().read();
    await rejects(TypeError, writer.write(new Uint8Array([0xff, 0xff, 0xff, 0xff])).then(() => writer.close()));
    await rejects(TypeError, reading);
    await rejects(TypeError, writer.closed);
  });
}
row('Compression 5', 'formats are what their RFC says', async () => {
  same([...(await compress('gzip', encoded)).subarray(0, 3)], [0x1f, 0x8b, 8]);
  const zlib = await compress('deflate', encoded);
  same([zlib[0] & 15, (zlib[0] * 256 + zlib[1]) % 31], [8, 0]);
  same((await compress('deflate-raw', encoded)).length, zlib.length - 6);
});
row('Web IDL 3.2.25', 'chunks are BufferSources', async () => {
  for (const wrong of [undefined, null, 1, 'x', {}, [1]]) {
    for (const transform of [new CompressionStream('gzip'), new DecompressionStream('gzip')]) {
      const reading = transform.readable.getReader().read();
      await rejects(TypeError, transform.writable.getWriter().write(wrong));
      await rejects(TypeError, reading);
    }
  }
  const whole = await compress('gzip', encoded);
  const padded = new Uint8Array(whole.length + 2);
  padded.set(whole, 1);
  for (const chunk of [whole.buffer.slice(0), new DataView(padded.buffer, 1, whole.length)]) {
    same((await decompress('gzip', chunk)).length, encoded.length);
  }
});
row('terrella', 'a bomb comes in steps: the writer waits for a reader', async () => {
  const megabytes = 64;
  const zeros = new Uint8Array(1 << 20);
  const bomb = await compress('gzip', ...Array(megabytes).fill(zeros));
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  let taken = false;
  writer.write(bomb).then(() => { taken = true; });
  const closing = writer.close();
  const reader = readable.getReader();
  let total = 0, largest = 0, first = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    total += value.byteLength;
    largest = Math.max(largest, value.byteLength);
    if (!taken) first = total;
    if (total === value.byteLength) await later(1);
  }
  await closing;
  same([total, largest <= 65536, first > (megabytes - 4) << 20], [megabytes << 20, true, true]);
});
row('Streams 6.4', 'canceling the readable side ends the writable one', async () => {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  writer.write(await compress('gzip', new Uint8Array(8 << 20))).catch(() => {});
  const reader = readable.getReader();
  await reader.read();
  await reader.cancel('enough');
  try { await writer.closed; } catch (error) { return same(error, 'enough'); }
  throw new Error('not rejected');
});
