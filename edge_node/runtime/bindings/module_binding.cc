// native.modules: the bundle's modules as bytes, without importing them.
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/module_loader.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

const WorkerCode* Code(const Info& info) {
  ModuleLoader* modules = IsolateState::From(info.GetIsolate())->modules();
  return modules == nullptr ? nullptr : &modules->code();
}

// names(prefix) -> [name, ...] of those that begin with it
void Names(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string prefix = FromV8(isolate, info[0]);
  std::vector<v8::Local<v8::Value>> names;
  if (const WorkerCode* code = Code(info)) {
    for (const ModuleSource& module : code->modules) {
      if (module.name.starts_with(prefix)) names.push_back(ToV8(isolate, module.name));
    }
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, names.data(), names.size()));
}

// bytes(name) -> Uint8Array, or undefined when there is no such module
void Bytes(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string name = FromV8(isolate, info[0]);
  const WorkerCode* code = Code(info);
  if (code == nullptr) return;
  for (const ModuleSource& module : code->modules) {
    if (module.name != name) continue;
    v8::Local<v8::Value> bytes;
    if (NewUint8Array(isolate, module.bytes).ToLocal(&bytes)) info.GetReturnValue().Set(bytes);
    return;
  }
}

constexpr NativeFunction kFunctions[] = {{"names", Names}, {"bytes", Bytes}};

}  // namespace

std::span<const NativeFunction> ModuleFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
