// WebAssembly.compileStreaming and instantiateStreaming (WebAssembly Web API section 3), out of the whole body: there is
// one thread, which could not compile while it reads. A worker may compile what is part of its bundle, no other bytes.
const { compile } = native.wasm;
const { checked, instantiateModule, readOptions } = internals.load('wasm_api');
const { apply } = Reflect;
const { arrayBuffer } = globalThis.Response.prototype;

async function compileResponse(source, options) {
  const strings = readOptions(options);
  const response = await source;
  if (!internals.isResponse(response)) throw new TypeError('WebAssembly.compileStreaming: the source is not a Response');
  const type = response.headers.get('content-type') ?? '';
  if (type.trim().toLowerCase() !== 'application/wasm') {
    throw new TypeError(`WebAssembly.compileStreaming: the response's type is '${type}', not 'application/wasm'`);
  }
  if (!response.ok) throw new TypeError(`WebAssembly.compileStreaming: the response has status ${response.status}`);
  return checked(compile(await apply(arrayBuffer, response, [])), strings);
}

return {
  compileStreaming: compileResponse,
  async instantiateStreaming(source, imports, options) {
    const module = await compileResponse(source, options);
    return { module, instance: await instantiateModule(module, imports) };
  },
};
