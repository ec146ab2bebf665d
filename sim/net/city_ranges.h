// CityRanges: the ranges of a table by city, searched where they lie in the mapped file.
//
// There are five million of them, so a range is three bytes in IPv4 and six in IPv6: its place, and
// the low part of its first unit (an IPv4 /24, an IPv6 /48). The high part is that of its bucket,
// an IPv4 /16 or an IPv6 /21 of 2000::/3; an index says where the ranges of each begin. A bucket's
// units before its first range belong to the range before. The block of an answer lies within one
// bucket.
//
// Only the index is read beforehand: a file whose ranges are damaged answers wrongly, but within
// its bounds.
//
// Thread: immutable after Open, any. Owns: nothing; the bytes must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::net {

// A range as it is made: all units from `first` up to the next range's.
struct CityRange {
  uint64_t first = 0;
  uint16_t place = 0;
};

class CityRanges {
 public:
  enum class Family { kV4, kV6 };

  // What Open takes, of ranges ascending from unit 0 on (of IPv6: from 2000::/48 on).
  static std::string Pack(Family family, const std::vector<CityRange>& ranges);
  // The first bytes of `bytes`, `count` ranges; bytes() says how many. DataLoss when they cannot
  // be.
  static absl::StatusOr<CityRanges> Open(Family family, std::string_view bytes, size_t count);
  CityRanges() = default;

  struct Found {
    uint16_t place = 0;
    uint64_t first = 0, end = 0;  // units of the same place around the one asked for
  };
  // `unit`: the high 24 bits of an IPv4 address, the high 48 of an IPv6 one.
  Found Find(uint64_t unit) const;
  // All ranges, ascending unless they are damaged; of IPv6 the last is one of no place from 4000::
  // on.
  void ForEach(const std::function<void(const CityRange&)>& visit) const;
  size_t count() const { return count_; }
  size_t bytes() const { return bytes_; }

 private:
  struct Shape {
    int bucket_bits, low_bits, low_bytes;
    uint64_t first_bucket;  // its number
  };
  static constexpr Shape ShapeOf(Family family) {
    return family == Family::kV4 ? Shape{16, 8, 1, 0} : Shape{18, 27, 4, uint64_t{1} << 18};
  }
  uint32_t Start(size_t bucket) const;
  uint32_t Low(size_t range) const;
  uint16_t Place(size_t range) const;

  Shape shape_ = ShapeOf(Family::kV4);
  const unsigned char* starts_ = nullptr;  // uint32 a bucket, and one at the end
  const unsigned char* lows_ = nullptr;    // low_bytes a range
  const unsigned char* places_ = nullptr;  // uint16 a range
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace terrella::net
