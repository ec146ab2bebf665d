// Space-Saving's two promises, held against exact counts of streams with a few frequent keys among
// many that come once.
#include "dns_router/metrics/heavy_hitters.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace terrella::dns {
namespace {

TEST(HeavyHitters, BoundsEveryCountAndKeepsWhatIsFrequent) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CounterRandom random(seed);
    HeavyHitters<uint64_t> sketch;
    std::map<uint64_t, uint64_t> exact;
    uint64_t total = 0;
    for (int i = 0; i < 20'000; ++i) {
      // A tenth to 30 keys, the rest to keys that hardly come again.
      const uint64_t key = random.Below(10) == 0 ? random.Below(30) : random.Next();
      const uint64_t weight = 1 + random.Below(3);
      sketch.Add(Mix64(key), key, weight);
      exact[key] += weight;
      total += weight;
    }
    std::map<uint64_t, uint64_t> kept;
    sketch.ForEach([&](uint64_t key, uint64_t count, uint64_t error) {
      EXPECT_TRUE(kept.emplace(key, count).second) << "twice";
      EXPECT_LE(exact[key], count);
      EXPECT_GE(exact[key], count - error);
    });
    EXPECT_LE(kept.size(), HeavyHitters<uint64_t>::kPlaces);
    for (const auto& [key, count] : exact) {
      if (count > total / HeavyHitters<uint64_t>::kPlaces) {
        EXPECT_TRUE(kept.contains(key)) << key << " seed " << seed;
      }
    }
  }
}

TEST(HeavyHitters, IsExactWhileThereIsRoomAndForgetsOnClear) {
  HeavyHitters<uint64_t> sketch;
  for (int round = 0; round < 2; ++round) {
    for (uint64_t key = 0; key < sketch.kPlaces; ++key) sketch.Add(key % 7, key, key + 1);
    size_t seen = 0;
    sketch.ForEach([&](uint64_t key, uint64_t count, uint64_t error) {
      EXPECT_EQ(count, key + 1) << "keys whose hashes are alike stay apart";
      EXPECT_EQ(error, 0u);
      ++seen;
    });
    EXPECT_EQ(seen, sketch.kPlaces);
    sketch.Clear();
  }
}

}  // namespace
}  // namespace terrella::dns
