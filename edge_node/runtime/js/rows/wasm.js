// WebAssembly beyond what the engine brings.
const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
// (module (import "m" "f" (func $f)) (func (export "run") (call $f)))
const caller = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 1,
  10, 6, 1, 4, 0, 16, 0, 11]);
const wasm = (bytes, init = {}) => new Response(bytes, { headers: { 'content-type': 'application/wasm' }, ...init });

row('WebAssembly web API 3', 'shape', () => {
  for (const name of ['compileStreaming', 'instantiateStreaming']) {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(WebAssembly, name);
    same([value.name, value.length, writable, enumerable, configurable], [name, 1, true, true, true]);
  }
});
row('WebAssembly web API 3', 'compiles a response, or the promise of one', async () => {
  same(await WebAssembly.compileStreaming(wasm(empty)) instanceof WebAssembly.Module, true);
  same(await WebAssembly.compileStreaming(Promise.resolve(wasm(empty))) instanceof WebAssembly.Module, true);
  same(await WebAssembly.compileStreaming(wasm(empty, { headers: { 'content-type': ' Application/WASM ' } })) instanceof WebAssembly.Module, true);
  let called = 0;
  const { module, instance } = await WebAssembly.instantiateStreaming(wasm(caller), { m: { f: () => ++called } });
  instance.exports.run();
  same([module instanceof WebAssembly.Module, called], [true, 1]);
});
row('WebAssembly web API 3', 'refuses what is no response of the right type and status', async () => {
  await rejects(TypeError, WebAssembly.compileStreaming(empty));
  await rejects(TypeError, WebAssembly.compileStreaming());
  await rejects(TypeError, WebAssembly.compileStreaming(new Response(empty)), 'application/wasm');
  await rejects(TypeError, WebAssembly.compileStreaming(wasm(empty, { headers: { 'content-type': 'application/wasm; a=b' } })));
  await rejects(TypeError, WebAssembly.compileStreaming(wasm(empty, { status: 404 })), '404');
  const used = wasm(empty);
  await used.text();
  await rejects(TypeError, WebAssembly.compileStreaming(used));
  await rejects(WebAssembly.CompileError, WebAssembly.compileStreaming(wasm(new Uint8Array(8))));
  await rejects(WebAssembly.LinkError, WebAssembly.instantiateStreaming(wasm(caller), { m: {} }));
  await rejects(RangeError, WebAssembly.compileStreaming(Promise.reject(new RangeError('mine'))), 'mine');
});
row('WebAssembly JS API 5.1', 'promises of compile and instantiate settle', async () => {
  same(await WebAssembly.compile(empty) instanceof WebAssembly.Module, true);
  same((await WebAssembly.instantiate(empty)).instance instanceof WebAssembly.Instance, true);
  same(WebAssembly.validate(empty.slice(0, 7)), false);
});
row('terrella', 'one memory is at most 128 MiB', () => {
  throws(RangeError, () => new WebAssembly.Memory({ initial: 3000 }));
  const memory = new WebAssembly.Memory({ initial: 1 });
  throws(RangeError, () => memory.grow(5000));
  same(memory.grow(2), 1);
});

