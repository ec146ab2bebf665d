// Subrequests: a worker's fetch() to a declared origin, or to another worker of the same shard.
//
// An origin stands in some city, so its answer is held back by the modelled round trip: half before
// the request leaves, half (and a whole one for the handshake of a new connection) before the
// answer arrives. Bytes of a long body follow as the origin sends them; bandwidth is not modelled.
// A service binding costs no distance: both workers live on this shard.
//
// Thread: the shard's loop. Destroying one cancels it; the body it handed out lives on by itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/host.h"
#include "edge_node/shard/serving_state.h"
#include "edge_node/shard/tenant.h"
#include "http/client/client.h"

namespace terrella::edge {

// The parts of an absolute, already normalised URL that a request head is made of.
struct UrlParts {
  std::string authority;  // "api.example:8080"
  std::string host;       // "api.example"
  std::string target;     // "/path?query"
};
absl::StatusOr<UrlParts> SplitUrl(std::string_view url);

// Fails later, never from within the call that made it.
std::unique_ptr<runtime::Subrequest> FailSubrequest(EventLoop& loop, absl::Status status,
                                                    runtime::SubrequestObserver& observer);

std::unique_ptr<runtime::Subrequest> FetchOrigin(EventLoop& loop, http::Client& client,
                                                 const OriginTarget& origin, UrlParts url,
                                                 runtime::OutboundRequest request,
                                                 runtime::SubrequestObserver& observer);

// The called worker's request.cf is the caller's: the client is where it is. `actor`: the object
// that is called; Aborted when another node owns it.
std::unique_ptr<runtime::Subrequest> CallService(Tenant::Lease callee, UrlParts url,
                                                 runtime::OutboundRequest request,
                                                 std::optional<runtime::ActorAddress> actor,
                                                 runtime::SubrequestObserver& observer);

// Removes the fields that belong to one connection (RFC 9110 section 7.6.1).
void RemoveHopByHop(http::Headers& headers);

}  // namespace terrella::edge
