// Readable byte streams: their controller, its BYOB requests, and BYOB readers (Streams standard sections 4.5, 4.7,
// 4.8, 4.9.5). A reader's view is lent to the source, so that bytes go where they are wanted without a copy.
const {
  rejectedWith, isObject, toDictionary, toCount, illegal, Deferred, Fifo, bufferOf, offsetOf, lengthOf, isView,
} = internals.load('stream_base');
const core = internals.load('stream_readable');
const { PullingController, acquire, cancelReader, close, controllerOf, fail, release, rejectIllegal, requested } = core;
const { kInternal } = internals;
const {
  ArrayBuffer, DataView, MathMax, MathMin, RangeError, TypeError, Uint8Array, bufferByteLength, typedArrayLength, typedArrayName,
  typedArrays,
} = internals.primordials;
const { is: isStream, stateOf } = internals.readable;
const { transfer, isDetached, copyBytes, cloneBytes } = native.streams;

// A stretch of a buffer in the queue.
class QueuedBytes {
  buffer;
  byteOffset;
  byteLength;
  next = null;
  constructor(buffer, byteOffset, byteLength) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }
}
class ByteQueue extends Fifo {
  size = 0;  // in bytes
  enqueue(buffer, byteOffset, byteLength) {
    this.push(new QueuedBytes(buffer, byteOffset, byteLength));
    this.size += byteLength;
  }
  reset() {
    this.takeAll();
    this.size = 0;
  }
}
// A pull-into descriptor: room that waits to be filled, and what becomes of it.
class PullInto {
  next = null;
  bytesFilled = 0;
  buffer;
  bufferByteLength;
  byteOffset;
  byteLength;
  minimumFill;  // in bytes, as all of these
  elementSize;
  viewConstructor;
  readerType;   // 'default', 'byob' or 'none' once the reader was released
  constructor(buffer, byteOffset, byteLength, minimumFill, elementSize, viewConstructor, readerType) {
    this.buffer = buffer;
    this.bufferByteLength = bufferByteLength(buffer);
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.minimumFill = minimumFill;
    this.elementSize = elementSize;
    this.viewConstructor = viewConstructor;
    this.readerType = readerType;
  }
  toView() {
    const buffer = transfer(this.buffer);
    return new this.viewConstructor(buffer, this.byteOffset, this.bytesFilled / this.elementSize);
  }
}

class ByteController extends PullingController {
  queue = new ByteQueue();
  pendingPullIntos = new Fifo();
  byobRequest = null;
  autoAllocateChunkSize;
  constructor(s, pull, cancel, highWaterMark, autoAllocateChunkSize) {
    super(s, pull, cancel, highWaterMark);
    this.autoAllocateChunkSize = autoAllocateChunkSize;
  }
  makePublic() { return new ReadableByteStreamController(kInternal, this); }
  resetQueue() {
    this.clearPendingPullIntos();
    this.queue.reset();
  }
  hasDefaultReader() { const { reader } = this.s; return reader !== null && reader.requests !== null && !reader.byob; }
  hasByobReader() { const { reader } = this.s; return reader !== null && reader.byob === true; }

  // ---- what the source asks for

  close() {
    if (!this.open) return;
    if (this.queue.size > 0) {
      this.closeRequested = true;
      return;
    }
    const first = this.pendingPullIntos.head;
    if (first !== null && first.bytesFilled % first.elementSize !== 0) {
      const error = new TypeError('close: an element of the reader\'s view is half filled');
      this.error(error);
      throw error;
    }
    this.clearAlgorithms();
    close(this.s);
  }
  enqueue(chunk) {
    if (!this.open) return;
    const buffer = bufferOf(chunk), byteOffset = offsetOf(chunk), byteLength = lengthOf(chunk);
    if (isDetached(buffer)) throw new TypeError('enqueue: the chunk\'s buffer is detached');
    const transferred = transfer(buffer);
    const first = this.pendingPullIntos.head;
    if (first !== null) {
      if (isDetached(first.buffer)) throw new TypeError('enqueue: the buffer of the BYOB request is detached');
      this.invalidateByobRequest();
      first.buffer = transfer(first.buffer);
      if (first.readerType === 'none') this.enqueueReleased(first);
    }
    if (this.hasDefaultReader()) {
      this.serveRequestsFromQueue();
      if (requested(this.s) === 0) {
        this.queue.enqueue(transferred, byteOffset, byteLength);
      } else {
        if (this.pendingPullIntos.length > 0) this.pendingPullIntos.shift();
        this.s.reader.requests.shift().chunk(new Uint8Array(transferred, byteOffset, byteLength));
      }
    } else if (this.hasByobReader()) {
      this.queue.enqueue(transferred, byteOffset, byteLength);
      this.commitAll(this.fillFromQueue());
    } else {
      this.queue.enqueue(transferred, byteOffset, byteLength);
    }
    this.pull();
  }
  error(error) {
    if (this.s.state !== 'readable') return;
    this.resetQueue();
    this.clearAlgorithms();
    fail(this.s, error);
  }

