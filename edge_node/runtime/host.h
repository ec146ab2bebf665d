// Host: what an isolate asks of the world outside JavaScript. The shard implements it.
//
// A worker reaches nothing but its declared origins and its service bindings; this is the only
// door.
//
// Thread: the loop of the worker. All callbacks into an observer come from the loop, never from
// inside
//         the call that started them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/log.h"
#include "edge_node/cache/policy/fetch_rules.h"
#include "edge_node/runtime/actor_storage.h"
#include "edge_node/runtime/inbound_request.h"
#include "edge_node/runtime/kv.h"
#include "http/message/body.h"
#include "http/message/message.h"
#include "http/message/message_channel.h"

namespace terrella::runtime {

class Worker;

// The Cache API: a question to the script's own cache and to no origin. Answered with the stored
// response and cf-cache-status HIT, or 504 (kMatch); 204 or 413 (kPut); 200 or 404 (kDelete).
struct CacheOperation {
  enum class Kind { kMatch, kPut, kDelete };
  Kind kind = Kind::kMatch;
  std::string name;        // of the cache; empty: caches.default
  http::ResponseHead put;  // kPut: what is stored, with the request's body as its body
};

// The Durable Object that a request is for.
struct ActorTarget {
  std::string namespace_id;
  std::string id;
  std::string name;           // empty: unknown
  std::string location_hint;  // "weur", ...; empty: near the caller
};

struct OutboundRequest {
  std::string service;     // a service binding's script name; empty: by the URL's host
  std::string entrypoint;  // with `service`: as in InboundRequest
  std::string props_json;
  std::string rpc_method;            // with `service`: as in InboundRequest
  std::optional<ActorTarget> actor;  // then `service` is but a name for people
  bool is_alarm = false;             // with `actor`: as in InboundRequest
  std::string url;                   // absolute, normalised by the URL parser
  std::string method;
  http::Headers headers;
  std::unique_ptr<http::BodySource> body;  // null when there is none
  uint32_t depth = 0;                      // InboundRequest::depth of the invocation that asks
  cache::FetchRules cache_rules;           // of a fetch to an origin
  std::optional<CacheOperation> cache_operation;
  http::Headers cache_headers;  // with cache_operation: of the request that is the key
  // Of that invocation's client; only with `service`.
  std::shared_ptr<const RequestPlace> place;
};

// One call that a rate limit is to count.
struct RateLimitCall {
  std::string_view ns;
  std::string_view key;
  uint32_t limit = 0;  // calls in a period
  uint32_t period_s = 0;
};

class SubrequestObserver {
 public:
  virtual ~SubrequestObserver() = default;
  // Exactly one of these, once. The observer may destroy the Subrequest from either.
  virtual void OnSubrequestResponse(http::ResponseHead head,
                                    std::unique_ptr<http::BodySource> body) = 0;
  // In its place, with status 101: the answer is a WebSocket.
  virtual void OnSubrequestSocket(http::ResponseHead head,
                                  std::unique_ptr<http::MessageChannel> end) = 0;
  virtual void OnSubrequestError(const absl::Status& status) = 0;
};

// A fetch under way. Destroying it cancels it; after OnSubrequestResponse the body is on its own.
class Subrequest {
 public:
  virtual ~Subrequest() = default;
};

class Host {
 public:
  virtual ~Host() = default;
  // The hosts were checked against WorkerCode::origin_hosts already. Redirects are followed by the
  // runtime.
  virtual std::unique_ptr<Subrequest> Fetch(OutboundRequest request,
                                            SubrequestObserver& observer) = 0;
  // Workers KV, for the namespaces the worker is bound to.
  virtual std::unique_ptr<Subrequest> Kv(KvRequest request, KvObserver& observer) = 0;
  // Whether the call is within its limit; a host that counts nothing lets everything pass.
  virtual bool TakeRate(const RateLimitCall&) { return true; }
  // The namespace of the objects of a script's class. NotFound says what is missing.
  virtual absl::StatusOr<std::string> FindActorNamespace(std::string_view /*script*/,
                                                         std::string_view /*class_name*/) {
    return absl::NotFoundError("there are no Durable Objects here");
  }
  // The storage of an object that this node owns; FailedPrecondition when it does not.
  virtual absl::StatusOr<std::unique_ptr<ActorStorage>> OpenActor(const ActorAddress&) {
    return absl::UnimplementedError("there are no Durable Objects here");
  }
  // One console call or one uncaught error, told while JavaScript is on the stack: take it and
  // return, without calling the worker. `text` may hold line breaks.
  virtual void OnLog(Worker& worker, LogLevel level, std::string_view text) = 0;
  // The worker broke a limit (`reason`: "exceeded 50 ms of CPU time", ...). It takes no new
  // request; it is empty when in_flight() is 0. Replace it now, destroy it later from the loop, not
  // from this call.
  virtual void OnCondemned(Worker& worker, std::string_view reason) = 0;
  // The last invocation in flight (with its waitUntil work) is over.
  virtual void OnIdle(Worker& worker) = 0;
};

}  // namespace terrella::runtime
