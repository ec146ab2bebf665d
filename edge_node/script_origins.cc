#include "edge_node/script_origins.h"

#include <charconv>
#include <utility>

#include "base/status.h"
#include "edge_node/shard/routing_table.h"
#include "edge_node/shard/subrequest.h"

namespace terrella::edge {
namespace {

// The port an URL names, or its scheme's.
uint16_t PortOf(std::string_view url, std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    uint16_t port = 0;
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
    return port;
  }
  return url.starts_with("https:") ? 443 : 80;
}

}  // namespace

absl::StatusOr<ScriptOrigin> ParseScriptOrigin(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return InvalidArgument("expected HOST[:PORT]=IP[:PORT], found '{}'", text);
  }
  ScriptOrigin origin{.authority = std::string(text.substr(0, equals))};
  std::string_view target = text.substr(equals + 1);
  const bool bracketed = target.size() > 2 && target.front() == '[' && target.back() == ']';
  if (bracketed) target = target.substr(1, target.size() - 2);
  if (auto ip = IpAddress::Parse(target); ip.ok()) {
    origin.ip = *ip;
    return origin;
  }
  ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Parse(target));
  origin.ip = address.ip;
  origin.port = address.port;
  return origin;
}

ScriptOrigins::ScriptOrigins(EventLoop& loop, std::vector<ScriptOrigin> origins)
    : loop_(loop), origins_(std::move(origins)), client_(loop) {}

std::vector<std::string> ScriptOrigins::authorities() const {
  std::vector<std::string> names;
  for (const ScriptOrigin& origin : origins_) names.push_back(origin.authority);
  return names;
}

std::unique_ptr<runtime::Subrequest> ScriptOrigins::Fetch(runtime::OutboundRequest request,
                                                          runtime::SubrequestObserver& observer) {
  auto url = SplitUrl(request.url);
  if (!url.ok()) return FailSubrequest(loop_, url.status(), observer);
  for (const ScriptOrigin& origin : origins_) {
    if (origin.authority != url->authority && origin.authority != url->host) continue;
    const uint16_t port = origin.port.value_or(PortOf(request.url, url->authority));
    const OriginTarget target{.host = url->host, .address = {origin.ip, port}};
    return FetchOrigin(loop_, client_, target, *std::move(url), std::move(request), observer);
  }
  return FailSubrequest(loop_, Unavailable("no --origin names {}", url->authority), observer);
}

}  // namespace terrella::edge
