// Fetcher: one request of one person in one city, the way the network would carry it.
//
//   person -> resolver of their city -> DNS router (with the city's block as EDNS Client Subnet)
//          -> ingress, told by a PROXY header who connects to which address -> node
//
// The DNS time is modelled and waited for: last mile to the resolver, then from there to the
// nearest name server, which is anycast from every PoP. Everything after it is felt through the
// ingress.
//
// Thread: a Fetching belongs to its loop; Fetch runs one of its own on the caller's thread until
// the answer is whole.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/message/message.h"
#include "http/tls/context.h"
#include "sim/net/latency_model.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"

namespace terrella::sim {

enum class Via { kDns, kAnycast };

struct FetchPlan {
  http::RequestHead head;
  std::string host;  // to resolve, without port
  std::string body;  // sent when not empty
  net::Place from;
  net::PathWish wish;  // what they have between themselves and the network
  Via via = Via::kDns;
  SocketAddress ingress;
  SocketAddress dns;
  uint16_t node_port = 0;
  std::map<std::string, std::string> pops;  // PoP code by the node's IPv4 address
  Duration timeout = std::chrono::seconds(30);
  size_t body_bytes_max = 64 << 20;
  std::shared_ptr<const http::ClientTls> tls;  // not null: over TLS, with `host`'s certificate
  bool explain = false;                        // also ask the router why (kDns only)
};

struct DnsFacts {
  IpAddress address;
  std::string pop;  // "" when it is no node of the cluster
  uint32_t ttl_s = 0;
  int scope_bits = 0;
  double modelled_ms = 0;
  double router_ms = 0;  // measured: what the DNS router itself took
};

struct FetchResult {
  std::optional<DnsFacts> dns;   // kDns only
  std::vector<std::string> why;  // the router's words, best node first; none when it does not say
  http::ResponseHead head;
  std::string body;
  double secured_ms = 0;     // over TLS: from the connect to the end of both handshakes
  double first_byte_ms = 0;  // from the connect to the first byte of the response
  double last_byte_ms = 0;   // from the connect to its last
};

// A fetch under way. Destroying it gives it up: no callback follows.
class Fetching {
 public:
  // Calls back once, later. `places` and `latency` outlive it.
  using Callback = std::function<void(absl::StatusOr<FetchResult>)>;
  static std::unique_ptr<Fetching> Start(EventLoop& loop, FetchPlan plan, const net::Places& places,
                                         const net::LatencyModel& latency, Callback callback);
  virtual ~Fetching() = default;
};

// Errors: NOT_FOUND (no such name), UNAVAILABLE (no DNS router, no ingress, no node behind it),
// DEADLINE_EXCEEDED, DATA_LOSS (a broken response).
absl::StatusOr<FetchResult> Fetch(const FetchPlan& plan, const net::Places& places,
                                  const net::LatencyModel& latency);

}  // namespace terrella::sim
