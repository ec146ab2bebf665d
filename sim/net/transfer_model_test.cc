// Goal: round trips are counted as the RFCs count them.
#include "sim/net/transfer_model.h"

#include <gtest/gtest.h>

#include <cmath>

namespace terrella::net {
namespace {

TEST(TransferModel, CountsHandshakes) {
  EXPECT_EQ(HandshakeRoundTrips(Transport::kTcp), 1);
  EXPECT_EQ(HandshakeRoundTrips(Transport::kTls12), 3);       // RFC 5246: TCP and two
  EXPECT_EQ(HandshakeRoundTrips(Transport::kTls13), 2);       // RFC 8446: TCP and one
  EXPECT_EQ(HandshakeRoundTrips(Transport::kTls13Early), 1);  // RFC 8446 section 2.3
  EXPECT_EQ(HandshakeRoundTrips(Transport::kQuic), 1);        // RFC 9001
  EXPECT_EQ(HandshakeRoundTrips(Transport::kQuicEarly), 0);
}

TEST(TransferModel, SlowStartDoublesTheWindow) {
  EXPECT_EQ(SlowStartRoundTrips(0), 0);
  EXPECT_EQ(SlowStartRoundTrips(14'600), 0);
  EXPECT_EQ(SlowStartRoundTrips(14'601), 1);
  EXPECT_EQ(SlowStartRoundTrips(3 * 14'600), 1);
  EXPECT_EQ(SlowStartRoundTrips(3 * 14'600 + 1), 2);
  EXPECT_EQ(SlowStartRoundTrips(7 * 14'600), 2);
  EXPECT_LT(SlowStartRoundTrips(UINT64_MAX), 64);
  for (uint64_t bytes = 1; bytes < 5'000'000; bytes = bytes * 5 / 4 + 1) {
    double closed = std::ceil(std::log2(static_cast<double>(bytes) / 14'600 + 1)) - 1;
    EXPECT_EQ(SlowStartRoundTrips(bytes), std::max(0.0, closed)) << bytes;
  }
}

TEST(TransferModel, AddsUp) {
  Transfer cold{
      .transport = Transport::kTls13, .rtt_ms = 100, .service_ms = 7, .response_bytes = 50'000};
  EXPECT_DOUBLE_EQ(FirstByteMs(cold), 307);
  EXPECT_DOUBLE_EQ(LastByteMs(cold), 507);
  Transfer warm = cold;
  warm.warm = true;
  EXPECT_DOUBLE_EQ(LastByteMs(warm), 107);
}

}  // namespace
}  // namespace terrella::net
