// native.cache: the Cache API's way to the host, and what a fetch asks of the cache.
#include <string>

#include "edge_node/runtime/bindings/cache_binding.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/subrequest_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// The members of an array that JavaScript of ours has made.
class Items {
 public:
  Items(v8::Isolate* isolate, v8::Local<v8::Value> array) : isolate_(isolate) {
    if (array->IsArray()) array_ = array.As<v8::Array>();
  }
  uint32_t size() const { return array_.IsEmpty() ? 0 : array_->Length(); }
  v8::Local<v8::Value> At(uint32_t i) const {
    v8::Local<v8::Value> value;
    if (array_.IsEmpty() || !array_->Get(isolate_->GetCurrentContext(), i).ToLocal(&value)) {
      return v8::Undefined(isolate_);
    }
    return value;
  }
  std::string Text(uint32_t i) const { return FromV8(isolate_, At(i)); }
  std::optional<int64_t> Number(uint32_t i) const {
    const v8::Local<v8::Value> value = At(i);
    if (!value->IsNumber()) return std::nullopt;
    return value->IntegerValue(isolate_->GetCurrentContext()).FromMaybe(0);
  }

 private:
  v8::Isolate* const isolate_;
  v8::Local<v8::Array> array_;
};

// start([io, key, kind, cache name, url, flat request headers, status, statusText, flat response
// headers, body, whether it is encoded]) -> promise, as startFetch's
void Start(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  const Items arguments(isolate, info[0]);
  IoContext* io = state->FindIo(static_cast<uint32_t>(arguments.Number(0).value_or(0)));
  if (io == nullptr || state->CurrentIo() != io) {
    return ThrowTypeError(isolate, "caches can only be used by the request that is being handled");
  }
  CacheOperation operation;
  operation.kind = static_cast<CacheOperation::Kind>(arguments.Number(2).value_or(0));
  operation.name = arguments.Text(3);
  OutboundRequest request;
  request.url = arguments.Text(4);
  request.method = "GET";
  if (operation.kind == CacheOperation::Kind::kPut) {
    operation.put.status = static_cast<int>(arguments.Number(6).value_or(0));
    operation.put.reason = arguments.Text(7);
    operation.put.headers = HeadersFromV8(isolate, arguments.At(8));
    // StartFetch takes the body in the coding that `headers` name.
    const auto coding = operation.put.headers.Combined("content-encoding");
    if (coding && !arguments.At(10)->IsTrue()) request.headers.Set("content-encoding", *coding);
  }
  request.cache_operation = std::move(operation);
  request.cache_headers = HeadersFromV8(isolate, arguments.At(5));
  info.GetReturnValue().Set(io->StartFetch(static_cast<uint32_t>(arguments.Number(1).value_or(0)),
                                           std::move(request), arguments.At(9)));
}

constexpr NativeFunction kFunctions[] = {{"start", Start}};

}  // namespace

std::span<const NativeFunction> CacheFunctions() {
  return kFunctions;
}

cache::FetchRules CacheRulesFromV8(v8::Isolate* isolate, v8::Local<v8::Value> array) {
  const Items items(isolate, array);
  const cache::FetchRulesLimits limits;
  cache::FetchRules rules;
  rules.mode = static_cast<cache::CacheMode>(items.Number(0).value_or(0));
  rules.everything = items.At(1)->IsTrue();
  rules.ttl_s = items.Number(2);
  rules.key = items.Text(3).substr(0, limits.key_bytes_max);
  const Items tags(isolate, items.At(4));
  for (uint32_t i = 0; i < tags.size() && i < limits.tags_max; ++i) {
    rules.tags.push_back(tags.Text(i));
  }
  const Items ttls(isolate, items.At(5));
  for (uint32_t i = 0; i + 1 < ttls.size() && i / 2 < limits.ttl_rules_max; i += 2) {
    auto range = cache::ParseStatusRange(ttls.Text(i));
    const auto ttl = ttls.Number(i + 1);
    if (!range || !ttl) continue;
    range->ttl_s = *ttl;
    rules.ttl_by_status.push_back(*range);
  }
  return rules;
}

}  // namespace terrella::runtime
