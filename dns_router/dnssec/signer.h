// Signer: the RRSIG records of the sets a thread answers with, made when first needed and kept.
//
// A set's signature costs some twenty microseconds to make and sixty nanoseconds to find again.
// What a zone has for good (its sets, each node's address at each name) is kept in a large table;
// what exists only because somebody asked for it (names a wildcard covers, denials) passes through
// a small one, so that a flood of such questions cannot push the rest out. Over UDP both also have
// a budget a second: past it the caller is told to try TCP.
//
// A signature is good from two hours before its day until seven days after, and is replaced a day
// later. Days begin at another time for every set, so they are never all made at once; and they
// depend on nothing but set, key and clock, so all threads and instances agree.
//
// Thread: one. Owns: the tables, made on the first signature.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dns_router/dnssec/signing_key.h"
#include "dns_router/wire/protocol.h"
#include "dns_router/wire/siphash.h"

namespace terrella::dns {

class Signer {
 public:
  struct Options {
    size_t lasting_slots_min = 1 << 12;  // powers of two, at least 8; 96 bytes each
    size_t lasting_slots_max = 1 << 17;
    size_t passing_slots = 1 << 10;
    uint32_t lasting_per_s_max = 0, passing_per_s_max = 0;  // 0: no limit
  };
  static constexpr uint32_t kDayS = 86400, kBeforeS = 7200, kValidS = 7 * kDayS;

  explicit Signer(const Options& options);

  // Once a batch of answers. `keys` may be null: the zone is not signed. `apex`: in lower-case wire
  // form, like every name here; both outlive the batch. `lasting_sets`: about how many sets there
  // are for good; the large table grows for them, up to its limit.
  void BeginBatch(const SigningKeys* keys, std::string_view apex, uint32_t now_s,
                  size_t lasting_sets);
  bool enabled() const { return keys_ != nullptr; }

  // A set, to be signed: its records in any order.
  void Begin(std::string_view owner, Type type, uint32_t ttl_s);
  void Add(std::string_view rdata);
  // Whether there is something left of the budget; `lasting` as above.
  bool Finish(bool lasting);
  // Contents of the RRSIG records of the set: one, or for DNSKEY one a key.
  std::span<const std::string> signatures() const { return {rrsigs_.data(), rrsig_count_}; }

  // Since the start: signatures found in a table, made, and not made for want of budget.
  struct Done {
    uint64_t found = 0, made = 0, refused = 0;
  };
  const Done& done() const { return done_; }

 private:
  struct Slot {
    uint64_t hash[2] = {};
    uint32_t day = 0;
    Signature signature;
  };
  struct Budget {
    const uint32_t per_s_max;
    uint32_t second = 0, used = 0;
    bool Take(uint32_t now_s);
  };
  // Eight places, in two rows, for a signature.
  static constexpr size_t kRowSlots = 4;
  static Slot& SlotOf(std::vector<Slot>& slots, const uint64_t (&hash)[2]);
  std::vector<Slot>& Table(bool lasting);
  // False when it had to be made and the budget is used up.
  bool SignBy(const SigningKey& key, bool lasting);

  const Options options_;
  const SipKey secret_;
  const SigningKeys* keys_ = nullptr;
  std::string_view apex_;
  uint32_t now_s_ = 0;
  size_t lasting_slots_;  // wanted
  Budget lasting_budget_, passing_budget_;
  std::vector<Slot> lasting_, passing_;
  Done done_;

  // The set at hand. Strings keep their memory from set to set.
  std::string_view owner_;
  Type type_ = Type::kA;
  uint32_t ttl_s_ = 0;
  std::string rdata_;
  std::vector<std::pair<size_t, size_t>> records_;  // offset and size in rdata_
  std::string canonical_;                           // RFC 4034 section 6
  std::string signed_;
  std::vector<std::string> rrsigs_;
  size_t rrsig_count_ = 0;
};

}  // namespace terrella::dns
