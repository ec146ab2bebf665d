// Built-ins as they were before any worker ran. Lazy files run in a live isolate, and even a file of the snapshot
// looks a free name up when its function is called: what must not see a worker's patches takes it from here.
const { bind, call } = Function.prototype;
// uncurryThis(f)(self, ...args) is f.call(self, ...args), whatever Function.prototype has become.
const uncurryThis = bind.bind(call);
const getter = (prototype, name) => uncurryThis(Object.getOwnPropertyDescriptor(prototype, name).get);
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const asyncGenerator = Object.getPrototypeOf(async function* () {}).prototype;

internals.primordials = {
  ArrayBuffer, DataView, Number, Promise, RangeError, ReflectApply: Reflect.apply, TypeError, Uint8Array,
  isView: ArrayBuffer.isView,
  NumberIsNaN: Number.isNaN,
  MathMin: Math.min,
  MathMax: Math.max,
  MathTrunc: Math.trunc,
  SymbolAsyncIterator: Symbol.asyncIterator,
  SymbolIterator: Symbol.iterator,
  ObjectSetPrototypeOf: Object.setPrototypeOf,
  AsyncIteratorPrototype: Object.getPrototypeOf(asyncGenerator),
  uncurryThis,
  // Of a typed array.
  typedArrayName: getter(typedArray, Symbol.toStringTag),  // undefined for anything else
  typedArrayBuffer: getter(typedArray, 'buffer'),
  typedArrayByteOffset: getter(typedArray, 'byteOffset'),
  typedArrayByteLength: getter(typedArray, 'byteLength'),
  typedArrayLength: getter(typedArray, 'length'),
  typedArraySet: uncurryThis(typedArray.set),
  typedArrays: {  // by that name
    __proto__: null, Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array,
  },
  // Of a DataView.
  dataViewBuffer: getter(DataView.prototype, 'buffer'),
  dataViewByteOffset: getter(DataView.prototype, 'byteOffset'),
  dataViewByteLength: getter(DataView.prototype, 'byteLength'),
  // Of an ArrayBuffer.
  bufferByteLength: getter(ArrayBuffer.prototype, 'byteLength'),
};
