#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace terrella {
namespace {

TEST(Histogram, IsExactForSmallValues) {
  Histogram h;
  for (uint64_t v = 0; v < 64; ++v) h.Add(v);
  EXPECT_EQ(h.Quantile(0), 0u);
  EXPECT_EQ(h.Quantile(0.5), 31u);
  EXPECT_EQ(h.Quantile(1), 63u);
}

// Against the exact order statistic of random values over nine decades.
TEST(Histogram, QuantilesAreWithinTwoPercentWhateverTheRange) {
  CounterRandom random(301);
  Histogram h;
  std::vector<uint64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    auto value = static_cast<uint64_t>(random.Exponential(1.0) *
                                       static_cast<double>(uint64_t{1} << random.Below(30)));
    values.push_back(value);
    h.Add(value);
  }
  std::sort(values.begin(), values.end());
  for (double q : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    auto exact = static_cast<double>(values[static_cast<size_t>(q * 10'000) - 1]);
    EXPECT_NEAR(static_cast<double>(h.Quantile(q)), exact, exact * 0.02 + 1) << q;
  }
  EXPECT_EQ(h.max(), values.back());
}

TEST(Histogram, MergingEqualsAddingAll) {
  Histogram a, b, all;
  for (uint64_t v : {1, 100, 5000}) a.Add(v), all.Add(v);
  for (uint64_t v : {70, 1'000'000}) b.Add(v), all.Add(v);
  a.Merge(b);
  EXPECT_EQ(a.buckets(), all.buckets());
  EXPECT_EQ(a.count(), 5u);
  EXPECT_EQ(a.max(), 1'000'000u);
}

TEST(Histogram, BucketsRoundTrip) {
  Histogram h;
  for (uint64_t v : {0, 63, 64, 65, 12345}) h.Add(v);
  Histogram copy = Histogram::FromBuckets(h.buckets());
  EXPECT_EQ(copy.buckets(), h.buckets());
  EXPECT_EQ(copy.count(), h.count());
}

TEST(Histogram, EmptyHasNoQuantiles) {
  EXPECT_EQ(Histogram().Quantile(0.5), 0u);
  EXPECT_EQ(Histogram().mean(), 0);
}

}  // namespace
}  // namespace terrella
