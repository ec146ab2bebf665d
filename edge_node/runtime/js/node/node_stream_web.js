// Readable.toWeb and its like: streams of Node.js as those of the web, and back. Chunks pass as they are.
const { Readable } = internals.load('node_stream_readable');
const { Writable } = internals.load('node_stream_writable');
const { nodeError, AbortError } = internals.load('node_errors');

function readableToWeb(stream) {
  if (typeof stream?.read !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'streamReadable', 'stream.Readable', stream);
  let isOver = false;
  return new ReadableStream({
    start(controller) {
      stream.pause();
      stream.on('data', (chunk) => {
        if (isOver) return;
        controller.enqueue(chunk instanceof Uint8Array ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
        if (controller.desiredSize <= 0) stream.pause();
      });
      const end = (settle) => () => {
        if (isOver) return;
        isOver = true;
        settle();
      };
      stream.once('end', end(() => controller.close()));
      stream.once('error', (error) => end(() => controller.error(error))());
      stream.once('close', end(() => controller.error(new AbortError())));
      stream.pause();
    },
    pull() { stream.resume(); },
    cancel(reason) {
      isOver = true;
      stream.destroy(reason);
    },
  }, new CountQueuingStrategy({ highWaterMark: 1 }));
}

function readableFromWeb(stream, options = undefined) {
  if (!(stream instanceof ReadableStream)) throw nodeError('ERR_INVALID_ARG_TYPE', 'readableStream', 'ReadableStream', stream);
  const reader = stream.getReader();
  let isDone = false;
  return new Readable({
    ...options,
    read() {
      reader.read().then(({ value, done }) => {
        isDone = done;
        this.push(done ? null : value);
      }, (error) => { isDone = true; this.destroy(error); });
    },
    destroy(error, callback) {
      const cancelled = isDone ? Promise.resolve() : reader.cancel(error ?? undefined);
      cancelled.then(() => callback(error), () => callback(error));
    },
  });
}

function writableToWeb(stream) {
  if (typeof stream?.write !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'streamWritable', 'stream.Writable', stream);
  return new WritableStream({
    start(controller) { stream.once('error', (error) => controller.error(error)); },
    write(chunk) {
      if (stream.write(chunk)) return undefined;
      return new Promise((resolve, reject) => {
        stream.once('drain', resolve);
        stream.once('error', reject);
      });
    },
    close() {
      return new Promise((resolve, reject) => {
        stream.once('finish', resolve);
        stream.once('error', reject);
        stream.end();
      });
    },
    abort(reason) { stream.destroy(reason); },
  });
}

function writableFromWeb(stream, options = undefined) {
  if (!(stream instanceof WritableStream)) throw nodeError('ERR_INVALID_ARG_TYPE', 'writableStream', 'WritableStream', stream);
  const writer = stream.getWriter();
  return new Writable({
    ...options,
    write(chunk, _, callback) { writer.ready.then(() => writer.write(chunk)).then(() => callback(), callback); },
    final(callback) { writer.close().then(() => callback(), callback); },
    destroy(error, callback) {
      const aborted = error ? writer.abort(error) : Promise.resolve();
      aborted.then(() => callback(error), () => callback(error));
    },
  });
}
return { readableToWeb, readableFromWeb, writableToWeb, writableFromWeb };
