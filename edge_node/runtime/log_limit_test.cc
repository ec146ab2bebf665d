#include "edge_node/runtime/log_limit.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

using Verdict = LogLimit::Verdict;

MonotonicTime At(double ms) {
  return MonotonicTime{} + FromMs(1'000'000 + ms);
}

TEST(LogLimit, AllowsABurstThenARate) {
  LogLimit limit(10, 0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.Admit(At(0), 5), Verdict::kWrite) << i;
  EXPECT_EQ(limit.Admit(At(0), 5), Verdict::kFirstDropped);
  EXPECT_EQ(limit.Admit(At(50), 5), Verdict::kDrop);
  EXPECT_EQ(limit.Admit(At(200), 5), Verdict::kWrite);
  EXPECT_EQ(limit.TakeDropped(), 2u);
  EXPECT_EQ(limit.TakeDropped(), 0u);
}

TEST(LogLimit, CountsBytes) {
  LogLimit limit(0, 1000);
  EXPECT_EQ(limit.Admit(At(0), 1500), Verdict::kWrite);
  EXPECT_EQ(limit.Admit(At(0), 600), Verdict::kFirstDropped);
  EXPECT_EQ(limit.Admit(At(1000), 600), Verdict::kWrite);
}

TEST(LogLimit, LetsALineThroughThatIsLongerThanTheBucketOnceItIsFull) {
  LogLimit limit(0, 1000);
  EXPECT_EQ(limit.Admit(At(0), 5000), Verdict::kWrite);
  EXPECT_EQ(limit.Admit(At(1000), 1), Verdict::kFirstDropped);
  EXPECT_EQ(limit.Admit(At(4000), 1), Verdict::kWrite);
}

TEST(LogLimit, IsOffWithoutRates) {
  LogLimit limit(0, 0);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(limit.Admit(At(0), 1 << 20), Verdict::kWrite);
}

}  // namespace
}  // namespace terrella::runtime
