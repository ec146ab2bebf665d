// ZoneVersion: the zone at one serial as a secondary can hold it: records that are the same for
// everybody.
//
// A secondary knows no places, so for a steered name it holds what a client is told of whom nothing
// is known: the nodes nearest to the world's population, or what the name's policy leaves there,
// with the policy's TTL (docs/decisions/030-what-a-secondary-holds.md). Everything else goes over
// as it is. What this server makes while it answers (ANY, signatures, denials) does not, and
// neither do the keys of a zone that is signed.
//
// Thread: immutable, any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/transfer/packed_records.h"

namespace terrella::dns {

// A record fits a message together with all that must be beside it.
constexpr size_t kTransferRecordBytesMax = 64'000;

// Serials go around (RFC 1982 section 3.2).
constexpr bool SerialLess(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}

// Of the zone's SOA.
uint32_t SerialOf(const Zone& zone);

class ZoneVersion {
 public:
  // ResourceExhausted when a record is too large for a message, or all are more than `bytes_max`.
  static absl::StatusOr<std::shared_ptr<const ZoneVersion>> Build(const Snapshot& snapshot,
                                                                  size_t bytes_max);

  const Name& apex() const { return apex_; }
  uint32_t serial() const { return serial_; }
  std::string_view soa() const { return soa_[0]; }           // packed, as in records()
  const PackedRecords& records() const { return records_; }  // sorted, without the SOA
  // Whether both are alike but for the serial.
  bool SameContentAs(const ZoneVersion& other) const;

 private:
  ZoneVersion() = default;
  Name apex_;
  uint32_t serial_ = 0;
  PackedRecords soa_;  // one
  PackedRecords records_;
};

}  // namespace terrella::dns
