// structuredClone, MessageChannel, BroadcastChannel.
const clone = structuredClone;
const roundTrip = (value) => {
  const copy = clone(value);
  if (typeof value === 'object') same(copy === value, false);
  return copy;
};
const tagOf = (value) => Object.prototype.toString.call(value);

row('HTML 2.7.3', 'primitives are themselves', () => {
  for (const value of [undefined, null, true, 0, -0, NaN, 1.5, 'text', '\ud800', 10n]) same(clone(value), value);
  throws('DataCloneError', () => clone(Symbol('x')), 'Symbol(x)');
  throws('DataCloneError', () => clone(() => {}), 'cannot be cloned');
  throws(TypeError, () => clone());
  throws(TypeError, () => clone(1, 2));
  throws(TypeError, () => clone(1, { transfer: 3 }));
});
row('HTML 2.7.3', 'wrappers, Date, RegExp', () => {
  for (const value of [new Boolean(false), new Number(-0), new String('s'), Object(5n)]) {
    const copy = roundTrip(value);
    same([tagOf(copy), copy.valueOf()], [tagOf(value), value.valueOf()]);
  }
  throws('DataCloneError', () => clone(Object(Symbol('x'))));
  same(roundTrip(new Date(5)).getTime(), 5);
  same(roundTrip(new Date(NaN)).getTime(), NaN);
  const pattern = /a\/b/giu;
  pattern.lastIndex = 3;
  const copy = roundTrip(pattern);
  same([copy.source, copy.flags, copy.lastIndex], ['a\\/b', 'giu', 0]);
});
row('HTML 2.7.3', 'plain objects: own, enumerable, string keys; no prototype, no accessors', () => {
  class Mine { constructor() { this.x = 1; } get y() { return 2; } }
  const value = Object.assign(new Mine(), { [Symbol('s')]: 1 });
  Object.defineProperty(value, 'hidden', { value: 1 });
  Object.defineProperty(value, 'computed', { get: () => 3, enumerable: true });
  const copy = clone(value);
  same(copy, { x: 1, computed: 3 });
  same(Object.getPrototypeOf(copy), Object.prototype);
  same(Object.getOwnPropertyDescriptor(copy, 'computed'), { value: 3, writable: true, enumerable: true, configurable: true });
  same(Object.hasOwn(clone(JSON.parse('{"__proto__": 1}')), '__proto__'), true);
  same(clone(Object.create(null, { a: { value: 1, enumerable: true } })), { a: 1 });
});
row('HTML 2.7.3', 'what is deleted by a getter is left out', () => {
  const value = { get a() { delete this.b; this.c = 1; return 1; }, b: 2 };
  same(clone(value), { a: 1 });
});
row('HTML 2.7.3', 'a setter on Object.prototype is not run', () => {
  let ran = false;
  Object.defineProperty(Object.prototype, 'trap', { get: () => 0, set() { ran = true; }, configurable: true });
  const copy = clone(Object.defineProperty({}, 'trap', { value: 1, enumerable: true, writable: true, configurable: true }));
  delete Object.prototype.trap;
  same([copy.trap, ran], [1, false]);
});
row('HTML 2.7.3', 'arrays keep holes, length and further properties', () => {
  const value = [1, , 3];
  value.length = 5;
  value.name = 'x';
  const copy = roundTrip(value);
  same([copy.length, 1 in copy, 4 in copy, copy[2], copy.name, Array.isArray(copy)], [5, false, false, 3, 'x', true]);
  const sparse = [];
  sparse[4294967294 - 1] = 1;
  same(clone(sparse).length, 4294967294);
});
row('HTML 2.7.3', 'Map and Set, as they were before their contents were read', () => {
  const key = { k: 1 };
  const map = new Map([[key, { get v() { map.set('late', 1); return 2; } }], ['b', key]]);
  const copy = roundTrip(map);
  same([copy.size, [...copy.keys()][0], [...copy.values()][0], copy.get('b') === [...copy.keys()][0]], [2, { k: 1 }, { v: 2 }, true]);
  same([...roundTrip(new Set([3, 1, 2]))], [3, 1, 2]);
});
row('HTML 2.7.3', 'cycles and shared objects', () => {
  const value = { list: [] };
  value.self = value;
  value.list.push(value, value.list);
  const copy = clone(value);
  same([copy.self === copy, copy.list[0] === copy, copy.list[1] === copy.list], [true, true, true]);
});
row('HTML 2.7.3', 'errors: name by prototype, message, stack, cause', () => {
  for (const type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = new type('m', { cause: { c: 1 } });
    const copy = roundTrip(error);
    same([Object.getPrototypeOf(copy) === type.prototype, copy.message, copy.stack, copy.cause], [true, 'm', error.stack, { c: 1 }]);
    same(Object.getOwnPropertyDescriptor(copy, 'message').enumerable, false);
  }
  class Mine extends TypeError {}
  same(Object.getPrototypeOf(clone(new Mine('x'))), TypeError.prototype);
  const odd = new Error('x');
  odd.name = 'Nonsense';
  same(Object.getPrototypeOf(clone(odd)), Error.prototype);
  same('message' in Object.getOwnPropertyDescriptors(clone(new Error())), false);
  const copy = clone(new DOMException('m', 'AbortError'));
  same([copy instanceof DOMException, copy.name, copy.code, copy.message], [true, 'AbortError', 20, 'm']);
});
row('HTML 2.7.3', 'buffers and views share as they did', () => {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const value = { buffer, a: new Uint16Array(buffer, 2, 2), b: new DataView(buffer, 1, 3) };
  const copy = clone(value);
  same([copy.a.buffer === copy.buffer, copy.b.buffer === copy.buffer, copy.buffer === buffer], [true, true, false]);
  same([copy.a.byteOffset, copy.a.length, copy.b.byteOffset, copy.b.byteLength, copy.a[0]], [2, 2, 1, 3, 0x0403]);
  for (const type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array]) {
    const view = roundTrip(new type([1, 2]));
    same([view.constructor, [...view]], [type, [1, 2]]);
  }
  same([...clone(new BigInt64Array([-1n]))], [-1n]);
});
row('HTML 2.7.3', 'what has state that cannot be copied', () => {
  for (const value of [new WeakMap(), new WeakSet(), new WeakRef({}), Promise.resolve(), new Proxy({}, {}), new Proxy([], {}), (function* () {})(),
    new Map().entries(), new Headers(), new EventTarget(), new AbortController().signal, new Event('x'), new Intl.Collator(),
    new FinalizationRegistry(() => {}), new WebAssembly.Memory({ initial: 1 }), new URL('http://a/'), class {}]) {
    throws('DataCloneError', () => clone(value));
    throws('DataCloneError', () => clone({ deep: [value] }));
  }
  class Mine extends EventTarget {}
  throws('DataCloneError', () => clone(new Mine()));
});
row('WebAssembly web API 7', 'a compiled module', () => {
  const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  same(roundTrip(module) instanceof WebAssembly.Module, true);
});
row('HTML 2.7.5', 'an ArrayBuffer is transferred, with its views', () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const view = new Uint8Array(buffer);
  const copy = clone({ buffer, view }, { transfer: [buffer] });
  same([buffer.byteLength, view.length, copy.buffer.byteLength, [...copy.view], copy.view.buffer === copy.buffer], [0, 0, 3, [1, 2, 3], true]);
  throws('DataCloneError', () => clone(1, { transfer: [buffer] }));
  throws('DataCloneError', () => clone(buffer));
  throws('DataCloneError', () => clone(view));
});
row('HTML 2.7.5', 'nothing is transferred when cloning fails', () => {
  const buffer = new ArrayBuffer(8);
  throws('DataCloneError', () => clone({ buffer, f() {} }, { transfer: [buffer] }));
  same(buffer.byteLength, 8);
  throws('DataCloneError', () => clone(1, { transfer: [buffer, buffer] }));
  throws('DataCloneError', () => clone(1, { transfer: [{}] }));
  throws('DataCloneError', () => clone(1, { transfer: [new WebAssembly.Memory({ initial: 1 }).buffer] }));
  same(buffer.byteLength, 8);
});
row('Streams 4.2.5', 'streams are transferred', async () => {
  const source = new ReadableStream({ start(c) { c.enqueue({ a: 1 }); c.enqueue('b'); c.close(); } });
  const { readable } = clone({ readable: source }, { transfer: [source] });
  same([source.locked, readable instanceof ReadableStream], [true, true]);
  const seen = [];
  for await (const chunk of readable) seen.push(chunk);
  same(seen, [{ a: 1 }, 'b']);
  const written = [];
  const sink = new WritableStream({ write(chunk) { written.push(chunk); }, close() { written.push('closed'); } });
  const writer = clone(sink, { transfer: [sink] }).getWriter();
  const value = { x: 1 };
  await writer.write(value);
  await writer.close();
  same([written, written[0] === value, sink.locked], [[{ x: 1 }, 'closed'], false, true]);
  const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } });
  const moved = clone(upper, { transfer: [upper] });
  const output = new Response(moved.readable.pipeThrough(new TextEncoderStream())).text();
  const out = moved.writable.getWriter();
  await out.write('abc');
  await out.close();
  same(await output, 'ABC');
  const locked = new ReadableStream();
  locked.getReader();
  throws('DataCloneError', () => clone(locked, { transfer: [locked] }));
  throws('DataCloneError', () => clone(new ReadableStream()));
});
row('terrella', 'cloning does not run what was put on prototypes', () => {
  const original = new Map([['a', [1, { b: new Set([2]) }]]]);
  clone(original);
  const saved = [Map.prototype.set, Array.prototype.push, Object.keys];
  Map.prototype.set = Array.prototype.push = Object.keys = () => { throw new Error('patched'); };
  let copy;
  try { copy = clone(original); } finally {
    [Map.prototype.set, Array.prototype.push, Object.keys] = saved;
  }
  same([copy.get('a')[0], [...copy.get('a')[1].b]], [1, [2]]);
});
row('terrella', 'too deep is a RangeError', () => {
  let deep = {};
  for (let i = 0; i < 1e5; ++i) deep = { deep };
  throws(RangeError, () => clone(deep));
});

