// PrefixTable: which place an address belongs to, and for how large a block that answer holds.
//
// Addresses of a city's block (city_block.h) give that city. All others are looked up in
// data/prefixes.bin, a sorted list of (first address, country) for IPv4 and IPv6 that is mapped,
// not read: the place of a country is its most populous city. An index in memory (256 KiB a family)
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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
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

class PrefixTable {
 public:
  // Maps prefixes.bin. DataLoss when the file is not such a table.
  static absl::StatusOr<std::shared_ptr<const PrefixTable>> Load(
      const std::filesystem::path& data_dir, std::shared_ptr<const Places> places);
  // For tests and fuzzing: a table of bytes in memory.
  static absl::StatusOr<std::shared_ptr<const PrefixTable>> Parse(
      std::string bytes, std::shared_ptr<const Places> places);
  ~PrefixTable();
  PrefixTable(const PrefixTable&) = delete;
  PrefixTable& operator=(const PrefixTable&) = delete;

  PlaceMatch Lookup(const IpAddress& address) const;
  size_t range_count() const { return v4_.count + v6_.count; }

 private:
  // Ranges of one family in units of a /24 or a /48, one after the other from 0 on.
  struct Ranges {
    const unsigned char* keys = nullptr;       // count x key_bytes, little-endian, ascending
    const unsigned char* countries = nullptr;  // count indices into countries_
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
  struct CountryEntry {
    std::string code;
    std::optional<CityId> city;
  };

  PrefixTable() = default;
  absl::Status Init(std::string_view bytes);

  std::shared_ptr<const Places> places_;
  void* mapping_ = nullptr;  // or owned_
  size_t mapping_bytes_ = 0;
  std::string owned_;
  Ranges v4_, v6_;
  std::vector<CountryEntry> countries_;  // entry 0: no country
};

}  // namespace terrella::net
