// ZoneAnswer: the part of an answer that comes from the zone: the algorithm of RFC 1034 section
// 4.3.2, with steering where a name's addresses depend on who asks.
//
// Thread: one; lives for one answer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dns_router/policy/snapshot.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/rate_limiter.h"
#include "dns_router/wire/query.h"
#include "dns_router/wire/response_writer.h"

namespace terrella::dns {

class ZoneAnswer {
 public:
  // All outlive the answer. `writer` has begun an authoritative NOERROR; `edns` is what was
  // reserved.
  ZoneAnswer(const Query& query, const Snapshot& snapshot, const AnswerContext& context,
             ResponseWriter& writer, EdnsAnswer& edns);

  // Writes all sections but the OPT record. `match`: of the question's name, in the zone.
  AnswerKind Run(Zone::Match match);

 private:
  // An owner name: labels in front of a name that is in the message already.
  struct Owner {
    std::string_view labels;
    uint16_t offset;
    std::string_view name;  // the whole, in lower case
  };
  enum class Next { kDone, kFollow };

  // The answer at one name of a chain of aliases; kFollow: target_ is the next.
  Next AnswerAt(const Zone::Match& match, bool first);
  Next FollowAlias(const RecordSet& alias);
  void WriteSteered(Type type, const Zone::Match& match);
  size_t WriteAddresses(Type type, const SteeringChoice& choice);
  void WriteHttps(const SteeringChoice& choice);
  void WriteHinfo();
  void WriteReferral(const Zone::Match& match);
  void WriteNegative(AnswerKind kind, const Zone::Match& match);
  void WriteNsec(Section section, const Owner& owner, std::span<const Type> types);
  // What is asked for is the name's NSEC, or a signature of it.
  void WriteProof(Type type, const Zone::Match& match);
  // Types at the name as NSEC has them, less `except`.
  std::vector<Type> TypesOf(const Zone::Match& match, Type except) const;
  // Adds the signatures of the set the signer has been told.
  void WriteSignatures(Section section, const Owner& owner, uint32_t ttl_s, bool lasting);
  bool WriteSet(Section section, const Owner& owner, const RecordSet& set, uint32_t ttl_s);
  void WriteRdata(Type type, std::string_view rdata);
  void WriteName(std::string_view name);
  // Addresses in this zone of the names in `set`; `required`: without them TC is set.
  void WriteAdditional(const RecordSet& set, bool required);
  bool HasSteeredType(Type type) const;
  Owner OwnerInZone(std::string_view name) const;

  const Query& query_;
  const Snapshot& snapshot_;
  const Zone& zone_;
  const AnswerContext& context_;
  ResponseWriter& writer_;
  EdnsAnswer& edns_;
  const uint16_t apex_offset_;  // the apex ends the question's name, so it can be pointed at
  const bool signs_;
  Owner owner_;
  bool lasting_ = true;      // what is at the owner is there for good, not because somebody asked
  std::string_view target_;  // of the last alias
  const RecordSet* answered_ = nullptr;
  AnswerKind kind_ = AnswerKind::kPositive;
};

}  // namespace terrella::dns
