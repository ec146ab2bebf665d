// native.rate_limit: counted calls for js/rate_limit.js.
#include <charconv>
#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

// take("LIMIT PERIOD_S NAMESPACE", key): whether the call is within the limit.
void Take(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string rule = FromV8(isolate, info[0]), key = FromV8(isolate, info[1]);
  RateLimitCall call{.key = key};
  const char* at = rule.data();
  const char* const end = at + rule.size();
  at = std::from_chars(at, end, call.limit).ptr + 1;
  at = std::from_chars(at, end, call.period_s).ptr + 1;
  call.ns = std::string_view(at, static_cast<size_t>(end - at));
  info.GetReturnValue().Set(IsolateState::From(isolate)->owner().TakeRate(call));
}

constexpr NativeFunction kFunctions[] = {{"take", Take}};

}  // namespace

std::span<const NativeFunction> RateLimitFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
