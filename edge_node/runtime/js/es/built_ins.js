// Built-ins of ECMA-262 that are newer than the engine: where each belongs. Their code is in the lazy files beside this
// one, and nothing of it is compiled before a worker touches it. What needs the engine's help is not here: the RegExp
// flag v, Float16Array, resizable buffers.
const { defineLazy, load } = internals;
const { defineProperty, getPrototypeOf } = Object;
const typedArray = getPrototypeOf(Uint8Array);
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));

for (const name of ['dispose', 'asyncDispose']) {
  defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}

defineLazy('es_array', ['fromAsync'], Array, 'statics');
defineLazy('es_array', ['toReversed', 'toSorted', 'toSpliced', 'with'], Array.prototype, 'array');
defineLazy('es_array', ['toReversed', 'toSorted', 'with'], typedArray.prototype, 'typedArray');
Object.assign(Array.prototype[Symbol.unscopables], { toReversed: true, toSorted: true, toSpliced: true });

defineLazy('es_group', ['groupBy'], Object, 'object');
defineLazy('es_group', ['groupBy'], Map, 'map');
defineLazy('es_group', ['getOrInsert', 'getOrInsertComputed'], Map.prototype, 'mapPrototype');
defineLazy('es_group', ['getOrInsert', 'getOrInsertComputed'], WeakMap.prototype, 'weakMapPrototype');
defineLazy('es_promise', ['try', 'withResolvers'], Promise);
defineLazy('es_set', ['difference', 'intersection', 'isDisjointFrom', 'isSubsetOf', 'isSupersetOf', 'symmetricDifference', 'union'],
  Set.prototype);

defineLazy('es_text', ['isWellFormed', 'toWellFormed'], String.prototype);
defineLazy('es_text', ['escape'], RegExp);
defineLazy('es_number', ['f16round', 'sumPrecise'], Math);
defineLazy('es_number', ['getFloat16', 'setFloat16'], DataView.prototype);
defineLazy('es_buffer', ['transfer', 'transferToFixedLength'], ArrayBuffer.prototype);
defineLazy('es_buffer', ['fromBase64', 'fromHex'], Uint8Array);
defineLazy('es_buffer', ['setFromBase64', 'setFromHex', 'toBase64', 'toHex'], Uint8Array.prototype);
const accessor = { get detached() { return load('es_buffer').isDetached(this); } };
defineProperty(ArrayBuffer.prototype, 'detached', {
  ...Object.getOwnPropertyDescriptor(accessor, 'detached'), enumerable: false,
});
defineLazy('es_error', ['isError'], Error);

defineLazy('es_iterator', ['Iterator']);
defineLazy('es_iterator', ['drop', 'every', 'filter', 'find', 'flatMap', 'forEach', 'includes', 'join', 'map', 'reduce', 'some', 'take', 'toArray'],
  iteratorPrototype, 'helpers');
// Web reality has both as accessors that act like data properties (section 27.1.3.2).
const weird = (key, get) => {
  const pair = {
    get [key]() { return get(); },
    set [key](value) {
      if ((typeof this !== 'object' && typeof this !== 'function') || this === null) throw new TypeError('the receiver is no object');
      if (this === iteratorPrototype) throw new TypeError(`${String(key)} of Iterator.prototype cannot be changed`);
      if (Object.hasOwn(this, key)) this[key] = value;
      else defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
    },
  };
  defineProperty(iteratorPrototype, key, { ...Object.getOwnPropertyDescriptor(pair, key), enumerable: false });
};
weird('constructor', () => load('es_iterator').Iterator);
weird(Symbol.toStringTag, () => 'Iterator');

defineLazy('es_dispose', ['AsyncDisposableStack', 'DisposableStack', 'SuppressedError']);
defineLazy('es_dispose', [Symbol.dispose], iteratorPrototype, 'iterator');
defineLazy('es_dispose', [Symbol.asyncDispose], getPrototypeOf(getPrototypeOf(async function* () {}).prototype), 'asyncIterator');
