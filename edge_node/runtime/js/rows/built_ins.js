// Built-ins of ECMA-262 that are newer than the engine.
const shapes = [
  ['23.1.2.1', Array, { fromAsync: 1 }], ['23.1.3', Array.prototype, { toReversed: 0, toSorted: 1, toSpliced: 2, with: 2 }],
  ['23.2.3', Object.getPrototypeOf(Uint8Array.prototype), { toReversed: 0, toSorted: 1, with: 2 }],
  ['20.1.2.13', Object, { groupBy: 2 }], ['24.1.2.1', Map, { groupBy: 2 }],
  ['upsert', Map.prototype, { getOrInsert: 2, getOrInsertComputed: 2 }], ['upsert', WeakMap.prototype, { getOrInsert: 2, getOrInsertComputed: 2 }],
  ['27.2.4', Promise, { try: 1, withResolvers: 0 }],
  ['24.2.4', Set.prototype, { difference: 1, intersection: 1, isDisjointFrom: 1, isSubsetOf: 1, isSupersetOf: 1, symmetricDifference: 1, union: 1 }],
  ['22.1.3', String.prototype, { isWellFormed: 0, toWellFormed: 0 }], ['22.2.5.1', RegExp, { escape: 1 }],
  ['21.3.2', Math, { f16round: 1, sumPrecise: 1 }], ['25.3.4', DataView.prototype, { getFloat16: 1, setFloat16: 2 }],
  ['25.1.6', ArrayBuffer.prototype, { transfer: 0, transferToFixedLength: 0 }],
  ['23.3.1', Uint8Array, { fromBase64: 1, fromHex: 1 }],
  ['23.3.2', Uint8Array.prototype, { setFromBase64: 1, setFromHex: 1, toBase64: 0, toHex: 0 }], ['20.5.2.1', Error, { isError: 1 }],
  ['27.1.4', Iterator.prototype, { drop: 1, every: 1, filter: 1, find: 1, flatMap: 1, forEach: 1, includes: 1, join: 1, map: 1, reduce: 1, some: 1, take: 1, toArray: 0 }],
  ['27.1.3', Iterator, { from: 1, concat: 0 }],
];
for (const [clause, holder, methods] of shapes) {
  row(`ECMA-262 ${clause}`, `shape of ${Object.keys(methods)}`, () => {
    for (const [name, length] of Object.entries(methods)) {
      const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      same([typeof value, writable, enumerable, configurable], ['function', true, false, true], name);
      same([value.name, value.length, 'prototype' in value], [name, length, false], name);
      throws(TypeError, () => Reflect.construct(value, []));
    }
  });
}

