// All bytes of a stream (Streams standard, "read all bytes").
const { Deferred } = internals.load('stream_base');
const { acquire, readInto } = internals.load('stream_readable');
const { TypeError, typedArrayName } = internals.primordials;
const { stateOf } = internals.readable;
const { concat } = native.body;

// Reads one chunk after the other, without a promise between those that are there already.
class Collector {
  next = null;
  reader;
  finish;
  chunks = [];
  done = new Deferred();
  reading = false;
  wanted = false;
  constructor(reader, finish) {
    this.reader = reader;
    this.finish = finish;
  }
  go() {
    this.wanted = true;
    if (this.reading) return;
    this.reading = true;
    while (this.wanted) {
      this.wanted = false;
      readInto(this.reader, this);
    }
    this.reading = false;
  }
  chunk(value) {
    if (typedArrayName(value) !== 'Uint8Array') {
      this.done.reject(new TypeError(`a body's stream must give Uint8Arrays, got ${typeof value}`));
      return;
    }
    this.chunks.push(value);
    this.go();
  }
  close() {
    try { this.done.resolve(this.finish(concat(this.chunks))); } catch (error) { this.done.reject(error); }
  }
  error(error) { this.done.reject(error); }
}
// The promise of what `finish` makes of the bytes: they themselves are resolved with nowhere, for objects may have a
// `then` of a worker's.
function collect(stream, finish) {
  const collector = new Collector(acquire(stateOf(stream)), finish);
  collector.go();
  return collector.done.promise;
}

return { collect };
