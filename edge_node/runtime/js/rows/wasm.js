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
