#include "edge_node/shard/client_place.h"

#include <fmt/format.h>

#include <optional>
#include <string>

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

std::optional<v1::ClientPlace> ToldBy(const http::ProxyInfo* proxy) {
  if (proxy == nullptr) return std::nullopt;
  const auto tlv = proxy->FindTlv(kClientPlaceTlv);
  v1::ClientPlace place;
  if (!tlv || !place.ParseFromArray(tlv->data(), static_cast<int>(tlv->size()))) {
    return std::nullopt;
  }
  return place;
}

runtime::RequestPlace PlaceOf(const NodeIdentity& node, const v1::ClientPlace& place) {
  return {.colo = node.pop,
          .city = place.city(),
          .country = place.country(),
          .continent = place.continent(),
          .latitude_deg = place.latitude_deg(),
          .longitude_deg = place.longitude_deg(),
          .rtt_ms = place.rtt_ms()};
}

// "rtt;dur=129.30, handshake;dur=129.30, access;dur=40.00;desc=\"4g\", loss;desc=\"1%\"".
std::string PathTiming(const v1::ClientPlace& place) {
  if (place.access().empty()) return "";
  std::string out = fmt::format(
      "rtt;dur={:.2f}, handshake;dur={:.2f}, access;dur={:.2f};desc=\"{}\"", place.rtt_ms(),
      place.handshake_ms(), place.access_rtt_ms(),
      // The ingress is no stranger, but a header's bytes must be a header's.
      place.access().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos
          ? place.access()
          : "?");
  if (place.queue_ms() > 0) out += fmt::format(", queue;dur={:.2f}", place.queue_ms());
  if (place.loss_share() > 0)
    out += fmt::format(", loss;desc=\"{:.3g}%\"", 100 * place.loss_share());
  return out;
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
  if (const auto place = ToldBy(proxy)) {
    client->place = PlaceOf(node, *place);
    client->path_timing = PathTiming(*place);
  } else {
    client->place = LocalPlace(node);
  }
  if (const http::TlsFacts* tls = exchange.tls()) {
    client->place.tls_version = tls->version;
    client->place.tls_cipher = tls->cipher;
  }
  exchange.set_note(client);
  return client;
}

}  // namespace terrella::edge
