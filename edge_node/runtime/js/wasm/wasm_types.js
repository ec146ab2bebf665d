// Types of WebAssembly's objects (JS types proposal): type() of memories, tables, globals, tags and functions, `minimum`
// in descriptors. An object's type is what its constructor was told or, for an export, what its module declares; the
// current size is the object's own.
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const { ownKeys } = Reflect;
const { ReflectApply, SymbolIterator, TypeError, Uint8Array, typedArrayLength, uncurryThis } = internals.primordials;
const { isObject } = internals;
const WeakMapGet = uncurryThis(WeakMap.prototype.get), WeakMapSet = uncurryThis(WeakMap.prototype.set);
const functionPrototype = Function.prototype;
const pageBytes = 65536;
const listMax = 1000;  // parameters or results of one function, as the engine has it
const getter = (prototype, name) => uncurryThis(getOwnPropertyDescriptor(prototype, name).get);

const engine = native.wasm.engine();
const { Instance, LinkError } = engine;
const exportsOf = getter(engine.Instance.prototype, 'exports');
const bufferOf = getter(engine.Memory.prototype, 'buffer');
const lengthOf = getter(engine.Table.prototype, 'length');
const engineGet = engine.Table.prototype.get;

// object -> [kind, how to learn its type]
const types = new WeakMap();
const remember = (object, kind, read) => WeakMapSet(types, object, [kind, read]);
function recall(object, kind) {
  const known = isObject(object) ? WeakMapGet(types, object) : undefined;
  if (known !== undefined && known[0] === kind) return known[1]();
  throw new TypeError(`the type is known of what a constructor or an instance's exports gave; this is no such ${kind}`);
}

// Exported functions inherit from WebAssembly.Function.prototype.
const wasmFunctionPrototype = { __proto__: functionPrototype };
function asFunction(value) {
  if (typeof value === 'function' && getPrototypeOf(value) === functionPrototype) setPrototypeOf(value, wasmFunctionPrototype);
  return value;
}

// Takes note of where an instance's exports come from.
const prototypeKinds = [[engine.Memory, 'memory'], [engine.Table, 'table'], [engine.Global, 'global'], [engine.Tag, 'tag']]
  .filter(([type]) => type !== undefined).map(([type, kind]) => [type.prototype, kind]);
function kindOf(value) {
  if (typeof value === 'function') return 'function';
  const prototype = getPrototypeOf(value);
  for (let i = 0; i < prototypeKinds.length; ++i) if (prototypeKinds[i][0] === prototype) return prototypeKinds[i][1];
  return '';
}
function adopt(instance, module) {
  let found;
  const read = () => (found ??= internals.load('wasm_reader').readModule(module).exports);
  const exports = exportsOf(instance);
  const names = ownKeys(exports);
  for (let i = 0; i < names.length; ++i) {
    const name = names[i], value = asFunction(exports[name]);
    // What was imported and is exported again has its type from where it was made.
    if (WeakMapGet(types, value) === undefined) remember(value, kindOf(value), () => read()[name]);
  }
}

function typeName(value, what) {
  const name = `${value}`;
  switch (name) {
    case 'anyfunc': return 'funcref';
    case 'i32': case 'i64': case 'f32': case 'f64': case 'v128': case 'externref': case 'funcref': return name;
    default: throw new TypeError(`${what}: '${name}' is no WebAssembly type; expected i32, i64, f32, f64, externref or funcref`);
  }
}
const engineName = (name) => (name === 'funcref' ? 'anyfunc' : name);
function typeList(value, what) {
  const method = isObject(value) ? value[SymbolIterator] : undefined;
  if (typeof method !== 'function') throw new TypeError(`${what} is no sequence of WebAssembly types`);
  const list = [];
  for (const item of { [SymbolIterator]: () => ReflectApply(method, value, []) }) {
    if (list.length === listMax) throw new TypeError(`${what}: more than ${listMax} types`);
    list[list.length] = typeName(item, what);
  }
  return list;
}

