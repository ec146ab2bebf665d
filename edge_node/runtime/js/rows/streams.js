// Streams: every class and algorithm of the standard, and what Workers adds to it.
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const bytes = (...values) => new Uint8Array(values);
const numbers = (view) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
const source = (...chunks) => new ReadableStream({
  pull(c) { if (chunks.length > 0) c.enqueue(chunks.shift()); else c.close(); },
}, { highWaterMark: 0 });
const byteSource = (...chunks) => new ReadableStream({
  type: 'bytes', pull(c) { if (chunks.length > 0) c.enqueue(chunks.shift()); else { c.close(); c.byobRequest?.respond(0); } },
});
const boom = new Error('boom');
const sameError = async (promise, error = boom) => {
  try { await promise; } catch (thrown) { return same(thrown === error, true, `rejected with ${thrown},`); }
  throw new Error('not rejected');
};

// ---- shapes

row('Web IDL 3.7', 'the interfaces', () => {
  checkInterface(ReadableStream, {
    name: 'ReadableStream', length: 0, attributes: ['locked'], statics: { from: 1 },
    methods: { cancel: 0, getReader: 0, pipeThrough: 1, pipeTo: 1, tee: 0, values: 0 },
  });
  const reading = { attributes: [], methods: { cancel: 0, releaseLock: 0 } };
  checkInterface(ReadableStreamDefaultReader, { name: 'ReadableStreamDefaultReader', length: 1, methods: { ...reading.methods, read: 0 } });
  checkInterface(ReadableStreamBYOBReader, {
    name: 'ReadableStreamBYOBReader', length: 1, methods: { ...reading.methods, read: 1, readAtLeast: 2 },
  });
  const controlling = { close: 0, error: 0 };
  checkInterface(ReadableStreamDefaultController, {
    name: 'ReadableStreamDefaultController', length: 0, attributes: ['desiredSize'], methods: { ...controlling, enqueue: 0 },
  });
  checkInterface(ReadableByteStreamController, {
    name: 'ReadableByteStreamController', length: 0, attributes: ['byobRequest', 'desiredSize'], methods: { ...controlling, enqueue: 1 },
  });
  checkInterface(ReadableStreamBYOBRequest, {
    name: 'ReadableStreamBYOBRequest', length: 0, attributes: ['view'], methods: { respond: 1, respondWithNewView: 1 },
  });
  checkInterface(WritableStream, {
    name: 'WritableStream', length: 0, attributes: ['locked'], methods: { abort: 0, close: 0, getWriter: 0 },
  });
  checkInterface(WritableStreamDefaultWriter, {
    name: 'WritableStreamDefaultWriter', length: 1, attributes: ['desiredSize'],
    methods: { abort: 0, close: 0, releaseLock: 0, write: 0 },
  });
  checkInterface(WritableStreamDefaultController, {
    name: 'WritableStreamDefaultController', length: 0, attributes: ['signal'], methods: { error: 0 },
  });
  checkInterface(TransformStream, { name: 'TransformStream', length: 0, attributes: ['readable', 'writable'] });
  checkInterface(TransformStreamDefaultController, {
    name: 'TransformStreamDefaultController', length: 0, attributes: ['desiredSize'], methods: { enqueue: 0, error: 0, terminate: 0 },
  });
  for (const [type, name] of [[CountQueuingStrategy, 'CountQueuingStrategy'], [ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy']]) {
    checkInterface(type, { name, length: 1, attributes: ['highWaterMark', 'size'] });
  }
  checkInterface(IdentityTransformStream, { name: 'IdentityTransformStream', length: 0, parent: TransformStream });
  checkInterface(FixedLengthStream, { name: 'FixedLengthStream', length: 1, parent: IdentityTransformStream });
});
row('Web IDL 3.7.7', 'a promise operation on something else rejects', async () => {
  for (const [type, members] of [
    [ReadableStream, ['cancel', 'pipeTo']], [ReadableStreamDefaultReader, ['cancel', 'read', 'closed']],
    [ReadableStreamBYOBReader, ['cancel', 'read', 'closed']], [WritableStream, ['abort', 'close']],
    [WritableStreamDefaultWriter, ['abort', 'close', 'write', 'closed', 'ready']],
  ]) {
    for (const member of members) {
      const { value, get } = Object.getOwnPropertyDescriptor(type.prototype, member);
      for (const self of [undefined, 1, {}, type.prototype]) await rejects(TypeError, Reflect.apply(value ?? get, self, []));
    }
  }
});
row('Web IDL 3.7', 'controllers have no constructor', () => {
  for (const type of [ReadableStreamDefaultController, ReadableByteStreamController, ReadableStreamBYOBRequest,
    WritableStreamDefaultController, TransformStreamDefaultController]) throws(TypeError, () => new type(), 'Illegal constructor');
});
row('Web IDL 3.2.17', 'dictionaries are read in order, strategies before sources', () => {
  const log = [];
  const spy = (names, name) => new Proxy({}, { get(_, key) { if (names.includes(key)) log.push(`${name}.${key}`); return undefined; } });
  new ReadableStream(spy(['autoAllocateChunkSize', 'cancel', 'pull', 'start', 'type'], 'source'), spy(['highWaterMark', 'size'], 'strategy'));
  new WritableStream(spy(['abort', 'close', 'start', 'type', 'write'], 'sink'), spy(['highWaterMark', 'size'], 'strategy'));
  new TransformStream(spy(['cancel', 'flush', 'readableType', 'start', 'transform', 'writableType'], 't'), spy(['size'], 'w'), spy(['size'], 'r'));
  same(log, [
    'strategy.highWaterMark', 'strategy.size', 'source.autoAllocateChunkSize', 'source.cancel', 'source.pull', 'source.start', 'source.type',
    'strategy.highWaterMark', 'strategy.size', 'sink.abort', 'sink.close', 'sink.start', 'sink.type', 'sink.write',
    'w.size', 'r.size', 't.cancel', 't.flush', 't.readableType', 't.start', 't.transform', 't.writableType']);
});
row('Streams 4.2.4', 'constructor arguments', () => {
  for (const wrong of [null, 1, 'x']) throws(TypeError, () => new ReadableStream(wrong));
  throws(TypeError, () => new ReadableStream({ type: 'chunks' }));
  throws(TypeError, () => new ReadableStream({ pull: 1 }));
  throws(TypeError, () => new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 }));
  throws(TypeError, () => new ReadableStream({ type: 'bytes', autoAllocateChunkSize: -1 }));
  throws(RangeError, () => new ReadableStream({ type: 'bytes' }, { size() { return 1; } }));
  for (const highWaterMark of [-1, NaN, 'x']) throws(RangeError, () => new ReadableStream({}, { highWaterMark }));
  throws(RangeError, () => new WritableStream({ type: 'x' }));
  throws(RangeError, () => new TransformStream({ readableType: 'x' }));
  throws(RangeError, () => new TransformStream({ writableType: 'x' }));
});

