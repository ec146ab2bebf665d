#include "dns_router/view/zone_file.h"

#include <ldns/ldns.h>
#include <stdio.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/free_with.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr size_t kFileBytesMax = 64 << 20;
constexpr size_t kRecordsMax = 1'000'000;
constexpr size_t kRecordHeadBytes = 12;  // owner as a pointer, type, class, TTL, size
constexpr size_t kSoaNumbersBytes = 20;  // serial, refresh, retry, expire, minimum

// Types that no zone has, and those this server makes itself.
bool IsOfZones(uint32_t type) {  // TYPE99999 is read too, and no value of libldns's enum
  switch (type) {
    case LDNS_RR_TYPE_OPT:
    case LDNS_RR_TYPE_RRSIG:
    case LDNS_RR_TYPE_NSEC:
    case LDNS_RR_TYPE_NSEC3:
    case LDNS_RR_TYPE_NSEC3PARAM:
    case LDNS_RR_TYPE_DNSKEY:
    case LDNS_RR_TYPE_DNAME:  // answers with it would have to be made
      return false;
    default:
      return type != 0 && type <= 0xffff && (type < 128 || type > 255);
  }
}

// What libldns reads from and into, between records.
struct Reader {
  ~Reader() {
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
    if (file != nullptr) fclose(file);
  }
  FILE* file = nullptr;
  uint32_t ttl_s = 3600;
  ldns_rdf* origin = nullptr;
  ldns_rdf* previous = nullptr;
  int line = 1;
};

// Collects what names have, to refuse what may not be together.
class Rules {
 public:
  absl::Status Check(const ZoneRecord& record) {
    bool& is_alias = alias_.try_emplace(record.owner, record.type == Type::kCname).first->second;
    if (is_alias != (record.type == Type::kCname)) {
      return InvalidArgument("'{}' has a CNAME and other records", record.owner.ToString());
    }
    if (is_alias && !aliased_.emplace(record.owner, record.rdata).second &&
        aliased_[record.owner] != record.rdata) {
      return InvalidArgument("'{}' has two CNAMEs", record.owner.ToString());
    }
    if (record.type == Type::kNs && record.owner.is_wildcard()) {
      return InvalidArgument("'{}': a wildcard cannot be delegated (RFC 4592 section 4.2)",
                             record.owner.ToString());
    }
    size_t& set_bytes = set_bytes_[{record.owner, record.type}];
    set_bytes += kRecordHeadBytes + record.rdata.size();
    if (set_bytes > kTcpMessageBytesMax) {
      return InvalidArgument("'{}': a record set of more than {} bytes fits no answer",
                             record.owner.ToString(), kTcpMessageBytesMax);
    }
    if (record.type == Type::kSoa && std::exchange(has_soa_, true)) {
      return InvalidArgument("'{}': a second SOA", record.owner.ToString());
    }
    return absl::OkStatus();
  }

 private:
  std::map<Name, bool> alias_;
  std::map<Name, std::string> aliased_;
  std::map<std::pair<Name, Type>, size_t> set_bytes_;  // as in a message, copies counted
  bool has_soa_ = false;
};

// The size of the name at `at`, 0 when it does not end within `bytes`.
size_t NameBytesAt(std::string_view bytes, size_t at) {
  const size_t begin = at;
  while (at < bytes.size()) {
    const auto label = static_cast<uint8_t>(bytes[at++]);
    if (label == 0) return at - begin <= kNameBytesMax ? at - begin : 0;
    if (label > kLabelBytesMax) return 0;
    at += label;
  }
  return 0;
}

// Whether the content has the form that answers read out of it. libldns takes content in the form
// of RFC 3597 (\# 2 000a) for whole when it ends early between two fields.
bool IsWhole(Type type, std::string_view rdata) {
  const auto is_name_from = [&](size_t at) {
    const size_t bytes = NameBytesAt(rdata, at);
    return bytes > 0 && at + bytes == rdata.size();
  };
  switch (type) {
    case Type::kA:
      return rdata.size() == 4;
    case Type::kAaaa:
      return rdata.size() == 16;
    case Type::kNs:
    case Type::kCname:
    case Type::kPtr:
      return is_name_from(0);
    case Type::kMx:
      return is_name_from(2);
    case Type::kSrv:
      return is_name_from(6);
    case Type::kSvcb:
    case Type::kHttps:
      return NameBytesAt(rdata, 2) > 0;
    case Type::kSoa: {
      const size_t primary = NameBytesAt(rdata, 0);
      const size_t mailbox = primary == 0 ? 0 : NameBytesAt(rdata, primary);
      return mailbox > 0 && rdata.size() == primary + mailbox + kSoaNumbersBytes;
    }
    default:
      return true;
  }
}

