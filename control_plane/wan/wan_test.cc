// The arithmetic of the legs on round trips that the model gives for real cities: what is expected
// is counted here by hand from those round trips.
#include "control_plane/wan/wan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/net/pops.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

constexpr uint64_t kWindow = 14'600;  // ten segments
constexpr MonotonicTime kNow{std::chrono::hours(1)};

double MsSince(MonotonicTime then, MonotonicTime since = kNow) {
  return ToMs(then - since);
}

class WanTest : public testing::Test {
 protected:
  std::unique_ptr<Wan> Make(const std::string& relays, const WanLimits& limits = {}) {
    std::vector<WanSite> sites;
    if (!relays.empty()) {
      const std::vector<net::PopSite> chosen = *pops_->Select(relays);
      for (const net::PopSite& site : chosen) {
        sites.push_back({site.iata, latency_->SiteAt(site)});
      }
    }
    return std::make_unique<Wan>(latency_, WanSite{"Frankfurt", At("FRA")}, sites, limits);
  }
  net::Endpoint At(const char* pop) const { return latency_->SiteAt(*pops_->Find(pop)); }
  WanWay WayTo(const Wan& wan, const char* pop) const {
    const net::PopSite& site = *pops_->Find(pop);
    return wan.WayTo(site.country, site.at);
  }
  double Rtt(const char* a, const char* b) const { return latency_->RttMs(At(a), At(b)); }

  const std::filesystem::path data_ = *net::FindDataDir();
  const std::shared_ptr<const net::LatencyModel> latency_ = *net::LatencyModel::Load(data_);
  const std::shared_ptr<const net::Pops> pops_ = *net::Pops::Load(data_);
};

TEST_F(WanTest, ANodeBelongsToTheNearestOfRelaysAndHome) {
  const auto wan = Make("IAD,SIN");
  EXPECT_EQ(wan->SenderOf(WayTo(*wan, "SYD")), "SIN");
  EXPECT_EQ(wan->SenderOf(WayTo(*wan, "LAX")), "IAD");
  EXPECT_EQ(wan->SenderOf(WayTo(*wan, "CDG")), "Frankfurt");
  EXPECT_FALSE(WayTo(*wan, "CDG").relay);
  EXPECT_NEAR(ToMs(WayTo(*wan, "SYD").OneWay()), (Rtt("FRA", "SIN") + Rtt("SIN", "SYD")) / 2, 1e-3);
  EXPECT_NEAR(ToMs(WayTo(*wan, "CDG").OneWay()), Rtt("FRA", "CDG") / 2, 1e-3);
}

TEST_F(WanTest, WhatFitsTheFirstWindowTakesOneWayTime) {
  const auto wan = Make("");
  const WanWay way = WayTo(*wan, "SYD");
  const WanFlow flow = wan->Send(kNow, way, "a", 1000);
  EXPECT_NEAR(MsSince(flow.ArrivalOf(1000)), Rtt("FRA", "SYD") / 2, 0.05);
  EXPECT_NEAR(MsSince(wan->Return(kNow, way, 100)), Rtt("FRA", "SYD") / 2, 1e-3);
  EXPECT_NEAR(ToMs(wan->Connecting(way)), 2 * Rtt("FRA", "SYD"), 1e-3);
}

TEST_F(WanTest, LargerContentTakesARoundTripForEachDoublingOfTheWindow) {
  const auto wan = Make("");
  const uint64_t bytes = 7 * kWindow;  // 1 + 2 + 4 windows
  const WanFlow flow = wan->Send(kNow, WayTo(*wan, "SYD"), "a", bytes);
  EXPECT_NEAR(MsSince(flow.ArrivalOf(bytes)), 2.5 * Rtt("FRA", "SYD") + bytes * 8e-6, 0.01);
  EXPECT_NEAR(MsSince(flow.ArrivalOf(kWindow)), 0.5 * Rtt("FRA", "SYD") + kWindow * 8e-6, 0.01);
}

TEST_F(WanTest, ARelaySplitsTheWayIntoShorterRoundTrips) {
  const auto relayed = Make("SIN"), direct = Make("");
  const uint64_t bytes = 7 * kWindow;
  const double slower = std::max(Rtt("FRA", "SIN"), Rtt("SIN", "SYD"));
  const double ways = (Rtt("FRA", "SIN") + Rtt("SIN", "SYD")) / 2;
  const double by_relay =
      MsSince(relayed->Send(kNow, WayTo(*relayed, "SYD"), "a", bytes).ArrivalOf(bytes));
  EXPECT_NEAR(by_relay, ways + 2 * slower + bytes * 8e-6, 0.01);
  EXPECT_LT(by_relay,
            MsSince(direct->Send(kNow, WayTo(*direct, "SYD"), "a", bytes).ArrivalOf(bytes)));
}

