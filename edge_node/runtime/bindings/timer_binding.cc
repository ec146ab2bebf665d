#include <algorithm>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// Longer than any request, and small enough to be counted in nanoseconds.
constexpr double kDelayMsMax = 365.0 * 24 * 3600 * 1000;

// start(callback, milliseconds, repeat, weak) -> id
void Start(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  IoContext* io = state == nullptr ? nullptr : state->CurrentIo();
  if (io == nullptr) {
    isolate->ThrowException(v8::Exception::Error(Symbol(
        isolate, "timers are only possible while a request is handled, not in the global scope")));
    return;
  }
  const double ms = std::clamp(info[1].As<v8::Number>()->Value(), 0.0, kDelayMsMax);
  info.GetReturnValue().Set(io->StartTimer(
      info[0].As<v8::Function>(),
      {.delay = FromMs(ms), .repeat = info[2]->IsTrue(), .weak = info[3]->IsTrue()}));
}

// A timer of the running request by its id; of another one there is none.
IoContext* IoOfTimer(const Info& info) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  return state == nullptr || !info[0]->IsUint32() ? nullptr : state->CurrentIo();
}

void Stop(const Info& info) {
  if (IoContext* io = IoOfTimer(info)) io->StopTimer(info[0].As<v8::Uint32>()->Value());
}

// hold(id): a weak timer becomes one that its request waits for.
void Hold(const Info& info) {
  if (IoContext* io = IoOfTimer(info)) io->HoldTimer(info[0].As<v8::Uint32>()->Value());
}

constexpr NativeFunction kFunctions[] = {{"start", Start}, {"stop", Stop}, {"hold", Hold}};

}  // namespace

std::span<const NativeFunction> TimerFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
