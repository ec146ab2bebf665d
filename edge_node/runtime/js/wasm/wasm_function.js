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

// LEB128 of an unsigned number.
function numberBytes(value) {
  let count = 1;
  for (; value >= 0x80; value >>>= 7) ++count;
  return count;
}
// The bytes are written where they are compiled from: an array could be made to lead elsewhere by what a worker patched,
// and these bytes may be compiled.
function encode(parameters, results) {
  const typeBytes = 2 + numberBytes(parameters.length) + parameters.length + numberBytes(results.length) + results.length;
  const bytes = new Uint8Array(magic.length + 1 + numberBytes(typeBytes) + typeBytes + importAndExport.length);
  let at = 0;
  const put = (byte) => { bytes[at++] = byte; };
  const putAll = (list) => { for (let i = 0; i < list.length; ++i) put(list[i]); };
  const putNumber = (value) => {
    for (; value >= 0x80; value >>>= 7) put((value & 0x7f) | 0x80);
    put(value);
  };
  const putTypes = (names) => {
    putNumber(names.length);
    for (let i = 0; i < names.length; ++i) put(codes[names[i]]);
  };
  putAll(magic);
  put(1);
  putNumber(typeBytes);
  put(1);
  put(0x60);
  putTypes(parameters);
  putTypes(results);
  putAll(importAndExport);
  return bytes;
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