const leb = (text) => [text.length, ...[...text].map((c) => c.charCodeAt(0))];
const section = (id, ...items) => {
  const body = [items.length, ...items.flat()];
  return [id, body.length, ...body];
};
const moduleOf = (...sections) => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...sections.flat()]);
const [i32, i64, f32, f64, externref, funcref] = [0x7f, 0x7e, 0x7d, 0x7c, 0x6f, 0x70];
// (module
//   (type (func (param i32 i64) (result f64 f32))) (type (func (param i32)))
//   (func (export "f") (type 0) f64.const 0 f32.const 0) (table (export "t") 2 5 externref) (memory (export "m") 1 3)
//   (tag (export "e") (type 1))
//   (global (export "g") (mut i64) (i64.const -3)) (global (export "h") f64 (f64.const 0)) (global (export "r") funcref (ref.func 0)))
const everything = moduleOf(
  section(1, [0x60, 2, i32, i64, 2, f64, f32], [0x60, 1, i32, 0]), section(3, [0]), section(4, [externref, 1, 2, 5]), section(5, [1, 1, 3]),
  section(13, [0, 1]),
  section(6, [i64, 1, 0x42, 0x7d, 0x0b], [f64, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b], [funcref, 0, 0xd2, 0, 0x0b]),
  section(7, [...leb('f'), 0, 0], [...leb('t'), 1, 0], [...leb('m'), 2, 0], [...leb('e'), 4, 0], [...leb('g'), 3, 0], [...leb('h'), 3, 1], [...leb('r'), 3, 2]),
  section(10, [16, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x43, 0, 0, 0, 0, 0x0b]));

row('JS types proposal', 'type() of what a module exports is what the module declares, with the current size', async () => {
  const { instance: { exports } } = await WebAssembly.instantiate(everything);
  same(exports.f.type(), { parameters: ['i32', 'i64'], results: ['f64', 'f32'] });
  same(exports.t.type(), { minimum: 2, maximum: 5, element: 'externref' });
  same(exports.m.type(), { minimum: 1, maximum: 3, shared: false });
  same(exports.e.type(), { parameters: ['i32'] });
  same([exports.g.type(), exports.h.type(), exports.r.type()],
    [{ mutable: true, value: 'i64' }, { mutable: false, value: 'f64' }, { mutable: false, value: 'funcref' }]);
  exports.t.grow(1);
  exports.m.grow(1);
  same([exports.t.type().minimum, exports.m.type().minimum], [3, 2]);
  same([exports.f instanceof WebAssembly.Function, exports.f instanceof Function], [true, true]);
});
row('JS types proposal', 'type() of what a constructor made', () => {
  same(new WebAssembly.Memory({ minimum: 1 }).type(), { minimum: 1, shared: false });
  same(new WebAssembly.Memory({ initial: 1, maximum: { valueOf: () => 7 } }).type(), { minimum: 1, maximum: 7, shared: false });
  same(new WebAssembly.Table({ initial: 1, element: 'anyfunc' }).type(), { minimum: 1, element: 'funcref' });
  same(new WebAssembly.Global({ value: 'anyfunc' }).type(), { mutable: false, value: 'funcref' });
  same(new WebAssembly.Tag({ parameters: ['f32', 'funcref'] }).type(), { parameters: ['f32', 'funcref'] });
  throws(TypeError, () => new WebAssembly.Memory({ initial: 1, minimum: 1 }), "'initial' and 'minimum'");
  throws(TypeError, () => new WebAssembly.Tag({ parameters: ['f16'] }), "'f16' is no WebAssembly type");
  throws(TypeError, () => WebAssembly.Memory.prototype.type.call(new WebAssembly.Table({ initial: 1, element: 'anyfunc' })));
  throws(TypeError, () => WebAssembly.Tag.prototype.type.call({}), 'no such tag');
  throws(TypeError, () => WebAssembly.Memory({ initial: 1 }), "must be invoked with 'new'");
});
row('JS types proposal', 'a WebAssembly.Function has its type, converts and goes into tables', () => {
  const seen = [];
  const f = new WebAssembly.Function({ parameters: ['i32', 'f32', 'i64', 'externref'], results: ['i32'] }, (...args) => { seen.push(args); return '7.9'; });
  same(f(2 ** 32 + 1, 0.1, 5n, 'x'), 7);
  same(seen, [[1, Math.fround(0.1), 5n, 'x']]);
  const table = new WebAssembly.Table({ initial: 1, element: 'funcref' });
  table.set(0, f);
  same([table.get(0) === f, f.type().parameters.length, Object.prototype.toString.call(f)], [true, 4, '[object WebAssembly.Function]']);
  throws(TypeError, () => new f(1), 'constructor');
  same(new WebAssembly.Function({ parameters: [], results: ['i32', 'i64'] }, () => [1, 2n])(), [1, 2n]);
  const same2 = { parameters: f.type().parameters, results: ['i32'] };
  same(new WebAssembly.Function(same2, f) === f, true);
  throws(TypeError, () => new WebAssembly.Function({ parameters: [], results: [] }, f), 'another type');
  throws(TypeError, () => new WebAssembly.Function({ parameters: new Array(1001).fill('i32'), results: [] }, () => {}), 'more than 1000');
  for (let i = 0; i < 100; ++i) new WebAssembly.Function({ parameters: new Array(i).fill('i32'), results: [] }, () => {})();
});