// ---- reading

row('Streams 4.4', 'default reader: chunks, then the end', async () => {
  const reader = source('a', 'b').getReader();
  same(await reader.read(), { value: 'a', done: false });
  same(await reader.read(), { value: 'b', done: false });
  same(await reader.read(), { value: undefined, done: true });
  same(await reader.closed, undefined);
});
row('Streams 4.2.4', 'a stream has one reader at a time', async () => {
  const stream = source('a');
  const reader = stream.getReader();
  same(stream.locked, true);
  throws(TypeError, () => stream.getReader());
  throws(TypeError, () => stream.tee());
  await rejects(TypeError, stream.cancel());
  reader.releaseLock();
  same(stream.locked, false);
  await rejects(TypeError, reader.read());
  await rejects(TypeError, reader.closed);
  same((await stream.getReader().read()).value, 'a');
});
row('Streams 4.9.3', 'releasing a lock rejects the reads under way', async () => {
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; } });
  const reader = stream.getReader();
  const pending = reader.read();
  reader.releaseLock();
  await rejects(TypeError, pending);
  controller.enqueue('kept');
  same((await stream.getReader().read()).value, 'kept');
});
row('Streams 4.6', 'desiredSize, and what may no longer be done', () => {
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; } }, { highWaterMark: 5, size: (chunk) => chunk.length });
  same(controller.desiredSize, 5);
  controller.enqueue('abc');
  same(controller.desiredSize, 2);
  controller.close();
  throws(TypeError, () => controller.enqueue('d'));
  throws(TypeError, () => controller.close());
  same(controller.desiredSize, 2);
  controller.error(boom);
  same(controller.desiredSize, null);
  return sameError(stream.getReader().read());
});
row('Streams 4.6', 'a size that is no size errors the stream', async () => {
  for (const wrong of [-1, NaN, Infinity]) {
    let controller;
    const stream = new ReadableStream({ start(c) { controller = c; } }, { size: () => wrong });
    throws(RangeError, () => controller.enqueue('x'));
    await rejects(RangeError, stream.getReader().read());
  }
});
row('Streams 4.9.4', 'pull is called while there is room, one call at a time', async () => {
  let calls = 0, go;
  const stream = new ReadableStream({ pull(c) { ++calls; c.enqueue(calls); return new Promise((resolve) => { go = resolve; }); } }, { highWaterMark: 3 });
  await later(1);
  same(calls, 1);
  go();
  await later(1);
  same(calls, 2);
  same((await stream.getReader().read()).value, 1);
});
row('Streams 4.9.2', 'cancel: the reason goes to the source, the queue is gone', async () => {
  let why;
  const stream = new ReadableStream({ start(c) { c.enqueue('x'); }, cancel(reason) { why = reason; return Promise.resolve('ignored'); } });
  same(await stream.cancel(boom), undefined);
  same(why === boom, true);
  same(await stream.getReader().read(), { value: undefined, done: true });
});
row('Streams 4.9.2', 'what start, pull and cancel throw', async () => {
  throws(Error, () => new ReadableStream({ start() { throw boom; } }), 'boom');
  await sameError(new ReadableStream({ start: () => Promise.reject(boom) }).getReader().read());
  await sameError(new ReadableStream({ pull() { throw boom; } }).getReader().read());
  await sameError(new ReadableStream({ cancel() { throw boom; } }).cancel());
});
row('Streams 4.2.5', 'from: iterables, async iterables, strings, and what they throw', async () => {
  same(await collect(ReadableStream.from([1, Promise.resolve(2)])), [1, 2]);
  same(await collect(ReadableStream.from('ab')), ['a', 'b']);
  same(await collect(ReadableStream.from((async function* () { yield 1; yield 2; })())), [1, 2]);
  same(await collect(ReadableStream.from(source('x'))), ['x']);
  for (const wrong of [undefined, null, 1, {}, { [Symbol.iterator]: 1 }]) throws(TypeError, () => ReadableStream.from(wrong));
  await sameError(ReadableStream.from({ async* [Symbol.asyncIterator]() { throw boom; } }).getReader().read());
  let returned;
  const iterator = { next: () => ({ value: 1, done: false }), return(reason) { returned = reason; return {}; } };
  await ReadableStream.from({ [Symbol.iterator]: () => iterator }).cancel(boom);
  same(returned === boom, true);
});
row('Streams 4.2.5', 'iteration cancels when left early, unless told not to', async () => {
  let why = 'no';
  const make = () => new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { why = reason; } });
  for await (const chunk of make()) { same(chunk, 1); break; }
  same(why, undefined);
  why = 'no';
  const stream = make();
  for await (const _ of stream.values({ preventCancel: true })) break;
  same([why, stream.locked], ['no', false]);
  await sameError(collect(new ReadableStream({ start(c) { c.error(boom); } })));
});
row('Web IDL 3.7.10', 'calls of an asynchronous iterator queue up', async () => {
  const iterator = source('a', 'b').values();
  const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.return('r'), iterator.next()]);
  same(results.map(({ value, done }) => `${value}:${done}`), ['a:false', 'b:false', 'undefined:true', 'r:true', 'undefined:true']);
  await rejects(TypeError, Reflect.apply(iterator.next, {}, []));
});

