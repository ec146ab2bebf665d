// WebAssembly as workers see it: the engine's, completed at its first touch. What is added is the part of the JavaScript
// API that needs no other engine: types of what came out of a module or a constructor (JS types proposal), functions of
// a stated type, imported string constants and string built-ins, getters of imports read when the standard says.
const engine = native.wasm.engine();
const { imports: importsOf } = engine.Module;
const { compile: engineCompile, instantiate: engineInstantiate, validate: engineValidate } = engine;
const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, setPrototypeOf } = Object;
const { construct } = Reflect;
const { TypeError } = internals.primordials;
const { isObject } = internals;
const { adopt, installTypes } = internals.load('wasm_types');

// Replaces the engine's class by a function that looks like it. `prepare(args)` gives [the engine's arguments, what is to
// be done with the object it makes].
function wrapClass(name, prepare) {
  const original = engine[name];
  const wrapper = {
    [name]: function (...args) {
      if (new.target === undefined) throw new TypeError(`WebAssembly.${name} must be invoked with 'new'`);
      const [given, done] = prepare(args);
      const made = construct(original, given, new.target);
      if (done !== undefined) done(made);
      return made;
    },
  }[name];
  for (const key of getOwnPropertyNames(original)) defineProperty(wrapper, key, getOwnPropertyDescriptor(original, key));
  defineProperty(original.prototype, 'constructor', { value: wrapper });
  defineProperty(engine, name, { value: wrapper });
  return wrapper;
}
const define = (object, functions, attributes = {}) => {
  for (const name of getOwnPropertyNames(functions)) {
    defineProperty(object, name, { writable: true, enumerable: true, configurable: true, ...attributes, value: functions[name] });
  }
};

// Options of compilation: undefined, or what wasm_strings.js makes of them.
const readOptions = (options) => (isObject(options) ? internals.load('wasm_strings').readOptions(options) : undefined);
// The module's own import object, with what the options of its compilation supply.
const importsFor = (module, given) => internals.stringImports?.(module, given) ?? given;
const checked = (module, options) => {
  if (options !== undefined) internals.load('wasm_strings').keepOptions(module, options);
  return module;
};

const Module = wrapClass('Module', (args) => {
  const options = readOptions(args[1]);
  return [args.length === 0 ? args : [args[0]], (module) => checked(module, options)];
});
wrapClass('Instance', (args) => {
  const [module, imports] = args;
  if (native.wasm.isModule(module)) args[1] = importsFor(module, imports);
  return [args, (instance) => adopt(instance, module)];
});
const instantiateModule = (module, imports) => {
  // What the standard calls an importObject that is there is any value but undefined.
  const promise = engineInstantiate(module, importsFor(module, imports));
  return internals.then(promise, (instance) => {
    adopt(instance, module);
    return instance;
  });
};

async function compile(bytes, options) {
  const strings = readOptions(options);
  return checked(await engineCompile(bytes), strings);
}
async function instantiateBytes(bytes, imports, options) {
  if (imports !== undefined && !isObject(imports)) {
    throw new TypeError('WebAssembly.instantiate(): Argument 1 must be an object');
  }
  const module = await compile(bytes, options);
  return { module, instance: await instantiateModule(module, imports) };
}
define(engine, {
  async compile(bytes, options = undefined) { return compile(bytes, options); },
  async instantiate(source, imports = undefined, options = undefined) {
    return native.wasm.isModule(source) ? instantiateModule(source, imports) : instantiateBytes(source, imports, options);
  },
  compileStreaming(source, options = undefined) { return internals.load('wasm_streaming').compileStreaming(source, options); },
  instantiateStreaming(source, imports = undefined, options = undefined) {
    return internals.load('wasm_streaming').instantiateStreaming(source, imports, options);
  },
  validate(bytes, options = undefined) {
    const strings = readOptions(options);
    if (!engineValidate(bytes)) return false;
    return strings === undefined || internals.load('wasm_strings').isValid(bytes, strings);
  },
});
define(Module, {
  imports(module) {
    const list = importsOf(module);
    return internals.visibleImports?.(module, list) ?? list;
  },
});

// The source phase imports proposal: what modules of every kind have in common.
const AbstractModuleSource = function AbstractModuleSource() {
  throw new TypeError('AbstractModuleSource is abstract');
};
defineProperty(AbstractModuleSource, 'prototype', { writable: false });
const tagged = {
  get [Symbol.toStringTag]() { return native.wasm.isModule(this) ? 'WebAssembly.Module' : undefined; },
};
defineProperty(AbstractModuleSource.prototype, Symbol.toStringTag,
  { ...getOwnPropertyDescriptor(tagged, Symbol.toStringTag), enumerable: false });
setPrototypeOf(Module, AbstractModuleSource);
setPrototypeOf(Module.prototype, AbstractModuleSource.prototype);

// Where the engine departs from the standard's Web IDL.
if (engine.Exception !== undefined) {
  defineProperty(engine.Exception.prototype, Symbol.toStringTag, { value: 'WebAssembly.Exception', configurable: true });
}
defineProperty(engine.Table.prototype.set, 'length', { value: 1 });
installTypes(wrapClass, define);

return { WebAssembly: engine, checked, instantiateModule, readOptions };
