// structuredClone and what postMessage does to its value (HTML sections 2.7.3 to 2.7.7), within one isolate: reading
// the value and making its copy are one walk, since nothing of the making can be observed.
const { DOMException, cloneSteps, platformPrototypes, transferSteps } = internals;
const { kind, keysOf, isDetached, copyBuffer, shareBuffer, detach, isDetachable, cloneModule } = native.values;
const kinds = native.values.kinds();
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, keys, setPrototypeOf } = Object;
const { construct } = Reflect;
const objectPrototype = Object.prototype;
const sparseMin = 50_000;
const getter = (prototype, name) => Function.prototype.call.bind(getOwnPropertyDescriptor(prototype, name).get);
const method = (f) => Function.prototype.call.bind(f);

const typedArray = getPrototypeOf(Uint8Array.prototype);
const tagOf = getter(typedArray, Symbol.toStringTag);
const viewBuffer = [getter(typedArray, 'buffer'), getter(DataView.prototype, 'buffer')];
const viewOffset = [getter(typedArray, 'byteOffset'), getter(DataView.prototype, 'byteOffset')];
const viewLength = [getter(typedArray, 'length'), getter(DataView.prototype, 'byteLength')];
const viewTypes = new Map([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array].map((type) => [type.name, type]));
const mapEach = method(Map.prototype.forEach), mapSet = method(Map.prototype.set), mapGet = method(Map.prototype.get);
const setEach = method(Set.prototype.forEach), setAdd = method(Set.prototype.add), setHas = method(Set.prototype.has);
const dateValue = method(Date.prototype.getTime);
const sourceOf = getter(RegExp.prototype, 'source'), flagsOf = getter(RegExp.prototype, 'flags');
const boxed = new Map([[kinds.Boolean, [Boolean, method(Boolean.prototype.valueOf)]],
  [kinds.Number, [Number, method(Number.prototype.valueOf)]], [kinds.String, [String, method(String.prototype.valueOf)]],
  [kinds.BigInt, [Object, method(BigInt.prototype.valueOf)]]]);