// (module (import "s" "caf\u00e9" (global externref)) (import "wasm:js-string" "concat" (func (param externref externref) (result externref)))
//   (import "own" "x" (global externref)) (export "c" (func 0)) (export "s" (global 0)))
const strings = (mutable = 0) => moduleOf(section(1, [0x60, 2, externref, externref, 1, externref]),
  section(2, [...leb('s'), 5, 99, 97, 102, 195, 169, 3, externref, mutable], [...leb('wasm:js-string'), ...leb('concat'), 0, 0], [...leb('own'), ...leb('x'), 3, externref, 0]),
  section(7, [...leb('c'), 0, 0], [...leb('s'), 3, 0]));
row('WebAssembly JS API 5.10 and 5.11', 'string constants and built-ins are supplied and hidden', async () => {
  const options = { builtins: ['js-string'], importedStringConstants: 's' };
  const module = await WebAssembly.compile(strings(), options);
  same(WebAssembly.Module.imports(module), [{ module: 'own', name: 'x', kind: 'global' }]);
  const { exports } = new WebAssembly.Instance(module, { own: { x: 1 } });
  same([exports.s.value, exports.c('a', exports.s.value)], ['caf\u00e9', 'acaf\u00e9']);
  throws(WebAssembly.RuntimeError, () => exports.c('a', 1), 'a string is expected');
  same((await WebAssembly.instantiate(strings(), { own: { x: 1 } }, options)).instance.exports.s.value, 'caf\u00e9');
  same(WebAssembly.Module.imports(new WebAssembly.Module(strings())).length, 3);
});
row('WebAssembly JS API 5.10 and 5.11', 'an import of another type is an error of compilation', async () => {
  const options = { importedStringConstants: 's' };
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(strings(1), options), 'immutable externref');
  await rejects(WebAssembly.CompileError, WebAssembly.compile(strings(1), options));
  same([WebAssembly.validate(strings(1), options), WebAssembly.validate(strings(1)), WebAssembly.validate(strings(), options)], [false, true, true]);
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(strings(), { builtins: ['js-string', 'js-string'] }), 'twice');
  throws(TypeError, () => new WebAssembly.Instance(new WebAssembly.Module(strings(), options), { 'wasm:js-string': { concat() {} } }), 'own');
});
row('WebAssembly JS API 5.1', "instantiate of bytes reads imports when the module is there, of a module at once", async () => {
  const read = [];
  const imports = { get m() { read.push('m'); return { f() {} }; } };
  const promise = WebAssembly.instantiate(caller, imports);
  same(read, []);
  const { module } = await promise;
  same(read, ['m']);
  WebAssembly.instantiate(module, imports);
  same(read, ['m', 'm']);
  await rejects(TypeError, WebAssembly.instantiate(caller, 1), 'must be an object');
});
row('source phase imports', 'modules have a common ancestor', () => {
  const ancestor = Object.getPrototypeOf(WebAssembly.Module);
  const { get } = Object.getOwnPropertyDescriptor(ancestor.prototype, Symbol.toStringTag);
  same([ancestor.name, get.call(new WebAssembly.Module(empty)), get.call({})], ['AbstractModuleSource', 'WebAssembly.Module', undefined]);
  throws(TypeError, () => new ancestor(), 'abstract');
});
