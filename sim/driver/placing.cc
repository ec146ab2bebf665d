#include "sim/driver/placing.h"

#include <fmt/format.h>

#include <iterator>

#include "http/proxy_protocol.h"
#include "sim/driver/kv_log.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"
#include "sim/net/path_wish.h"
#include "sim/scenario/person.h"

namespace terrella::sim {

http::ClientRequest RequestOf(const VisitContext& context, const Arrival& arrival, size_t request) {
  const RequestKind& kind = context.scenario.requests[request];
  http::ClientRequest out;
  out.to = context.options.ingress;
  out.head.method = kind.method;
  out.head.target = PathOf(kind, context.catalogue.ObjectOf(request, arrival.number));
  out.head.host = kind.host;
  if (kind.kv) context.kv->Fill(arrival, *kind.kv, out.head);
  if (context.scenario.clients.sticky) {
    out.head.headers.Append("cloudflare-workers-version-key",
                            VersionKeyOf(arrival.city, arrival.client));
  }
  return out;
}

absl::StatusOr<std::string> ProxyHeaderOf(const VisitContext& context, const Arrival& arrival,
                                          const SocketAddress& destination, uint16_t port,
                                          MonotonicTime asked_at) {
  http::ProxyInfo proxy;
  proxy.source = {net::CityAddressV4(arrival.city, arrival.client), port};
  proxy.destination = destination;
  net::PathWish said = WishOf(context.scenario, *context.world.places, arrival.city, arrival.client,
                              arrival.population);
  said.faults = FaultsAt(context.scenario, asked_at - context.start);
  if (const std::string wish = net::PathWishText(said); !wish.empty()) {
    proxy.tlvs.push_back({.type = net::kPathWishTlv, .value = wish});
  }
  proxy.tlvs.push_back({.type = net::kAskedAtTlv, .value = net::AskedAtText(asked_at)});
  return http::EncodeProxyHeader(proxy);
}

void PlaceBySource(const VisitContext& context, const Arrival& arrival,
                   const SocketAddress& destination, http::ClientRequest& request) {
  // A pooled connection belongs to one source address, so each node gets one of the city's
  // addresses.
  auto site = context.options.nodes.find(destination.ip);
  uint32_t client = 0;
  if (site != context.options.nodes.end()) {
    client = 1 + static_cast<uint32_t>(std::distance(context.options.nodes.begin(), site));
    request.head.headers.Append("terrella-to", site->second.iata);
  }
  request.from = SocketAddress{net::CityAddressV4(arrival.city, client), 0};
  const net::PathWish wish = WishOf(context.scenario, *context.world.places, arrival.city,
                                    arrival.client, arrival.population);
  for (const auto& [key, value] : net::PathWishFields(wish)) {
    request.head.headers.Append(fmt::format("terrella-{}", key), value);
  }
}

}  // namespace terrella::sim