const errorTypes = new Map([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
  .map((type) => [type.name, type.prototype]));
const engineWasm = native.wasm.engine();
// Objects with internal slots that `kind` cannot tell from ordinary ones.
const opaque = new Set([WeakRef.prototype, FinalizationRegistry.prototype,
  ...Object.getOwnPropertyNames(Intl).map((name) => Intl[name]?.prototype),
  ...['Module', 'Instance', 'Memory', 'Table', 'Global', 'Tag', 'Exception'].map((name) => engineWasm[name]?.prototype)]);
opaque.delete(undefined);

function refuse(value) {
  let what = typeof value;
  if (what === 'object') what = 'an object of this kind';
  if (what === 'function') what = `the function ${getOwnPropertyDescriptor(value, 'name')?.value ?? ''}`.trimEnd();
  throw new DOMException(`${typeof value === 'symbol' ? String(value) : what} cannot be cloned`, 'DataCloneError');
}

// Sets a property of a fresh object whatever Object.prototype has. (Only a setter without a getter would be run.)
function put(object, key, value) {
  if (object[key] === undefined) object[key] = value;
  else defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
const putHidden = (object, key, value) => defineProperty(object, key, { value, writable: true, configurable: true });

function clonePrimitive(value) {
  return typeof value === 'symbol' || typeof value === 'function' ? refuse(value) : value;
}

class Cloner {
  #memory = new Map();  // original -> copy
  #isPlain;             // objects of this runtime's classes are refused
  constructor(isPlain = false) { this.#isPlain = isPlain; }

  remember(value, copy) { mapSet(this.#memory, value, copy); }

  clone(value) {
    if (typeof value !== 'object' || value === null) return clonePrimitive(value);
    const known = mapGet(this.#memory, value);
    return known === undefined ? this.#cloneObject(value) : known;
  }

  #cloneObject(value) {
    const type = kind(value);
    switch (type) {
      case kinds.Object: return this.#cloneOrdinary(value);
      case kinds.Array: return this.#cloneArray(value);
      case kinds.Date: return this.#keep(value, new Date(dateValue(value)));
      case kinds.RegExp: return this.#keep(value, new RegExp(sourceOf(value), flagsOf(value)));
      case kinds.Map: return this.#cloneMap(value);
      case kinds.Set: return this.#cloneSet(value);
      case kinds.Error: return this.#cloneError(value);
      case kinds.ArrayBuffer: return this.#keep(value, isDetached(value) ? refuse(value) : copyBuffer(value));
      case kinds.TypedArray: return this.#cloneView(value, 0, viewTypes.get(tagOf(value)));
      case kinds.DataView: return this.#cloneView(value, 1, DataView);
      case kinds.WasmModule: return this.#keep(value, cloneModule(value));
      default: break;
    }
    const box = boxed.get(type);
    if (box === undefined) refuse(value);
    const primitive = box[1](value);
    return this.#keep(value, type === kinds.BigInt ? Object(primitive) : new box[0](primitive));
  }

  #keep(value, copy) {
    mapSet(this.#memory, value, copy);
    return copy;
  }

  #cloneOrdinary(value) {
    for (let prototype = getPrototypeOf(value); prototype !== objectPrototype && prototype !== null;) {
      if (setHas(opaque, prototype)) refuse(value);
      if (setHas(platformPrototypes, prototype)) {
        const steps = mapGet(cloneSteps, prototype);
        return this.#keep(value, steps === undefined || this.#isPlain ? refuse(value) : steps(value, this));
      }
      prototype = getPrototypeOf(prototype);
    }
    return this.#cloneKeys(value, {}, keys(value));
  }
  #cloneArray(value) {
    const { length } = value;
    const copy = new Array(length);
    // What may be mostly holes is not gone through index by index.
    if (length > sparseMin) return this.#cloneKeys(value, copy, keysOf(value));
    mapSet(this.#memory, value, copy);
    for (let i = 0; i < length; ++i) {
      const item = value[i];
      if (item === undefined && !hasOwn(value, i)) continue;
      copy[i] = typeof item === 'object' ? this.clone(item) : clonePrimitive(item);
    }
    const names = keysOf(value, true);
    return names.length === 0 ? copy : this.#cloneKeys(value, copy, names);
  }
  #cloneKeys(value, copy, names) {
    mapSet(this.#memory, value, copy);
    for (let i = 0; i < names.length; ++i) {
      const key = names[i];
      const item = value[key];
      // What a getter has removed meanwhile is left out.
      if (item === undefined && !hasOwn(value, key)) continue;
      put(copy, key, typeof item === 'object' ? this.clone(item) : clonePrimitive(item));
    }
    return copy;
  }
  #cloneMap(value) {
    const copy = this.#keep(value, new Map());
    const flat = [];
    mapEach(value, (item, key) => { flat[flat.length] = key; flat[flat.length] = item; });
    for (let i = 0; i < flat.length; i += 2) mapSet(copy, this.clone(flat[i]), this.clone(flat[i + 1]));
    return copy;
  }
  #cloneSet(value) {
    const copy = this.#keep(value, new Set());
    const items = [];
    setEach(value, (item) => { items[items.length] = item; });
    for (let i = 0; i < items.length; ++i) setAdd(copy, this.clone(items[i]));
    return copy;
  }
  #cloneError(value) {
    const prototype = mapGet(errorTypes, value.name) ?? Error.prototype;
    const message = getOwnPropertyDescriptor(value, 'message');
    const copy = new Error();
    setPrototypeOf(copy, prototype);
    this.#keep(value, copy);
    if (message !== undefined && 'value' in message) putHidden(copy, 'message', `${message.value}`);
    const { stack } = value;
    putHidden(copy, 'stack', typeof stack === 'string' ? stack : undefined);
    const cause = getOwnPropertyDescriptor(value, 'cause');
    if (cause !== undefined && 'value' in cause) putHidden(copy, 'cause', this.clone(cause.value));
    return copy;
  }
  #cloneView(value, sort, type) {
    const buffer = viewBuffer[sort](value);
    const copy = this.clone(buffer);
    // A view that its buffer has outgrown or left reads as zero long; only a detached buffer is refused, above.
    return this.#keep(value, construct(type, [copy, viewOffset[sort](value), viewLength[sort](value)]));
  }
}

// A transfer in two steps, so that nothing has happened when cloning fails: first the objects that stand for the
// transferred ones, then what takes the originals' contents away.
function prepareTransfer(cloner, list) {
  const finishers = [];
  const received = [];
  const seen = new Set();
  for (const value of list) {
    if (seen.has(value)) throw new DOMException('an object is in the transfer list twice', 'DataCloneError');
    seen.add(value);
    const isObject = typeof value === 'object' && value !== null;
    if (isObject && kind(value) === kinds.ArrayBuffer) {
      if (!isDetachable(value)) throw new DOMException('an ArrayBuffer cannot be transferred', 'DataCloneError');
      finishers.push([() => detach(value), () => shareBuffer(value), value]);
      continue;
    }
    internals.load('stream_transfer');
    let steps;
    for (let p = isObject ? getPrototypeOf(value) : null; p !== null && steps === undefined; p = getPrototypeOf(p)) {
      steps = mapGet(transferSteps, p);
    }
    if (steps === undefined) throw new DOMException('an object of the transfer list cannot be transferred', 'DataCloneError');
    finishers.push([...steps(value), value]);
  }
  for (const [, receive, value] of finishers) {
    const copy = receive();
    if (copy === undefined) throw new DOMException('an object of the transfer list is detached already', 'DataCloneError');
    received.push(copy);
    cloner.remember(value, copy);
  }
  return [received, () => { for (const [finish] of finishers) finish(); }];
}

// {value, transferred}: the clone, and what became of the objects of the transfer list.
function cloneWithTransfer(value, transferList) {
  const cloner = new Cloner();
  const [transferred, finish] = transferList.length === 0 ? [transferList, () => {}] : prepareTransfer(cloner, transferList);
  const copy = cloner.clone(value);
  finish();
  return { value: copy, transferred };
}

// A copy in which nothing is of this runtime's classes.
const cloneOfLanguage = (value) => new Cloner(true).clone(value);

return { cloneWithTransfer, cloneOfLanguage };
