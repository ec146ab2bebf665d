#include "sim/net/transfer_model.h"

#include "base/check.h"

namespace terrella::net {

int HandshakeRoundTrips(Transport transport) {
  switch (transport) {
    case Transport::kTcp:
      return 1;
    case Transport::kTls12:
      return 3;
    case Transport::kTls13:
      return 2;
    case Transport::kTls13Early:
      return 1;
    case Transport::kQuic:
      return 1;
    case Transport::kQuicEarly:
      return 0;
  }
  return 0;
}

int SlowStartRoundTrips(uint64_t bytes, uint64_t window_bytes) {
  CHECK(window_bytes > 0);
  int rounds = 0;
  // After r further round trips (2^(r + 1) - 1) windows have been sent.
  while (bytes > window_bytes) {
    bytes -= window_bytes;
    ++rounds;
    if (window_bytes > bytes) break;
    window_bytes *= 2;
  }
  return rounds;
}

double OneWayMs(double rtt_ms) {
  return rtt_ms / 2;
}

double FirstByteMs(const Transfer& transfer) {
  int round_trips = 1 + (transfer.warm ? 0 : HandshakeRoundTrips(transfer.transport));
  return round_trips * transfer.rtt_ms + transfer.service_ms;
}

double LastByteMs(const Transfer& transfer) {
  int extra = transfer.warm ? 0 : SlowStartRoundTrips(transfer.response_bytes);
  return FirstByteMs(transfer) + extra * transfer.rtt_ms;
}

}  // namespace terrella::net
