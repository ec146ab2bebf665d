// Array.fromAsync (the proposal of that name), change array by copy (ECMA-262 sections 23.1.3.33 to 23.1.3.39 and
// 23.2.3.32 to 23.2.3.36).
const { typedArrayName, typedArrayBuffer, typedArrayLength, typedArrays } = internals.primordials;
const { isDetached } = native.values;
const { apply } = Reflect;
const { defineProperty, getPrototypeOf } = Object;
const { sort } = Array.prototype;
const typedSort = getPrototypeOf(Uint8Array.prototype).sort;
const { max, min, trunc } = Math;
const lengthMax = 2 ** 53 - 1, arrayLengthMax = 2 ** 32 - 1;

const toIntegerOrInfinity = (value) => trunc(+value) || 0;
const lengthOf = (object) => min(max(toIntegerOrInfinity(object.length), 0), lengthMax);
// A relative index, clamped.
function clamp(value, length) {
  const relative = toIntegerOrInfinity(value);
  return relative < 0 ? max(length + relative, 0) : min(relative, length);
}
function toObject(value, name) {
  if (value === undefined || value === null) throw new TypeError(`Array.prototype.${name} called on null or undefined`);
  return Object(value);
}
function arrayCreate(length) {
  if (length > arrayLengthMax) throw new RangeError('Invalid array length');
  return new Array(length);
}
function checkComparator(comparator) {
  if (comparator !== undefined && typeof comparator !== 'function') {
    throw new TypeError('The comparison function must be either a function or undefined');
  }
}

const array = {
  toReversed() {
    const object = toObject(this, 'toReversed');
    const length = lengthOf(object);
    const copy = arrayCreate(length);
    for (let k = 0; k < length; ++k) copy[k] = object[length - k - 1];
    return copy;
  },
  toSorted(comparator) {
    checkComparator(comparator);
    const object = toObject(this, 'toSorted');
    const length = lengthOf(object);
    const copy = arrayCreate(length);
    for (let k = 0; k < length; ++k) copy[k] = object[k];
    return apply(sort, copy, [comparator]);
  },
  toSpliced(start, skipCount, ...items) {
    const object = toObject(this, 'toSpliced');
    const length = lengthOf(object);
    const from = clamp(start, length);
    let skipped = 0;
    if (arguments.length === 1) skipped = length - from;
    else if (arguments.length > 1) skipped = min(max(toIntegerOrInfinity(skipCount), 0), length - from);
    const newLength = length + items.length - skipped;
    if (newLength > lengthMax) throw new TypeError('the array would be longer than 2^53 - 1');
    const copy = arrayCreate(newLength);
    let k = 0;
    for (; k < from; ++k) copy[k] = object[k];
    for (let i = 0; i < items.length; ++i) copy[k++] = items[i];
    for (let r = from + skipped; k < newLength; ++r) copy[k++] = object[r];
    return copy;
  },
  with(index, value) {
    const object = toObject(this, 'with');
    const length = lengthOf(object);
    const relative = toIntegerOrInfinity(index);
    const actual = relative < 0 ? length + relative : relative;
    if (actual < 0 || actual >= length) throw new RangeError('Invalid index : ' + relative);
    const copy = arrayCreate(length);
    for (let k = 0; k < length; ++k) copy[k] = k === actual ? value : object[k];
    return copy;
  },
};

// The length of `value`, which must be a typed array that is not detached.
function validate(value) {
  if (typedArrayName(value) === undefined) throw new TypeError('this is not a typed array.');
  if (isDetached(typedArrayBuffer(value))) throw new TypeError('Cannot perform the operation on a detached ArrayBuffer');
  return typedArrayLength(value);
}
const sameType = (value, length) => new typedArrays[typedArrayName(value)](length);

const typedArray = {
  toReversed() {
    const length = validate(this);
    const copy = sameType(this, length);
    for (let k = 0; k < length; ++k) copy[k] = this[length - k - 1];
    return copy;
  },
  toSorted(comparator) {
    checkComparator(comparator);
    const length = validate(this);
    const copy = sameType(this, length);
    for (let k = 0; k < length; ++k) copy[k] = this[k];
    return apply(typedSort, copy, [comparator]);
  },
  with(index, value) {
    const length = validate(this);
    const relative = toIntegerOrInfinity(index);
    const actual = relative < 0 ? length + relative : relative;
    const name = typedArrayName(this);
    const numeric = name === 'BigInt64Array' || name === 'BigUint64Array' ? BigInt.asIntN(64, value) : +value;
    // Converting the value may have shrunk the array.
    const now = isDetached(typedArrayBuffer(this)) ? 0 : typedArrayLength(this);
    if (actual < 0 || actual >= now) throw new RangeError('Invalid typed array index');
    const copy = sameType(this, length);
    for (let k = 0; k < length; ++k) copy[k] = k === actual ? numeric : this[k];
    return copy;
  },
};

// Whether `new value` is possible, without running it.
function isConstructor(value) {
  if (typeof value !== 'function') return false;
  try {
    return new (new Proxy(value, { construct: () => ({}) }))() !== undefined;
  } catch {
    return false;
  }
}
function getMethod(object, key) {
  const method = object[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeError(`${String(key)} is not a function`);
  return method;
}
function createOrThrow(object, key, value) {
  defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
async function fromAsync(constructor, items, mapper, thisArg) {
  if (mapper !== undefined && typeof mapper !== 'function') throw new TypeError('Array.fromAsync: the mapper is not a function');
  const asyncMethod = getMethod(items, Symbol.asyncIterator);
  const syncMethod = asyncMethod === undefined ? getMethod(items, Symbol.iterator) : undefined;
  const makes = isConstructor(constructor);
  let k = 0, result;
  if (asyncMethod !== undefined || syncMethod !== undefined) {
    // Each method is looked up once, above.
    const iterable = asyncMethod !== undefined
      ? { [Symbol.asyncIterator]: () => apply(asyncMethod, items, []) }
      : { [Symbol.asyncIterator]: undefined, [Symbol.iterator]: () => apply(syncMethod, items, []) };
    result = makes ? new constructor() : [];
    for await (const value of iterable) {
      createOrThrow(result, k, mapper === undefined ? value : await apply(mapper, thisArg, [value, k]));
      ++k;
    }
  } else {
    const object = Object(items);
    const length = lengthOf(object);
    result = makes ? new constructor(length) : arrayCreate(length);
    for (; k < length; ++k) {
      const value = await object[k];
      createOrThrow(result, k, mapper === undefined ? value : await apply(mapper, thisArg, [value, k]));
    }
  }
  result.length = k;
  return result;
}
const statics = {
  fromAsync(asyncItems, mapper = undefined, thisArg = undefined) { return fromAsync(this, asyncItems, mapper, thisArg); },
};

return { array, typedArray, statics };