// ---- tee

row('Streams 4.9.1', 'tee: both branches have every chunk', async () => {
  const [a, b] = source(1, 2, 3).tee();
  same([await collect(a), await collect(b)], [[1, 2, 3], [1, 2, 3]]);
});
row('Streams 4.9.1', 'tee: the source is canceled with both reasons', async () => {
  let why;
  const [a, b] = new ReadableStream({ cancel(reason) { why = reason; } }).tee();
  const first = a.cancel('one');
  await b.cancel('two');
  await first;
  same(why, ['one', 'two']);
});
row('Streams 4.9.1', 'tee: an error reaches both branches', async () => {
  const [a, b] = new ReadableStream({ pull(c) { c.error(boom); } }).tee();
  await sameError(a.getReader().read());
  await sameError(b.getReader().read());
});
row('Streams 4.9.5', 'tee of bytes: each branch owns its bytes, and a view is read into', async () => {
  const [a, b] = byteSource(bytes(1, 2, 3)).tee();
  const read = await a.getReader({ mode: 'byob' }).read(new Uint8Array(2));
  same(numbers(read.value), [1, 2]);
  read.value[0] = 9;
  same((await collect(b)).flatMap(numbers), [1, 2, 3]);
});

// ---- bytes

row('Streams 4.5', 'BYOB: the view is filled, its buffer is transferred', async () => {
  const reader = byteSource(bytes(1, 2, 3, 4)).getReader({ mode: 'byob' });
  const view = new Uint8Array(3);
  const { value, done } = await reader.read(view);
  same([numbers(value), done, view.byteLength], [[1, 2, 3], false, 0]);
  same(numbers((await reader.read(new Uint8Array(3))).value), [4]);
  const last = await reader.read(new Uint8Array(3));
  same([last.value.byteLength, last.done], [0, true]);
});
row('Streams 4.5', 'BYOB: min', async () => {
  const reader = byteSource(bytes(1), bytes(2), bytes(3, 4, 5)).getReader({ mode: 'byob' });
  same(numbers((await reader.read(new Uint8Array(4), { min: 3 })).value), [1, 2, 3, 4]);
  await rejects(TypeError, reader.read(new Uint8Array(1), { min: 0 }));
  await rejects(RangeError, reader.read(new Uint8Array(1), { min: 2 }));
  await rejects(TypeError, reader.read(new Uint8Array(0)));
  await rejects(TypeError, reader.read());
});
row('Workers', 'a BYOB request says how much the reader waits for', async () => {
  const seen = [];
  const stream = new ReadableStream({ type: 'bytes', pull(c) {
    const request = c.byobRequest;
    seen.push(request.atLeast);
    request.view[0] = 1;
    request.respond(1);
    seen.push(request.atLeast);
  } });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint16Array(4), { min: 1 });
  same([...value], [0x101]);
  same(seen, [2, null, 1, null]);
});
row('Workers', 'readAtLeast', async () => {
  const reader = byteSource(bytes(1), bytes(2), bytes(3)).getReader({ mode: 'byob' });
  same(numbers((await reader.readAtLeast(2, new Uint8Array(8))).value), [1, 2]);
  await rejects(RangeError, reader.readAtLeast(9, new Uint8Array(8)));
});
row('Streams 4.5', 'BYOB: elements of several bytes stay whole', async () => {
  const reader = byteSource(bytes(1, 0, 2), bytes(0)).getReader({ mode: 'byob' });
  same([...(await reader.read(new Uint16Array(2))).value], [1]);
  same([...(await reader.read(new Uint16Array(2))).value], [2]);
  const half = new ReadableStream({ type: 'bytes', start(c) { c.enqueue(bytes(1)); c.close(); } });
  await rejects(TypeError, half.getReader({ mode: 'byob' }).read(new Uint16Array(1)));
});
row('Streams 4.8', 'a BYOB request is answered in place or with another view, once', async () => {
  let seen;
  const stream = new ReadableStream({
    type: 'bytes',
    pull(c) {
      const request = c.byobRequest;
      seen ??= request.view.byteLength;
      new Uint8Array(request.view.buffer)[request.view.byteOffset] = 7;
      throws(RangeError, () => request.respond(99));
      throws(TypeError, () => request.respond(0));
      request.respond(1);
      same(request.view, null);
      throws(TypeError, () => request.respond(1));
    },
  });
  same(numbers((await stream.getReader({ mode: 'byob' }).read(new Uint8Array(5))).value), [7]);
  same(seen, 5);
  const other = new ReadableStream({
    type: 'bytes', pull(c) { c.byobRequest.respondWithNewView(new Uint8Array(c.byobRequest.view.buffer.slice(0), 0, 2)); },
  });
  same((await other.getReader({ mode: 'byob' }).read(new Uint8Array(4))).value.byteLength, 2);
});
row('Streams 4.7', 'autoAllocateChunkSize gives default readers a buffer to fill', async () => {
  const stream = new ReadableStream({
    type: 'bytes', autoAllocateChunkSize: 16,
    pull(c) { same(c.byobRequest.view.byteLength, 16); c.byobRequest.view[0] = 5; c.byobRequest.respond(3); },
  });
  same(numbers((await stream.getReader().read()).value), [5, 0, 0]);
});
row('Streams 4.7', 'what a byte controller takes', () => {
  let controller;
  new ReadableStream({ type: 'bytes', start(c) { controller = c; } });
  same([controller.byobRequest, controller.desiredSize], [null, 0]);
  for (const wrong of [undefined, 'x', new ArrayBuffer(2), new Uint8Array(0)]) {
    throws(TypeError, () => controller.enqueue(wrong));
  }
  const chunk = bytes(1, 2);
  controller.enqueue(chunk);
  same(chunk.byteLength, 0);
  throws(TypeError, () => controller.enqueue(chunk));
  throws(TypeError, () => source('x').getReader({ mode: 'byob' }));
  throws(TypeError, () => source('x').getReader({ mode: 'other' }));
});
row('Streams 4.9.5', 'bytes read for a reader that went away belong to the next', async () => {
  let controller;
  const stream = new ReadableStream({ type: 'bytes', start(c) { controller = c; } });
  const first = stream.getReader({ mode: 'byob' });
  const pending = first.read(new Uint8Array(4));
  first.releaseLock();
  await rejects(TypeError, pending);
  controller.byobRequest.view[0] = 3;
  controller.byobRequest.respond(1);
  same(numbers((await stream.getReader().read()).value), [3]);
});

