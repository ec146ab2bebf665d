// SubrequestState: one fetch() between the promise in JavaScript and the host's Subrequest.
//
// Thread: the isolate's. Owned by its IoContext; destroying it cancels the fetch.
#pragma once

#include <v8.h>

#include <memory>

#include "edge_node/runtime/host.h"

namespace terrella::runtime {

class IoContext;

class SubrequestState final : public SubrequestObserver {
 public:
  SubrequestState(IoContext& io, uint32_t key, v8::Local<v8::Promise::Resolver> resolver);

  void Start(OutboundRequest request);

 private:
  void OnSubrequestResponse(http::ResponseHead head,
                            std::unique_ptr<http::BodySource> body) override;
  void OnSubrequestSocket(http::ResponseHead head,
                          std::unique_ptr<http::MessageChannel> end) override;
  void OnSubrequestError(const absl::Status& status) override;

  IoContext& io_;
  const uint32_t key_;
  v8::Global<v8::Promise::Resolver> resolver_;
  std::unique_ptr<Subrequest> subrequest_;
};

// [name, value, name, value, ...], as js/headers.js wants it.
v8::Local<v8::Array> HeadersToV8(v8::Isolate* isolate, const http::Headers& headers);
http::Headers HeadersFromV8(v8::Isolate* isolate, v8::Local<v8::Value> flat);

}  // namespace terrella::runtime
