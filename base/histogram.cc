#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace terrella {

size_t Histogram::IndexOf(uint64_t value) {
  if (value < (1u << (kSubBits + 1))) return value;
  int shift = 63 - std::countl_zero(value) - kSubBits;
  return (static_cast<size_t>(shift) << kSubBits) + (value >> shift);
}

uint64_t Histogram::MiddleOf(size_t index) {
  if (index < (1u << (kSubBits + 1))) return index;
  int shift = static_cast<int>(index >> kSubBits) - 1;
  uint64_t low = ((index & ((1u << kSubBits) - 1)) | (1u << kSubBits)) << shift;
  return low + ((uint64_t{1} << shift) >> 1);
}

void Histogram::Add(uint64_t value, uint64_t count) {
  size_t index = IndexOf(value);
  if (index >= buckets_.size()) buckets_.resize(index + 1);
  buckets_[index] += count;
  count_ += count;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(count);
}

void Histogram::Merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

uint64_t Histogram::Quantile(double q) const {
  auto rank =
      static_cast<uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= std::max<uint64_t>(rank, 1)) return std::min(MiddleOf(i), max_);
  }
  return max_;
}

Histogram Histogram::FromBuckets(const std::vector<uint64_t>& buckets) {
  Histogram out;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] > 0) out.Add(MiddleOf(i), buckets[i]);
  }
  return out;
}

}  // namespace terrella
