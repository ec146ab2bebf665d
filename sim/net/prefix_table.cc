#include "sim/net/prefix_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "sim/net/city_block.h"
#include "sim/net/city_prefixes.h"
#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

constexpr std::string_view kMagic = "TERRPFX1";
constexpr size_t kHeadBytes = 24;
constexpr size_t kV4KeyBytes = 3, kV6KeyBytes = 6;
constexpr size_t kCountriesMax = 255;
constexpr size_t kRangesMax = 4'000'000;
constexpr size_t kFileBytesMax = 256 << 20;
constexpr uint64_t kNoCity = 0xffff;  // in a table by city

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
  return LoadFile(data_dir / "prefixes.bin", std::move(places));
}

absl::StatusOr<std::shared_ptr<const PrefixTable>> PrefixTable::LoadFile(
    const std::filesystem::path& path, std::shared_ptr<const Places> places) {
  std::shared_ptr<PrefixTable> table(new PrefixTable);
  ASSIGN_OR_RETURN(table->mapping_, MappedFile::Open(path, kFileBytesMax));
  table->places_ = std::move(places);
  const absl::Status status = table->Init(table->mapping_->bytes());
  if (status.ok()) return table;
  return MakeStatus(status.code(), "{}: {}", path.string(), Message(status));
}

absl::StatusOr<ChosenPrefixes> ChoosePrefixes(const std::filesystem::path& data_dir,
                                              const std::shared_ptr<const Places>& places) {
  ChosenPrefixes out;
  if (const std::optional<std::filesystem::path> kept = KeptDataDir()) {
    auto table = PrefixTable::LoadFile(*kept / kCityPrefixesFile, places);
    if (table.ok()) {
      out.table = *std::move(table);
      return out;
    }
    if (!absl::IsNotFound(table.status())) out.passed_over = Message(table.status());
  }
  ASSIGN_OR_RETURN(out.table, PrefixTable::Load(data_dir, places));
  return out;
}

absl::StatusOr<std::shared_ptr<const PrefixTable>> PrefixTable::Parse(
    std::string bytes, std::shared_ptr<const Places> places) {
  std::shared_ptr<PrefixTable> table(new PrefixTable);
  table->owned_ = std::move(bytes);
  table->places_ = std::move(places);
  RETURN_IF_ERROR(table->Init(table->owned_));
  return table;
}

absl::Status PrefixTable::InitByCity(std::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const size_t place_count = LittleEndian(data + 8, 4);
  if (place_count == 0 || (bytes.size() - kCityPrefixesHeadBytes) / 4 < place_count) {
    return DataLoss("expected {} places in {} bytes", place_count, bytes.size());
  }
  if (LittleEndian(data + 20, 4) != FingerprintOf(*places_)) {
    return FailedPrecondition("made for another list of cities: run 'terrella data pull' again");
  }
  for (size_t i = 0; i < place_count; ++i) {
    const size_t at = kCityPrefixesHeadBytes + 4 * i;
    PlaceEntry entry;
    if (i > 0) entry.country = bytes.substr(at, 2);
    const uint64_t city = LittleEndian(data + at + 2, 2);
    if (city != kNoCity && city >= places_->cities().size()) {
      return DataLoss("expected place {} to be one of {} cities, got {}", i,
                      places_->cities().size(), city);
    }
    if (i > 0 && city != kNoCity) entry.city = static_cast<CityId>(city);
    known_.push_back(std::move(entry));
  }
  CityTable& cities = cities_.emplace();
  cities.built_unix_s = LittleEndian(data + 24, 4);
  bytes.remove_prefix(kCityPrefixesHeadBytes + 4 * place_count);
  ASSIGN_OR_RETURN(cities.v4,
                   CityRanges::Open(CityRanges::Family::kV4, bytes, LittleEndian(data + 12, 4)));
  bytes.remove_prefix(cities.v4.bytes());
  ASSIGN_OR_RETURN(cities.v6,
                   CityRanges::Open(CityRanges::Family::kV6, bytes, LittleEndian(data + 16, 4)));
  if (bytes.size() != cities.v6.bytes()) {
    return DataLoss("expected {} bytes of IPv6 ranges, got {}", cities.v6.bytes(), bytes.size());
  }
  return absl::OkStatus();
}

absl::Status PrefixTable::Init(std::string_view bytes) {
  if (bytes.starts_with(kCityPrefixesMagic) && bytes.size() >= kCityPrefixesHeadBytes) {
    return InitByCity(bytes);
  }
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
    PlaceEntry entry;
    if (i > 0) {
      entry.country = bytes.substr(kHeadBytes + 2 * i, 2);
      if (const Country* country = places_->FindCountry(entry.country)) {
        entry.city = country->largest_city;
      }
    }
    known_.push_back(std::move(entry));
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

void PrefixTable::ForEachRange(
    IpAddress::Family family,
    const std::function<void(uint64_t, std::optional<CityId>)>& visit) const {
  if (cities_) {
    const bool v4 = family == IpAddress::Family::kV4;
    const int shift = 64 - static_cast<int>(8 * (v4 ? kV4KeyBytes : kV6KeyBytes));
    if (!v4) visit(0, std::nullopt);  // what lies before 2000::/3
    (v4 ? cities_->v4 : cities_->v6).ForEach([&](const CityRange& range) {
      visit(range.first << shift, known_[range.place < known_.size() ? range.place : 0].city);
    });
    return;
  }
  const Ranges& ranges = family == IpAddress::Family::kV4 ? v4_ : v6_;
  const int shift = 64 - static_cast<int>(8 * ranges.key_bytes);
  for (size_t i = 0; i < ranges.count; ++i) {
    visit(ranges.Key(i) << shift, known_[ranges.countries[i]].city);
  }
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
  const uint64_t unit = HighBits(address) >> (v4 ? 64 - 8 * kV4KeyBytes : 64 - 8 * kV6KeyBytes);
  if (cities_) {
    const CityRanges::Found found = (v4 ? cities_->v4 : cities_->v6).Find(unit);
    return Match(address, found.place, found.first, found.end);
  }
  const Ranges& ranges = v4 ? v4_ : v6_;
  const size_t i = ranges.Find(unit);
  const uint64_t end =
      i + 1 < ranges.count ? ranges.Key(i + 1) : uint64_t{1} << 8 * ranges.key_bytes;
  return Match(address, ranges.countries[i], ranges.Key(i), end);
}

PlaceMatch PrefixTable::Match(const IpAddress& address, size_t place, uint64_t first,
                              uint64_t end) const {
  const bool v4 = address.is_v4();
  const int key_bits = static_cast<int>(8 * (v4 ? kV4KeyBytes : kV6KeyBytes));
  const uint64_t high_bits = HighBits(address);
  // A damaged range by city may name no place, or not hold the address.
  const PlaceEntry& known = known_[place < known_.size() ? place : 0];
  const uint64_t key = high_bits >> (64 - key_bits);
  const int bits = first <= key && key < end ? BlockBits(key, first, end, key_bits) : key_bits;
  return {.city = known.city,
          .country = known.country,
          .prefix_bits = std::max(bits, BitsToLeaveCityBlocks(high_bits, v4))};
}

size_t PrefixTable::range_count() const {
  return cities_ ? cities_->v4.count() + cities_->v6.count() : v4_.count + v6_.count;
}

}  // namespace terrella::net
