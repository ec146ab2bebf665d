// native.wasm: the engine's WebAssembly, and modules from and to bytes, for js/wasm/.
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/module_loader.h"

namespace terrella::runtime {
namespace {

// engine() -> the object WebAssembly as V8 made it
void EngineObject(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(
      info.GetIsolate()->GetCurrentContext()->GetEmbedderData(kEngineWasmIndex));
}

void IsModule(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(info[0]->IsWasmModuleObject());
}

// bytes(WebAssembly.Module) -> Uint8Array of what it was compiled from
void Bytes(const v8::FunctionCallbackInfo<v8::Value>& info) {
  if (!info[0]->IsWasmModuleObject()) {
    return ThrowTypeError(info.GetIsolate(), "expected a WebAssembly.Module");
  }
  auto compiled = info[0].As<v8::WasmModuleObject>()->GetCompiledModule();
  const auto bytes = compiled.GetWireBytesRef();
  v8::Local<v8::Value> copy;
  if (NewUint8Array(info.GetIsolate(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
          .ToLocal(&copy)) {
    info.GetReturnValue().Set(copy);
  }
}

// compile(bytes, isOurs = false) -> WebAssembly.Module. Throws a CompileError for malformed bytes
// and for those a worker may not run; bytes that js/ itself made it may.
void Compile(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  const std::string_view bytes = BytesOf(info[0]);
  const bool is_bundled = state->modules() != nullptr && state->modules()->HasBytes(bytes);
  if (!state->may_compile_wasm() && !is_bundled && !info[1]->IsTrue()) {
    isolate->ThrowException(v8::Exception::WasmCompileError(Symbol(
        isolate, "a worker compiles WebAssembly of its bundle only, and these bytes are not")));
    return;
  }
  const bool was_allowed = state->may_compile_wasm();
  state->set_may_compile_wasm(true);
  v8::Local<v8::WasmModuleObject> module;
  if (v8::WasmModuleObject::Compile(isolate,
                                    {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()})
          .ToLocal(&module)) {
    info.GetReturnValue().Set(module);
  }
  state->set_may_compile_wasm(was_allowed);
}

constexpr NativeFunction kFunctions[] = {
    {"compile", Compile},
    {"engine", EngineObject},
    {"isModule", IsModule},
    {"bytes", Bytes},
};

}  // namespace

std::span<const NativeFunction> WasmFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
