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

uint64_t LittleEndian(const unsigned char* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

// Of the first 64 bits, which is all that a block of ours or a range uses.
uint64_t HighBits(const IpAddress& address) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | address.bytes()[i];
  return bits;
}

// The least prefix length at which an answer about `address`, which is in no city's block, covers
// none.
int BitsToLeaveCityBlocks(const IpAddress& address) {
  bool v4 = address.is_v4();
  IpPrefix first = v4 ? CityBlockV4(0) : CityBlockV6(0);
  int common = std::countl_zero(HighBits(address) ^ HighBits(first.address));
  if (common < (v4 ? 9 : 48)) return common + 1;
  return v4 ? 16 : 64;  // beyond the last block: 127.255.0.0/16
}

}  // namespace

uint64_t PrefixTable::Ranges::Key(size_t i) const {
  return LittleEndian(keys + i * key_bytes, key_bytes);
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

size_t PrefixTable::Ranges::Find(uint64_t key) const {
  size_t low = 0, high = count;  // Key(low) <= key < Key(high)
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
  v4_ = {.count = LittleEndian(data + 12, 4), .key_bytes = kV4KeyBytes};
  v6_ = {.count = LittleEndian(data + 16, 4), .key_bytes = kV6KeyBytes};
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
  return v6_.Check("IPv6", country_count);
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
  const Ranges& ranges = address.is_v4() ? v4_ : v6_;
  int key_bits = static_cast<int>(8 * ranges.key_bytes);
  uint64_t key = HighBits(address) >> (64 - key_bits);
  size_t i = ranges.Find(key);
  uint64_t first = ranges.Key(i);
  uint64_t end = i + 1 < ranges.count ? ranges.Key(i + 1) : uint64_t{1} << key_bits;
  int bits = key_bits;
  while (bits > 0) {
    uint64_t size = uint64_t{1} << (key_bits - bits + 1);
    uint64_t start = key & ~(size - 1);
    if (start < first || start + size > end) break;
    --bits;
  }
  const CountryEntry& country = countries_[ranges.countries[i]];
  return {.city = country.city,
          .country = country.code,
          .prefix_bits = std::max(bits, BitsToLeaveCityBlocks(address))};
}

}  // namespace terrella::net
