// Bodies of requests and responses (Fetch standard section 2.2.4): kept in the cheapest form there is until
// somebody looks. A body is made of
//   a string, a Uint8Array (a private copy), a NativeBody (bytes still outside, owned by a request's
//   context), or a ReadableStream.
// A native body that is only forwarded never enters the heap.
const { readable } = internals;
const { bodyGather } = native.io;
const { URLSearchParams } = globalThis;
const { encodeUtf8, decodeUtf8 } = native.encoding;
const wantText = 0, wantBytes = 1;
const loneSurrogate = /\p{Surrogate}/u;

const { NativeBody } = readable;

class BodyState {
  constructor(source) {
    this.source = source;
    this.used = false;
  }
}

// The state and the default content-type of a BodyInit.
internals.extractBody = (init) => {
  if (typeof init === 'string') return [new BodyState(init), 'text/plain;charset=UTF-8'];
  if (readable.is(init)) {
    if (init.locked || readable.isDisturbed(init)) throw new TypeError('the body\'s stream is locked or was read already');
    return [new BodyState(init), null];
  }
  if (init instanceof ArrayBuffer) return [new BodyState(new Uint8Array(init.slice(0))), null];
  if (ArrayBuffer.isView(init)) {
    return [new BodyState(new Uint8Array(init.buffer, init.byteOffset, init.byteLength).slice()), null];
  }
  if (init instanceof URLSearchParams) {
    return [new BodyState(init.toString()), 'application/x-www-form-urlencoded;charset=UTF-8'];
  }
  return [new BodyState(`${init}`), 'text/plain;charset=UTF-8'];
};
internals.nativeBody = (io, id) => new BodyState(new NativeBody(io, id));

function isUsed(state) {
  return state !== null && (state.used || (readable.is(state.source) && readable.isDisturbed(state.source)));
}
function isLocked(state) { return readable.is(state.source) && state.source.locked; }

function toStream(state) {
  const { source } = state;
  if (readable.is(source)) return source;
  let stream;
  if (source instanceof NativeBody) {
    stream = readable.makeNative(source.io, source.id);
  } else {
    stream = readable.makeBytes((controller) => {
      const bytes = typeof source === 'string' ? encodeUtf8(source) : source.slice();
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    });
  }
  if (state.used) readable.lock(stream);
  state.source = stream;
  return stream;
}
internals.bodyStream = (state) => (state === null ? null : toStream(state));

function concat(chunks, length) {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) { all.set(chunk, offset); offset += chunk.byteLength; }
  return all;
}
async function collect(stream) {
  const untouched = readable.takeNative(stream);
  if (untouched !== undefined) return bodyGather(untouched.io, untouched.id, wantBytes);
  const reader = readable.acquire(stream);
  const chunks = [];
  let length = 0;
  for (;;) {
    const { value, done } = await readable.read(reader);
    if (done) return concat(chunks, length);
    if (!(value instanceof Uint8Array)) throw new TypeError('a body\'s stream must give Uint8Arrays');
    chunks.push(value);
    length += value.byteLength;
  }
}

// All of a body, once. `want` is wantText or wantBytes.
async function consume(state, want) {
  if (state === null) return want === wantText ? '' : new Uint8Array(0);
  if (isUsed(state)) throw new TypeError('the body was read already');
  if (isLocked(state)) throw new TypeError('the body\'s stream is locked to a reader');
  state.used = true;
  const { source } = state;
  if (typeof source === 'string') {
    if (want !== wantText) return encodeUtf8(source);
    return loneSurrogate.test(source) ? decodeUtf8(encodeUtf8(source)) : source;
  }
  if (source instanceof NativeBody) return bodyGather(source.io, source.id, want);
  const bytes = source instanceof Uint8Array ? source : await collect(source);
  return want === wantText ? decodeUtf8(bytes) : bytes;
}

// What C++ takes: null, string, Uint8Array, or the number of a native body.
internals.takeBody = (state, io) => {
  if (state === null) return null;
  if (isUsed(state)) throw new TypeError('the body was read already');
  if (isLocked(state)) throw new TypeError('the body\'s stream is locked to a reader');
  state.used = true;
  let { source } = state;
  if (typeof source === 'string' || source instanceof Uint8Array) return source;
  if (!(source instanceof NativeBody)) {
    const untouched = readable.takeNative(source);
    if (untouched === undefined) return readable.handOut(source, io);
    source = untouched;
  }
  if (source.io !== io) throw new TypeError('the body belongs to another request');
  return source.id;
};

// A second state with the same content; both can be read.
internals.cloneBody = (state) => {
  if (state === null) return null;
  if (isUsed(state) || isLocked(state)) throw new TypeError('clone: the body was read already');
  if (typeof state.source === 'string' || state.source instanceof Uint8Array) return new BodyState(state.source);
  const [a, b] = readable.tee(toStream(state));
  state.source = a;
  return new BodyState(b);
};
// The content under a new state; the old one counts as read.
internals.moveBody = (state) => {
  if (isLocked(state)) throw new TypeError('the body\'s stream is locked to a reader');
  const moved = new BodyState(state.source);
  if (readable.is(state.source)) moved.source = readable.move(state.source);
  state.used = true;
  return moved;
};
internals.bodyUsed = isUsed;
internals.isReplayable = (state) => state === null || typeof state.source === 'string' || state.source instanceof Uint8Array;
internals.copyReplayable = (state) => (state === null ? null : new BodyState(state.source));

// The Body mixin; `stateOf(object)` gives the state and checks the brand.
internals.mixInBody = (prototype, stateOf) => {
  const methods = {
    get body() { return internals.bodyStream(stateOf(this)); },
    get bodyUsed() { return isUsed(stateOf(this)); },
    async text() { return consume(stateOf(this), wantText); },
    async json() { return JSON.parse(await consume(stateOf(this), wantText)); },
    async arrayBuffer() {
      const bytes = await consume(stateOf(this), wantBytes);
      const exact = bytes.byteLength === bytes.buffer.byteLength;
      return exact && stateOf(this)?.source !== bytes ? bytes.buffer : bytes.slice().buffer;
    },
    async bytes() {
      const bytes = await consume(stateOf(this), wantBytes);
      return stateOf(this)?.source === bytes ? bytes.slice() : bytes;
    },
  };
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(methods));
};
