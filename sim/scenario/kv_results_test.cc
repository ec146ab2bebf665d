#include "sim/scenario/kv_results.h"

#include <gtest/gtest.h>

#include <cmath>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

KvRecord Write(uint64_t number, Duration due, Duration answered, uint16_t pop = 1) {
  return {.number = number,
          .key = 7,
          .writes = true,
          .sample = {.due = due, .felt = answered - due, .pop = pop}};
}
KvRecord Read(uint64_t number, Duration due, uint64_t saw, uint16_t pop = 1) {
  return {.number = number, .key = 7, .saw = saw, .sample = {.due = due, .felt = 20ms, .pop = pop}};
}

TEST(KvResults, AReadIsAsOldAsTheFirstWriteThatItShouldHaveSeen) {
  const KvRecord old = Read(9, 10s, 1 + 1);
  const KvResults results({Write(1, 1s, 1100ms), Write(2, 2s, 2100ms), Write(3, 3s, 3100ms), old,
                           Read(10, 10s, 1 + 3), Read(11, 10s, 0)});
  EXPECT_EQ(results.StaleFor(old), 10s - 2100ms);
  const KvSummary all = results.Summarize();
  EXPECT_EQ(all.reads, 3u);
  EXPECT_EQ(all.writes, 3u);
  EXPECT_EQ(all.stale, 2u);
  EXPECT_EQ(all.stale_for_max, 10s - 1100ms) << "it saw nothing, though something was written";
}

TEST(KvResults, OfWritesThatOverlapEitherMayBeTheLast) {
  const KvResults results(
      {Write(1, 1s, 1500ms), Write(2, 1200ms, 1400ms), Read(3, 5s, 1 + 1), Read(4, 5s, 1 + 2)});
  EXPECT_EQ(results.Summarize().stale, 0u);
}

TEST(KvResults, WhatWasNotAcknowledgedWhenTheReadWasWantedNeedNotBeSeen) {
  const KvResults results({Write(1, 1s, 1100ms), Write(2, 2s, 2500ms), Read(3, 2499ms, 1 + 1)});
  EXPECT_EQ(results.Summarize().stale, 0u);
}

TEST(KvResults, AWriteThatWasNeverAcknowledgedMayBeSeen) {
  const KvResults results({Write(1, 1s, 1100ms), Read(3, 5s, 1 + 2)});
  EXPECT_EQ(results.Summarize().stale, 0u);
}

TEST(KvResults, ItsOwnNodesWritesAreToldFromOthers) {
  const KvRecord read = Read(3, 5s, 0, /*pop=*/2);
  const KvResults results({Write(1, 1s, 1100ms, /*pop=*/1), Write(2, 2s, 2100ms, /*pop=*/2), read});
  EXPECT_EQ(results.StaleFor(read), 5s - 1100ms);
  EXPECT_EQ(results.StaleForOwn(read), 5s - 2100ms);
  EXPECT_EQ(results.StaleForOwn(Read(4, 5s, 0, /*pop=*/3)), Duration(0));
}

TEST(KvResults, AWriteIsLostWhenWhatIsLeftCameBefore) {
  const KvRecord first = Write(1, 1s, 1100ms), second = Write(2, 2s, 2100ms);
  EXPECT_FALSE(KvResults({first, second}).WasLost(second)) << "nobody looked";
  EXPECT_FALSE(KvResults({first, second}, {{{7, 1 + 2}}}).WasLost(second));
  EXPECT_FALSE(KvResults({first, second}, {{{7, 1 + 2}}}).WasLost(first));
  EXPECT_TRUE(KvResults({first, second}, {{{7, 1 + 1}}}).WasLost(second));
  EXPECT_TRUE(KvResults({first}, KvResults::Left()).WasLost(first));
  EXPECT_FALSE(KvResults({first, second}, {{{7, 1 + 9}}}).WasLost(second))
      << "a write that was never acknowledged may have been the last";
  const KvRecord beside = Write(3, 1050ms, 1500ms);
  EXPECT_FALSE(KvResults({first, beside}, {{{7, 1 + 1}}}).WasLost(beside));
}

TEST(KvResults, WhoseFiguresAreAskedFor) {
  const KvResults results({Write(1, 1s, 1100ms), Read(2, 5s, 0, 1), Read(3, 5s, 2, 2)});
  const auto of_pop = [&](uint16_t pop) {
    return results.Summarize([&](const Sample& sample) { return sample.pop == pop; });
  };
  EXPECT_EQ(of_pop(1).stale_share(), 1);
  EXPECT_EQ(of_pop(2).stale_share(), 0);
  EXPECT_TRUE(std::isnan(of_pop(3).stale_max_ms()));
}

TEST(KvResults, KeysAreApart) {
  KvRecord other = Write(1, 1s, 1100ms);
  other.key = 8;
  const KvResults results({other, Read(3, 5s, 0)});
  EXPECT_EQ(results.Summarize().stale, 0u);
}

}  // namespace
}  // namespace terrella::sim
