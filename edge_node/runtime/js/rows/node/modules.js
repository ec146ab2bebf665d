// node:assert, events, path, process, querystring, timers, url, util. Node.js 20 passes these rows too.
import assert from 'node:assert';
import strict from 'assert/strict';
import EventEmitter, { once, on } from 'node:events';
import path from 'node:path';
import process, { nextTick } from 'node:process';
import querystring from 'node:querystring';
import { setTimeout as sleep } from 'timers/promises';
import { setImmediate as soon } from 'node:timers';
import url, { fileURLToPath, pathToFileURL } from 'node:url';
import util, { promisify, inherits } from 'node:util';
import { createRequire } from 'node:module';

// Pairs: loosely and strictly equal in depth
const pairs = [
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true, true], [1, '1', true, false], [NaN, NaN, true, true], [0, -0, true, false],
  [[1, 2], [1, 3], false, false], [new Map([[{ a: 1 }, 2]]), new Map([[{ a: 1 }, 2]]), true, true], [new Set([1, [2]]), new Set([[2], 1]), true, true],
  [new Set([1]), new Set([2]), false, false], [new Date(5), new Date(5), true, true], [/a/g, /a/i, false, false], [{ a: undefined }, {}, false, false],
  [new Uint8Array([1]), new Uint8Array([1]), true, true], [new Error('a'), new Error('b'), false, false], [Object(1), Object(2), false, false],
  [Object.create(null), {}, true, false], [[, 1], [undefined, 1], false, false], [null, undefined, true, false],
];
for (const [a, b, isLoose, isStrict] of pairs) {
  row('assert', `deepEqual and deepStrictEqual of ${util.inspect(a)} and ${util.inspect(b)}`, () => {
    const holds = (f) => { try { f(a, b); return true; } catch (error) { same(error.code, 'ERR_ASSERTION'); return false; } };
    same([holds(assert.deepEqual), holds(assert.deepStrictEqual), util.isDeepStrictEqual(a, b), holds(assert.notDeepStrictEqual)], [isLoose, isStrict, isStrict, !isStrict]);
  });
}
row('assert', 'a cycle', () => {
  const a = { x: 1 }, b = { x: 1 };
  a.self = a;
  b.self = b;
  assert.deepStrictEqual(a, b);
});
row('assert', 'throws, rejects, ok, match', async () => {
  assert(true);
  assert.throws(() => { throw new TypeError('bad x'); }, TypeError);
  assert.throws(() => { throw new TypeError('bad x'); }, /bad/);
  assert.throws(() => { throw new TypeError('bad x'); }, { name: 'TypeError', message: 'bad x' });
  await assert.rejects(Promise.reject(new Error('no')), { message: 'no' });
  assert.match('abc', /b/);
  same(throws(assert.AssertionError, () => assert.ok(0, 'why')).message, 'why');
  throws(assert.AssertionError, () => assert.throws(() => {}), 'Missing expected exception.');
  throws(assert.AssertionError, () => assert.throws(() => { throw new RangeError('r'); }, TypeError), 'The error is expected to be an instance of "TypeError"');
  same(throws(assert.AssertionError, () => strict.equal(1, '1')).operator, 'strictEqual');
  throws(assert.AssertionError, () => assert.ifError(new Error('e')), 'ifError got unwanted exception: e');
});
row('events', 'on, once, off, prepend, counts', () => {
  const emitter = new EventEmitter(), log = [];
  const first = (x) => log.push(`a${x}`);
  emitter.on('e', first).once('e', (x) => log.push(`b${x}`)).prependListener('e', (x) => log.push(`c${x}`));
  same([emitter.emit('e', 1), emitter.emit('e', 2), emitter.emit('none'), log.join()], [true, true, false, 'c1,a1,b1,c2,a2']);
  emitter.off('e', first);
  same([emitter.listenerCount('e'), emitter.eventNames(), emitter.rawListeners('e').length], [1, ['e'], 1]);
  emitter.removeAllListeners();
  same(emitter.eventNames(), []);
  throws(Error, () => emitter.emit('error', new Error('boom')), 'boom');
  same(throws(Error, () => emitter.emit('error', 5)).code, 'ERR_UNHANDLED_ERROR');
});
row('events', 'old-style classes, listeners removed while emitting', () => {
  function Old() { EventEmitter.call(this); }
  inherits(Old, EventEmitter);
  const old = new Old(), log = [];
  old.on('x', () => { log.push(1); old.removeAllListeners('x'); });
  old.on('x', () => log.push(2));
  old.emit('x');
  old.emit('x');
  same([log, Old.super_ === EventEmitter, new Old().listenerCount('x')], [[1, 2], true, 0]);
});
row('events', 'promises of events', async () => {
  const emitter = new EventEmitter();
  queueMicrotask(() => emitter.emit('a', 1, 2));
  same(await once(emitter, 'a'), [1, 2]);
  queueMicrotask(() => emitter.emit('error', new RangeError('r')));
  await rejects(RangeError, once(emitter, 'a'));
  queueMicrotask(() => { emitter.emit('b', 1); emitter.emit('b', 2); });
  const got = [];
  for await (const [value] of on(emitter, 'b')) if (got.push(value) === 2) break;
  same([got, emitter.listenerCount('b')], [[1, 2], 0]);
});
const paths = [
  ['join', ['/a', '..', 'b//c', './d/'], '/b/c/d/'], ['join', ['', ''], '.'], ['normalize', ['a/../../b'], '../b'], ['normalize', ['/../a/'], '/a/'], ['resolve', ['/a/b', '../c', './d'], '/a/c/d'],
  ['relative', ['/a/b/c', '/a/d'], '../../d'], ['relative', ['/a', '/a'], ''], ['dirname', ['/a/b/'], '/a'], ['dirname', ['a'], '.'], ['dirname', ['/a'], '/'], ['basename', ['/a/b.html', '.html'], 'b'],
  ['basename', ['/'], ''], ['extname', ['a.b.c'], '.c'], ['extname', ['.rc'], ''], ['extname', ['a.'], '.'], ['isAbsolute', ['/a'], true], ['parse', ['/home/x.tar.gz'], { root: '/', dir: '/home', base: 'x.tar.gz', ext: '.gz', name: 'x.tar' }],
  ['format', [{ dir: '/a', name: 'b', ext: 'c' }], '/a/b.c'], ['parse', ['./a/'], { root: '', dir: '.', base: 'a', ext: '', name: 'a' }],
];
for (const [method, args, expected] of paths) row('path', `${method}(${args.map((a) => JSON.stringify(a)).join(', ')})`, () => same(path.posix[method](...args), expected));
row('process', 'what libraries look at', async () => {
  same([process === globalThis.process, process.platform, typeof process.version, typeof process.versions.node, typeof process.cwd()], [true, 'linux', 'string', 'string', 'string']);
  const log = [];
  nextTick((x) => log.push(x), 'tick');
  log.push('now');
  await sleep(1);
  same(log, ['now', 'tick']);
  process.env.ROW_A = 5;
  same([process.env.ROW_A, process.env.ROW_NONE, typeof process.hrtime.bigint(), process.hrtime([0, 0]).length], ['5', undefined, 'bigint', 2]);
  same(Object.prototype.toString.call(process), '[object process]');
});
row('module', 'createRequire gives the same modules', () => {
  const require = createRequire('file:///index.js');
  same([require('path') === path, require('node:events') === EventEmitter, process.getBuiltinModule?.('node:util') ?? util], [true, true, util]);
  throws(Error, () => require('./nothing.js'));
});
row('querystring', 'parse and stringify', () => {
  same({ ...querystring.parse('a=1&b=2&a=3&c&d=%20x+y&e=%zz') }, { a: ['1', '3'], b: '2', c: '', d: ' x y', e: '%zz' });
  same([querystring.stringify({ a: [1, true], b: 'ü &', c: null, d: NaN }), querystring.stringify({ a: 1, b: 2 }, ';', ':')], ['a=1&a=true&b=%C3%BC%20%26&c=&d=', 'a:1;b:2']);
});
row('timers', 'promises, immediates', async () => {
  same(await sleep(1, 'v'), 'v');
  same(await new Promise((resolve) => { soon(resolve, 7); }), 7);
  const controller = new AbortController();
  const waiting = sleep(10000, 0, { signal: controller.signal });
  controller.abort();
  same(await waiting.catch((error) => [error.name, error.code]), ['AbortError', 'ABORT_ERR']);
  same(await promisify(setTimeout)(1, 'w'), 'w');
});
row('url', 'file URLs and the old functions', () => {
  same([fileURLToPath('file:///a%20b/c'), pathToFileURL('/a b#').href, url.URL === URL], ['/a b/c', 'file:///a%20b%23', true]);
  const { protocol, host, port, hostname, hash, search, query, pathname, path: whole, auth, href } = url.parse('http://u:p@Host.com:80/p/a?q=1#h');
  same([protocol, host, port, hostname, hash, search, query, pathname, whole, auth, href],
    ['http:', 'host.com:80', '80', 'host.com', '#h', '?q=1', 'q=1', '/p/a', '/p/a?q=1', 'u:p', 'http://u:p@host.com:80/p/a?q=1#h']);
  same([url.parse('/a?b=1', true).query.b, url.parse('//h/x', false, true).host, url.parse('mailto:a@b.c').href, url.parse('a/b').pathname], ['1', 'h', 'mailto:a@b.c', 'a/b']);
  same([url.format({ protocol: 'https', hostname: 'a.b', port: 8, pathname: 'x', query: { q: 1 } }), url.resolve('/one/two', 'three'), url.resolve('http://a.b/c', '../d'), url.resolve('a/b', 'c')],
    ['https://a.b:8/x?q=1', '/one/three', 'http://a.b/d', 'a/c']);
});
row('util', 'promisify, callbackify, inherits, format, inspect', async () => {
  const f = promisify((a, b, done) => (a ? done(null, a + b) : done(new Error('no'))));
  same(await f(1, 2), 3);
  await rejects(Error, f(0, 0), 'no');
  same(await new Promise((resolve) => { util.callbackify(async (x) => x * 2)(4, (error, value) => resolve([error, value])); }), [null, 8]);
  same([util.format('%s %d %j %%', 'a', 1, { b: 2 }), util.inspect({ a: Buffer.from('hi') }), util.inspect.custom], ['a 1 {"b":2} %', '{ a: <Buffer 68 69> }', Symbol.for('nodejs.util.inspect.custom')]);
  same([util.stripVTControlCharacters('\u001B[31mred\u001B[0m'), util.toUSVString('a\ud800')], ['red', 'a\ufffd']);
});
row('util', 'types', () => {
  const { types } = util;
  same([types.isPromise(Promise.resolve()), types.isDate({}), types.isRegExp(/a/), types.isUint8Array(Buffer.alloc(1)), types.isProxy(new Proxy({}, {})), types.isAsyncFunction(async () => {}),
    types.isNativeError(new TypeError()), types.isBoxedPrimitive(Object(1n)), types.isGeneratorFunction(function* g() {}), types.isTypedArray(new DataView(new ArrayBuffer(1)))],
  [true, false, true, true, true, true, true, true, true, false]);
});
row('url', 'domains as ASCII and as people write them (RFC 3492 section 7.1)', () => {
  const pairs = [['xn--mnchen-3ya.de', 'münchen.de'], ['xn--fiqs8s', '中国'], ['xn--ihqwcrb4cv8a8dqg056pqjye', '他们为什么不说中文'], ['plain.test', 'plain.test'], ['xn--4ca0bs.xn--p1ai', 'äöü.рф']];
  same(pairs.map(([ascii]) => url.domainToUnicode(ascii)), pairs.map(([, text]) => text));
  same(pairs.map(([, text]) => url.domainToASCII(text)), pairs.map(([ascii]) => ascii));
  same(url.domainToUnicode('xn--iñvalid.com'), '');
});
row('os', 'says nothing of the machine', async () => {
  const os = await import('node:os');
  same([os.EOL, os.platform(), os.default.tmpdir(), os.cpus().length >= 0, typeof os.totalmem()], ['\n', 'linux', '/tmp', true, 'number']);
});