// ---- writing

row('Streams 5.3', 'writes wait for each other; ready and desiredSize follow the queue', async () => {
  const log = [], gates = [];
  const stream = new WritableStream({ write(chunk) { log.push(chunk); return new Promise((resolve) => gates.push(resolve)); } }, { highWaterMark: 2 });
  const writer = stream.getWriter();
  same(writer.desiredSize, 2);
  const one = writer.write('a');
  writer.write('b');
  same(writer.desiredSize, 0);
  let isReady = false;
  writer.ready.then(() => { isReady = true; });
  await later(1);
  same([log, isReady], [['a'], false]);
  gates[0]();
  await one;
  await writer.ready;
  same(writer.desiredSize, 1);
  same(log, ['a', 'b']);
});
row('Streams 5.3', 'close waits for the writes; nothing may follow', async () => {
  const log = [];
  const writer = new WritableStream({ async write(c) { await later(1); log.push(c); }, close() { log.push('closed'); } }).getWriter();
  writer.write('a');
  const closing = writer.close();
  await rejects(TypeError, writer.write('b'));
  await rejects(TypeError, writer.close());
  await closing;
  await writer.closed;
  same([log, writer.desiredSize], [['a', 'closed'], 0]);
});
row('Streams 5.5.2', 'abort: the sink hears once the write under way is done; the rest fails', async () => {
  const log = [];
  let signal;
  const stream = new WritableStream({
    write(chunk, c) { signal = c.signal; log.push(chunk); return later(2); }, abort(reason) { log.push(reason); },
  }, { highWaterMark: 5 });
  const writer = stream.getWriter();
  const first = writer.write('a'), second = writer.write('b');
  await later(1);
  const aborted = writer.abort(boom);
  same([signal.aborted, signal.reason === boom], [true, true]);
  await first;
  await sameError(second);
  await aborted;
  await sameError(writer.closed);
  same(log, ['a', boom]);
});
row('Streams 5.4', 'controller.error and a failing sink', async () => {
  let controller;
  const stream = new WritableStream({ start(c) { controller = c; } });
  controller.error(boom);
  await sameError(stream.getWriter().closed);
  const writer = new WritableStream({ write() { throw boom; } }).getWriter();
  await sameError(writer.write('x'));
  await sameError(writer.ready);
  await sameError(writer.closed);
  await sameError(writer.write('y'));
  same(writer.desiredSize, null);
});
row('Streams 5.3', 'a released writer is of no use', async () => {
  const stream = new WritableStream();
  const writer = stream.getWriter();
  throws(TypeError, () => stream.getWriter());
  await rejects(TypeError, stream.close());
  writer.releaseLock();
  same(stream.locked, false);
  throws(TypeError, () => writer.desiredSize);
  for (const call of ['write', 'close', 'abort']) await rejects(TypeError, writer[call]());
  await rejects(TypeError, writer.closed);
  await stream.close();
});

