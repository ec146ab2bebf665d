#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

// write(level, text)
void Write(const v8::FunctionCallbackInfo<v8::Value>& info) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  if (state == nullptr || !info[0]->IsUint32()) return;
  state->Log(static_cast<LogLevel>(info[0].As<v8::Uint32>()->Value() & 3),
             FromV8(info.GetIsolate(), info[1]));
}

constexpr NativeFunction kFunctions[] = {{"write", Write}};

}  // namespace

std::span<const NativeFunction> ConsoleFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
