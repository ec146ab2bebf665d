// Protocol: the version of HTTP that a person's software speaks, and the mix of them that a
// population has.
//
// With HTTP/1.1 a connection carries one request at a time; with HTTP/2 many, whose answers share
// the connection's window. HTTP/3 is not modelled: nodes do not speak it.
//
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace terrella::sim {

enum class Protocol : uint8_t { kHttp1, kHttp2 };
constexpr Protocol kProtocols[] = {Protocol::kHttp1, Protocol::kHttp2};
// As TLS calls them in ALPN: "http/1.1", "h2".
constexpr std::string_view ProtocolName(Protocol protocol) {
  return protocol == Protocol::kHttp1 ? "http/1.1" : "h2";
}

// Weights, one of them > 0.
struct ProtocolMix {
  double http1 = 1, h2 = 0;

  // Of somebody for whom `share` was drawn, [0, 1).
  Protocol Of(double share) const {
    return share * (http1 + h2) < http1 ? Protocol::kHttp1 : Protocol::kHttp2;
  }
};

}  // namespace terrella::sim