// ---- transforming

row('Streams 6', 'transform, flush, and the controller', async () => {
  const t = new TransformStream({
    transform(chunk, c) { c.enqueue(chunk); c.enqueue(chunk * 10); }, flush(c) { c.enqueue('end'); },
  });
  same(await collect(source(1, 2).pipeThrough(t)), [1, 10, 2, 20, 'end']);
});
row('Streams 6.4', 'back-pressure: a write waits until the readable side is read', async () => {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  let written = false;
  writer.write('a').then(() => { written = true; });
  await later(1);
  same(written, false);
  same((await readable.getReader().read()).value, 'a');
  await later(0);
  same(written, true);
});
row('Streams 6.4', 'errors go both ways, terminate ends both', async () => {
  const failing = new TransformStream({ transform() { throw boom; } });
  const writing = failing.writable.getWriter().write(1);
  await sameError(failing.readable.getReader().read());
  await sameError(writing);
  const ending = new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.terminate(); } });
  const writer = ending.writable.getWriter();
  writer.write(1).catch(() => {});
  same(await collect(ending.readable), [1]);
  await rejects(TypeError, writer.closed);
});
row('Streams 6.4', 'cancel of the transformer, by either side', async () => {
  const log = [];
  const make = () => new TransformStream({ cancel(reason) { log.push(reason); } });
  const a = make();
  await a.readable.cancel('r');
  await rejects2(a.writable.getWriter().closed, 'r');
  const b = make();
  await b.writable.abort('w');
  await rejects2(b.readable.getReader().closed, 'w');
  same(log, ['r', 'w']);
});
async function rejects2(promise, value) {
  try { await promise; } catch (error) { return same(error, value); }
  throw new Error('not rejected');
}
row('Workers', 'IdentityTransformStream copies bytes, takes nothing else, gives a byte stream', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const chunk = bytes(1, 2);
  const written = writer.write(chunk);
  const read = await readable.getReader({ mode: 'byob' }).read(new Uint8Array(8));
  await written;
  same([numbers(read.value), chunk.byteLength], [[1, 2], 2]);
  const other = new IdentityTransformStream();
  const reading = other.readable.getReader().read();
  await rejects(TypeError, other.writable.getWriter().write('text'));
  await rejects(TypeError, reading);
});
row('Workers', 'FixedLengthStream holds its writer to the length', async () => {
  const fill = async (length, ...sizes) => {
    const { readable, writable } = new FixedLengthStream(length);
    const writer = writable.getWriter();
    const writing = (async () => { for (const size of sizes) await writer.write(new Uint8Array(size)); await writer.close(); })();
    const results = await Promise.allSettled([collect(readable), writing]);
    return results.map(({ status, value }) => (status === 'rejected' ? status : value?.length ?? status));
  };
  same(await fill(5, 2, 3), [2, 'fulfilled']);
  same(await fill(5n, 5), [1, 'fulfilled']);
  same(await fill(5, 2), ['rejected', 'rejected']);
  same(await fill(5, 6), ['rejected', 'rejected']);
  for (const wrong of [-1, 'x', NaN]) throws(TypeError, () => new FixedLengthStream(wrong));
});

