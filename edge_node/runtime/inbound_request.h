// InboundRequest: a request, or another event, as the shard hands it to a worker: HTTP head, body,
// and where the client is.
//
// Thread: the shard's loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "edge_node/runtime/actor_storage.h"
#include "edge_node/runtime/trace.h"
#include "http/message/body.h"
#include "http/message/message.h"

namespace terrella::runtime {

// What `request.cf` shows. Strings may be empty: the member is then left out.
struct RequestPlace {
  std::string colo;  // IATA code of this node
  std::string city;
  std::string country;    // ISO 3166-1 alpha-2
  std::string continent;  // "EU"
  std::string region;
  std::string timezone;
  double latitude_deg = 0;
  double longitude_deg = 0;
  double rtt_ms = 0;        // client to node; shown as clientTcpRtt, whole milliseconds
  std::string tls_version;  // "TLSv1.3"; empty: in the clear
  std::string tls_cipher;
};

// The worker's scheduled() shall run.
struct ScheduledEvent {
  std::string cron;         // the expression that was due, or what a person gave
  double scheduled_ms = 0;  // when it was due, Unix time
};

struct InboundRequest {
  http::RequestHead head;                     // headers as the worker shall see them
  std::string url;                            // absolute: "http://hello.edge.test/path?q"
  std::unique_ptr<http::BodySource> body;     // null when the request has none
  std::shared_ptr<const RequestPlace> place;  // null: nothing is known
  // Service bindings crossed since the client's request; the runtime copies it to the
  // OutboundRequests of this invocation, so that the shard can break loops.
  uint32_t depth = 0;
  std::string entrypoint;  // the exported class or object that answers; empty: the default export
  std::string props_json;  // its ctx.props; empty: {}
  // Not a request but this. The head, URL and body do not count; the answer is 204 when the handler
  // is through, with `terrella-no-retry` when it asked not to be repeated.
  std::optional<ScheduledEvent> scheduled;
  // Not fetch() but this method is called: the body has the arguments, the answer's the result
  // (js/rpc.js).
  std::string rpc_method;
  std::string rpc_arguments;  // of an object's method, once they have all arrived
  // For this Durable Object, not for an entrypoint.
  std::optional<ActorAddress> actor;
  // With `actor`: its alarm() shall run, if it is due.
  bool is_alarm = false;
  std::shared_ptr<Trace> trace;  // null: nobody watches
};

}  // namespace terrella::runtime
