// ResponseWriter: an answer written into a buffer of the caller's, never beyond its limit.
//
// Use: Begin, then record sets section by section, then Finish. A record set goes in whole or not
// at all: when one does not fit, everything of it is taken back, TC is set and no further set is
// taken, so that the client asks again over TCP (RFC 2181 section 9). The question is copied byte
// for byte, which keeps the letter case some resolvers use as a nonce; owner names are compression
// pointers into it. Room for the OPT record is set aside from the start, so it is never the one
// that does not fit.
//
// Owns: nothing; the buffer outlives the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dns_router/wire/protocol.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

struct RecordHeader {
  Section section;
  uint16_t owner_offset;  // a name already in the message, kQuestionNameOffset for the question's
  Type type;
  Class klass = Class::kIn;
  uint32_t ttl_s = 0;
  std::string_view owner_labels = {};  // in front of the name at owner_offset
};

// What the OPT record of an answer says.
struct EdnsAnswer {
  Rcode rcode = Rcode::kNoError;
  bool dnssec_ok = false;
  std::string_view nsid;  // when `nsid_present`
  bool nsid_present = false;
  const ClientSubnet* subnet = nullptr;  // echoed with `scope_bits`
  uint8_t scope_bits = 0;
  const ClientCookie* client_cookie = nullptr;  // echoed, with `server_cookie` behind it
  ServerCookie server_cookie{};
  uint16_t keepalive_100ms = 0;  // 0: none
  bool padded = false;           // to kPaddingBlockBytes, as far as there is room
  bool error_present = false;
  ExtendedError error = ExtendedError::kNotReady;
  std::string_view error_text;
};

class ResponseWriter {
 public:
  // At most min(out.size(), size_max) bytes are written; there must be room for header, question
  // and OPT (kUdpBytesWithoutEdns always has it when the OPT stays below 200 bytes).
  ResponseWriter(std::span<uint8_t> out, size_t size_max);

  void Begin(const Query& query, Rcode rcode, bool authoritative);
  void SetRcode(Rcode rcode);  // below 16
  void ClearAuthoritative();
  // Sets room aside for the OPT record that Finish writes, in place of what was set aside before;
  // false when there is not enough.
  bool ReserveEdns(const EdnsAnswer& edns);

  // Sets TC: the client shall ask again over TCP.
  void Truncate();

  // A record set is written between these two; false when it did not fit and was taken back.
  void BeginSet();
  bool EndSet();
  // The same for a set the answer is whole without: TC stays clear.
  bool EndOptionalSet();

  // One record whose content is `rdata`.
  void Record(const RecordHeader& header, std::string_view rdata);
  // One record whose content the caller writes with Put* until EndRecord.
  void BeginRecord(const RecordHeader& header);
  void PutWord(uint16_t value);
  void PutLong(uint32_t value);
  void PutBytes(std::string_view bytes);
  // Labels in wire form without the root, continued at a name already in the message.
  void PutName(std::string_view labels, uint16_t continued_at);
  void EndRecord();
  // The content of the record ended last; empty when it did not fit.
  std::string_view LastContent() const;

  // Writes the OPT record when reserved, and the counts. Returns the size of the message.
  size_t Finish();
  bool truncated() const { return truncated_; }
  size_t size() const { return size_; }

 private:
  void WriteEdns();

  std::span<uint8_t> out_;
  size_t size_ = 0;
  size_t limit_;  // less what is set aside
  bool overflow_ = false;
  bool truncated_ = false;
  uint16_t counts_[3] = {};
  size_t set_start_ = 0;
  uint16_t set_counts_[3] = {};
  size_t rdata_length_at_ = 0;
  const EdnsAnswer* edns_ = nullptr;
  size_t edns_bytes_ = 0;
};

// The bytes the OPT record of `edns` takes.
size_t EdnsBytes(const EdnsAnswer& edns);

}  // namespace terrella::dns
