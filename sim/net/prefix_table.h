// PrefixTable: which place an address belongs to, and for how large a block that answer holds.
//
// Addresses of a city's block (city_block.h) give that city. All others are looked up in a file
// that is mapped, not read: a table by city that `terrella data pull` made (city_prefixes.h), or
// data/prefixes.bin, a sorted list of (first address, country) for IPv4 and IPv6: the place of a
// country is its most populous city. Of the latter an index in memory (256 KiB a family)
// says where the ranges of each IPv4 /16, and of each IPv6 /19 of 2000::/3, begin, so that a lookup
// compares a handful of keys. The matched length is that of the
// largest CIDR block around the address that lies within one range, so it is right as the scope of
// an EDNS Client Subnet answer (RFC 7871 section 7.2.1).
//
// Thread: immutable after Load, any. Owns: the mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "base/mapped_file.h"
#include "sim/net/city_ranges.h"
#include "sim/net/places.h"

namespace terrella::net {

struct PlaceMatch {
  // None: the address is in no known range (private, reserved, unallocated).
  std::optional<CityId> city;
  // ISO 3166-1 alpha-2; "" when not known. May be set without a city for countries that have no
  // city of 100,000.
  std::string_view country;
  // Every address with these leading bits gives the same answer: 0 to 32 or 128.
  int prefix_bits = 0;
};

// What a table by city is made of.
struct CityTable {
  CityRanges v4, v6;
  uint64_t built_unix_s = 0;  // the database it was made of
};

class PrefixTable {
 public:
  // Maps prefixes.bin. DataLoss when the file is not such a table.
  static absl::StatusOr<std::shared_ptr<const PrefixTable>> Load(
      const std::filesystem::path& data_dir, std::shared_ptr<const Places> places);
  // Maps a table of either kind. FailedPrecondition when one by city was made for others than those
  // of `places`.
  static absl::StatusOr<std::shared_ptr<const PrefixTable>> LoadFile(
      const std::filesystem::path& path, std::shared_ptr<const Places> places);
  // For tests and fuzzing: a table of bytes in memory.
  static absl::StatusOr<std::shared_ptr<const PrefixTable>> Parse(
      std::string bytes, std::shared_ptr<const Places> places);
  PrefixTable(const PrefixTable&) = delete;
  PrefixTable& operator=(const PrefixTable&) = delete;

  PlaceMatch Lookup(const IpAddress& address) const;
  // Calls visit(first address's high 64 bits, its city) for every range in ascending order, the
  // first from 0 on; a table by city whose ranges are damaged may break the order, but names no
  // city that is not. The blocks of cities are not among them.
  void ForEachRange(IpAddress::Family family,
                    const std::function<void(uint64_t, std::optional<CityId>)>& visit) const;
  size_t range_count() const;
  bool by_city() const { return cities_.has_value(); }
  uint64_t built_unix_s() const { return by_city() ? cities_->built_unix_s : 0; }

 private:
  // Ranges of one family in units of a /24 or a /48, one after the other from 0 on.
  struct Ranges {
    const unsigned char* keys = nullptr;       // count x key_bytes, little-endian, ascending
    const unsigned char* countries = nullptr;  // count indices into known_
    size_t count = 0;
    size_t key_bytes = 0;
    // Buckets of 2^bucket_shift keys from first_bucket on: bucket_start[b] is the range that holds
    // the first key of bucket b, with one more entry at the end.
    int bucket_shift = 0;
    uint64_t first_bucket = 0;
    std::vector<uint32_t> bucket_start;

    uint64_t Key(size_t i) const;
    absl::Status Check(std::string_view what, size_t country_count) const;
    void BuildIndex();
    size_t Find(uint64_t key) const;  // the range that holds it
    // The range among [low, high) that holds `key`: Key(low) <= key, and key < Key(high) if there
    // is such a range.
    size_t Search(uint64_t key, size_t low, size_t high) const;
  };
  struct PlaceEntry {
    std::string country;
    std::optional<CityId> city;
  };

  PrefixTable() = default;
  absl::Status Init(std::string_view bytes);
  absl::Status InitByCity(std::string_view bytes);
  // The answer about an address in no city's block.
  PlaceMatch Match(const IpAddress& address, size_t place, uint64_t first, uint64_t end) const;

  std::shared_ptr<const Places> places_;
  std::unique_ptr<const MappedFile> mapping_;  // or owned_
  std::string owned_;
  Ranges v4_, v6_;                   // by country
  std::optional<CityTable> cities_;  // or by city
  std::vector<PlaceEntry> known_;    // what ranges name; entry 0: no place
};

// The table by city that `terrella data pull` keeps, if there is one for these cities; else the one
// of `data_dir`, and why a kept one was passed over.
struct ChosenPrefixes {
  std::shared_ptr<const PrefixTable> table;
  std::string passed_over;  // empty: nothing was
};
absl::StatusOr<ChosenPrefixes> ChoosePrefixes(const std::filesystem::path& data_dir,
                                              const std::shared_ptr<const Places>& places);

}  // namespace terrella::net