const receive = (port) => new Promise((resolve) => { port.onmessage = resolve; });
row('Web IDL 3.7', 'MessageChannel, MessagePort, BroadcastChannel', () => {
  checkInterface(MessageChannel, { name: 'MessageChannel', length: 0, attributes: ['port1', 'port2'] });
  checkInterface(MessagePort, {
    name: 'MessagePort', length: 0, parent: EventTarget, attributes: ['onmessage', 'onmessageerror', 'onclose'],
    methods: { postMessage: 1, start: 0, close: 0 },
  });
  checkInterface(BroadcastChannel, {
    name: 'BroadcastChannel', length: 1, parent: EventTarget, attributes: ['name', 'onmessage', 'onmessageerror'],
    methods: { postMessage: 1, close: 0 },
  });
  throws(TypeError, () => new MessagePort());
});
row('HTML 9.4.3', 'a message is cloned now and arrives later, trusted', async () => {
  const { port1, port2 } = new MessageChannel();
  const value = { a: 1 };
  const arrival = receive(port2);
  port1.postMessage(value);
  value.a = 2;
  const event = await arrival;
  same([event.data, event.isTrusted, event.ports, event.origin, event.source, event.target === port2, event.constructor === MessageEvent],
    [{ a: 1 }, true, [], '', null, true, true]);
});
row('HTML 9.4.4', 'messages wait until start; addEventListener does not start', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.addEventListener('message', (e) => seen.push(e.data));
  port1.postMessage(1);
  port1.postMessage(2);
  await later(3);
  same(seen, []);
  port2.start();
  await later(3);
  same(seen, [1, 2]);
});
row('HTML 9.4.4', 'each message is a turn of its own', async () => {
  const { port1, port2 } = new MessageChannel();
  const log = [];
  port2.onmessage = (e) => { log.push(e.data); queueMicrotask(() => log.push('m')); };
  port1.postMessage(1);
  port1.postMessage(2);
  await later(3);
  same(log, [1, 'm', 2, 'm']);
});
row('HTML 9.4.4', 'a transferred port goes on where it was', async () => {
  const a = new MessageChannel(), b = new MessageChannel();
  a.port1.postMessage('early');
  const arrival = receive(b.port2);
  b.port1.postMessage({ p: a.port2 }, [a.port2]);
  const { data, ports } = await arrival;
  same([data.p === ports[0], ports.length, data.p instanceof MessagePort, data.p === a.port2], [true, 1, true, false]);
  const seen = [];
  data.p.onmessage = (e) => seen.push(e.data);
  a.port1.postMessage('late');
  await later(3);
  same(seen, ['early', 'late']);
  throws('DataCloneError', () => b.port1.postMessage(1, [a.port2]));
  throws('DataCloneError', () => b.port1.postMessage(1, [b.port1]));
  throws('DataCloneError', () => b.port1.postMessage(() => {}));
});
row('HTML 9.4.4', 'close lets what is under way arrive, and tells the other end', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = [];
  port2.onmessage = (e) => seen.push(e.data);
  port2.onclose = (e) => seen.push(e.type);
  port1.postMessage(1);
  port1.close();
  port1.postMessage(2);
  port2.postMessage(3);
  await later(3);
  same(seen, [1, 'close']);
});
row('HTML 9.5', 'BroadcastChannel reaches the others of its name', async () => {
  const a = new BroadcastChannel('n'), b = new BroadcastChannel('n'), c = new BroadcastChannel('other');
  const seen = [];
  for (const [name, channel] of Object.entries({ a, b, c })) channel.onmessage = (e) => seen.push(name, e.data);
  a.postMessage({ x: 1 });
  await later(3);
  same(seen, ['b', { x: 1 }]);
  b.close();
  a.postMessage(2);
  await later(3);
  same(seen.length, 2);
  throws('InvalidStateError', () => b.postMessage(1));
  a.close();
  c.close();
});
