// TransferModel: how many round trips a request costs over a given transport, and when its bytes
// land.
//
// Counts after DNS, without loss: TCP and TLS handshakes (RFC 9293, RFC 8446, RFC 9001), slow start
// with an initial window of ten segments that doubles every round trip (RFC 5681, RFC 6928). It
// leaves out loss, congestion avoidance and the receiver's window.
#pragma once

#include <cstdint>

namespace terrella::net {

enum class Transport : uint8_t {
  kTcp,         // HTTP/1.1 in clear
  kTls12,       // TCP, then two round trips
  kTls13,       // TCP, then one
  kTls13Early,  // resumed with early data: the request rides with the TLS handshake
  kQuic,        // HTTP/3: one round trip for both
  kQuicEarly,
};

constexpr uint64_t kInitialWindowBytes = 14'600;  // 10 x 1,460 (RFC 6928 section 2)

// Round trips before the request can be sent on a new connection: 1 for kTcp, 0 for kQuicEarly.
int HandshakeRoundTrips(Transport transport);

// Round trips the last byte of `bytes` comes after the first, when the window starts at
// `window_bytes`
// (> 0) and doubles: ceil(log2(bytes / window + 1)) - 1, at least 0.
int SlowStartRoundTrips(uint64_t bytes, uint64_t window_bytes = kInitialWindowBytes);

struct Transfer {
  Transport transport = Transport::kTcp;
  bool warm = false;  // the connection exists and its window is open
  double rtt_ms = 0;
  double service_ms = 0;  // from the request's arrival to the first byte of the answer
  uint64_t response_bytes = 0;
};

double OneWayMs(double rtt_ms);
// From deciding to ask to the first byte of the answer: handshakes, one round trip, the service.
double FirstByteMs(const Transfer& transfer);
// To the last byte.
double LastByteMs(const Transfer& transfer);

}  // namespace terrella::net
