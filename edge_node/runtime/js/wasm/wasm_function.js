// WebAssembly.Function (JS types proposal): a JavaScript function as WebAssembly of a stated type, fit for tables and for
// import by type. It is what a module would export that imports the function with that type and does nothing else; such
// a module is made here, of no bytes but the type.
const { compile } = native.wasm;
const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Object;
const { construct } = Reflect;
const { TypeError, Uint8Array, uncurryThis } = internals.primordials;
const { isObject } = internals;
const { Instance, LinkError, noteFunction, typeList, wasmFunctionPrototype } = internals.load('wasm_types');
const exportsOf = uncurryThis(getOwnPropertyDescriptor(Instance.prototype, 'exports').get);
const codes = { __proto__: null, i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, funcref: 0x70, externref: 0x6f };
const magic = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const importAndExport = [
  2, 7, 1, 1, 0x66, 1, 0x66, 0, 0,  // (import "f" "f" (func (type 0)))
  7, 5, 1, 1, 0x66, 0, 0,           // (export "f" (func 0))
];
const modulesMax = 64;  // kept for functions of the same type

function append(bytes, more) {
  for (let i = 0; i < more.length; ++i) bytes[bytes.length] = more[i];
}
function appendNumber(bytes, value) {
  for (; value >= 0x80; value >>>= 7) bytes[bytes.length] = (value & 0x7f) | 0x80;
  bytes[bytes.length] = value;
}
function appendTypes(bytes, names) {
  appendNumber(bytes, names.length);
  for (let i = 0; i < names.length; ++i) bytes[bytes.length] = codes[names[i]];
}
function encode(parameters, results) {
  const type = [1, 0x60];
  appendTypes(type, parameters);
  appendTypes(type, results);
  const bytes = [];
  append(bytes, magic);
  bytes[bytes.length] = 1;
  appendNumber(bytes, type.length);
  append(bytes, type);
  append(bytes, importAndExport);
  return new Uint8Array(bytes);
}

let modules = { __proto__: null };  // by signature
let moduleCount = 0;
function moduleOf(parameters, results) {
  let key = '';
  for (let i = 0; i < parameters.length; ++i) key += `${parameters[i]} `;
  key += '>';
  for (let i = 0; i < results.length; ++i) key += `${results[i]} `;
  const known = modules[key];
  if (known !== undefined) return known;
  if (moduleCount === modulesMax) {
    modules = { __proto__: null };
    moduleCount = 0;
  }
  ++moduleCount;
  return (modules[key] = compile(encode(parameters, results), true));
}

function WasmFunction(type, body) {
  if (new.target === undefined) throw new TypeError("WebAssembly.Function must be invoked with 'new'");
  if (!isObject(type)) throw new TypeError('WebAssembly.Function(): the type is no object with parameters and results');
  const parameters = typeList(type.parameters, 'WebAssembly.Function(): parameters');
  const results = typeList(type.results, 'WebAssembly.Function(): results');
  if (typeof body !== 'function') throw new TypeError('WebAssembly.Function(): the second argument is no function');
  let instance;
  try {
    instance = construct(Instance, [moduleOf(parameters, results), { f: { f: body } }]);
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    throw new TypeError('WebAssembly.Function(): the function is WebAssembly of another type');
  }
  return noteFunction(exportsOf(instance).f, { parameters, results });
}
defineProperty(WasmFunction, 'name', { value: 'Function' });
defineProperty(WasmFunction, 'prototype', { value: wasmFunctionPrototype, writable: false });
setPrototypeOf(WasmFunction, Function);

return { Function: WasmFunction, constructor: WasmFunction };
