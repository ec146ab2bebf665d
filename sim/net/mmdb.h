// Mmdb: a MaxMind DB file (format 2.0) walked from the first network to the last.
//
// Such a file is a binary tree over the bits of addresses whose leaves point at records: maps of
// names to values. Only what a table of places needs is read of a record: its country and where it
// is. Names and values may be pointers to earlier ones, as the format allows anywhere.
//
// Thread: immutable after Open, any. Owns: nothing; the bytes must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::net {

class Mmdb {
 public:
  // DataLoss when the bytes are no such file, or one of another version.
  static absl::StatusOr<Mmdb> Open(std::string_view bytes);

  int ip_version() const { return ip_version_; }  // 4 or 6
  uint64_t built_unix_s() const { return built_unix_s_; }

  struct Network {
    uint64_t first = 0;   // the high 64 bits of its first address; of IPv4 the high 32 of them
    int bits = 0;         // its prefix length
    uint32_t record = 0;  // for ReadLocation; networks of one record have the same
  };
  // Calls `visit` with all networks that have a record, ascending; stops at the first error.
  // Networks smaller than an IPv6 /64 are passed over. DataLoss when the tree is none.
  absl::Status ForEach(const std::function<absl::Status(const Network&)>& visit) const;

  struct Location {
    std::string country;  // "country_code", else empty
    double latitude_deg = 0, longitude_deg = 0;
  };
  // DataLoss when the record is no map or has no number as latitude or longitude.
  absl::StatusOr<Location> ReadLocation(uint32_t record) const;

 private:
  Mmdb() = default;
  uint32_t Child(uint32_t node, int bit) const;

  std::string_view tree_, data_;
  uint32_t node_count_ = 0;
  int record_bits_ = 0;  // 24, 28 or 32
  int ip_version_ = 0;
  uint64_t built_unix_s_ = 0;
};

}  // namespace terrella::net
