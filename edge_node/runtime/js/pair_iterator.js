// Pair iterators and pair initialisers: what URLSearchParams and Headers share (Web IDL sections 3.2.20, 3.7.9).
// Both keep their pairs flat: [name, value, name, value, ...].
const arrayIteratorPrototype = Object.getPrototypeOf([][Symbol.iterator]());
const { propertyIsEnumerable } = Object.prototype;
const iteratorPrototype = Object.getPrototypeOf(arrayIteratorPrototype);

// definePairIteration(constructor, name, listOf): gives the class entries, keys, values, forEach and
// [Symbol.iterator]. `listOf(object)` is its flat list now, and throws when the object is of another class. A change
// during iteration shows, as the standard has it.
internals.definePairIteration = (constructor, name, listOf) => {
  class PairIterator {
    #object;
    #pick;
    #index = 0;
    constructor(object, pick) {
      listOf(object);
      this.#object = object;
      this.#pick = pick;
    }
    next() {
      const list = listOf(this.#object);
      const index = this.#index;
      if (index >= list.length) return { value: undefined, done: true };
      this.#index = index + 2;
      return { value: this.#pick(list[index], list[index + 1]), done: false };
    }
  }
  const pickPair = (key, value) => [key, value];
  const pickKey = (key) => key;
  const pickValue = (_, value) => value;

  const iteration = {
    entries() { return new PairIterator(this, pickPair); },
    keys() { return new PairIterator(this, pickKey); },
    values() { return new PairIterator(this, pickValue); },
    forEach(callback, thisArg) {
      if (typeof callback !== 'function') throw new TypeError(`${name}.forEach: the callback is not a function`);
      for (let index = 0, list; (list = listOf(this)).length > index; index += 2) {
        Reflect.apply(callback, thisArg, [list[index + 1], list[index], this]);
      }
    },
  };
  Object.defineProperty(iteration.forEach, 'length', { value: 1, configurable: true });
  const { prototype } = constructor;
  for (const [key, value] of Object.entries(iteration)) {
    Object.defineProperty(prototype, key, { value, writable: true, configurable: true, enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.iterator, {
    value: prototype.entries, writable: true, configurable: true, enumerable: false,
  });
  delete PairIterator.prototype.constructor;
  Object.defineProperty(PairIterator.prototype, 'next', { enumerable: true });
  Object.defineProperty(PairIterator.prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  Object.setPrototypeOf(PairIterator.prototype, iteratorPrototype);
};

// The pairs of an object given as sequence<sequence<T>> or record<T, T>, flat, each through `convert`.
internals.pairsOfObject = (init, convert, what) => {
  const method = init[Symbol.iterator];
  const flat = [];
  if (method !== undefined && method !== null) {
    if (typeof method !== 'function') throw new TypeError(`${what}: the initialiser's Symbol.iterator is not a function`);
    const pairs = { [Symbol.iterator]: () => Reflect.apply(method, init, []) };
    for (const pair of pairs) {
      const isObject = (typeof pair === 'object' && pair !== null) || typeof pair === 'function';
      if (!isObject || typeof pair[Symbol.iterator] !== 'function') {
        throw new TypeError(`${what}: each item of the initialiser must be a [name, value] pair`);
      }
      const items = [...pair];
      if (items.length !== 2) {
        throw new TypeError(`${what}: a pair of the initialiser has ${items.length} items instead of 2`);
      }
      flat.push(convert(items[0]), convert(items[1]));
    }
    return flat;
  }
  let isChanged = false;  // whether a conversion changed a key: two may have become one then
  for (const key of Reflect.ownKeys(init)) {
    if (!Reflect.apply(propertyIsEnumerable, init, [key])) continue;
    const name = convert(key);
    const value = convert(init[key]);
    isChanged ||= name !== key;
    const place = isChanged ? flat.findIndex((text, index) => index % 2 === 0 && text === name) : -1;
    if (place < 0) flat.push(name, value);
    else flat[place + 1] = value;
  }
  return flat;
};