absl::StatusOr<ZoneRecord> Convert(ldns_rr& rr, int line) {
  if (ldns_rr_get_class(&rr) != LDNS_RR_CLASS_IN) {
    return InvalidArgument("expected a record of class IN");
  }
  if (!IsOfZones(ldns_rr_get_type(&rr))) {
    const std::unique_ptr<char, FreeWith<free>> type(ldns_rr_type2str(ldns_rr_get_type(&rr)));
    return InvalidArgument("a record of type {} may not be in the file", type.get());
  }
  const ldns_rr_descriptor* descriptor = ldns_rr_descript(ldns_rr_get_type(&rr));
  if (ldns_rr_rd_count(&rr) < ldns_rr_descriptor_minimum(descriptor)) {
    return InvalidArgument("expected {} fields of content, got {}",
                           ldns_rr_descriptor_minimum(descriptor), ldns_rr_rd_count(&rr));
  }
  ldns_rr2canonical(&rr);  // names in lower case, also those inside
  const ldns_rdf* owner = ldns_rr_owner(&rr);
  ZoneRecord record{.owner = Name::FromWire({reinterpret_cast<const char*>(ldns_rdf_data(owner)),
                                             ldns_rdf_size(owner)}),
                    .type = static_cast<Type>(ldns_rr_get_type(&rr)),
                    .ttl_s = ldns_rr_ttl(&rr),
                    .rdata = {},
                    .line = line};
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) {
    const std::unique_ptr<ldns_buffer, FreeWith<ldns_buffer_free>> buffer(ldns_buffer_new(512));
    CHECK(buffer != nullptr);
    if (ldns_rdf2buffer_wire(buffer.get(), ldns_rr_rdf(&rr, i)) != LDNS_STATUS_OK) {
      return InvalidArgument("content that has no wire form");
    }
    record.rdata.append(reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())),
                        ldns_buffer_position(buffer.get()));
  }
  if (!IsWhole(record.type, record.rdata)) {
    return InvalidArgument("content that is cut short");
  }
  if (record.rdata.size() > 0xffff) return InvalidArgument("content of more than 65535 bytes");
  if (record.ttl_s > 0x7fffffff) {
    return InvalidArgument("expected a TTL up to {} (RFC 2181 section 8)", 0x7fffffff);
  }
  return record;
}

}  // namespace

absl::StatusOr<ZoneRecords> ParseZoneFile(std::string_view text, std::string_view source) {
  ZoneRecords out{.source = std::string(source), .records = {}};
  std::string lines(text);  // of which each ends
  if (!lines.ends_with('\n')) lines.push_back('\n');
  Reader reader;
  reader.file = fmemopen(lines.data(), lines.size(), "r");
  CHECK(reader.file != nullptr);
  CHECK((reader.origin = ldns_dname_new_frm_str(".")) != nullptr);
  Rules rules;
  // The record's last line: libldns stands behind the line break.
  const auto line = [&] { return std::max(reader.line - 1, 1); };
  const auto refuse = [&](std::string_view why) {
    return InvalidArgument("{}:{}: {}", source, line(), why);
  };
  while (feof(reader.file) == 0) {
    ldns_rr* raw = nullptr;
    const ldns_status status = ldns_rr_new_frm_fp_l(&raw, reader.file, &reader.ttl_s,
                                                    &reader.origin, &reader.previous, &reader.line);
    if (status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
        status == LDNS_STATUS_SYNTAX_ORIGIN) {
      continue;  // a comment or a directive
    }
    if (status == LDNS_STATUS_SYNTAX_INCLUDE) return refuse("$INCLUDE is not followed");
    if (status != LDNS_STATUS_OK) return refuse(ldns_get_errorstr_by_id(status));
    const std::unique_ptr<ldns_rr, FreeWith<ldns_rr_free>> rr(raw);
    if (out.records.size() == kRecordsMax) {
      return refuse(fmt::format("more than {} records", kRecordsMax));
    }
    auto record = Convert(*rr, line());
    if (!record.ok()) return refuse(Message(record.status()));
    if (const absl::Status checked = rules.Check(*record); !checked.ok()) {
      return refuse(Message(checked));
    }
    out.records.push_back(*std::move(record));
  }
  return out;
}

absl::StatusOr<std::shared_ptr<const ZoneRecords>> ReadZoneFile(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  ASSIGN_OR_RETURN(ZoneRecords records, ParseZoneFile(text, path.string()));
  return std::make_shared<const ZoneRecords>(std::move(records));
}

}  // namespace terrella::dns
