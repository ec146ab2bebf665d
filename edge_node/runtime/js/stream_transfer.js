// Transfer of streams (Streams sections 4.2.5, 5.2.5 and 6.2.4), within one isolate: the one who receives it has a
// stream over the original, which is locked for good; chunks are cloned on the way.
const { cloneWithTransfer } = internals.load('structured_clone');
const { ReadableStream, WritableStream, TransformStream } = globalThis;
const lockedOf = (type) => internals.primordials.uncurryThis(Object.getOwnPropertyDescriptor(type.prototype, 'locked').get);
const isReadableLocked = lockedOf(ReadableStream), isWritableLocked = lockedOf(WritableStream);
const [getReader, getWriter] = [ReadableStream.prototype.getReader, WritableStream.prototype.getWriter].map((f) => internals.primordials.uncurryThis(f));
const side = (name) => internals.primordials.uncurryThis(Object.getOwnPropertyDescriptor(TransformStream.prototype, name).get);
const readableOf = side('readable'), writableOf = side('writable');
const clone = (chunk) => cloneWithTransfer(chunk, []).value;

// [finish, receive] as transferSteps are.
function transferReadable(stream) {
  let reader = null;
  const receive = () => {
    if (isReadableLocked(stream)) throw new internals.DOMException('a locked stream cannot be transferred', 'DataCloneError');
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(clone(value));
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  };
  return [() => { reader = getReader(stream); }, receive];
}
function transferWritable(stream) {
  let writer = null;
  const receive = () => {
    if (isWritableLocked(stream)) throw new internals.DOMException('a locked stream cannot be transferred', 'DataCloneError');
    return new WritableStream({
      async write(chunk, controller) {
        await writer.ready;
        let copy;
        try {
          copy = clone(chunk);
        } catch (error) {
          writer.abort(error);
          throw error;
        }
        await writer.write(copy);
      },
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    });
  };
  return [() => { writer = getWriter(stream); }, receive];
}
function transferTransform(stream) {
  const readable = transferReadable(readableOf(stream)), writable = transferWritable(writableOf(stream));
  const finish = () => { readable[0](); writable[0](); };
  const receive = () => new TransformStream(internals.kInternal, {
    r: internals.readable.stateOf(readable[1]()), w: internals.load('stream_writable').stateOf(writable[1]()),
  });
  return [finish, receive];
}
internals.transferSteps.set(ReadableStream.prototype, transferReadable);
internals.transferSteps.set(WritableStream.prototype, transferWritable);
internals.transferSteps.set(TransformStream.prototype, transferTransform);

return {};
