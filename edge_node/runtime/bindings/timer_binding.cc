#include <algorithm>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// start(callback, milliseconds, repeat) -> id
void Start(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  IoContext* io = state == nullptr ? nullptr : state->CurrentIo();
  if (io == nullptr) {
    isolate->ThrowException(v8::Exception::Error(Symbol(
        isolate, "timers are only possible while a request is handled, not in the global scope")));
    return;
  }
  double ms = std::max(0.0, info[1].As<v8::Number>()->Value());
  info.GetReturnValue().Set(
      io->StartTimer(info[0].As<v8::Function>(), FromMs(ms), info[2]->IsTrue()));
}

void Stop(const Info& info) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  IoContext* io = state == nullptr ? nullptr : state->CurrentIo();
  if (io != nullptr && info[0]->IsUint32()) io->StopTimer(info[0].As<v8::Uint32>()->Value());
}

constexpr NativeFunction kFunctions[] = {{"start", Start}, {"stop", Stop}};

}  // namespace

std::span<const NativeFunction> TimerFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
