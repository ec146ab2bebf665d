// Handshake: the round trips a new connection takes before its first request may leave.
//
// Counts are those of the standards, without loss: each step names the clause it is counted from.
// What takes more than the least is a matter of HandshakeOptions: a certificate that does not fit
// the server's first flight, a key share the server refuses, a client asked to prove its address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace terrella::net {

enum class Transport : uint8_t {
  kTcp,           // HTTP/1.1 in clear
  kTls12,         // TCP, then two round trips
  kTls12Resumed,  // TCP, then one
  kTls13,         // TCP, then one
  kTls13Early,    // resumed with early data: the request rides with the TLS handshake
  kQuic,          // HTTP/3: one round trip for both
  kQuicEarly,
};
constexpr bool IsQuic(Transport transport) {
  return transport == Transport::kQuic || transport == Transport::kQuicEarly;
}

// "tcp", "tls12", "tls12-resumed", "tls13", "tls13-early", "quic", "quic-early".
std::optional<Transport> FindTransport(std::string_view name);
std::string_view TransportName(Transport transport);

struct HandshakeOptions {
  uint64_t certificate_bytes = 3'000;  // of the server's chain, with the flight it is sent in
  bool hello_retry = false;            // TLS 1.3: the server asks for another key share
  bool address_validation = false;     // QUIC: the server answers with a Retry packet first
};

struct HandshakeStep {
  std::string_view name;
  int round_trips = 0;
  std::string_view clause;
};
// In their order; none for kQuicEarly.
std::vector<HandshakeStep> HandshakeOf(Transport transport, const HandshakeOptions& options = {});

// Their sum with no options: 1 for kTcp, 0 for kQuicEarly.
int HandshakeRoundTrips(Transport transport);

// What a sender may have under way before the first acknowledgement: ten segments of 1,460 bytes
// (RFC 6928 section 2), or ten datagrams of 1,200 (RFC 9002 section 7.2 over RFC 9000 section 14).
constexpr uint64_t kInitialWindowBytes = 14'600;
constexpr uint64_t kQuicInitialWindowBytes = 12'000;
constexpr uint64_t InitialWindowBytes(Transport transport) {
  return IsQuic(transport) ? kQuicInitialWindowBytes : kInitialWindowBytes;
}
// What a window is left with when the timer ran out, in packets: RFC 5681 section 3.1, and RFC 9002
// section 7.6.2.
constexpr size_t LossWindowSegments(Transport transport) {
  return IsQuic(transport) ? 2 : 1;
}
// Of one packet.
constexpr uint64_t SegmentBytes(Transport transport) {
  return IsQuic(transport) ? 1'200 : 1'460;
}

}  // namespace terrella::net
