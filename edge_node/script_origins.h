// ScriptOrigins: the servers that fetch() in `edge_node --script` may reach: those that the command
// line names, with the address to dial for each. Nothing is looked up, so a script reaches nothing
// by accident.
//
// Thread: the loop's. Borrows: the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/ip_address.h"
#include "edge_node/runtime/host.h"
#include "http/client/client.h"

namespace terrella::edge {

struct ScriptOrigin {
  std::string authority;  // as in URLs: "api.test" (every port of it) or "api.test:8080"
  IpAddress ip;
  std::optional<uint16_t> port;  // nothing: the URL's
};

// "HOST[:PORT]=IP[:PORT]"; an IPv6 address stands in brackets.
absl::StatusOr<ScriptOrigin> ParseScriptOrigin(std::string_view text);

class ScriptOrigins {
 public:
  ScriptOrigins(EventLoop& loop, std::vector<ScriptOrigin> origins);

  // What the runtime compares a URL with before it asks for Fetch.
  std::vector<std::string> authorities() const;
  std::unique_ptr<runtime::Subrequest> Fetch(runtime::OutboundRequest request,
                                             runtime::SubrequestObserver& observer);

 private:
  EventLoop& loop_;
  std::vector<ScriptOrigin> origins_;
  http::Client client_;
};

}  // namespace terrella::edge
