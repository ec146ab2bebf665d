// node:stream. Node.js 20 passes these rows too.
import Stream, { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished } from 'node:stream';
import { pipeline as piped, finished as over } from 'stream/promises';
import { inherits } from 'node:util';

// A stream that gives these chunks, one a read.
const giving = (chunks, options = {}) => new Readable({ ...options, read() { this.push(chunks.length > 0 ? chunks.shift() : null); } });
const gather = async (stream) => { const all = []; for await (const chunk of stream) all.push(`${chunk}`); return all.join('|'); };
const upper = () => new Transform({ transform(chunk, _, done) { done(null, `${chunk}`.toUpperCase()); }, flush(done) { done(null, '!'); } });
const event = (emitter, name) => new Promise((resolve) => { emitter.once(name, resolve); });

row('stream', 'classes', () => {
  same([Stream.Readable === Readable, new Duplex() instanceof Readable, new Duplex() instanceof Writable, new PassThrough() instanceof Transform, new Readable() instanceof Stream, new Readable() instanceof Writable], [true, true, true, true, true, false]);
});
row('stream', 'flowing: data and end, then close', async () => {
  const log = [];
  const stream = giving(['a', 'b']);
  for (const name of ['data', 'end', 'close']) stream.on(name, (chunk) => log.push(chunk === undefined ? name : `${chunk}`));
  await event(stream, 'close');
  same([log, stream.destroyed, stream.readableEnded, stream.readable], [['a', 'b', 'end', 'close'], true, true, false]);
});
row('stream', 'paused: read and readable', async () => {
  const stream = new Readable({ read() {} });
  stream.push('hello');
  stream.push(' world');
  stream.push(null);
  await event(stream, 'readable');
  same([`${stream.read(3)}`, `${stream.read()}`, stream.read()], ['hel', 'lo world', null]);
  await event(stream, 'end');
});
row('stream', 'pause and resume, encoding, unshift', async () => {
  const stream = giving([Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 0x61])]).setEncoding('utf8');
  const log = [];
  stream.on('data', (chunk) => { log.push(chunk); stream.pause(); setTimeout(() => stream.resume(), 1); });
  await event(stream, 'end');
  same(log.join(''), '€a');
  const other = new Readable({ read() {} });
  other.push('b');
  other.unshift('a');
  other.push(null);
  same((await gather(other)).replace('|', ''), 'ab');
});
row('stream', 'iteration, Readable.from, an error in the middle', async () => {
  same([await gather(Readable.from(['a', 'b'])), await gather(Readable.from('text')), await gather(giving(['x', 'y'], { objectMode: true }))], ['a|b', 'text', 'x|y']);
  await rejects(RangeError, gather(Readable.from((async function* broken() { yield 1; throw new RangeError('mid'); })())), 'mid');
  let left = giving(['a', 'b', 'c']);
  for await (const chunk of left) { same(`${chunk}`[0], 'a'); break; }
  same(left.destroyed, true);
});
row('stream', 'writing: order, callbacks, back pressure, final, finish', async () => {
  const log = [];
  const stream = new Writable({ highWaterMark: 3, write(chunk, encoding, done) { log.push(`${chunk} ${encoding}`); setTimeout(done, 1); }, final(done) { log.push('final'); done(); } });
  same([stream.write('ab', () => log.push('wrote')), stream.write('cd'), stream.writableLength, stream.writableNeedDrain], [true, false, 4, true]);
  await event(stream, 'drain');
  stream.end('e', () => log.push('ended'));
  await event(stream, 'close');
  same([log, stream.writableFinished], [['ab buffer', 'cd buffer', 'wrote', 'e buffer', 'final', 'ended'], true]);
});
row('stream', 'cork and writev', async () => {
  const log = [];
  const stream = new Writable({ writev(list, done) { log.push(list.map(({ chunk }) => `${chunk}`).join('+')); done(); } });
  stream.cork();
  stream.write('a');
  stream.write('b');
  stream.uncork();
  stream.end('c');
  await event(stream, 'finish');
  same(log, ['a+b', 'c']);
});
row('stream', 'transforms, pipe, pipeline', async () => {
  same(await gather(giving(['a', 'b']).pipe(upper()).pipe(new PassThrough())), 'AB!');
  const out = [];
  const sink = () => new Writable({ highWaterMark: 1, write(chunk, _, done) { out.push(`${chunk}`); setTimeout(done, 0); } });
  await piped(giving(['x', 'y', 'z']), upper(), sink());
  await piped(['1', '2'], async function* twice(source) { for await (const chunk of source) yield `${chunk}${chunk}`; }, sink());
  same(out.join(''), 'XYZ!1122');
  same(await piped(giving(['a', 'b']), (source) => gather(source)), 'a|b');
  await rejects(RangeError, piped(giving(['a']), async () => { throw new RangeError('late'); }), 'late');
});
row('stream', 'a failing stream ends its pipeline', async () => {
  const source = giving(['a', 'b']);
  const bad = new Transform({ transform(chunk, _, done) { done(new RangeError('bad chunk')); } });
  await rejects(RangeError, piped(source, bad, new PassThrough().resume()), 'bad chunk');
  same([source.destroyed, bad.destroyed], [true, true]);
  same(await new Promise((resolve) => { pipeline(giving(['a']), new PassThrough(), new Writable({ write(c, e, done) { done(); } }), (error) => resolve(error ?? 'fine')); }), 'fine');
});
row('stream', 'destroy, finished, misuse', async () => {
  const stream = new Readable({ read() {} });
  const log = [];
  stream.on('error', (error) => log.push(error.message)).on('close', () => log.push('close'));
  stream.destroy(new Error('why'));
  await event(stream, 'close');
  same([log, stream.errored.message, stream.push('x')], [['why', 'close'], 'why', false]);
  same((await new Promise((resolve) => { const s = new PassThrough(); finished(s, resolve); s.destroy(); })).code, 'ERR_STREAM_PREMATURE_CLOSE');
  const writable = new Writable({ write(c, e, done) { done(); } });
  writable.end();
  writable.write('late');
  same((await event(writable, 'error')).code, 'ERR_STREAM_WRITE_AFTER_END');
  throws(TypeError, () => new Writable().write(5), 'must be of type string');
  await over(giving([]).resume());
});
row('stream', 'old-style classes', async () => {
  function Old() {
    Stream.call(this);
    this.readable = this.writable = true;
  }
  inherits(Old, Stream);
  Old.prototype.write = function write(chunk) { this.emit('data', chunk); return true; };
  Old.prototype.end = function end() { this.emit('end'); };
  const old = new Old(), log = [];
  old.on('data', (chunk) => log.push(`${chunk}`));
  giving(['a', 'b']).pipe(old);
  await event(old, 'end');
  function Upper(options) { Transform.call(this, options); }
  inherits(Upper, Transform);
  Upper.prototype._transform = function transform(chunk, _, done) { this.push(`${chunk}`.toUpperCase()); done(); };
  same([log, await gather(giving(['q']).pipe(new Upper()))], [['a', 'b'], 'Q']);
});
row('stream', 'more than anybody has room for goes through in order', async () => {
  const chunks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(1000, i));
  const all = await new Promise((resolve) => { const got = []; giving([...chunks]).pipe(new PassThrough({ highWaterMark: 100 })).on('data', (c) => got.push(c)).on('end', () => resolve(Buffer.concat(got))); });
  same(all.equals(Buffer.concat(chunks)), true);
});
row('stream', 'to and from the streams of the web', async () => {
  const web = Readable.toWeb(giving(['a', Buffer.from('b')]));
  same([web instanceof ReadableStream, await new Response(web).text()], [true, 'ab']);
  same(await gather(Readable.fromWeb(new Response('hello').body)), 'hello');
  const got = [];
  const sink = new Writable({ write(chunk, _, done) { got.push(`${chunk}`); setTimeout(done, 1); }, highWaterMark: 1 });
  await new Response('through').body.pipeTo(Writable.toWeb(sink));
  same([got, sink.writableFinished], [['through'], true]);
  const seen = [];
  const target = Writable.fromWeb(new WritableStream({ write(chunk) { seen.push(`${chunk}`); }, close() { seen.push('closed'); } }));
  await piped(giving(['x', 'y']), target);
  same(seen, ['x', 'y', 'closed']);
});
row('stream', 'errors cross between them', async () => {
  const failing = Readable.toWeb(new Readable({ read() { this.destroy(new RangeError('broke')); } }));
  await rejects(RangeError, failing.getReader().read(), 'broke');
  const source = giving(['a', 'b']);
  await Readable.toWeb(source).cancel();
  same(source.destroyed, true);
  let cancelled = false;
  const stream = Readable.fromWeb(new ReadableStream({ cancel() { cancelled = true; } }));
  stream.destroy();
  await event(stream, 'close');
  same(cancelled, true);
  throws(TypeError, () => Readable.fromWeb({}));
});
row('stream', 'a listener for one piece of data starts the flow', async () => {
  const stream = Readable.from(['a', 'b'], { objectMode: false });
  same(String(await new Promise((resolve) => { stream.once('data', resolve); })), 'a');
  same(stream.readableFlowing, true);
});
