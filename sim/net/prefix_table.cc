#include "sim/net/prefix_table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "sim/net/city_block.h"

namespace terrella::net {
namespace {

constexpr std::string_view kMagic = "TERRPFX1";
constexpr size_t kHeadBytes = 24;
constexpr size_t kV4KeyBytes = 3, kV6KeyBytes = 6;
constexpr size_t kCountriesMax = 255;
constexpr size_t kRangesMax = 4'000'000;

constexpr size_t kBuckets = 1 << 16;
constexpr int kV4BucketShift = 8;             // a /16
constexpr int kV6BucketShift = 29;            // a /19 ...
constexpr uint64_t kV6FirstBucket = 1 << 16;  // ... of 2000::/3

uint64_t LittleEndian(const unsigned char* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

// Of the first 64 bits, which is all that a block of ours or a range uses.
uint64_t HighBits(const IpAddress& address) {
  uint64_t bits = 0;
  std::memcpy(&bits, address.bytes().data(), sizeof bits);
  return std::endian::native == std::endian::little ? __builtin_bswap64(bits) : bits;
}

// The least prefix length at which an answer about `address`, which is in no city's block, covers
// none.
int BitsToLeaveCityBlocks(uint64_t high_bits, bool v4) {
  static const uint64_t kFirst4 = HighBits(CityBlockV4(0).address);
  static const uint64_t kFirst6 = HighBits(CityBlockV6(0).address);
  int common = std::countl_zero(high_bits ^ (v4 ? kFirst4 : kFirst6));
  if (common < (v4 ? 9 : 48)) return common + 1;
  return v4 ? 16 : 64;  // beyond the last block: 127.255.0.0/16
}

// The bits of the largest aligned block of keys around `key` that lies in [first, end).
int BlockBits(uint64_t key, uint64_t first, uint64_t end, int key_bits) {
  // The block of 2^k keys stays clear of a key outside when the two differ at bit k or above.
  int free_bits = static_cast<int>(std::bit_width(key ^ end)) - 1;
  if (first > 0)
    free_bits = std::min(free_bits, static_cast<int>(std::bit_width(key ^ (first - 1))) - 1);
  return key_bits - std::min(free_bits, key_bits);
}

}  // namespace

uint64_t PrefixTable::Ranges::Key(size_t i) const {
  // Two calls, so that each compiles to a load of its length.
  if (key_bytes == kV4KeyBytes) return LittleEndian(keys + i * kV4KeyBytes, kV4KeyBytes);
  return LittleEndian(keys + i * kV6KeyBytes, kV6KeyBytes);
}

absl::Status PrefixTable::Ranges::Check(std::string_view what, size_t country_count) const {
  if (count == 0 || Key(0) != 0) return DataLoss("expected the first {} range to begin at 0", what);
  uint64_t before = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t key = Key(i);
    if (i > 0 && key <= before) return DataLoss("expected {} range {} to ascend", what, i);
    before = key;
    if (countries[i] >= country_count) {
      return DataLoss("expected {} range {} to name one of {} countries, got {}", what, i,
                      country_count, countries[i]);
    }
  }
  return absl::OkStatus();
}

void PrefixTable::Ranges::BuildIndex() {
  bucket_start.resize(kBuckets + 1);
  size_t i = 0;
  for (size_t bucket = 0; bucket <= kBuckets; ++bucket) {
    uint64_t key = (first_bucket + bucket) << bucket_shift;
    while (i + 1 < count && Key(i + 1) <= key) ++i;
    bucket_start[bucket] = static_cast<uint32_t>(i);
  }
}

size_t PrefixTable::Ranges::Find(uint64_t key) const {
  uint64_t bucket = (key >> bucket_shift) - first_bucket;
  if (bucket >= kBuckets) return Search(key, 0, count);
  return Search(key, bucket_start[bucket], bucket_start[bucket + 1] + 1);
}

size_t PrefixTable::Ranges::Search(uint64_t key, size_t low, size_t high) const {
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    (Key(middle) <= key ? low : high) = middle;
  }
  return low;
}

