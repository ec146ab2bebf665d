// ReadableStream (Streams standard section 4.2): the class alone. How streams work is in the lazy files of
// js/streams/, which a worker that only hands bodies on never loads.
//
// A stream is its state. Its controller is one of
//   null               a native body (section "native" below) that no JavaScript has read of, or one that `opener` makes
//   NativeController   the same, being read                    (js/streams/stream_native.js)
//   DefaultController  chunks of any kind                      (js/streams/stream_readable.js)
//   ByteController     bytes, with BYOB readers                (js/streams/stream_bytes.js)
const { kInternal } = internals;
const { bodyTee } = native.io;
const core = () => internals.load('stream_readable');

class ReadableState {
  state = 'readable';  // 'closed', 'errored'
  error = undefined;
  reader = null;       // what has locked the stream
  disturbed = false;   // read from, or canceled
  controller = null;
  native = null;
  expectedBytes = -1;  // how long the stream will be in all, when that is known
  opener = null;       // makes the controller when it is first needed
}
// A body whose bytes are outside of the heap, owned by the context `io` of a request.
class NativeBody {
  io;
  id;
  pipe = null;        // to be told of the end (js/streams/stream_pipe.js)
  stream = null;      // that a body made of it, to be failed when its request is aborted
  tee = null;         // the pair it is of
  abortable = false;  // by the signal of the request it answers
  constructor(io, id) { this.io = io; this.id = id; }
}
// What locks a stream whose native body went elsewhere.
const kTaken = { requests: null };

let isStream, stateOf, move;
class ReadableStream {
  #s;
  static {
    isStream = (value) => typeof value === 'object' && value !== null && #s in value;
    stateOf = (stream) => stream.#s;
    // A new stream with all that this one has, which stays behind locked and disturbed.
    move = (stream) => {
      const s = stream.#s;
      stream.#s = lockState(new ReadableState());
      return wrap(s);
    };
  }
  constructor(underlyingSource = undefined, strategy = undefined) {
    this.#s = underlyingSource === kInternal ? strategy : core().construct(underlyingSource, strategy);
  }
  static from(asyncIterable) { return internals.load('stream_iterate').fromIterable(asyncIterable); }
  get locked() { return this.#s.reader !== null; }
  cancel(reason = undefined) {
    return isStream(this) ? core().cancelUnlocked(this.#s, reason) : core().rejectIllegal('ReadableStream', 'cancel');
  }
  getReader(options = undefined) { return core().getReader(this, this.#s, options); }
  pipeThrough(transform, options = undefined) { return internals.load('stream_pipe').pipeThrough(this.#s, transform, options); }
  pipeTo(destination, options = undefined) {
    if (!isStream(this)) return core().rejectIllegal('ReadableStream', 'pipeTo');
    return internals.load('stream_pipe').pipeToUnlocked(this.#s, destination, options);
  }
  tee() { return tee(this); }
  values(options = undefined) { return internals.load('stream_iterate').values(this.#s, options); }
}
internals.finishClass(ReadableStream, 'ReadableStream');
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator,
  { value: ReadableStream.prototype.values, writable: true, configurable: true });

const wrap = (state) => new ReadableStream(kInternal, state);
// With `cloning` the second branch gets copies of the chunks, as the bodies of clones do.
function tee(stream, cloning = false) {
  const s = stateOf(stream);
  if (isMovable(s)) {
    const { io, id } = takeNative(stream);
    const pair = bodyTee(io, id);
    const a = new NativeBody(io, pair[0]), b = new NativeBody(io, pair[1]);
    a.tee = b.tee = new NativeTee();
    return [makeNative(a), makeNative(b)];
  }
  const branches = internals.load('stream_tee').tee(s, cloning);
  return [wrap(branches[0]), wrap(branches[1])];
}

// ---- native

// Whether all that is left of a stream is a native body that nobody is reading.
const isNative = (s) => s.native !== null && s.reader === null && s.state === 'readable' && (s.controller === null || s.controller.idle);
// Whether others may be made of that body: not when the worker can still abort it.
const isMovable = (s) => isNative(s) && !s.native.abortable;
function makeNative(body) {
  const s = new ReadableState();
  s.native = body;
  return wrap(s);
}
// What two halves of a native body share. cancel() of the first to be canceled waits for the second to end, to be
// canceled too, or to go where JavaScript does not hear of its end.
class NativeTee {
  canceled = 0;
  over = false;
  done = null;
  end() {
    this.over = true;
    if (this.done !== null) this.done.resolve(undefined);
  }
}
// The native body out of a stream, which is then locked for good; undefined when it has none to give.
const takeNative = (stream) => (isNative(stateOf(stream)) ? takeState(stateOf(stream)) : undefined);
function takeState(s) {
  const { native: body } = s;
  s.native = null;
  if (body.tee !== null) body.tee.end();
  lockState(s);
  return body;
}
function lockState(s) {
  s.reader = kTaken;
  s.disturbed = true;
  return s;
}

internals.readable = {
  is: isStream, wrap, stateOf, State: ReadableState, NativeBody, kTaken, makeNative, takeNative, takeState, isNative, isMovable, move,
  lock: (stream) => { lockState(stateOf(stream)); },
  isDisturbed: (stream) => stateOf(stream).disturbed,
  // The rest is for who works with chunks.
  makeBytes: (pull, cancel) => core().makeBytes(pull, cancel),  // pull(controller): enqueue(view), close(), error(e)
  acquire: (stream) => core().acquire(stateOf(stream)),
  read: (reader) => core().read(reader),
  release: (reader) => core().release(reader),
  cancel: (stream, reason) => core().cancel(stateOf(stream), reason),
  tee,
  fail: (stream, error) => core().failFromOutside(stateOf(stream), error),
  handOut: (stream, io) => internals.load('stream_native').handOut(stream, io),
};
// What a read of a native body gave: a chunk, null at its end, or an error.
internals.entry.bodyArrived = (receiver, value, failed) => receiver.arrived(value, failed);
// A native body that a pipe's promise waits for has ended.
internals.entry.bodyEnded = (pipe, failed, reason) => pipe.finish(failed, reason);
internals.defineGlobals({ ReadableStream });
