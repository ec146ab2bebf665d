// How much a sampler looks, and that what it says of rates is right all the same.
#include "dns_router/metrics/traffic_sampler.h"

#include <gtest/gtest.h>

#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

std::string Ask(const std::string& name, const std::string& subnet_option = "") {
  testing::QueryParts parts{.name = testing::WireName(name), .edns = true};
  parts.options = subnet_option;
  return testing::Build(parts);
}

// Asks `per_s` queries in each of `seconds`, of which every fourth is for the second name; returns
// how many were looked at.
struct Load {
  TrafficSampler& sampler;
  uint64_t now_s;
  uint64_t queries = 0, looks = 0;

  void Run(uint64_t per_s, int seconds) {
    static const std::string names[] = {Ask("often.edge.test"), Ask("rare.edge.test")};
    const IpAddress client = *IpAddress::Parse("192.0.2.9");
    for (int second = 0; second < seconds; ++second) {
      now_s += 1;
      sampler.Tick(now_s * 1'000'000, queries);
      for (uint64_t i = 0; i < per_s; ++i) {
        ++queries;
        if (!sampler.Draw()) continue;
        ++looks;
        sampler.Look(names[queries % 4 == 0], client, {});
      }
    }
  }
};

TEST(TrafficSampler, LooksAtAllOfALittleAndTellsItsRate) {
  TrafficSampler sampler;
  Load load{sampler, 100};
  load.Run(200, 10);
  EXPECT_EQ(load.looks, 2000u);
  SampledTraffic seen;
  sampler.Read((load.now_s + 1) * 1'000'000, seen);
  EXPECT_NEAR(seen.names["often.edge.test"].per_s, 150, 1);
  EXPECT_NEAR(seen.names["rare.edge.test"].per_s, 50, 1);
  EXPECT_NEAR(seen.networks[*IpPrefix::Parse("192.0.2.0/24")].per_s, 200, 1);
}

TEST(TrafficSampler, LooksAtFewOfManyAndTellsTheRateAllTheSame) {
  TrafficSampler sampler;
  Load load{sampler, 100};
  load.Run(100'000, 1);
  EXPECT_LT(load.looks, 10 * TrafficSampler::kLooksPerSMax) << "a flood out of nothing";
  load.Run(100'000, 1);
  const uint64_t before = load.looks;
  load.Run(100'000, 18);
  EXPECT_LT(load.looks - before, 18 * 2 * TrafficSampler::kLooksPerSMax);
  SampledTraffic seen;
  sampler.Read((load.now_s + 1) * 1'000'000, seen);
  // Some 10,000 to 20,000 looks: five standard deviations are 3 %.
  EXPECT_NEAR(seen.names["often.edge.test"].per_s, 75'000, 5'000);
  EXPECT_NEAR(seen.names["rare.edge.test"].per_s, 25'000, 5'000);
}

TEST(TrafficSampler, ComesBackToLookingAtAllWhenAFloodEnds) {
  TrafficSampler sampler;
  Load load{sampler, 100};
  load.Run(50'000, 3);
  load.Run(10, 1);
  load.looks = 0;
  load.Run(10, 30);
  EXPECT_GE(load.looks, 290u);
  SampledTraffic seen;
  sampler.Read((load.now_s + 1) * 1'000'000, seen);
  EXPECT_NEAR(seen.names["often.edge.test"].per_s, 7.5, 1.5);
}

TEST(TrafficSampler, ForgetsWhatIsLongPast) {
  TrafficSampler sampler;
  Load load{sampler, 100};
  load.Run(100, 5);
  SampledTraffic seen;
  sampler.Read((load.now_s + 1000) * 1'000'000, seen);
  EXPECT_TRUE(seen.names.empty());
}

TEST(TrafficSampler, NamesTheCellAnAnswerWasFor) {
  TrafficSampler sampler;
  sampler.Tick(1'000'000, 0);
  AnswerFacts facts;
  facts.scope_bits = 13;
  // RFC 7871 section 6: family 1, source 24, scope 0, 102.89.7.
  const std::string subnet = testing::Option(8, std::string("\0\1\x18\0\x66\x59\7", 7));
  ASSERT_TRUE(sampler.Draw());
  sampler.Look(Ask("a.edge.test", subnet), *IpAddress::Parse("2001:db8::1"), facts);
  SampledTraffic seen;
  sampler.Read(2'000'000, seen);
  EXPECT_TRUE(seen.cells.contains(*IpPrefix::Parse("102.88.0.0/13")));
  EXPECT_TRUE(seen.networks.contains(*IpPrefix::Parse("2001:db8::/48")));
  EXPECT_EQ(seen.cells.size(), 1u);
}

}  // namespace
}  // namespace terrella::dns