absl::StatusOr<std::shared_ptr<const PrefixTable>> PrefixTable::Load(
    const std::filesystem::path& data_dir, std::shared_ptr<const Places> places) {
  std::filesystem::path path = data_dir / "prefixes.bin";
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFound("cannot open {}: {}", path.string(), std::strerror(errno));
  struct stat info {};
  void* mapping = MAP_FAILED;
  if (fstat(fd, &info) == 0 && info.st_size > 0) {
    mapping = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  }
  int error = errno;
  close(fd);
  if (mapping == MAP_FAILED) {
    return DataLoss("cannot map {}: {}", path.string(),
                    info.st_size == 0 ? "it is empty" : std::strerror(error));
  }
  std::shared_ptr<PrefixTable> table(new PrefixTable);
  table->mapping_ = mapping;
  table->mapping_bytes_ = static_cast<size_t>(info.st_size);
  table->places_ = std::move(places);
  absl::Status status =
      table->Init({static_cast<const char*>(mapping), static_cast<size_t>(info.st_size)});
  if (!status.ok()) return DataLoss("{}: {}", path.string(), Message(status));
  return table;
}

absl::StatusOr<std::shared_ptr<const PrefixTable>> PrefixTable::Parse(
    std::string bytes, std::shared_ptr<const Places> places) {
  std::shared_ptr<PrefixTable> table(new PrefixTable);
  table->owned_ = std::move(bytes);
  table->places_ = std::move(places);
  RETURN_IF_ERROR(table->Init(table->owned_));
  return table;
}

PrefixTable::~PrefixTable() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_bytes_);
}

absl::Status PrefixTable::Init(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kHeadBytes) {
    return DataLoss("expected a table of prefixes that begins with {}", kMagic);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t country_count = LittleEndian(data + 8, 4);
  v4_ = {.count = LittleEndian(data + 12, 4),
         .key_bytes = kV4KeyBytes,
         .bucket_shift = kV4BucketShift};
  v6_ = {.count = LittleEndian(data + 16, 4),
         .key_bytes = kV6KeyBytes,
         .bucket_shift = kV6BucketShift,
         .first_bucket = kV6FirstBucket};
  if (country_count == 0 || country_count > kCountriesMax || v4_.count > kRangesMax ||
      v6_.count > kRangesMax) {
    return DataLoss("expected 1 to {} countries and up to {} ranges, got {}, {} and {}",
                    kCountriesMax, kRangesMax, country_count, v4_.count, v6_.count);
  }
  size_t expected = kHeadBytes + 2 * country_count + v4_.count * (kV4KeyBytes + 1) +
                    v6_.count * (kV6KeyBytes + 1);
  if (bytes.size() != expected) {
    return DataLoss("expected {} bytes, got {}", expected, bytes.size());
  }
  for (size_t i = 0; i < country_count; ++i) {
    CountryEntry entry;
    if (i > 0) {
      entry.code = bytes.substr(kHeadBytes + 2 * i, 2);
      if (const Country* country = places_->FindCountry(entry.code)) {
        entry.city = country->largest_city;
      }
    }
    countries_.push_back(std::move(entry));
  }
  v4_.keys = data + kHeadBytes + 2 * country_count;
  v4_.countries = v4_.keys + v4_.count * kV4KeyBytes;
  v6_.keys = v4_.countries + v4_.count;
  v6_.countries = v6_.keys + v6_.count * kV6KeyBytes;
  RETURN_IF_ERROR(v4_.Check("IPv4", country_count));
  RETURN_IF_ERROR(v6_.Check("IPv6", country_count));
  v4_.BuildIndex();
  v6_.BuildIndex();
  return absl::OkStatus();
}

PlaceMatch PrefixTable::Lookup(const IpAddress& address) const {
  if (std::optional<CityId> city = CityOfAddress(address)) {
    PlaceMatch match{.prefix_bits = address.is_v4() ? 24 : 64};
    if (*city < places_->cities().size()) {
      match.city = city;
      match.country = places_->cities()[*city].country;
    }
    return match;
  }
  const bool v4 = address.is_v4();
  const Ranges& ranges = v4 ? v4_ : v6_;
  const int key_bits = static_cast<int>(8 * ranges.key_bytes);
  const uint64_t high_bits = HighBits(address);
  const uint64_t key = high_bits >> (64 - key_bits);
  const size_t i = ranges.Find(key);
  const uint64_t end = i + 1 < ranges.count ? ranges.Key(i + 1) : uint64_t{1} << key_bits;
  const int bits = BlockBits(key, ranges.Key(i), end, key_bits);
  const CountryEntry& country = countries_[ranges.countries[i]];
  return {.city = country.city,
          .country = country.code,
          .prefix_bits = std::max(bits, BitsToLeaveCityBlocks(high_bits, v4))};
}

}  // namespace terrella::net