  // ---- what readers ask for

  pullSteps(request) {
    if (this.queue.size > 0) {
      this.serveFromQueue(request);
      return;
    }
    const size = this.autoAllocateChunkSize;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        request.error(error);
        return;
      }
      this.pendingPullIntos.push(new PullInto(buffer, 0, size, 1, 1, Uint8Array, 'default'));
    }
    this.s.reader.requests.push(request);
    this.pull();
  }
  pullInto(view, minimum, request) {
    const isTyped = typedArrayName(view) !== undefined;
    const viewConstructor = isTyped ? typedArrays[typedArrayName(view)] : DataView;
    const elementSize = isTyped ? lengthOf(view) / typedArrayLength(view) : 1;
    const byteOffset = offsetOf(view), byteLength = lengthOf(view);
    let buffer;
    try {
      buffer = transfer(bufferOf(view));
    } catch (error) {
      request.error(error);
      return;
    }
    const into = new PullInto(buffer, byteOffset, byteLength, minimum * elementSize, elementSize, viewConstructor, 'byob');
    if (this.pendingPullIntos.length === 0) {
      if (this.s.state === 'closed') {
        request.close(new viewConstructor(buffer, byteOffset, 0));
        return;
      }
      if (this.queue.size > 0) {
        if (this.fill(into)) {
          const filled = into.toView();
          this.afterDrain();
          request.chunk(filled);
          return;
        }
        if (this.closeRequested) {
          const error = new TypeError('the stream ends in the middle of an element of the view');
          this.error(error);
          request.error(error);
          return;
        }
      }
      this.pendingPullIntos.push(into);
      this.s.reader.requests.push(request);
      this.pull();
      return;
    }
    this.pendingPullIntos.push(into);
    this.s.reader.requests.push(request);
  }
  releaseSteps() {
    const first = this.pendingPullIntos.head;
    if (first === null) return;
    first.readerType = 'none';
    this.pendingPullIntos = new Fifo();
    first.next = null;
    this.pendingPullIntos.push(first);
  }

  // ---- the queue

  serveFromQueue(request) {
    const { buffer, byteOffset, byteLength } = this.queue.shift();
    this.queue.size -= byteLength;
    this.afterDrain();
    request.chunk(new Uint8Array(buffer, byteOffset, byteLength));
  }
  serveRequestsFromQueue() {
    const { requests } = this.s.reader;
    while (requests.length > 0 && this.queue.size > 0) this.serveFromQueue(requests.shift());
  }
  afterDrain() {
    if (this.queue.size > 0 || !this.closeRequested) {
      this.pull();
      return;
    }
    this.clearAlgorithms();
    close(this.s);
  }
  // Copies what there is into a descriptor; whether it holds enough now.
  fill(into) {
    const filledMax = into.bytesFilled + MathMin(this.queue.size, into.byteLength - into.bytesFilled);
    const alignedMax = filledMax - filledMax % into.elementSize;
    const isReady = alignedMax >= into.minimumFill;
    let left = (isReady ? alignedMax : filledMax) - into.bytesFilled;
    while (left > 0) {
      const { head } = this.queue;
      const count = MathMin(left, head.byteLength);
      copyBytes(into.buffer, into.byteOffset + into.bytesFilled, head.buffer, head.byteOffset, count);
      if (head.byteLength === count) {
        this.queue.shift();
      } else {
        head.byteOffset += count;
        head.byteLength -= count;
      }
      this.queue.size -= count;
      into.bytesFilled += count;
      left -= count;
    }
    return isReady;
  }
  // The descriptors that the queue fills, off the list.
  fillFromQueue() {
    const filled = new Fifo();
    while (this.pendingPullIntos.length > 0 && this.queue.size > 0 && this.fill(this.pendingPullIntos.head)) {
      filled.push(this.pendingPullIntos.shift());
    }
    return filled;
  }
  enqueueClone(buffer, byteOffset, byteLength) {
    let clone;
    try {
      clone = cloneBytes(buffer, byteOffset, byteLength);
    } catch (error) {
      this.error(error);
      throw error;
    }
    this.queue.enqueue(bufferOf(clone), 0, byteLength);
  }
  // What was read into the view of a reader that is gone belongs to the next one.
  enqueueReleased(into) {
    if (into.bytesFilled > 0) this.enqueueClone(into.buffer, into.byteOffset, into.bytesFilled);
    this.pendingPullIntos.shift();
  }

  // ---- descriptors

  commit(into) {
    const done = this.s.state === 'closed';
    const view = into.toView();
    const request = this.s.reader.requests.shift();
    if (!done) request.chunk(view);
    else if (into.readerType === 'default') request.close();
    else request.close(view);
  }
  commitAll(filled) {
    while (filled.length > 0) this.commit(filled.shift());
  }
  clearPendingPullIntos() {
    this.invalidateByobRequest();
    this.pendingPullIntos.takeAll();
  }
  invalidateByobRequest() {
    if (this.byobRequest === null) return;
    invalidateRequest(this.byobRequest);
    this.byobRequest = null;
  }
  get requestOfFirst() {
    const first = this.pendingPullIntos.head;
    if (this.byobRequest === null && first !== null) {
      const { bytesFilled } = first;
      const view = new Uint8Array(first.buffer, first.byteOffset + bytesFilled, first.byteLength - bytesFilled);
      this.byobRequest = new ReadableStreamBYOBRequest(kInternal, this, view);
    }
    return this.byobRequest;
  }
  respond(bytesWritten) {
    const first = this.pendingPullIntos.head;
    if (this.s.state === 'closed') {
      if (bytesWritten !== 0) throw new TypeError('respond: the stream is closed; expected 0 bytes');
    } else {
      if (bytesWritten === 0) throw new TypeError('respond: 0 bytes were written; expected more until the stream is closed');
      if (first.bytesFilled + bytesWritten > first.byteLength) throw new RangeError('respond: more bytes than the view has room for');
    }
    first.buffer = transfer(first.buffer);
    this.respondToFirst(bytesWritten);
  }
  respondWithNewView(view) {
    const first = this.pendingPullIntos.head;
    const byteLength = lengthOf(view), buffer = bufferOf(view);
    if (this.s.state === 'closed') {
      if (byteLength !== 0) throw new TypeError('respondWithNewView: the stream is closed; expected an empty view');
    } else if (byteLength === 0) {
      throw new TypeError('respondWithNewView: the view is empty; expected bytes until the stream is closed');
    }
    if (first.byteOffset + first.bytesFilled !== offsetOf(view)) throw new RangeError('respondWithNewView: the view begins elsewhere');
    if (first.bufferByteLength !== bufferByteLength(buffer)) throw new RangeError('respondWithNewView: the buffer has another length');
    if (first.bytesFilled + byteLength > first.byteLength) throw new RangeError('respondWithNewView: the view is too long');
    first.buffer = transfer(buffer);
    this.respondToFirst(byteLength);
  }
  respondToFirst(bytesWritten) {
    const first = this.pendingPullIntos.head;
    this.invalidateByobRequest();
    if (this.s.state === 'closed') this.respondWhenClosed(first);
    else this.respondWhenReadable(bytesWritten, first);
    this.pull();
  }
  respondWhenClosed(first) {
    if (first.readerType === 'none') this.pendingPullIntos.shift();
    if (!this.hasByobReader()) return;
    const filled = new Fifo();
    while (filled.length < requested(this.s)) filled.push(this.pendingPullIntos.shift());
    this.commitAll(filled);
  }
  respondWhenReadable(bytesWritten, into) {
    into.bytesFilled += bytesWritten;
    if (into.readerType === 'none') {
      this.enqueueReleased(into);
      this.commitAll(this.fillFromQueue());
      return;
    }
    if (into.bytesFilled < into.minimumFill) return;
    this.pendingPullIntos.shift();
    const remainder = into.bytesFilled % into.elementSize;
    if (remainder > 0) {
      this.enqueueClone(into.buffer, into.byteOffset + into.bytesFilled - remainder, remainder);
      into.bytesFilled -= remainder;
    }
    const filled = this.fillFromQueue();
    this.commit(into);
    this.commitAll(filled);
  }
}

