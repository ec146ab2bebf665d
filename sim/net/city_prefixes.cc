#include "sim/net/city_prefixes.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ip_address.h"
#include "base/status.h"
#include "sim/net/city_ranges.h"
#include "sim/net/mmdb.h"

namespace terrella::net {
namespace {

constexpr size_t kRangesMax = 8'000'000;
constexpr uint16_t kNoCity = 0xffff;

// Blocks set aside for a purpose (RFC 6890 and successors): a gap that has one stays nobody's.
constexpr std::string_view kSpecialV4[] = {
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",   "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"};
constexpr std::string_view kSpecialV6[] = {"2001:db8::/32", "3fff::/20"};

uint64_t UnitOf(const IpAddress& address, int unit_bits) {
  uint64_t high = 0;
  for (int i = 0; i < 8; ++i) high = high << 8 | address.bytes()[static_cast<size_t>(i)];
  return high >> (64 - unit_bits);
}

// Ranges of one family, appended in ascending order.
class RangeList {
 public:
  RangeList(int unit_bits, uint64_t first, std::span<const std::string_view> special)
      : unit_bits_(unit_bits), first_(first) {
    for (const std::string_view text : special) {
      const IpPrefix prefix = *IpPrefix::Parse(text);
      const uint64_t first = UnitOf(prefix.address, unit_bits);
      special_.emplace_back(first, first + (uint64_t{1} << (unit_bits - prefix.length_bits)));
    }
    ranges_.push_back({first, 0});
  }

  // [first, first + 2^(64 - bits)) of the high 64 bits of addresses.
  void Add(uint64_t first, int bits, uint16_t place) {
    const uint64_t below = (uint64_t{1} << (64 - unit_bits_)) - 1;
    const uint64_t start = first >> (64 - unit_bits_);
    uint64_t end = start + 1;
    if (start < first_ || (first_ != 0 && start >= 2 * first_)) return;
    if (bits > unit_bits_) {
      if ((first & below) != 0) return;  // the unit's first address is another's
    } else {
      end = start + (uint64_t{1} << (unit_bits_ - bits));
    }
    if (ranges_.back().place == 0 && ranges_.size() > 1 && IsGapOf(place, start)) {
      ranges_.pop_back();
    } else {
      Push(start, place);
    }
    if (end < (first_ == 0 ? uint64_t{1} << unit_bits_ : 2 * first_)) Push(end, 0);
  }

  const std::vector<CityRange>& ranges() const { return ranges_; }

 private:
  // Whether the last range is a gap that goes up to `start` and follows one of `place`.
  bool IsGapOf(uint16_t place, uint64_t start) const {
    if (ranges_[ranges_.size() - 2].place != place) return false;
    const uint64_t gap = ranges_.back().first;
    return std::none_of(special_.begin(), special_.end(), [&](const auto& block) {
      return block.first < start && block.second > gap;
    });
  }
  void Push(uint64_t first, uint16_t place) {
    if (ranges_.back().first == first) ranges_.pop_back();
    if (ranges_.empty() || ranges_.back().place != place) ranges_.push_back({first, place});
  }

  int unit_bits_;
  uint64_t first_;  // unit; up to its double, of IPv6
  std::vector<std::pair<uint64_t, uint64_t>> special_;
  std::vector<CityRange> ranges_;
};

// Numbers of (country, city), given out as they are met.
class PlaceNumbers {
 public:
  explicit PlaceNumbers(const Places& places) : places_(places) {
    for (CityId id = 0; id < places.cities().size(); ++id) {
      const City& city = places.cities()[id];
      by_country_[city.country].push_back({UnitVector(city.at), id});
    }
    entries_ = {{"--", kNoCity}};
  }

  // 0 for no country of countries.csv.
  uint16_t Of(const Mmdb::Location& location) {
    if (places_.FindCountry(location.country) == nullptr ||
        !CheckCoordinates({location.latitude_deg, location.longitude_deg}).ok()) {
      return 0;
    }
    const auto key = std::pair(location.country, NearestIn(location));
    const auto [it, fresh] = numbers_.try_emplace(key, static_cast<uint16_t>(entries_.size()));
    if (fresh) entries_.push_back(key);
    return it->second;
  }
  const std::vector<std::pair<std::string, uint16_t>>& entries() const { return entries_; }

 private:
  struct Candidate {
    std::array<double, 3> on_sphere;
    CityId city;
  };
  uint16_t NearestIn(const Mmdb::Location& location) const {
    const auto it = by_country_.find(location.country);
    if (it == by_country_.end()) return kNoCity;
    const auto point = UnitVector({location.latitude_deg, location.longitude_deg});
    double best = -2;
    CityId city = 0;
    for (const Candidate& candidate : it->second) {
      const auto& p = candidate.on_sphere;
      const double cosine = p[0] * point[0] + p[1] * point[1] + p[2] * point[2];
      if (cosine <= best) continue;
      best = cosine;
      city = candidate.city;
    }
    return static_cast<uint16_t>(city);
  }

  const Places& places_;
  std::map<std::string, std::vector<Candidate>, std::less<>> by_country_;
  std::map<std::pair<std::string, uint16_t>, uint16_t> numbers_;
  std::vector<std::pair<std::string, uint16_t>> entries_;
};

absl::Status AddAll(const Mmdb& mmdb, PlaceNumbers& numbers, RangeList& ranges) {
  std::unordered_map<uint32_t, uint16_t> place_of;  // by record
  return mmdb.ForEach([&](const Mmdb::Network& network) -> absl::Status {
    auto [it, fresh] = place_of.try_emplace(network.record, uint16_t{0});
    if (fresh) {
      ASSIGN_OR_RETURN(const Mmdb::Location location, mmdb.ReadLocation(network.record));
      it->second = numbers.Of(location);
    }
    if (it->second != 0) ranges.Add(network.first, network.bits, it->second);
    if (ranges.ranges().size() > kRangesMax) {
      return ResourceExhausted("expected at most {} ranges", kRangesMax);
    }
    return absl::OkStatus();
  });
}

void PutLittle(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

uint32_t FingerprintOf(const Places& places) {
  uint32_t hash = 2166136261;  // FNV-1a
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
    hash *= 16777619;
  };
  for (const City& city : places.cities()) {
    mix(city.name);
    mix(city.country);
  }
  return hash;
}

absl::StatusOr<CityPrefixes> CompileCityPrefixes(std::string_view ipv4_mmdb,
                                                 std::string_view ipv6_mmdb, const Places& places) {
  ASSIGN_OR_RETURN(const Mmdb v4, Mmdb::Open(ipv4_mmdb));
  ASSIGN_OR_RETURN(const Mmdb v6, Mmdb::Open(ipv6_mmdb));
  if (v4.ip_version() != 4 || v6.ip_version() != 6) {
    return DataLoss("expected a database of IPv4 and one of IPv6, got {} and {}", v4.ip_version(),
                    v6.ip_version());
  }
  if (places.cities().size() >= kNoCity) return ResourceExhausted("too many cities");
  PlaceNumbers numbers(places);
  RangeList ranges4(24, 0, kSpecialV4);
  RangeList ranges6(48, uint64_t{1} << 45, kSpecialV6);  // 2000::/3
  RETURN_IF_ERROR(AddAll(v4, numbers, ranges4));
  RETURN_IF_ERROR(AddAll(v6, numbers, ranges6));
  if (numbers.entries().size() > 0xffff) return ResourceExhausted("too many places");
  CityPrefixParts parts{.places = {numbers.entries().begin() + 1, numbers.entries().end()},
                        .v4 = ranges4.ranges(),
                        .v6 = ranges6.ranges(),
                        .built_unix_s = v4.built_unix_s()};
  return CityPrefixes{.bytes = PackCityPrefixes(parts, places),
                      .places = parts.places.size(),
                      .v4_ranges = parts.v4.size(),
                      .v6_ranges = parts.v6.size(),
                      .built_unix_s = parts.built_unix_s};
}

std::string PackCityPrefixes(const CityPrefixParts& parts, const Places& places) {
  std::string out(kCityPrefixesMagic);
  for (const uint64_t word :
       {uint64_t{parts.places.size() + 1}, uint64_t{parts.v4.size()}, uint64_t{parts.v6.size()},
        uint64_t{FingerprintOf(places)}, parts.built_unix_s, uint64_t{0}}) {
    PutLittle(out, word, 4);
  }
  out += "--\xff\xff";
  for (const auto& [country, city] : parts.places) {
    out += country;
    PutLittle(out, city, 2);
  }
  out += CityRanges::Pack(CityRanges::Family::kV4, parts.v4);
  out += CityRanges::Pack(CityRanges::Family::kV6, parts.v6);
  return out;
}

}  // namespace terrella::net
