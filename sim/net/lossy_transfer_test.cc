// Goal: a drawn fetch is the waterfall's when nothing gets lost, never earlier when something does,
// and the same for the same key.
#include "sim/net/lossy_transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace terrella::net {
namespace {

constexpr Transport kAll[] = {
    Transport::kTcp,        Transport::kTls12, Transport::kTls12Resumed, Transport::kTls13,
    Transport::kTls13Early, Transport::kQuic,  Transport::kQuicEarly};

TEST(LossyTransfer, WithoutLossIsTheWaterfall) {
  for (Transport transport : kAll) {
    for (HttpVersion http : {HttpVersion::kHttp1, HttpVersion::kHttp2}) {
      for (int answers : {1, 6, 7, 40}) {
        for (uint64_t bytes : {1u, 5'000u, 14'600u, 100'000u, 1'000'000u}) {
          const Transfer transfer{.transport = transport,
                                  .http = http,
                                  .rtt_ms = 80,
                                  .service_ms = 5,
                                  .response_bytes = bytes,
                                  .answers = answers,
                                  .window_bytes_max = 6 << 20,
                                  .dns = {.asked = true, .resolver_rtt_ms = 3}};
          const LossyArrival drawn = DrawTransfer(transfer, {}, {});
          const Waterfall waterfall = MakeWaterfall(transfer);
          EXPECT_NEAR(drawn.first_byte_ms, waterfall.first_byte_ms, 0.001);
          EXPECT_NEAR(drawn.last_byte_ms, waterfall.last_byte_ms, 0.001)
              << TransportName(transport) << " " << answers << " x " << bytes;
          EXPECT_EQ(drawn.repairs, 0u);
        }
      }
    }
  }
}

TEST(LossyTransfer, LossOnlyDelaysAndMostFetchesFeelNone) {
  const Transfer transfer{.transport = Transport::kQuic,
                          .http = HttpVersion::kHttp3,
                          .rtt_ms = 50,
                          .response_bytes = 20'000};
  const double least_ms = LastByteMs(transfer);
  int felt = 0;
  for (uint64_t request = 0; request < 2'000; ++request) {
    const LossyArrival drawn = DrawTransfer(transfer, {.share = 0.01}, {.request = request});
    EXPECT_GE(drawn.last_byte_ms, least_ms - 0.001);
    EXPECT_EQ(drawn.repairs > 0, drawn.last_byte_ms > least_ms + 0.001);
    felt += drawn.repairs > 0;
  }
  // 17 datagrams of answer, one of request, two of handshake: 1 - 0.99^20 = 18 %.
  EXPECT_NEAR(felt / 2'000.0, 0.18, 0.04);
}

TEST(LossyTransfer, IsFixedByItsKeyWhateverTheThreads) {
  const Transfer transfer{.transport = Transport::kTls13, .rtt_ms = 50, .response_bytes = 90'000};
  const auto draw = [&](uint64_t client) {
    return DrawTransfer(transfer, {.share = 0.02, .burst = 2}, {.seed = 4, .client = client})
        .last_byte_ms;
  };
  std::vector<double> one(1'000), four(1'000);
  for (size_t i = 0; i < one.size(); ++i) one[i] = draw(i);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = t; i < four.size(); i += 4) four[i] = draw(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(one, four);
  EXPECT_NE(*std::min_element(one.begin(), one.end()), *std::max_element(one.begin(), one.end()));
}

}  // namespace
}  // namespace terrella::net