// ---- piping

row('Streams 4.9.1', 'pipeTo: chunks in order, then close', async () => {
  const log = [];
  await source('a', 'b').pipeTo(new WritableStream({ async write(chunk) { await later(0); log.push(chunk); }, close() { log.push('closed'); } }));
  same(log, ['a', 'b', 'closed']);
});
row('Streams 4.9.1', 'pipeTo: an error of the source aborts, unless prevented', async () => {
  const log = [];
  const failing = () => new ReadableStream({ pull(c) { c.error(boom); } });
  await sameError(failing().pipeTo(new WritableStream({ abort(reason) { log.push(reason === boom); } })));
  const destination = new WritableStream({ abort() { log.push('no'); } });
  await sameError(failing().pipeTo(destination, { preventAbort: true }));
  same([log, destination.locked], [[true], false]);
});
row('Streams 4.9.1', 'pipeTo: an error of the destination cancels, unless prevented', async () => {
  const log = [];
  const make = () => new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { log.push(reason === boom); } });
  const failing = () => new WritableStream({ write() { throw boom; } });
  await sameError(make().pipeTo(failing()));
  await sameError(make().pipeTo(failing(), { preventCancel: true }));
  same(log, [true]);
});
row('Streams 4.9.1', 'pipeTo: a closed destination cancels; preventClose leaves it open', async () => {
  const closed = new WritableStream();
  await closed.close();
  await rejects(TypeError, source('x').pipeTo(closed));
  const open = new WritableStream();
  await source('x').pipeTo(open, { preventClose: true });
  same([open.locked, open.getWriter().desiredSize], [false, 1]);
});
row('Streams 4.9.1', 'pipeTo: a signal ends it with its reason on both sides', async () => {
  const log = [], controller = new AbortController();
  const from = new ReadableStream({ pull(c) { c.enqueue(1); return later(1); }, cancel(reason) { log.push(['cancel', reason === boom]); } });
  const to = new WritableStream({ abort(reason) { log.push(['abort', reason === boom]); } });
  setTimeout(() => controller.abort(boom), 3);
  await sameError(from.pipeTo(to, { signal: controller.signal }));
  same(log, [['abort', true], ['cancel', true]]);
  await rejects('AbortError', source('x').pipeTo(new WritableStream(), { signal: AbortSignal.abort() }));
  await rejects(TypeError, source('x').pipeTo(new WritableStream(), { signal: {} }));
});
row('Streams 4.2.4', 'pipeTo and pipeThrough: what they refuse', async () => {
  await rejects(TypeError, source('x').pipeTo({}));
  await rejects(TypeError, source('x').pipeTo(new WritableStream(), 1));
  throws(TypeError, () => source('x').pipeThrough({}));
  throws(TypeError, () => source('x').pipeThrough({ readable: source('y'), writable: {} }));
  const locked = new WritableStream();
  locked.getWriter();
  await rejects(TypeError, source('x').pipeTo(locked));
  throws(TypeError, () => source('x').pipeThrough({ readable: source('y'), writable: locked }));
});
row('Streams 4.9.1', 'a chunk that was read is written before the pipe shuts down', async () => {
  const log = [];
  let controller;
  const from = new ReadableStream({ start(c) { controller = c; } });
  const piping = from.pipeTo(new WritableStream({ async write(chunk) { await later(1); log.push(chunk); }, abort() { log.push('abort'); } }, { highWaterMark: 9 }));
  controller.enqueue('a');
  controller.enqueue('b');
  await later(0);
  controller.error(boom);
  await sameError(piping);
  same(log, ['a', 'b', 'abort']);
});

