// CountQueuingStrategy and ByteLengthQueuingStrategy (Streams standard section 7).
const { toDictionary } = internals.load('stream_base');
const { TypeError } = internals.primordials;

function highWaterMarkOf(init, name) {
  const highWaterMark = toDictionary(init, `${name}: the argument`)?.highWaterMark;
  if (highWaterMark === undefined) throw new TypeError(`${name}: expected an object with a highWaterMark`);
  return +highWaterMark;
}
// One function for all strategies of a kind. Neither is a constructor.
const { size: byteLength } = { size: (chunk) => chunk.byteLength };
const { size: one } = { size: () => 1 };

class ByteLengthQueuingStrategy {
  #highWaterMark;
  constructor(init) { this.#highWaterMark = highWaterMarkOf(init, 'ByteLengthQueuingStrategy'); }
  get highWaterMark() { return this.#highWaterMark; }
  get size() { return this.#highWaterMark === undefined ? undefined : byteLength; }
}
class CountQueuingStrategy {
  #highWaterMark;
  constructor(init) { this.#highWaterMark = highWaterMarkOf(init, 'CountQueuingStrategy'); }
  get highWaterMark() { return this.#highWaterMark; }
  get size() { return this.#highWaterMark === undefined ? undefined : one; }
}

return {
  ByteLengthQueuingStrategy: internals.finishClass(ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy'),
  CountQueuingStrategy: internals.finishClass(CountQueuingStrategy, 'CountQueuingStrategy'),
};
