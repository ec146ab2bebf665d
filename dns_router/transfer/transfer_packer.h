// TransferPacker: records packed into one message of a zone transfer, as many as fit.
//
// Owner names are compressed against those before them in the message, never against the question:
// its letters are the client's and the zone's must arrive as they are (RFC 5936 section 3.4). Names
// in contents are left whole (RFC 3597 section 4).
//
// Thread: one. Keeps views of the records it was given until the next Begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

class TransferPacker {
 public:
  struct Head {
    uint16_t id = 0;
    bool recursion_desired = false;
    bool authoritative = true;
    Rcode rcode = Rcode::kNoError;
    std::string_view question;  // empty: none
    bool has_edns = false;
    bool dnssec_ok = false;
  };
  // `bytes_max`: of a message; one whose first record is larger than that is larger.
  explicit TransferPacker(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Begin(const Head& head);
  // `record` as PackedRecords has it. False when the message is full.
  bool Add(std::string_view record);
  // The message; valid until the next Begin, and the caller's to append to.
  std::string& Finish();

 private:
  void PutWord(uint32_t value) {
    message_.push_back(static_cast<char>(value >> 8));
    message_.push_back(static_cast<char>(value));
  }
  void PutName(std::string_view name);

  const size_t bytes_max_;
  std::string message_;
  bool has_edns_ = false, dnssec_ok_ = false;
  uint16_t records_ = 0;
  absl::flat_hash_map<absl::string_view, uint16_t> offsets_;  // of names and their ends
};

}  // namespace terrella::dns
