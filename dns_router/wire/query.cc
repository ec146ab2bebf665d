#include "dns_router/wire/query.h"

#include "dns_router/wire/name.h"

namespace terrella::dns {
namespace {

uint8_t Byte(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

uint16_t Word(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(Byte(bytes, at) << 8 | Byte(bytes, at + 1));
}

// Options of the OPT record (RFC 6891 section 6.1.2). Unknown ones are skipped.
bool ParseOptions(std::string_view options, Query& query) {
  while (!options.empty()) {
    if (options.size() < 4) return false;
    const auto code = static_cast<EdnsOption>(Word(options, 0));
    const size_t size = Word(options, 2);
    if (options.size() < 4 + size) return false;
    const std::string_view content = options.substr(4, size);
    options.remove_prefix(4 + size);
    switch (code) {
      case EdnsOption::kNsid:
        query.wants_nsid = true;  // content "MUST be ignored" (RFC 5001 section 2.1)
        break;
      case EdnsOption::kTcpKeepalive:
        if (!content.empty()) return false;  // a client sends none (RFC 7828 section 3.2.1)
        query.wants_keepalive = true;
        break;
      case EdnsOption::kClientSubnet: {
        const auto subnet = ParseClientSubnet(content);
        if (!subnet || query.subnet) return false;
        query.subnet = *subnet;
        break;
      }
      case EdnsOption::kPadding:
        query.has_padding = true;
        break;
      case EdnsOption::kCookie: {
        const auto cookie = ParseCookie(content);
        if (!cookie) return false;
        if (!query.cookie) query.cookie = cookie;  // others are ignored (RFC 7873 section 5.2)
        break;
      }
      default:
        break;
    }
  }
  return true;
}

// One record behind the question, its owner name already read.
struct Record {
  uint16_t type;
  uint16_t klass;
  std::string_view ttl;  // 4 bytes
  std::string_view rdata;
};

std::optional<Record> ReadRecord(std::string_view message, size_t& offset) {
  if (message.size() - offset < 10) return std::nullopt;
  const size_t rdata_bytes = Word(message, offset + 8);
  if (message.size() - offset - 10 < rdata_bytes) return std::nullopt;
  Record record{Word(message, offset), Word(message, offset + 2), message.substr(offset + 4, 4),
                message.substr(offset + 10, rdata_bytes)};
  offset += 10 + rdata_bytes;
  return record;
}

// The OPT record's fixed part is kept even when its options are malformed, so that the refusal can
// carry an OPT too.
bool TakeOpt(const Record& record, bool owner_is_root, Query& query) {
  if (!owner_is_root || query.has_edns) return false;
  query.has_edns = true;
  query.udp_payload_bytes = record.klass;
  query.edns_version = Byte(record.ttl, 1);
  query.dnssec_ok = (Byte(record.ttl, 2) & 0x80) != 0;
  query.compact_ok = (Byte(record.ttl, 2) & 0x40) != 0;
  // The options of a later version may mean anything.
  return query.edns_version != 0 || ParseOptions(record.rdata, query);
}

struct Counts {
  uint16_t answer, authority, additional;
};

ParseResult ParseRecords(std::string_view message, size_t offset, const Counts& counts,
                         Query& query) {
  // Only IXFR carries a record here: the client's SOA, in authority (RFC 1995 section 3).
  const bool is_ixfr = query.type == static_cast<uint16_t>(Type::kIxfr);
  if (counts.answer != 0 || counts.authority > (is_ixfr ? 1 : 0)) return ParseResult::kFormErr;
  bool well_formed = true;
  const unsigned total = unsigned{counts.authority} + counts.additional;
  for (unsigned i = 0; i < total; ++i) {
    const size_t start = offset;
    std::array<char, kNameBytesMax> owner;
    const auto owner_bytes = ReadName(message, offset, /*compressed=*/true, owner);
    if (!owner_bytes) return ParseResult::kFormErr;
    const auto record = ReadRecord(message, offset);
    if (!record) return ParseResult::kFormErr;
    const bool in_additional = i >= counts.authority;
    if (record->type == static_cast<uint16_t>(Type::kTsig)) {
      well_formed &= in_additional && i + 1 == total;  // RFC 8945 section 5.1
      query.tsig_at = start;
    }
    if (record->type != static_cast<uint16_t>(Type::kOpt)) continue;
    well_formed &= in_additional && TakeOpt(*record, *owner_bytes == 1, query);
  }
  if (!well_formed || offset != message.size()) return ParseResult::kFormErr;
  return query.has_edns && query.edns_version != 0 ? ParseResult::kBadVers : ParseResult::kOk;
}

}  // namespace

std::optional<size_t> ReadName(std::string_view message, size_t& offset, bool compressed,
                               std::array<char, kNameBytesMax>& out) {
  size_t at = offset;
  size_t run_start = offset;  // where the current run of labels began
  bool jumped = false;
  size_t size = 0;
  while (true) {
    if (at >= message.size()) return std::nullopt;
    const uint8_t length = Byte(message, at);
    if (length >= 0xc0) {
      if (!compressed || message.size() - at < 2) return std::nullopt;
      const size_t target = Word(message, at) & 0x3fffu;
      if (target >= run_start || target < kHeaderBytes) return std::nullopt;
      if (!jumped) offset = at + 2;
      jumped = true;
      at = run_start = target;
      continue;
    }
    // 0x40 and 0x80 were never given a meaning that lasted (RFC 6891 section 5).
    if (length > kLabelBytesMax) return std::nullopt;
    if (message.size() - at < 1u + length || size + 1 + length > kNameBytesMax) return std::nullopt;
    out[size++] = static_cast<char>(length);
    for (size_t i = 0; i < length; ++i) out[size++] = LowerAscii(message[at + 1 + i]);
    at += 1u + length;
    if (length == 0) break;
  }
  if (!jumped) offset = at;
  return size;
}

ParseResult ParseQuery(std::string_view message, Query& query) {
  if (message.size() < kHeaderBytes) return ParseResult::kDrop;
  const uint8_t flags = Byte(message, 2);
  if ((flags & 0x80) != 0) return ParseResult::kDrop;  // a response: answering could loop for ever
  query.id = Word(message, 0);
  query.opcode = (flags >> 3) & 0x0f;
  query.recursion_desired = (flags & 0x01) != 0;
  query.checking_disabled = (Byte(message, 3) & 0x10) != 0;
  if (query.opcode != static_cast<uint8_t>(Opcode::kQuery)) return ParseResult::kNotImp;
  const Counts counts{Word(message, 6), Word(message, 8), Word(message, 10)};
  const unsigned questions = Word(message, 4);
  if (questions > 1) return ParseResult::kFormErr;  // RFC 9619
  size_t offset = kHeaderBytes;
  if (questions == 0) {
    const ParseResult result = ParseRecords(message, offset, counts, query);
    return result == ParseResult::kOk && !query.cookie ? ParseResult::kFormErr : result;
  }
  const auto name_bytes = ReadName(message, offset, /*compressed=*/false, query.name_bytes);
  if (!name_bytes || message.size() - offset < 4) return ParseResult::kFormErr;
  query.name_size = *name_bytes;
  query.type = Word(message, offset);
  query.klass = Word(message, offset + 2);
  offset += 4;
  query.question = message.substr(kHeaderBytes, offset - kHeaderBytes);
  return ParseRecords(message, offset, counts, query);
}

}  // namespace terrella::dns
