// Bodies of requests and responses (Fetch standard section 2.2.4): kept in the cheapest form there is until
// somebody looks. A body is made of
//   a string, a Uint8Array (a private copy), an array of Uint8Arrays (shared: nobody writes to them), a NativeBody
//   (bytes still outside, owned by a request's context), or a ReadableStream.
// A native body that is only forwarded never enters the heap.
const { readable, then, resolved, idl } = internals;
const { usvString, isBuffer, isView } = idl;
const { bodyGather, bodyAbort } = native.io;
const { concat } = native.body;
const { URLSearchParams } = globalThis;
const { encodeUtf8, decodeUtf8 } = native.encoding;
const { isArray } = Array;
const { parse } = JSON;
const wantText = 0, wantBytes = 1;
const itself = (value) => value;
const loneSurrogate = /\p{Surrogate}/u;

const { NativeBody } = readable;

class BodyState {
  constructor(source) {
    this.source = source;
    this.used = false;
    this.failure = null;  // {reason} of a body that was aborted
  }
}

// A value as Web IDL's BodyInit: what it is not becomes a string.
internals.convertBody = (init) => {
  if (typeof init === 'string') return init;
  if (readable.is(init) || isView(init) || isBuffer(init) || init instanceof URLSearchParams) return init;
  if (internals.isBlob?.(init) || internals.isFormData?.(init)) return init;
  return usvString(init);
};
// The state and the default content-type of a converted BodyInit ("extract a body").
internals.extractBody = (init) => {
  if (typeof init === 'string') return [new BodyState(init), 'text/plain;charset=UTF-8'];
  if (readable.is(init)) {
    if (init.locked || readable.isDisturbed(init)) throw new TypeError('the body\'s stream is locked or was read already');
    return [new BodyState(init), null];
  }
  if (isView(init) || isBuffer(init)) return [new BodyState(concat([init])), null];
  if (init instanceof URLSearchParams) {
    return [new BodyState(init.toString()), 'application/x-www-form-urlencoded;charset=UTF-8'];
  }
  if (internals.isFormData?.(init)) {
    const [chunks, type] = internals.load('form_data').encodeMultipart(init);
    return [new BodyState(chunks), type];
  }
  const { type } = init;
  return [new BodyState(internals.load('blob').chunksOfBlob(init)), type === '' ? null : type];
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
    stream = readable.makeNative(source);
    source.stream = stream;
  } else if (isArray(source)) {
    stream = internals.load('blob').streamOfChunks(source);
  } else {
    stream = readable.makeBytes((controller) => {
      const bytes = typeof source === 'string' ? encodeUtf8(source) : concat([source]);
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    });
  }
  if (state.used) readable.lock(stream);
  state.source = stream;
  return stream;
}
internals.bodyStream = (state) => (state === null ? null : toStream(state));

// All of a body, once: the promise of what `finish` makes of it, a string (`want` is wantText) or bytes. Throws when it
// cannot be read.
function consume(state, want, finish) {
  if (state === null) return resolved(finish(want === wantText ? '' : new Uint8Array(0)));
  if (state.failure !== null) throw state.failure.reason;
  if (isUsed(state)) throw new TypeError('the body was read already');
  if (isLocked(state)) throw new TypeError('the body\'s stream is locked to a reader');
  state.used = true;
  let { source } = state;
  if (typeof source === 'string') {
    if (want !== wantText) return resolved(finish(encodeUtf8(source)));
    return resolved(finish(loneSurrogate.test(source) ? decodeUtf8(encodeUtf8(source)) : source));
  }
  if (readable.is(source)) {
    const untouched = readable.takeNative(source);
    if (untouched === undefined) {
      const decode = want === wantText ? (bytes) => finish(decodeUtf8(bytes)) : finish;
      return internals.load('stream_collect').collect(source, decode);
    }
    source = untouched;
  }
  if (source instanceof NativeBody) return then(bodyGather(source.io, source.id, want), finish);
  const bytes = isArray(source) ? concat(source) : source;
  return resolved(finish(want === wantText ? decodeUtf8(bytes) : bytes));
}

// What C++ takes: null, string, Uint8Array, array of Uint8Arrays, or the number of a native body.
internals.takeBody = (state, io) => {
  if (state === null) return null;
  if (isUsed(state)) throw new TypeError('the body was read already');
  if (isLocked(state)) throw new TypeError('the body\'s stream is locked to a reader');
  state.used = true;
  let { source } = state;
  if (typeof source === 'string' || source instanceof Uint8Array || isArray(source)) return source;
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
  if (state.source instanceof Uint8Array) state.source = [state.source];
  if (typeof state.source === 'string' || isArray(state.source)) return new BodyState(state.source);
  const [a, b] = readable.tee(toStream(state), true);
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
// Whether it has a source in the standard's sense: can be sent again.
internals.isReplayable = (state) => state === null || !(readable.is(state.source) || state.source instanceof NativeBody);
internals.isStreamBody = (state) => state !== null && readable.is(state.source);
internals.isUnusable = (state) => state !== null && (isUsed(state) || isLocked(state));
internals.bodyOfBytes = (bytes) => new BodyState(bytes);
internals.readBytes = (state) => consume(state, wantBytes, itself);
// Until `signal` aborts, `state` is a body of the outside; then its reads fail with the reason, and the connection is
// given up.
internals.abortBodyWith = (signal, state) => {
  const { source } = state;
  source.abortable = true;
  internals.onAbort(signal, (reason) => {
    state.failure = { reason };
    bodyAbort(source.io, source.id, reason);
    if (source.stream !== null) readable.fail(source.stream, reason);
  });
};
// Tells whoever produces a body that it is not wanted.
internals.cancelBody = (state, reason) => {
  if (state !== null && readable.is(state.source)) then(readable.cancel(state.source, reason), undefined, () => {});
};

// The Body mixin; `stateOf(object)` gives the state and checks the brand, `typeOf(object)` the Content-Type or null.
internals.mixInBody = (prototype, stateOf, typeOf) => {
  const mimeOf = (object) => {
    const type = typeOf(object);
    return type === null ? undefined : native.body.extractMime(type);
  };
  // The promise of the body as `convert` makes it.
  const read = (object, want, convert) => {
    try {
      const state = stateOf(object);
      return consume(state, want, (whole) => convert(whole, object, state));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const parseJson = (text) => parse(text);
  const ownBytes = (bytes, _, state) => (state?.source === bytes ? concat([bytes]) : bytes);
  const ownBuffer = (bytes, _, state) => {
    const isWhole = bytes.byteLength === bytes.buffer.byteLength && state?.source !== bytes;
    return (isWhole ? bytes : concat([bytes])).buffer;
  };
  const blobOf = (bytes, object) => (
    internals.load('blob').makeBlob(bytes.byteLength === 0 ? [] : [bytes], mimeOf(object) ?? ''));
  const formOf = (bytes, object) => internals.load('form_data').decodeForm(bytes, mimeOf(object));
  const methods = {
    get body() { return internals.bodyStream(stateOf(this)); },
    get bodyUsed() { return isUsed(stateOf(this)); },
    arrayBuffer() { return read(this, wantBytes, ownBuffer); },
    blob() { return read(this, wantBytes, blobOf); },
    bytes() { return read(this, wantBytes, ownBytes); },
    formData() { return read(this, wantBytes, formOf); },
    json() { return read(this, wantText, parseJson); },
    text() { return read(this, wantText, itself); },
  };
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(methods));
};
