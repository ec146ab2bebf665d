// Goal: round trips are counted as the RFCs count them; each row names its clause.
#include "sim/net/transfer_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace terrella::net {
namespace {

using enum Transport;

struct HandshakeRow {
  const char* clause;
  Transport transport;
  HandshakeOptions options;
  int round_trips;
};

TEST(Handshake, TakesTheRoundTripsOfTheStandards) {
  const HandshakeRow rows[] = {
      {"RFC 9293 section 3.5: three-way handshake, data with the third segment", kTcp, {}, 1},
      {"RFC 5246 section 7.3: full handshake, two after TCP", kTls12, {}, 3},
      {"RFC 5246 section 7.3: abbreviated handshake, one after TCP", kTls12Resumed, {}, 2},
      {"RFC 8446 section 2: one after TCP", kTls13, {}, 2},
      {"RFC 8446 section 2.1: HelloRetryRequest", kTls13, {.hello_retry = true}, 3},
      {"RFC 8446 section 2.3: early data", kTls13Early, {}, 1},
      {"RFC 5246 knows no HelloRetryRequest", kTls12, {.hello_retry = true}, 3},
      {"RFC 9001 section 4: transport and TLS in one", kQuic, {}, 1},
      {"RFC 9001 section 4.6: 0-RTT", kQuicEarly, {}, 0},
      {"RFC 9000 section 8.1.2: Retry", kQuic, {.address_validation = true}, 2},
      {"RFC 9001 section 4.7: HelloRetryRequest", kQuic, {.hello_retry = true}, 2},
      {"RFC 9000 section 8.1: 3 x 1,200 bytes unproven", kQuic, {.certificate_bytes = 3'600}, 1},
      {"RFC 9000 section 8.1: more waits for a proof", kQuic, {.certificate_bytes = 3'601}, 2},
      {"RFC 9002 section 7.2: then ten datagrams", kQuic, {.certificate_bytes = 15'601}, 3},
      {"RFC 9000 section 8.1.2: a Retry proves the address",
       kQuic,
       {.certificate_bytes = 12'000, .address_validation = true},
       2},
      {"RFC 9002 section 7.2: then ten datagrams",
       kQuic,
       {.certificate_bytes = 12'001, .address_validation = true},
       3},
      {"RFC 6928 section 2: a certificate of ten segments",
       kTls13,
       {.certificate_bytes = 14'600},
       2},
      {"RFC 6928 section 2: and one byte", kTls13, {.certificate_bytes = 14'601}, 3},
      {"RFC 5246: a session that is resumed sends none",
       kTls12Resumed,
       {.certificate_bytes = 100'000},
       2},
  };
  for (const HandshakeRow& row : rows) {
    int sum = 0;
    for (const HandshakeStep& step : HandshakeOf(row.transport, row.options)) {
      EXPECT_FALSE(step.clause.empty());
      sum += step.round_trips;
    }
    EXPECT_EQ(sum, row.round_trips) << row.clause;
  }
  for (Transport transport :
       {kTcp, kTls12, kTls12Resumed, kTls13, kTls13Early, kQuic, kQuicEarly}) {
    EXPECT_EQ(FindTransport(TransportName(transport)), transport);
  }
  EXPECT_EQ(FindTransport("sctp"), std::nullopt);
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

// In round trips of 100 ms, with a server that needs 7.
struct TransferRow {
  const char* clause;
  Transfer transfer;
  int first_byte, last_byte;     // round trips
  int services_before_last = 1;  // times the server is waited for
};

TEST(TransferModel, FirstAndLastByteTakeTheRoundTripsOfTheStandards) {
  constexpr uint64_t kWindow = kInitialWindowBytes, kQuicWindow = kQuicInitialWindowBytes;
  constexpr HttpVersion k1 = HttpVersion::kHttp1, k2 = HttpVersion::kHttp2,
                        k3 = HttpVersion::kHttp3;
  const TransferRow rows[] = {
      {"RFC 9293: TCP, then the request", {.transport = kTcp}, 2, 2},
      {"RFC 5246", {.transport = kTls12, .http = k2}, 4, 4},
      {"RFC 8446", {.transport = kTls13, .http = k2}, 3, 3},
      {"RFC 8446 section 2.3", {.transport = kTls13Early, .http = k2}, 2, 2},
      {"RFC 9001", {.transport = kQuic, .http = k3}, 2, 2},
      {"RFC 9001 section 4.6", {.transport = kQuicEarly, .http = k3}, 1, 1},
      {"RFC 9112 section 9.3: a connection that persists", {.warm = true}, 1, 1},
      {"RFC 6928 section 2: ten segments", {.response_bytes = kWindow}, 2, 2},
      {"RFC 6928 section 2: one byte more", {.response_bytes = kWindow + 1}, 2, 3},
      {"RFC 5681 section 3.1: doubled", {.response_bytes = 3 * kWindow + 1}, 2, 4},
      {"RFC 9002 section 7.2: ten datagrams",
       {.transport = kQuic, .http = k3, .response_bytes = kQuicWindow},
       2,
       2},
      {"RFC 9002 section 7.2: one byte more",
       {.transport = kQuic, .http = k3, .response_bytes = kQuicWindow + 1},
       2,
       3},
      {"RFC 9293 section 3.8: the receiver's window bounds the sender's",
       {.response_bytes = 5 * kWindow, .window_bytes_max = kWindow},
       2,
       6},
      {"RFC 9113 section 5: streams share one window",
       {.transport = kTls13, .http = k2, .response_bytes = kWindow / 10, .answers = 10},
       3,
       3},
      {"RFC 9113 section 5: ten answers of ten segments",
       {.transport = kTls13, .http = k2, .response_bytes = kWindow, .answers = 10},
       3,
       6},
      {"RFC 9112 section 9.4: six connections, one answer each",
       {.transport = kTls13, .http = k1, .response_bytes = kWindow, .answers = 6},
       3,
       3},
      {"RFC 9112 section 9.3.2: the seventh waits for its turn",
       {.transport = kTls13, .http = k1, .response_bytes = kWindow, .answers = 7},
       3,
       4,
       2},
      {"RFC 5681 section 3.1: the second answer finds the window of the first",
       {.transport = kTls13, .http = k1, .response_bytes = 2 * kWindow, .answers = 12},
       3,
       5,
       2},
  };
  for (TransferRow row : rows) {
    row.transfer.rtt_ms = 100;
    row.transfer.service_ms = 7;
    const Waterfall waterfall = MakeWaterfall(row.transfer);
    EXPECT_DOUBLE_EQ(waterfall.first_byte_ms, 100 * row.first_byte + 7) << row.clause;
    EXPECT_DOUBLE_EQ(waterfall.last_byte_ms, 100 * row.last_byte + 7 * row.services_before_last)
        << row.clause;
    double at_ms = 0;
    for (const WaterfallStep& step : waterfall.steps) {
      EXPECT_DOUBLE_EQ(step.begin_ms, at_ms) << row.clause;
      at_ms += step.ms;
    }
    EXPECT_DOUBLE_EQ(at_ms, waterfall.last_byte_ms) << row.clause;
  }
}

TEST(DnsLookup, CostsTheResolverAndWhatItMustAsk) {
  DnsLookup lookup{.resolver_rtt_ms = 5, .authority_rtt_ms = 40};
  EXPECT_EQ(DnsLookupMs(lookup), 0);  // not asked
  lookup.asked = true;
  EXPECT_EQ(DnsLookupMs(lookup), 5);  // RFC 1035 section 7.4: the answer is cached
  lookup.cached = false;
  EXPECT_EQ(DnsLookupMs(lookup), 45);  // RFC 1034 section 5.3.3: the authority is known
  lookup.referrals = 2;
  EXPECT_EQ(DnsLookupMs(lookup), 125);  // RFC 1034 section 5.3.3: root, top level, authority
  Transfer transfer{.rtt_ms = 10, .dns = lookup};
  EXPECT_EQ(FirstByteMs(transfer), 145);
}

TEST(DnsLookup, IsCachedForTheTimeToLive) {
  EXPECT_EQ(DnsCachedShare(0, 300), 0);
  EXPECT_EQ(DnsCachedShare(10, 0), 0);  // RFC 1035 section 3.2.1: zero is never cached
  EXPECT_DOUBLE_EQ(DnsCachedShare(0.1, 30), 0.75);
  // Beside a simulation: requests of a Poisson process, answers that live for 5 s.
  CounterRandom random(1);
  double now = 0, expires = -1;
  int hits = 0;
  constexpr int kRequests = 200'000;
  for (int i = 0; i < kRequests; ++i) {
    now += random.Exponential(1 / 0.7);
    if (now < expires) {
      ++hits;
    } else {
      expires = now + 5;
    }
  }
  EXPECT_NEAR(hits / double{kRequests}, DnsCachedShare(0.7, 5), 0.005);
}

}  // namespace
}  // namespace terrella::net
