// native.kv: Workers KV for js/kv.js. Each gives a promise of what kv_call.cc says.
#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

std::string Text(const Info& info, int i) {
  return FromV8(info.GetIsolate(), info[i]);
}

void Start(const Info& info, KvRequest request) {
  v8::Isolate* isolate = info.GetIsolate();
  IoContext* io = IsolateState::From(isolate)->CurrentIo();
  if (io == nullptr) {
    isolate->ThrowException(v8::Exception::Error(Symbol(
        isolate, "KV is only reachable while a request is handled, not in the global scope")));
    return;
  }
  request.ns = Text(info, 0);
  v8::Local<v8::Promise> promise;
  if (io->StartKv(std::move(request)).ToLocal(&promise)) info.GetReturnValue().Set(promise);
}

// get(namespace, [key, ...], cache ttl in seconds)
void Get(const Info& info) {
  KvRequest request;
  auto context = info.GetIsolate()->GetCurrentContext();
  auto keys = info[1].As<v8::Array>();
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    request.keys.push_back(FromV8(info.GetIsolate(), keys->Get(context, i).ToLocalChecked()));
  }
  request.cache_ttl = FromMs(info[2].As<v8::Number>()->Value() * 1000);
  Start(info, std::move(request));
}

// put(namespace, key, string or bytes, metadata JSON or "", expiration in Unix seconds or 0)
void Put(const Info& info) {
  KvRequest request{.kind = KvRequest::Kind::kPut, .keys = {Text(info, 1)}};
  request.value.bytes = info[2]->IsString() ? Text(info, 2) : std::string(BytesOf(info[2]));
  request.value.metadata = Text(info, 3);
  request.expires_unix_s = static_cast<int64_t>(info[4].As<v8::Number>()->Value());
  Start(info, std::move(request));
}

// remove(namespace, key)
void Remove(const Info& info) {
  Start(info, {.kind = KvRequest::Kind::kDelete, .keys = {Text(info, 1)}});
}

// list(namespace, prefix, limit, cursor as Latin-1)
void List(const Info& info) {
  KvRequest request{.kind = KvRequest::Kind::kList, .prefix = Text(info, 1)};
  request.limit = info[2].As<v8::Uint32>()->Value();
  auto cursor = info[3].As<v8::String>();
  request.cursor.resize(static_cast<size_t>(cursor->Length()));
  cursor->WriteOneByte(info.GetIsolate(), reinterpret_cast<uint8_t*>(request.cursor.data()), 0,
                       cursor->Length(), v8::String::NO_NULL_TERMINATION);
  Start(info, std::move(request));
}

constexpr NativeFunction kFunctions[] = {
    {"get", Get}, {"put", Put}, {"remove", Remove}, {"list", List}};

}  // namespace

std::span<const NativeFunction> KvFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