// Descriptors that keep what the engine reads of the worker's: each member is read and converted once, when the engine
// asks for it.
function limitsDescriptor(given, what) {
  const kept = { maximum: undefined, shared: false, element: undefined };
  const descriptor = {
    __proto__: null,
    get element() {
      const element = `${given.element}`;
      kept.element = element === 'anyfunc' ? 'funcref' : element;
      return engineName(element);
    },
    get initial() {
      const { initial, minimum } = given;
      if (initial !== undefined && minimum !== undefined) throw new TypeError(`WebAssembly.${what}(): 'initial' and 'minimum' mean the same; give one`);
      return initial === undefined ? minimum : initial;
    },
    get maximum() {
      const { maximum } = given;
      return (kept.maximum = maximum === undefined ? undefined : +maximum);
    },
    get shared() { return (kept.shared = !!given.shared); },
  };
  return [descriptor, kept];
}
function globalDescriptor(given) {
  const kept = { mutable: false, value: undefined };
  const descriptor = {
    __proto__: null,
    get mutable() { return (kept.mutable = !!given.mutable); },
    get value() {
      const value = `${given.value}`;
      kept.value = value === 'anyfunc' ? 'funcref' : value;
      return engineName(value);
    },
  };
  return [descriptor, kept];
}
function tagDescriptor(given) {
  const kept = { parameters: undefined };
  const descriptor = {
    __proto__: null,
    get parameters() {
      kept.parameters = typeList(given.parameters, 'WebAssembly.Tag(): parameters');
      return kept.parameters.map(engineName);
    },
  };
  return [descriptor, kept];
}

const limitsOf = (minimum, { maximum }) => (maximum === undefined ? { minimum } : { minimum, maximum });
const copyOf = (list) => { const copy = []; for (let i = 0; i < list.length; ++i) copy[i] = list[i]; return copy; };
const typeMethods = {
  Memory: { type() {
    const minimum = typedArrayLength(new Uint8Array(bufferOf(this))) / pageBytes;
    const type = recall(this, 'memory');
    return { ...limitsOf(minimum, type), shared: type.shared };
  } },
  Table: { type() {
    const minimum = lengthOf(this);
    const type = recall(this, 'table');
    return { ...limitsOf(minimum, type), element: type.element };
  } },
  Global: { type() {
    const { mutable, value } = recall(this, 'global');
    return { mutable, value };
  } },
  Tag: { type() { return { parameters: copyOf(recall(this, 'tag').parameters) }; } },
};
const functionMethods = {
  type() {
    const { parameters, results } = recall(this, 'function');
    return { parameters: copyOf(parameters), results: copyOf(results) };
  },
};

// `wrapClass` and `define` of wasm_api.js.
function installTypes(wrapClass, define) {
  const wrap = (name, kind, describe) => {
    if (engine[name] === undefined) return;
    wrapClass(name, (args) => {
      const given = args[0];
      if (!isObject(given)) return [args];
      const [descriptor, kept] = describe(given, name);
      args[0] = descriptor;
      return [args, (made) => remember(made, kind, () => kept)];
    });
    define(engine[name].prototype, typeMethods[name]);
  };
  wrap('Memory', 'memory', limitsDescriptor);
  wrap('Table', 'table', limitsDescriptor);
  wrap('Global', 'global', globalDescriptor);
  wrap('Tag', 'tag', tagDescriptor);
  define(engine.Table.prototype, { get(index) { return asFunction(ReflectApply(engineGet, this, [index])); } });
  define(wasmFunctionPrototype, functionMethods);
  defineProperty(wasmFunctionPrototype, Symbol.toStringTag, { value: 'WebAssembly.Function', configurable: true });
  internals.defineLazy('wasm_function', ['constructor'], wasmFunctionPrototype);
  internals.defineLazy('wasm_function', ['Function'], engine);
}

// For wasm_function.js.
const noteFunction = (made, type) => {
  if (WeakMapGet(types, made) === undefined) remember(made, 'function', () => type);
  return asFunction(made);
};

return { Instance, LinkError, adopt, installTypes, noteFunction, typeList, wasmFunctionPrototype };