// ---- the public classes

class ReadableByteStreamController {
  #c;
  constructor(token = undefined, c = undefined) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#c = c;
  }
  get byobRequest() { return this.#c.requestOfFirst; }
  get desiredSize() { return this.#c.desiredSize; }
  close() {
    if (!this.#c.open) throw new TypeError('close: the stream is closed, closing or errored');
    this.#c.close();
  }
  enqueue(chunk) {
    const c = this.#c;
    if (!isView(chunk)) throw new TypeError('enqueue: a byte stream takes typed arrays and DataViews');
    if (lengthOf(chunk) === 0 || bufferByteLength(bufferOf(chunk)) === 0) throw new TypeError('enqueue: the chunk is empty');
    if (!c.open) throw new TypeError('enqueue: the stream is closed, closing or errored');
    c.enqueue(chunk);
  }
  error(error = undefined) { this.#c.error(error); }
}
internals.finishClass(ReadableByteStreamController, 'ReadableByteStreamController');

let invalidateRequest;
class ReadableStreamBYOBRequest {
  #c;
  #view;
  static {
    invalidateRequest = (request) => {
      request.#c = undefined;
      request.#view = null;
    };
  }
  constructor(token = undefined, c = undefined, view = undefined) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#c = c;
    this.#view = view;
  }
  get view() { return this.#view; }
  // Not of the standard, but of Workers: how many bytes the reader waits for at least.
  get atLeast() {
    const first = this.#c?.pendingPullIntos.head;
    return first === undefined || first === null ? null : MathMax(first.minimumFill - first.bytesFilled, 0);
  }
  respond(bytesWritten) {
    const c = this.#c;
    const count = toCount(bytesWritten, 'respond: the number of bytes');
    if (c === undefined) throw new TypeError('respond: the request was answered already');
    if (isDetached(bufferOf(this.#view))) throw new TypeError('respond: the view\'s buffer is detached');
    c.respond(count);
  }
  respondWithNewView(view) {
    const c = this.#c;
    if (!isView(view)) throw new TypeError('respondWithNewView: expected a typed array or a DataView');
    if (c === undefined) throw new TypeError('respondWithNewView: the request was answered already');
    if (isDetached(bufferOf(view))) throw new TypeError('respondWithNewView: the view\'s buffer is detached');
    c.respondWithNewView(view);
  }
}
internals.finishClass(ReadableStreamBYOBRequest, 'ReadableStreamBYOBRequest');

class PromisedReadInto {
  next = null;
  deferred = new Deferred();
  chunk(value) { this.deferred.resolve({ value, done: false }); }
  close(value) { this.deferred.resolve({ value, done: true }); }
  error(error) { this.deferred.reject(error); }
}
// ReadableStreamBYOBReaderRead.
function readBytesInto(reader, view, minimum, request) {
  const { s } = reader;
  s.disturbed = true;
  if (s.state === 'errored') request.error(s.error);
  else controllerOf(s).pullInto(view, minimum, request);
}
function readPromised(reader, view, minimum) {
  if (!isView(view)) throw new TypeError('read: expected a typed array or a DataView');
  const length = typedArrayName(view) === undefined ? lengthOf(view) : typedArrayLength(view);
  const buffer = bufferOf(view);
  if (lengthOf(view) === 0 || bufferByteLength(buffer) === 0) throw new TypeError('read: the view is empty');
  if (isDetached(buffer)) throw new TypeError('read: the view\'s buffer is detached');
  if (minimum === 0) throw new TypeError('read: min is 0; expected at least 1');
  if (minimum > length) throw new RangeError(`read: min is ${minimum}, and the view has ${length} elements`);
  if (reader.s === null) throw new TypeError('the reader was released');
  const request = new PromisedReadInto();
  readBytesInto(reader, view, minimum, request);
  return request.deferred.promise;
}
function acquireByob(s) {
  if (s.native !== null && s.reader === null) internals.load('stream_native').toByteStream(s);
  if (!(controllerOf(s) instanceof ByteController)) throw new TypeError('a BYOB reader needs a stream of bytes');
  return acquire(s, true);
}

class ReadableStreamBYOBReader {
  #reader;
  constructor(stream) {
    if (!isStream(stream)) throw new TypeError('ReadableStreamBYOBReader: expected a ReadableStream');
    this.#reader = acquireByob(stateOf(stream));
  }
  static #is(value) { return isObject(value) && #reader in value; }
  get closed() {
    if (!ReadableStreamBYOBReader.#is(this)) return rejectIllegal('ReadableStreamBYOBReader', 'closed');
    return this.#reader.closed.promise;
  }
  cancel(reason = undefined) {
    if (!ReadableStreamBYOBReader.#is(this)) return rejectIllegal('ReadableStreamBYOBReader', 'cancel');
    return cancelReader(this.#reader, reason);
  }
  read(view, options = undefined) {
    try {
      if (!ReadableStreamBYOBReader.#is(this)) throw illegal('ReadableStreamBYOBReader', 'read');
      if (!isView(view)) throw new TypeError('read: expected a typed array or a DataView');
      const minimum = toDictionary(options, 'read: the options')?.min;
      return readPromised(this.#reader, view, minimum === undefined ? 1 : toCount(minimum, 'read: min'));
    } catch (error) {
      return rejectedWith(error);
    }
  }
  // Of Workers: reads until `count` elements are there or the stream ends.
  readAtLeast(count, view) {
    try {
      if (!ReadableStreamBYOBReader.#is(this)) throw illegal('ReadableStreamBYOBReader', 'readAtLeast');
      return readPromised(this.#reader, view, toCount(count, 'readAtLeast: the number of elements'));
    } catch (error) {
      return rejectedWith(error);
    }
  }
  releaseLock() { release(this.#reader); }
}
internals.finishClass(ReadableStreamBYOBReader, 'ReadableStreamBYOBReader');

return {
  ByteController, ReadableByteStreamController, ReadableStreamBYOBRequest, ReadableStreamBYOBReader, acquireByob, readBytesInto,
};
