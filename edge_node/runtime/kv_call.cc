#include "edge_node/runtime/kv_call.h"

#include <utility>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {
namespace {

// What js/kv.js takes: of a get [bytes or null, metadata or "", ...], one pair a key; of a list
// [cursor, key, metadata or "", expiration, ...]. Empty, with an exception pending, when memory is
// short.
v8::MaybeLocal<v8::Value> Flatten(v8::Isolate* isolate, const KvAnswer& answer,
                                  KvRequest::Kind kind) {
  std::vector<v8::Local<v8::Value>> flat;
  if (kind == KvRequest::Kind::kList) flat.push_back(Latin1ToV8(isolate, answer.cursor));
  for (const KvItem& item : answer.items) {
    if (kind == KvRequest::Kind::kList) {
      flat.push_back(ToV8(isolate, item.key));
      flat.push_back(ToV8(isolate, item.value->metadata));
      flat.push_back(v8::Number::New(isolate, static_cast<double>(item.expires_unix_s)));
      continue;
    }
    v8::Local<v8::Value> bytes = v8::Null(isolate);
    if (item.value != nullptr && !NewUint8Array(isolate, item.value->bytes).ToLocal(&bytes))
      return {};
    flat.push_back(bytes);
    flat.push_back(ToV8(isolate, item.value == nullptr ? "" : item.value->metadata));
  }
  return v8::Array::New(isolate, flat.data(), flat.size());
}

}  // namespace

KvCall::KvCall(IoContext& io, uint32_t key, v8::Local<v8::Promise::Resolver> resolver)
    : io_(io), key_(key), resolver_(io.state().isolate(), resolver) {}

void KvCall::Start(KvRequest request) {
  kind_ = request.kind;
  trip_ = io_.state().owner().Kv(std::move(request), *this);
}

void KvCall::OnKv(absl::StatusOr<KvAnswer> answer) {
  auto shared = std::make_shared<absl::StatusOr<KvAnswer>>(std::move(answer));
  io_.state().Wake(io_.id(), [this, key = key_, shared](IoContext& io) {
    if (!io.HasKv(key)) return;
    v8::Isolate* isolate = io.state().isolate();
    auto context = io.state().context();
    auto resolver = resolver_.Get(isolate);
    KvRequest::Kind kind = kind_;
    io.KvSettled(key);
    if (!shared->ok()) {
      auto error = v8::Exception::Error(ToV8(isolate, Message(shared->status())));
      return Discard(resolver->Reject(context, error));
    }
    v8::TryCatch try_catch(isolate);
    v8::Local<v8::Value> value;
    if (Flatten(isolate, **shared, kind).ToLocal(&value)) {
      Discard(resolver->Resolve(context, value));
    } else if (!try_catch.HasTerminated()) {
      Discard(resolver->Reject(context, try_catch.Exception()));
    }
  });
}

}  // namespace terrella::runtime
