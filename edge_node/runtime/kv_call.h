// KvCall: one KV operation between the promise in JavaScript and the host.
//
// Thread: the isolate's. Owned by its IoContext; destroying it cancels the answer.
#pragma once

#include <v8.h>

#include <memory>

#include "edge_node/runtime/host.h"
#include "edge_node/runtime/kv.h"

namespace terrella::runtime {

class IoContext;

class KvCall final : public KvObserver {
 public:
  KvCall(IoContext& io, uint32_t key, v8::Local<v8::Promise::Resolver> resolver);

  void Start(KvRequest request);

 private:
  void OnKv(absl::StatusOr<KvAnswer> answer) override;

  IoContext& io_;
  const uint32_t key_;
  KvRequest::Kind kind_ = KvRequest::Kind::kGet;
  v8::Global<v8::Promise::Resolver> resolver_;
  std::unique_ptr<Subrequest> trip_;
};

}  // namespace terrella::runtime
