// native.async: what js/node/async_hooks.js makes AsyncLocalStorage of.
#include <vector>

#include "edge_node/runtime/async_frame.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// stores() -> what the running frame carries, or undefined
void Stores(const Info& info) {
  info.GetReturnValue().Set(CurrentStores(info.GetIsolate()));
}

// run(stores, function, this, arguments): calls it in a frame with these stores
void Run(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto list = info[3].As<v8::Array>();
  std::vector<v8::Local<v8::Value>> arguments;
  for (uint32_t i = 0; i < list->Length(); ++i) {
    arguments.push_back(list->Get(context, i).ToLocalChecked());
  }
  FrameScope scope(isolate, info[0]);
  v8::Local<v8::Value> result;
  if (info[1]
          .As<v8::Function>()
          ->Call(context, info[2], static_cast<int>(arguments.size()), arguments.data())
          .ToLocal(&result)) {
    info.GetReturnValue().Set(result);
  }
}

// enter(stores): for the rest of this chain
void Enter(const Info& info) {
  SetFrame(info.GetIsolate(), CurrentIoId(info.GetIsolate()), info[0]);
}

constexpr NativeFunction kFunctions[] = {{"stores", Stores}, {"run", Run}, {"enter", Enter}};

}  // namespace

std::span<const NativeFunction> AsyncFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
