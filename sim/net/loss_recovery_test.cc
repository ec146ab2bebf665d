// Goal: packets get lost as often and in such runs as the rates say, and come late by the timers of
// the RFCs; each row names its clause.
#include "sim/net/loss_recovery.h"

#include <gtest/gtest.h>

#include <map>

#include "sim/net/lossy_window.h"

namespace terrella::net {
namespace {

using std::chrono::milliseconds;
constexpr Duration kRtt = milliseconds(100);

TEST(Gilbert, LosesTheShareInRunsOfTheMeanLength) {
  for (const LossRates& rates : {LossRates{0.01, 1}, LossRates{0.02, 4}, LossRates{0.3, 2}}) {
    CounterRandom random(7);
    GilbertChain chain(rates, random);
    constexpr int kPackets = 2'000'000;
    int lost = 0, runs = 0;
    bool before = false;
    for (int i = 0; i < kPackets; ++i) {
      const bool now = chain.NextLost(random);
      lost += now;
      runs += now && !before;
      before = now;
    }
    EXPECT_NEAR(lost / double{kPackets} / rates.share, 1, 0.05);
    // Runs that follow each other at once are one: 1 / (1 - enter) as long.
    const double leave = 1 / rates.burst;
    EXPECT_NEAR(lost / double(runs), 1 / leave, 0.05 * rates.burst);
  }
}

TEST(Gilbert, AddsTheEndsOfAPath) {
  const LossRates path = PathLoss({0.1, 2}, {0.2, 3});
  EXPECT_DOUBLE_EQ(path.share, 0.28);
  EXPECT_DOUBLE_EQ(path.burst, 3);
  EXPECT_DOUBLE_EQ(PathLoss({0.5, 1}, {0.5, 1}).share, kLossShareMax);
}

struct TimerRow {
  const char* clause;
  Duration is, wanted;
};

TEST(LossRecovery, KeepsTheTimersOfTheStandards) {
  using enum Transport;
  const auto probe = LossRecovery::ProbeTimeout;
  const auto rto = LossRecovery::RetransmissionTimeout;
  const TimerRow rows[] = {
      {"RFC 6298 (2.4): at least one second", rto(kTcp, kRtt), milliseconds(1'000)},
      {"RFC 6298 (2.2): SRTT + 4 x SRTT / 2", rto(kTcp, milliseconds(500)), milliseconds(1'500)},
      {"RFC 6298 (2.5): at most 60 s", rto(kTls13, milliseconds(50'000)), milliseconds(60'000)},
      {"RFC 8985 section 7.2: 2 SRTT", probe(kTcp, kRtt, false), milliseconds(200)},
      {"RFC 8985 section 7.2: + 200 ms alone", probe(kTcp, kRtt, true), milliseconds(400)},
      {"RFC 8985 section 7.2: not after the RTO", probe(kTcp, milliseconds(600), false),
       milliseconds(1'200)},
      {"RFC 9002 section 6.2.1", probe(kQuic, kRtt, true), milliseconds(325)},
      {"RFC 9002 section 6.2.1: the same for all", rto(kQuic, kRtt), milliseconds(325)},
  };
  for (const TimerRow& row : rows) EXPECT_EQ(row.is, row.wanted) << row.clause;
}

// How late flights of ten packets come of which exactly one was lost, by which one it was.
std::map<size_t, Duration> LateByFirstLost(Transport transport) {
  std::map<size_t, Duration> out;
  for (uint64_t stream = 0; stream < 20'000; ++stream) {
    LossRecovery recovery(transport, kRtt, {.share = 0.02}, CounterRandom(3, stream));
    const auto repair = recovery.DrawFlight(10);
    if (!repair || repair->timeout) continue;
    // Flights with two losses are late by the later one's repair: never earlier.
    const auto [at, fresh] = out.try_emplace(repair->first_lost, repair->late);
    if (!fresh) at->second = std::min(at->second, repair->late);
  }
  return out;
}

TEST(LossRecovery, RepairsByWhatIsDeliveredAfterwards) {
  const auto tcp = LateByFirstLost(Transport::kTls13);
  const auto quic = LateByFirstLost(Transport::kQuic);
  ASSERT_EQ(tcp.size(), 10u);
  for (size_t first = 0; first < 7; ++first) {
    EXPECT_EQ(tcp.at(first), kRtt) << "RFC 5681 section 3.2: three duplicates";
    EXPECT_EQ(quic.at(first), kRtt) << "RFC 9002 section 6.1.1: packet threshold 3";
  }
  for (size_t first : {7, 8}) {
    EXPECT_EQ(tcp.at(first), kRtt * 5 / 4) << "RFC 8985 section 6.2: reordering window";
    EXPECT_EQ(quic.at(first), kRtt * 9 / 8) << "RFC 9002 section 6.1.2: time threshold";
  }
  EXPECT_EQ(tcp.at(9), milliseconds(200)) << "RFC 8985 section 7.2: tail loss probe";
  EXPECT_EQ(quic.at(9), milliseconds(325)) << "RFC 9002 section 6.2.1: probe timeout";
}

// RFC 9002 section 7.6: only losses three timers apart, not every probe that is lost too.
TEST(LossRecovery, QuicTimesOutInPersistentCongestion) {
  const Duration timer = LossRecovery::RetransmissionTimeout(Transport::kQuic, kRtt);
  int lost_once = 0, persistent = 0;
  for (uint64_t stream = 0; stream < 2'000; ++stream) {
    LossRecovery recovery(Transport::kQuic, kRtt, {.share = 0.5}, CounterRandom(5, stream));
    const auto repair = recovery.DrawFlight(1);
    if (!repair) continue;
    // Sent at 0, 1, 2 and 4 timers: of the fourth the loss is more than three after the first's.
    EXPECT_EQ(repair->timeout, repair->late > 4 * timer) << ToMs(repair->late);
    lost_once += repair->late > timer && !repair->timeout;
    persistent += repair->timeout;
  }
  EXPECT_GT(lost_once, 100);
  EXPECT_GT(persistent, 50);
}

TEST(LossRecovery, ALostFirstPacketCostsASecondAndDoubles) {
  std::map<Duration, int> seen;
  for (uint64_t stream = 0; stream < 20'000; ++stream) {
    LossRecovery recovery(Transport::kTcp, kRtt, {.share = 0.2}, CounterRandom(5, stream));
    const LossRecovery::Handshake handshake = recovery.DrawHandshake(1);
    EXPECT_EQ(handshake.first_lost, handshake.late > Duration(0));
    ++seen[handshake.late];
  }
  // RFC 6298 (2.1), (5.5): 1 s, then 2 s more, then 4. A round trip fails at 1 - 0.8^2.
  EXPECT_NEAR(seen[milliseconds(0)] / 20'000.0, 0.64, 0.015);
  EXPECT_NEAR(seen[milliseconds(1'000)] / 20'000.0, 0.36 * 0.64, 0.015);
  EXPECT_NEAR(seen[milliseconds(3'000)] / 20'000.0, 0.36 * 0.36 * 0.64, 0.015);
  EXPECT_NEAR(seen[milliseconds(7'000)] / 20'000.0, 0.36 * 0.36 * 0.36 * 0.64, 0.015);
}

TEST(LossRecovery, WithoutLossNothingIsLate) {
  LossRecovery recovery(Transport::kTcp, kRtt, {}, CounterRandom(1));
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(recovery.DrawFlight(10));
  EXPECT_EQ(recovery.DrawHandshake(3).late, Duration(0));
}

TEST(LossyWindow, DeliversEveryByteOnceAndSomeLate) {
  LossyWindow window(kRtt, {},
                     LossRecovery(Transport::kTcp, kRtt, {.share = 0.05}, CounterRandom(9)));
  size_t left = 400'000, late = 0;
  MonotonicTime last{};
  while (left > 0) {
    const LossyWindow::Departure out = window.Take(MonotonicTime{}, left);
    ASSERT_GT(out.bytes, 0u);
    ASSERT_LE(out.bytes, left);
    EXPECT_GE(out.at, last);
    last = out.at;
    left -= out.bytes;
    if (out.late > Duration(0)) late += out.bytes;
  }
  EXPECT_GT(late, 0u);
  EXPECT_LT(late, 400'000u);
  EXPECT_GT(window.repairs(), 0u);
  // Without loss the same bytes leave in five rounds.
  EXPECT_GT(last - MonotonicTime{}, 5 * kRtt);
}

}  // namespace
}  // namespace terrella::net
