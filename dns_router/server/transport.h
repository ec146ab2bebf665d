// Transport: how a query came.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace terrella::dns {

enum class Transport : uint8_t { kUdp, kTcp, kTls, kHttps };

constexpr auto kTransportNames = std::to_array<std::string_view>({"udp", "tcp", "tls", "https"});
constexpr std::string_view TransportName(Transport transport) {
  return kTransportNames[static_cast<size_t>(transport)];
}

constexpr bool IsEncrypted(Transport transport) {
  return transport == Transport::kTls || transport == Transport::kHttps;
}

}  // namespace terrella::dns
