// Histogram: latencies counted in log-linear buckets (HDR style), so that any quantile is known to
// about 1.6 % whatever the range, in fixed memory, and histograms can be added.
//
// Values are non-negative integers in a unit the owner chooses (microseconds throughout terrella).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrella {

class Histogram {
 public:
  void Add(uint64_t value, uint64_t count = 1);
  void Merge(const Histogram& other);
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // Smallest bucket middle such that a share `q` (0 to 1) of the values is not above it; 0 when
  // empty.
  uint64_t Quantile(double q) const;

  // Bucket counts by index, trailing zeros cut, for the wire; FromBuckets is its inverse (mean and
  // max are then those of the buckets).
  const std::vector<uint64_t>& buckets() const { return buckets_; }
  static Histogram FromBuckets(const std::vector<uint64_t>& buckets);
  // The value that stands for a bucket.
  static uint64_t MiddleOf(size_t index);

 private:
  static constexpr int kSubBits = 5;  // 32 linear steps per power of two
  static size_t IndexOf(uint64_t value);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace terrella
