#include "edge_node/shard/client_place.h"

#include "terrella/v1/client_place.pb.h"

namespace terrella::edge {
namespace {

runtime::RequestPlace LocalPlace(const NodeIdentity& node) {
  return {.colo = node.pop,
          .city = node.city,
          .country = node.country,
          .continent = node.continent,
          .latitude_deg = node.latitude_deg,
          .longitude_deg = node.longitude_deg};
}

runtime::RequestPlace PlaceOfClient(const NodeIdentity& node, const http::ProxyInfo* proxy) {
  if (proxy == nullptr) return LocalPlace(node);
  const auto tlv = proxy->FindTlv(kClientPlaceTlv);
  v1::ClientPlace place;
  if (!tlv || !place.ParseFromArray(tlv->data(), static_cast<int>(tlv->size()))) {
    return LocalPlace(node);
  }
  return {.colo = node.pop,
          .city = place.city(),
          .country = place.country(),
          .continent = place.continent(),
          .latitude_deg = place.latitude_deg(),
          .longitude_deg = place.longitude_deg(),
          .rtt_ms = place.rtt_ms()};
}

}  // namespace

std::shared_ptr<const Client> ClientOf(const NodeIdentity& node, http::Exchange& exchange) {
  if (exchange.note() != nullptr) {
    return std::static_pointer_cast<const Client>(exchange.note());  // nobody else leaves notes
  }
  const http::ProxyInfo* proxy = exchange.proxy();
  const SocketAddress& address =
      proxy != nullptr && !proxy->local ? proxy->source : exchange.peer();
  auto client = std::make_shared<Client>();
  client->ip = address.ip.ToString();
  client->place = PlaceOfClient(node, proxy);
  if (const http::TlsFacts* tls = exchange.tls()) {
    client->place.tls_version = tls->version;
    client->place.tls_cipher = tls->cipher;
  }
  exchange.set_note(client);
  return client;
}

}  // namespace terrella::edge
