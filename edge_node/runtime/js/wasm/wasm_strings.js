// String constants and string built-ins as imports (WebAssembly JavaScript interface 2.0, "JS String Builtins"), as far as
// an engine without typed references can have them: constants that are imported as immutable globals of type externref,
// and the functions of wasm:js-string that take no array of WebAssembly's own.
const { readModule } = internals.load('wasm_reader');
const { TypeError, uncurryThis } = internals.primordials;
const WeakMapGet = uncurryThis(WeakMap.prototype.get), WeakMapSet = uncurryThis(WeakMap.prototype.set);
const charCodeAt = uncurryThis(String.prototype.charCodeAt), codePointAt = uncurryThis(String.prototype.codePointAt);
const substring = uncurryThis(String.prototype.substring);
const { fromCharCode, fromCodePoint } = String;
const { compile } = native.wasm;
const { CompileError, RuntimeError } = native.wasm.engine();
const namespace = 'wasm:js-string';
const kept = new WeakMap();  // module -> {constants, hasBuiltins}

const trap = () => { throw new RuntimeError('illegal cast: a string is expected'); };
const text = (value) => (typeof value === 'string' ? value : trap());
const ref = 'externref', int = 'i32';
// name: [parameters, results, function]
const builtins = {
  __proto__: null,
  cast: [[ref], [ref], text],
  test: [[ref], [int], (value) => (typeof value === 'string' ? 1 : 0)],
  fromCharCode: [[int], [ref], (code) => fromCharCode(code & 0xffff)],
  fromCodePoint: [[int], [ref], (code) => (code >>> 0 > 0x10ffff ? trap() : fromCodePoint(code >>> 0))],
  charCodeAt: [[ref, int], [int], (string, at) => (at >>> 0 >= text(string).length ? trap() : charCodeAt(string, at >>> 0))],
  codePointAt: [[ref, int], [int], (string, at) => (at >>> 0 >= text(string).length ? trap() : codePointAt(string, at >>> 0))],
  length: [[ref], [int], (string) => text(string).length],
  concat: [[ref, ref], [ref], (a, b) => text(a) + text(b)],
  substring: [[ref, int, int], [ref], (string, from, to) => {
    const { length } = text(string);
    const start = from >>> 0, end = to >>> 0;
    return start > length || start > end ? '' : substring(string, start, end);
  }],
  equals: [[ref, ref], [int], (a, b) => ((a === null ? a : text(a)) === (b === null ? b : text(b)) ? 1 : 0)],
  compare: [[ref, ref], [int], (a, b) => (text(a) === text(b) ? 0 : a < b ? -1 : 1)],
};

// WebAssemblyCompileOptions; undefined when nothing is asked for.
function readOptions(options) {
  const asked = options.builtins;
  let hasBuiltins = false;
  if (asked !== undefined) {
    const names = internals.idl.sequence(asked, (name) => `${name}`, 'builtins');
    for (let i = 0; i < names.length; ++i) {
      if (names[i] !== 'js-string') continue;  // sets that are not known are not supplied
      if (hasBuiltins) throw new CompileError("WebAssembly: builtins has 'js-string' twice");
      hasBuiltins = true;
    }
  }
  const constants = options.importedStringConstants;
  if (constants === undefined && !hasBuiltins) return undefined;
  return { constants: constants === undefined ? undefined : internals.idl.usvString(constants), hasBuiltins };
}
const isConstant = (strings, { module }) => module === strings.constants;
const isBuiltin = (strings, { module, name }) => strings.hasBuiltins && module === namespace && name in builtins;
const isSame = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);
// What is wrong with an import of the module; undefined when nothing is.
function faultOf(strings, module) {
  for (const one of readModule(module).imports) {
    const { kind, type } = one;
    if (isConstant(strings, one)) {
      if (kind !== 'globals' || type.mutable || type.value !== ref) return `the string constant '${one.name}' is imported as something else than an immutable externref`;
    } else if (isBuiltin(strings, one)) {
      const [parameters, results] = builtins[one.name];
      if (kind !== 'functions' || !isSame(type.parameters, parameters) || !isSame(type.results, results)) {
        return `${namespace} ${one.name} is imported with another type than it has`;
      }
    }
  }
  return undefined;
}
function keepOptions(module, strings) {
  const fault = faultOf(strings, module);
  if (fault !== undefined) throw new CompileError(`WebAssembly: ${fault}`);
  WeakMapSet(kept, module, strings);
}
function isValid(bytes, strings) {
  try {
    return faultOf(strings, compile(bytes)) === undefined;
  } catch {
    return false;
  }
}

// The import object with what the module's options supply put before the worker's own.
internals.stringImports = (module, given) => {
  const strings = WeakMapGet(kept, module);
  if (strings === undefined) return given;
  if (given !== undefined && !internals.isObject(given)) throw new TypeError('WebAssembly.Instance(): Argument 1 must be an object');
  const constants = { __proto__: null }, functions = { __proto__: null };
  const supplied = { __proto__: null };
  const { imports: needed } = readModule(module);
  for (const one of needed) {
    if (isConstant(strings, one)) constants[one.name] = one.name;
    else if (isBuiltin(strings, one)) functions[one.name] = builtins[one.name][2];
  }
  if (strings.constants !== undefined) supplied[strings.constants] = constants;
  if (strings.hasBuiltins) supplied[namespace] = functions;
  const imports = { __proto__: null };
  for (const { module: name } of needed) {
    if (name in imports) continue;
    imports[name] = name in supplied ? supplied[name] : given?.[name];
  }
  return imports;
};
internals.visibleImports = (module, list) => {
  const strings = WeakMapGet(kept, module);
  return strings === undefined ? list : list.filter((one) => !isConstant(strings, one) && !isBuiltin(strings, one));
};

return { readOptions, keepOptions, isValid };