// ---- strategies

row('Streams 7', 'queuing strategies', () => {
  const count = new CountQueuingStrategy({ highWaterMark: '4' }), length = new ByteLengthQueuingStrategy({ highWaterMark: NaN });
  same([count.highWaterMark, count.size(), length.highWaterMark, length.size({ byteLength: 7 })], [4, 1, NaN, 7]);
  same([count.size.name, count.size.length, length.size.name, length.size.length], ['size', 0, 'size', 1]);
  same(count.size === new CountQueuingStrategy({ highWaterMark: 1 }).size, true);
  throws(TypeError, () => new count.size());
  for (const wrong of [undefined, {}, 1]) throws(TypeError, () => new CountQueuingStrategy(wrong));
});

// ---- what a worker patches

row('terrella', 'patched built-ins neither break streams nor see into them', async () => {
  const seen = [];
  const names = ['then', 'start', 'pull', 'cancel', 'size', 'highWaterMark', 'type', 'mode', 'next', 'head', 'chunk', 'preventClose', 'signal'];
  const realThen = Promise.prototype.then, realPush = Array.prototype.push, realPromise = Promise;
  const from = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } });
  const got = [];
  const to = new WritableStream({ write(chunk) { got[got.length] = chunk; } });
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, { get() { seen[seen.length] = name; return undefined; }, set() { seen[seen.length] = name; }, configurable: true });
  }
  Promise.prototype.then = () => { throw new Error('then'); };
  Array.prototype.push = () => { throw new Error('push'); };
  globalThis.Promise = null;
  const [a, b] = from.tee();
  const piped = a.pipeTo(to);
  b.cancel();
  globalThis.Promise = realPromise;
  Promise.prototype.then = realThen;
  Array.prototype.push = realPush;
  await piped;
  for (const name of names) delete Object.prototype[name];
  same(got, [1, 2]);
  same(seen.filter((name) => name !== 'then'), []);
});
