#include "sim/net/city_ranges.h"

#include <bit>
#include <cstring>

#include "base/status.h"

namespace terrella::net {
namespace {

template <class Integer>
Integer LoadLittle(const unsigned char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  Integer value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void PutLittle(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

std::string CityRanges::Pack(Family family, const std::vector<CityRange>& ranges) {
  const Shape shape = ShapeOf(family);
  const uint64_t buckets = uint64_t{1} << shape.bucket_bits;
  std::string out;
  size_t range = 0;
  for (uint64_t bucket = 0; bucket <= buckets; ++bucket) {
    const uint64_t first = (shape.first_bucket + bucket) << shape.low_bits;
    while (range < ranges.size() && ranges[range].first < first) ++range;
    PutLittle(out, range, 4);
  }
  const uint64_t low_mask = (uint64_t{1} << shape.low_bits) - 1;
  for (const CityRange& r : ranges) PutLittle(out, r.first & low_mask, shape.low_bytes);
  for (const CityRange& r : ranges) PutLittle(out, r.place, 2);
  return out;
}

absl::StatusOr<CityRanges> CityRanges::Open(Family family, std::string_view bytes, size_t count) {
  CityRanges out;
  out.shape_ = ShapeOf(family);
  const size_t buckets = size_t{1} << out.shape_.bucket_bits;
  const size_t index_bytes = 4 * (buckets + 1);
  const size_t range_bytes = static_cast<size_t>(out.shape_.low_bytes) + 2;
  if (bytes.size() < index_bytes || count > (bytes.size() - index_bytes) / range_bytes) {
    return DataLoss("expected {} ranges in {} bytes", count, bytes.size());
  }
  out.count_ = count;
  out.bytes_ = index_bytes + count * range_bytes;
  out.starts_ = reinterpret_cast<const unsigned char*>(bytes.data());
  out.lows_ = out.starts_ + index_bytes;
  out.places_ = out.lows_ + count * static_cast<size_t>(out.shape_.low_bytes);
  uint32_t before = 0;
  for (size_t bucket = 0; bucket <= buckets; ++bucket) {
    const uint32_t start = out.Start(bucket);
    if (start < before || start > count) return DataLoss("expected bucket {} to ascend", bucket);
    before = start;
  }
  if (out.Start(0) != 0 || before != count) return DataLoss("expected buckets of all ranges");
  return out;
}

uint32_t CityRanges::Start(size_t bucket) const {
  return LoadLittle<uint32_t>(starts_ + 4 * bucket);
}

uint32_t CityRanges::Low(size_t range) const {
  return shape_.low_bytes == 1 ? lows_[range] : LoadLittle<uint32_t>(lows_ + 4 * range);
}

uint16_t CityRanges::Place(size_t range) const {
  return LoadLittle<uint16_t>(places_ + 2 * range);
}

CityRanges::Found CityRanges::Find(uint64_t unit) const {
  const uint64_t bucket = (unit >> shape_.low_bits) - shape_.first_bucket;
  if (bucket >= uint64_t{1} << shape_.bucket_bits) {
    // Outside 2000::/3: all of the eighth of the addresses is.
    const uint64_t eighth = uint64_t{1} << (shape_.bucket_bits + shape_.low_bits);
    const uint64_t first = unit & ~(eighth - 1);
    return {.place = 0, .first = first, .end = first + eighth};
  }
  const uint64_t base = unit & ~((uint64_t{1} << shape_.low_bits) - 1);
  const uint32_t low = static_cast<uint32_t>(unit - base);
  const uint32_t begin = Start(bucket), end = Start(bucket + 1);
  // The ranges of the bucket that begin at or before `low`: [begin, at).
  uint32_t at = begin;
  for (uint32_t left = end - begin; left > 0;) {
    const uint32_t half = left / 2;
    const bool before = Low(at + half) <= low;
    at = before ? at + half + 1 : at;
    left = before ? left - half - 1 : half;
  }
  Found found;
  found.place = at == 0 ? 0 : Place(at - 1);
  found.first = at == begin ? base : base + Low(at - 1);
  found.end = at == end ? base + (uint64_t{1} << shape_.low_bits) : base + Low(at);
  return found;
}

void CityRanges::ForEach(const std::function<void(const CityRange&)>& visit) const {
  const uint64_t buckets = uint64_t{1} << shape_.bucket_bits;
  for (uint64_t bucket = 0; bucket < buckets; ++bucket) {
    const uint64_t base = (shape_.first_bucket + bucket) << shape_.low_bits;
    for (uint32_t range = Start(bucket); range < Start(bucket + 1); ++range) {
      visit({base + Low(range), Place(range)});
    }
  }
  if (shape_.first_bucket != 0) visit({(shape_.first_bucket + buckets) << shape_.low_bits, 0});
}

}  // namespace terrella::net