TEST_F(WanTest, ContentGoesToARelayOnce) {
  const auto wan = Make("SIN");
  const uint64_t bytes = 7 * kWindow;
  wan->Send(kNow, WayTo(*wan, "SYD"), "a", bytes);
  const MonotonicTime later = kNow + std::chrono::seconds(10);
  // The relay has it: it needs to be told, and no more.
  const WanWay way = WayTo(*wan, "MEL");
  const WanFlow known = wan->Send(later, way, "a", bytes);
  EXPECT_NEAR(MsSince(known.ArrivalOf(bytes), later),
              Rtt("FRA", "SIN") / 2 + 2.5 * Rtt("SIN", "MEL") + bytes * 8e-6, 0.01);
  // Who asks for it himself does not even wait for home.
  const WanFlow asked = wan->Fetch(later, way, "a", bytes);
  EXPECT_NEAR(MsSince(asked.ArrivalOf(bytes), later), 3 * Rtt("SIN", "MEL") + 2 * bytes * 8e-6,
              0.01);
  const WanFlow fresh = wan->Fetch(later, way, "b", 100);
  EXPECT_NEAR(MsSince(fresh.ArrivalOf(100), later), Rtt("FRA", "SIN") + Rtt("SIN", "MEL"),
              2 * bytes * 8e-6 + 0.01);
}

TEST_F(WanTest, CopiesLeaveAnUplinkOneAfterTheOther) {
  const WanLimits slow{.uplink_bits_per_s = 8e6};  // a byte a microsecond
  const uint64_t bytes = 10'000;                   // 10 ms
  const auto direct = Make("", slow);
  const WanWay near = WayTo(*direct, "CDG");
  direct->Send(kNow, WayTo(*direct, "AMS"), "a", bytes);
  EXPECT_NEAR(MsSince(direct->Send(kNow, near, "a", bytes).ArrivalOf(bytes)),
              20 + Rtt("FRA", "CDG") / 2, 0.01);
  // A second later nothing waits any more.
  const MonotonicTime later = kNow + std::chrono::seconds(1);
  EXPECT_NEAR(MsSince(direct->Send(later, near, "a", bytes).ArrivalOf(bytes), later),
              10 + Rtt("FRA", "CDG") / 2, 0.01);
  // Two nodes of one relay cost home one copy.
  const auto relayed = Make("SIN", slow);
  relayed->Send(kNow, WayTo(*relayed, "SYD"), "a", bytes);
  relayed->Send(kNow, WayTo(*relayed, "MEL"), "a", bytes);
  EXPECT_NEAR(MsSince(relayed->Send(kNow, WayTo(*relayed, "CDG"), "a", bytes).ArrivalOf(bytes)),
              20 + Rtt("FRA", "CDG") / 2, 0.01);
}

TEST_F(WanTest, ARelayForgetsTheOldestOfTooManyContents) {
  const auto wan = Make("SIN", {.copies_max = 2});
  const WanWay way = WayTo(*wan, "SYD");
  for (const char* content : {"a", "b", "c"}) wan->Fetch(kNow, way, content, 100);
  const MonotonicTime later = kNow + std::chrono::seconds(10);
  const auto arrival = [&](const char* content) {
    return MsSince(wan->Fetch(later, way, content, 100).ArrivalOf(100), later);
  };
  EXPECT_NEAR(arrival("c"), Rtt("SIN", "SYD"), 0.1);
  EXPECT_NEAR(arrival("a"), Rtt("FRA", "SIN") + Rtt("SIN", "SYD"), 0.1);
}

TEST_F(WanTest, SaysWhatIsWrongWithAPlace) {
  const auto refusal = [&](const std::string& home, const std::string& relays) {
    return std::string(
        Message(Wan::Load({.data = data_, .home = home, .relays = relays}).status()));
  };
  EXPECT_THAT(refusal("Frankfurtt", ""), HasSubstr("home: no place called 'Frankfurtt'"));
  EXPECT_THAT(refusal("Lagos", "FRA,QQQ"), HasSubstr("relays: "));
  const auto loaded = Wan::Load({.data = data_, .home = "Lagos", .relays = "FRA"});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->home(), "Lagos");
}

}  // namespace
}  // namespace terrella::control
