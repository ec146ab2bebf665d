// The content of the HTTPS record of a steered name (RFC 9460): one record in service mode for the
// name itself: the protocols, the port, and as hints the very addresses an A or AAAA question would
// get (section 7.3). Nodes at another port than the first's cannot share its record and are left
// to the address records.
#pragma once

#include <cstdint>
#include <string_view>

#include "dns_router/policy/snapshot.h"

namespace terrella::dns {

// Parameters by number (RFC 9460 section 14.3).
enum class SvcParam : uint16_t { kAlpn = 1, kPort = 3, kIpv4Hint = 4, kIpv6Hint = 6 };
constexpr uint16_t kHttpsPort = 443;

// `sink` has PutWord(uint16_t) and PutBytes(std::string_view). `choice` is not empty.
template <class Sink>
void PutHttpsContent(const Snapshot& snapshot, const SteeringChoice& choice, Sink& sink) {
  const auto chosen = choice.chosen();
  const uint16_t port = snapshot.node(chosen.front()).port;
  const auto put_hints = [&](SvcParam key, bool v4) {
    uint16_t count = 0;
    const auto counts = [&](const NodeFacts& node) {
      return node.port == port && (v4 || node.address_v6);
    };
    for (NodeIndex index : chosen) count += counts(snapshot.node(index));
    if (count == 0) return;
    const size_t bytes = v4 ? 4 : 16;
    sink.PutWord(static_cast<uint16_t>(key));
    sink.PutWord(static_cast<uint16_t>(count * bytes));
    for (NodeIndex index : chosen) {
      const NodeFacts& node = snapshot.node(index);
      if (!counts(node)) continue;
      const IpAddress& address = v4 ? node.address : *node.address_v6;
      sink.PutBytes({reinterpret_cast<const char*>(address.bytes().data()), bytes});
    }
  };
  sink.PutWord(1);           // priority
  sink.PutBytes({"\0", 1});  // target: the name itself
  const std::string& alpn = snapshot.zone().options().https_alpn;
  sink.PutWord(static_cast<uint16_t>(SvcParam::kAlpn));
  sink.PutWord(static_cast<uint16_t>(alpn.size()));
  sink.PutBytes(alpn);
  if (port != 0 && port != kHttpsPort) {
    sink.PutWord(static_cast<uint16_t>(SvcParam::kPort));
    sink.PutWord(2);
    sink.PutWord(port);
  }
  put_hints(SvcParam::kIpv4Hint, /*v4=*/true);
  put_hints(SvcParam::kIpv6Hint, /*v4=*/false);
}

}  // namespace terrella::dns