row('ECMA-262 23.1.3.33', 'toReversed reads holes, and any array-like', () => {
  const a = [1, , 3];
  same([a.toReversed(), a.length, 1 in a.toReversed()], [[3, undefined, 1], 3, true]);
  same(Array.prototype.toReversed.call({ length: '2', 0: 'a', 1: 'b' }), ['b', 'a']);
  throws(TypeError, () => Array.prototype.toReversed.call(null));
  throws(RangeError, () => Array.prototype.toReversed.call({ length: 2 ** 32 }));
});
row('ECMA-262 23.1.3.34', 'toSorted is stable, undefined last', () => {
  same([3, undefined, 1, , 2].toSorted(), [1, 2, 3, undefined, undefined]);
  same([[1, 'a'], [0, 'b'], [1, 'c']].toSorted((x, y) => x[0] - y[0]), [[0, 'b'], [1, 'a'], [1, 'c']]);
  same([10, 9, 1].toSorted(), [1, 10, 9]);
  throws(TypeError, () => [].toSorted(null));
  throws(TypeError, () => [].toSorted('x'));
});
row('ECMA-262 23.1.3.35', 'toSpliced', () => {
  const a = [1, 2, 3, 4];
  same([a.toSpliced(), a.toSpliced(1), a.toSpliced(1, undefined), a.toSpliced(-2, 1, 'x', 'y'), a.toSpliced(9, 1, 5), a], [[1, 2, 3, 4], [1], [1, 2, 3, 4], [1, 2, 'x', 'y', 4], [1, 2, 3, 4, 5], [1, 2, 3, 4]]);
  throws(TypeError, () => Array.prototype.toSpliced.call({ length: 2 ** 53 - 1 }, 0, 0, 1));
});
row('ECMA-262 23.1.3.39', 'with', () => {
  same([[1, 2, 3].with(1, 'x'), [1, 2, 3].with(-1, 'y'), [1, , 3].with(0, 0)], [[1, 'x', 3], [1, 2, 'y'], [0, undefined, 3]]);
  for (const index of [3, -4, Infinity]) throws(RangeError, () => [1, 2, 3].with(index, 0));
});
row('ECMA-262 23.1.3.41', 'unscopables', () => {
  const list = Array.prototype[Symbol.unscopables];
  same([list.toReversed, list.toSorted, list.toSpliced, list.with], [true, true, true, undefined]);
});
row('ECMA-262 23.2.3.32', 'typed arrays keep their type', () => {
  const a = new Int8Array([3, -1, 2]);
  for (const [got, expected] of [[a.toReversed(), [2, -1, 3]], [a.toSorted(), [-1, 2, 3]], [a.toSorted((x, y) => y - x), [3, 2, -1]], [a.with(0, '300'), [44, -1, 2]]]) {
    same([got.constructor, [...got]], [Int8Array, expected]);
  }
  same([...new BigInt64Array([1n]).with(0, '5')], [5n]);
  throws(TypeError, () => new BigInt64Array(1).with(0, 1));
  throws(RangeError, () => a.with(3, 0));
  throws(RangeError, () => a.with(5, { valueOf() { throw new RangeError('converted first'); } }), 'converted first');
  throws(TypeError, () => Object.getPrototypeOf(Uint8Array.prototype).toSorted.call([]));
  const gone = new Uint8Array(2);
  gone.buffer.transfer();
  throws(TypeError, () => gone.toReversed());
});
row('ECMA-262 23.1.2.1', 'Array.fromAsync', async () => {
  async function* source() { yield 1; yield 2; }
  same(await Array.fromAsync(source()), [1, 2]);
  same(await Array.fromAsync([1, Promise.resolve(2)], async (v, i) => v * 10 + i), [10, 21]);
  same(await Array.fromAsync({ length: 2, 0: Promise.resolve('a') }), ['a', undefined]);
  same(await Array.fromAsync(new Set('ab')), ['a', 'b']);
  class Mine extends Array {}
  same((await Mine.fromAsync([1])).constructor, Mine);
  same(await Array.fromAsync.call(undefined, [5]), [5]);
  await rejects(TypeError, Array.fromAsync(null));
  await rejects(TypeError, Array.fromAsync([], 1));
  let closed = 0;
  const iterable = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { ++closed; return {}; } }) };
  await rejects(RangeError, Array.fromAsync(iterable, () => { throw new RangeError('mapper'); }));
  same(closed, 1);
});
row('ECMA-262 20.1.2.13', 'Object.groupBy', () => {
  const groups = Object.groupBy([1, 2, 3], (n, i) => (n + i) % 3);
  same([Object.getPrototypeOf(groups), Object.keys(groups), groups[1]], [null, ['0', '1', '2'], [1]]);
  const symbol = Symbol('s');
  same(Reflect.ownKeys(Object.groupBy([1], () => symbol)), [symbol]);
  same(Object.groupBy('aba', (c) => c).a, ['a', 'a']);
  throws(TypeError, () => Object.groupBy(null, () => 1));
  throws(TypeError, () => Object.groupBy([], 1));
  let closed = false;
  const items = { [Symbol.iterator]: () => ({ next: () => ({ done: false }), return() { closed = true; return {}; } }) };
  throws(RangeError, () => Object.groupBy(items, () => { throw new RangeError('x'); }));
  same(closed, true);
});
row('ECMA-262 24.1.2.1', 'Map.groupBy', () => {
  const groups = Map.groupBy([0, -0, 1], (n) => n);
  same([groups instanceof Map, [...groups.keys()], groups.get(0).length], [true, [0, 1], 2]);
});
row('upsert', 'getOrInsert, getOrInsertComputed', () => {
  const map = new Map([['a', undefined]]);
  same([map.getOrInsert('a', 1), map.getOrInsert('b', 2), map.get('b'), map.getOrInsertComputed('c', (k) => k + k), map.get('c')], [undefined, 2, 2, 'cc', 'cc']);
  throws(TypeError, () => map.getOrInsertComputed('b', 1));
  const key = {};
  const weak = new WeakMap();
  same([weak.getOrInsert(key, 1), weak.getOrInsertComputed(key, () => 2)], [1, 1]);
  throws(TypeError, () => weak.getOrInsert(1, 1));
  throws(TypeError, () => Map.prototype.getOrInsert.call(weak, key, 1));
});
row('ECMA-262 27.2.4', 'Promise.withResolvers and try', async () => {
  const { promise, resolve } = Promise.withResolvers();
  resolve(3);
  same(await promise, 3);
  class Mine extends Promise {}
  same(Mine.withResolvers().promise.constructor, Mine);
  throws(TypeError, () => Promise.withResolvers.call({}));
  same(await Promise.try((a, b) => a + b, 1, 2), 3);
  await rejects(RangeError, Promise.try(() => { throw new RangeError('x'); }));
  await rejects(TypeError, Promise.try(1));
  same(Promise.try.call(Mine, () => 1).constructor, Mine);
});
row('ECMA-262 24.2.4', 'set algebra', () => {
  const a = new Set([1, 2, 3]), b = new Set([3, 4]);
  same([[...a.union(b)], [...a.intersection(b)], [...a.difference(b)], [...a.symmetricDifference(b)]], [[1, 2, 3, 4], [3], [1, 2], [1, 2, 4]]);
  same([a.isSubsetOf(b), new Set([3]).isSubsetOf(a), a.isSupersetOf(new Set([1])), a.isDisjointFrom(new Set([9])), a.isDisjointFrom(b)], [false, true, true, true, false]);
  same([...new Set([3, 2, 1]).intersection(new Set([1, 2, 3, 4]))], [3, 2, 1]);
  same([...new Set([1, 2, 3, 4]).intersection(new Set([3, 1]))], [3, 1]);
  same([...a.union(new Map([[7, 0]]))], [1, 2, 3, 7]);
  same(Object.is([...new Set().union({ size: 1, has() {}, keys: () => [-0].values() })][0], 0), true);
});
row('ECMA-262 24.2.1.2', 'what a set-like must have', () => {
  const set = new Set([1]);
  throws(TypeError, () => set.union([1]));
  throws(TypeError, () => set.union(1));
  throws(TypeError, () => set.union({ size: NaN, has() {}, keys() {} }));
  throws(RangeError, () => set.union({ size: -1, has() {}, keys() {} }));
  throws(TypeError, () => set.union({ size: 1, has: 1, keys() {} }));
  throws(TypeError, () => set.union({ size: 1, has() {}, keys: 1 }));
  throws(TypeError, () => Set.prototype.union.call(new Map(), set));
  const log = [];
  const like = { get size() { log.push('size'); return 1; }, get has() { log.push('has'); return () => true; }, get keys() { log.push('keys'); return () => [].values(); } };
  set.isSubsetOf(like);
  same(log, ['size', 'has', 'keys']);
});
row('ECMA-262 24.2.4.5', 'changes while a method runs, and closing', () => {
  const set = new Set([1, 2, 3]);
  const seen = [];
  set.isSubsetOf({ size: 9, has(v) { seen.push(v); if (v === 1) { set.delete(2); set.add(4); } return true; }, keys() {} });
  same(seen, [1, 3, 4]);
  let closed = 0;
  const keys = () => ({ next: () => ({ value: 99, done: false }), return() { ++closed; return {}; } });
  same([set.isSupersetOf({ size: 1, has() {}, keys }), closed], [false, 1]);
});
row('ECMA-262 22.1.3.10', 'well-formed strings', () => {
  same(['a\u{1f600}'.isWellFormed(), 'a\ud800'.isWellFormed(), '\udc00\ud800'.toWellFormed(), String.prototype.toWellFormed.call(12)], [true, false, '\ufffd\ufffd', '12']);
  throws(TypeError, () => String.prototype.isWellFormed.call(undefined));
});
row('ECMA-262 22.2.5.1', 'RegExp.escape', () => {
  const rows = [['', ''], ['abc', '\\x61bc'], ['1+1', '\\x31\\+1'], ['.*', '\\.\\*'], ['/a-b', '\\/a\\x2db'], ['_x', '_x'], ['\n\t', '\\n\\t'],
    [' a', '\\x20a'], ['\u2028', '\\u2028'], ['\ufeff', '\\ufeff'], ['\u{1f600}', '\u{1f600}'], ['\ud800', '\\ud800'], ['\u00e9', '\u00e9'], ['$&', '\\$\\x26']];
  for (const [text, expected] of rows) same(RegExp.escape(text), expected);
  const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
  for (const flags of ['', 'u']) same(new RegExp(`^${RegExp.escape(all)}$`, flags).test(all), true);
  throws(TypeError, () => RegExp.escape(1));
});
row('ECMA-262 21.3.2.33', 'Math.sumPrecise', () => {
  const rows = [[[], -0], [[-0], -0], [[-0, 0], 0], [[1, 2, 3], 6], [[1e308, 1e308, -1e308, 0.1, 0.1, 30, 0.1, -30, -10, -20, -30, -40, 90], 1e308],
    [[0.1, 0.2, -0.3], 2.7755575615628914e-17], [[1e20, 0.1, -1e20], 0.1], [[5e-324, 5e-324], 1e-323], [[1.7976931348623157e308, 1e292], Infinity],
    [[Infinity, -Infinity], NaN], [[Infinity, 1], Infinity], [[NaN, 1], NaN], [[1, 2 ** -53], 1], [[1, 2 ** -53, 2 ** -106], 1 + 2 ** -52], [[-(2 ** 53), -1, 2 ** -60], -(2 ** 53)],
    [[2.2250738585072014e-308, -5e-324], 2.225073858507201e-308], [[1e16, 1, 1], 10000000000000002]];
  for (const [list, expected] of rows) same(Math.sumPrecise(list), expected, String(list));
  throws(TypeError, () => Math.sumPrecise([1, 2n]));
  throws(TypeError, () => Math.sumPrecise(1));
});
row('ECMA-262 21.3.2.16', 'Float16 without Float16Array', () => {
  const rows = [[1, 1], [1.337, 1.3369140625], [65504, 65504], [65519.99, 65504], [65520, Infinity], [2 ** -24, 2 ** -24], [2 ** -25, 0], [2 ** -25 * 1.5, 2 ** -24], [-0, -0], [NaN, NaN], [2049, 2048], [2051, 2052], [2047.9999, 2048], [5.960464477539063e-8 * 2.5, 5.960464477539063e-8 * 2]];
  for (const [number, half] of rows) same(Math.f16round(number), half, number);
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat16(0, 1.5);
  view.setFloat16(2, -2, true);
  same([view.getUint16(0), view.getFloat16(0), view.getFloat16(2, true)], [0x3e00, 1.5, -2]);
  throws(RangeError, () => view.getFloat16(3));
  throws(TypeError, () => DataView.prototype.getFloat16.call({}, 0));
  for (let bits = 0; bits < 0x10000; bits += 7) {
    view.setUint16(0, bits);
    const value = view.getFloat16(0);
    view.setFloat16(0, value);
    same(value !== value || view.getUint16(0) === bits, true);
  }
});
row('ECMA-262 25.1.6.9', 'ArrayBuffer.prototype.transfer', () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  same(buffer.detached, false);
  const grown = buffer.transfer(5);
  same([buffer.detached, buffer.byteLength, [...new Uint8Array(grown)]], [true, 0, [1, 2, 3, 0, 0]]);
  same([...new Uint8Array(grown.transferToFixedLength(2))], [1, 2]);
  throws(TypeError, () => buffer.transfer());
  throws(RangeError, () => new ArrayBuffer(1).transfer(-1));
  throws(TypeError, () => ArrayBuffer.prototype.transfer.call({}));
  throws(TypeError, () => new WebAssembly.Memory({ initial: 1 }).buffer.transfer());
  const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'detached');
  same([get.name, set, enumerable, configurable], ['get detached', undefined, false, true]);
});
row('ECMA-262 23.3', 'base64 and hex of Uint8Array', () => {
  same([new Uint8Array([251, 255, 191]).toBase64(), new Uint8Array([251, 255]).toBase64({ alphabet: 'base64url', omitPadding: true }), new Uint8Array([0, 255]).toHex()], ['+/+/', '-_8', '00ff']);
  same([[...Uint8Array.fromBase64(' Zm8=')], [...Uint8Array.fromHex('0aFF')]], [[102, 111], [10, 255]]);
  throws(SyntaxError, () => Uint8Array.fromBase64('Zg', { lastChunkHandling: 'strict' }));
  throws(SyntaxError, () => Uint8Array.fromHex('abc'));
  throws(TypeError, () => Uint8Array.fromBase64('', { alphabet: 'other' }));
  throws(TypeError, () => Uint8Array.fromBase64('', { alphabet: Object('base64') }));
  throws(TypeError, () => Uint8Array.fromBase64('', null));
  throws(TypeError, () => Uint8Array.fromBase64(1));
  const target = new Uint8Array(5);
  same([target.setFromBase64('Zm9vYmFy'), [...target]], [{ read: 4, written: 3 }, [102, 111, 111, 0, 0]]);
  throws(SyntaxError, () => target.setFromBase64('AAAA$'));
  same([...target], [0, 0, 0, 0, 0]);
  same(new Uint8Array(1).setFromHex('0102'), { read: 2, written: 1 });
  throws(TypeError, () => Uint8Array.prototype.toHex.call(new Int8Array(1)));
});
row('ECMA-262 20.5.2.1', 'Error.isError', () => {
  class Mine extends Error {}
  same([new Error(), new Mine(), new DOMException(), new AggregateError([])].map(Error.isError), [true, true, true, true]);
  same([{}, Object.create(Error.prototype), 'x', undefined, new Proxy(new Error(), {}), { [Symbol.toStringTag]: 'Error' }].map(Error.isError), [false, false, false, false, false, false]);
});
row('ECMA-262 27.1.3', 'Iterator', () => {
  same(Object.getOwnPropertyDescriptor(globalThis, 'Iterator').enumerable, false);
  same([Iterator.name, Iterator.length, Iterator.prototype === Object.getPrototypeOf(Object.getPrototypeOf([].values())), [].values() instanceof Iterator], ['Iterator', 0, true, true]);
  throws(TypeError, () => new Iterator());
  throws(TypeError, () => Iterator());
  class Mine extends Iterator {}
  same(new Mine() instanceof Iterator, true);
  same([Iterator.prototype.constructor, Iterator.prototype[Symbol.toStringTag]], [Iterator, 'Iterator']);
  throws(TypeError, () => { 'use strict'; Iterator.prototype.constructor = 1; });
  const own = Object.create(Iterator.prototype);
  own[Symbol.toStringTag] = 'Own';
  same(Object.getOwnPropertyDescriptor(own, Symbol.toStringTag), { value: 'Own', writable: true, enumerable: true, configurable: true });
  same(Object.prototype.toString.call((function* () {})()), '[object Generator]');
});
const counted = (list) => {
  const log = [];
  let i = 0;
  const iterator = { __proto__: Iterator.prototype, next() { log.push('next'); return i < list.length ? { value: list[i++], done: false } : { value: undefined, done: true }; }, return() { log.push('return'); return {}; } };
  return [iterator, log];
};
row('ECMA-262 27.1.4', 'helpers are lazy and close what is under them', () => {
  const [iterator, log] = counted([1, 2, 3, 4]);
  const helper = iterator.map((x) => x * 2).filter((x) => x > 2).take(2);
  same(log, []);
  same(Object.prototype.toString.call(helper), '[object Iterator Helper]');
  same(helper.toArray(), [4, 6]);
  same(log, ['next', 'next', 'next', 'return']);
  same(helper.next(), { value: undefined, done: true });
  const [other, otherLog] = counted([1]);
  const mapped = other.map((x) => x);
  same([mapped.return(), mapped.next(), otherLog], [{ value: undefined, done: true }, { value: undefined, done: true }, ['return']]);
});
row('ECMA-262 27.1.4', 'each helper', () => {
  const three = () => [1, 2, 3].values();
  same([[...three().drop(1)], [...three().take(0)], [...three().flatMap((x) => [x, x])], [...three().map((x, i) => x * i)]], [[2, 3], [], [1, 1, 2, 2, 3, 3], [0, 2, 6]]);
  same([three().reduce((a, b) => a + b), three().reduce((a, b) => a + b, 'x'), three().some((x) => x > 2), three().every((x) => x > 2), three().find((x) => x > 1), three().find(() => false)], [6, 'x123', true, false, 2, undefined]);
  const seen = [];
  same(three().forEach((x, i) => seen.push(x, i)), undefined);
  same(seen, [1, 0, 2, 1, 3, 2]);
  same([three().includes(2), three().includes(1, 1), [NaN].values().includes(NaN), three().join(), [1, null, 'x'].values().join('-')], [true, false, true, '1,2,3', '1--x']);
  throws(TypeError, () => [].values().reduce(() => {}));
  throws(TypeError, () => three().flatMap(() => 'text').toArray());
  same([...[].values().drop(Infinity)], []);
});
row('ECMA-262 27.1.4', 'bad arguments close the iterator', () => {
  for (const call of [(i) => i.map(1), (i) => i.filter(), (i) => i.reduce(null), (i) => i.some({}), (i) => i.forEach()]) {
    const [iterator, log] = counted([1]);
    throws(TypeError, () => call(iterator));
    same(log, ['return']);
  }
  for (const limit of [-1, NaN, undefined]) {
    const [iterator, log] = counted([1]);
    throws(RangeError, () => iterator.take(limit));
    same(log, ['return']);
  }
  throws(TypeError, () => Iterator.prototype.map.call(1, () => {}));
});
row('ECMA-262 27.1.4', 'an error of the callback closes, the first error counts', () => {
  const iterator = { __proto__: Iterator.prototype, next: () => ({ value: 1, done: false }), return() { throw new TypeError('second'); } };
  throws(RangeError, () => iterator.map(() => { throw new RangeError('first'); }).next(), 'first');
});
row('ECMA-262 27.5.1', 'a helper cannot be entered twice', () => {
  let helper;
  const iterator = { __proto__: Iterator.prototype, next() { helper.next(); return { done: true }; } };
  helper = iterator.map((x) => x);
  throws(TypeError, () => helper.next(), 'running');
});
row('ECMA-262 27.1.3.2.1', 'Iterator.from and concat', () => {
  const own = [1].values();
  same(Iterator.from(own) === own, true);
  const wrapped = Iterator.from({ next: () => ({ value: 5, done: false }) });
  same([wrapped instanceof Iterator, wrapped.next().value, wrapped.return()], [true, 5, { value: undefined, done: true }]);
  same([...Iterator.from('ab')], ['a', 'b']);
  throws(TypeError, () => Iterator.from(5));
  same([...Iterator.concat([1], new Set([2]), 'x'.split(''))], [1, 2, 'x']);
  throws(TypeError, () => Iterator.concat([1], 2));
});
row('ECMA-262 20.4.2', 'Symbol.dispose and asyncDispose', () => {
  for (const name of ['dispose', 'asyncDispose']) {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(Symbol, name);
    same([typeof value, value.description, writable, enumerable, configurable], ['symbol', `Symbol.${name}`, false, false, false]);
  }
  let closed = 0;
  const iterator = { __proto__: Iterator.prototype, return() { ++closed; return {}; } };
  iterator[Symbol.dispose]();
  same(closed, 1);
});
row('ECMA-262 27.3', 'DisposableStack', () => {
  const log = [];
  const stack = new DisposableStack();
  const resource = { [Symbol.dispose]() { log.push('use'); } };
  same([stack.use(resource) === resource, stack.use(null), stack.adopt(5, (v) => log.push(v)), stack.defer(() => log.push('defer'))], [true, null, 5, undefined]);
  const moved = stack.move();
  same([stack.disposed, moved.disposed], [true, false]);
  moved.dispose();
  moved.dispose();
  same([log, moved.disposed], [['defer', 5, 'use'], true]);
  throws(ReferenceError, () => moved.defer(() => {}));
  throws(TypeError, () => new DisposableStack().use({}));
  const failing = new DisposableStack();
  failing.defer(() => { throw new RangeError('one'); });
  failing.defer(() => { throw new TypeError('two'); });
  const error = throws(SuppressedError, () => failing.dispose());
  same([error.error.message, error.suppressed.message, error instanceof Error], ['one', 'two', true]);
  same(DisposableStack.prototype[Symbol.dispose] === DisposableStack.prototype.dispose, true);
});
row('ECMA-262 27.4', 'AsyncDisposableStack', async () => {
  const log = [];
  const stack = new AsyncDisposableStack();
  stack.use({ async [Symbol.asyncDispose]() { await null; log.push('async'); } });
  stack.use({ [Symbol.dispose]() { log.push('sync'); } });
  await stack.disposeAsync();
  same([log, stack.disposed], [['sync', 'async'], true]);
});
row('ECMA-262 20.5.8', 'SuppressedError', () => {
  const e = new SuppressedError(1, 2, 'm');
  same([e.error, e.suppressed, e.message, e.name, SuppressedError.length, e instanceof SuppressedError, SuppressedError(1, 2) instanceof Error, Object.getPrototypeOf(SuppressedError)], [1, 2, 'm', 'SuppressedError', 3, true, true, Error]);
});
row('ECMA-262', 'what the engine has', () => {
  same([typeof [].findLast, typeof [].at, typeof Object.hasOwn, new Error('x', { cause: 1 }).cause, typeof 'x'.replaceAll, typeof WeakRef, typeof FinalizationRegistry, typeof Promise.any],
    ['function', 'function', 'function', 1, 'function', 'function', 'function', 'function']);
});
row('ECMA-402 18', 'Intl.Segmenter', () => {
  const words = [...new Intl.Segmenter('de', { granularity: 'word' }).segment('Guten Tag')].filter((s) => s.isWordLike).map((s) => s.segment);
  same(words, ['Guten', 'Tag']);
  same(new Intl.NumberFormat('de').format(1234.5), '1.234,5');
});
row('ECMA-262 9.10', 'WeakRef holds within a turn, FinalizationRegistry calls back in a later one', async () => {
  const registry = new FinalizationRegistry((held) => { called.push(held); });
  const called = [];
  let reference;
  (() => { const object = {}; reference = new WeakRef(object); registry.register(object, 'gone'); })();
  same(typeof reference.deref(), 'object');
  for (let i = 0; i < 60 && called.length === 0; ++i) {
    await later(1);
    for (let k = 0, junk = []; k < 1e5; ++k) junk.push({ k });
  }
  same([called, reference.deref()], [['gone'], undefined]);
});
