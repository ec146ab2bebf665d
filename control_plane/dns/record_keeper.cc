#include "control_plane/dns/record_keeper.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/log.h"
#include "base/status.h"
#include "control_plane/dns/row_change.h"
#include "dns_router/policy/zone.h"
#include "dns_router/view/view_zone.h"

namespace terrella::control {
namespace {

constexpr std::string_view kPrefix = "dns/name/";
constexpr uint32_t kTtlS = 3600;
constexpr uint32_t kTtlSMax = 0x7fffffff;  // RFC 2181 section 8

std::vector<v1::DnsRecord> RecordsOf(const std::string& name, const v1::DnsNameRow& row) {
  std::vector<v1::DnsRecord> records(row.records().begin(), row.records().end());
  for (v1::DnsRecord& record : records) record.set_name(name);
  return records;
}

// What a record is, whatever the spelling.
absl::StatusOr<dns::ZoneRecord> Read(const v1::DnsRecord& record) {
  ASSIGN_OR_RETURN(dns::ZoneRecords read, dns::RecordsFromProto(std::span(&record, 1)));
  return std::move(read.records.front());
}

bool SameRecord(const dns::ZoneRecord& a, const dns::ZoneRecord& b) {
  return a.type == b.type && a.rdata == b.rdata;
}

// With everything of the set at its TTL (RFC 2181 section 5.2), in the order of views.
v1::DnsNameRow Sorted(std::vector<v1::DnsRecord> records) {
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.type(), a.content()) < std::tie(b.type(), b.content());
  });
  v1::DnsNameRow row;
  for (v1::DnsRecord& record : records) {
    record.clear_name();
    *row.add_records() = std::move(record);
  }
  return row;
}

std::string Trimmed(const std::string& text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace

absl::StatusOr<std::string> NameInZone(std::string_view text, std::string_view zone) {
  ASSIGN_OR_RETURN(const dns::Name apex, dns::Name::Parse(zone));
  if (text == "@") return apex.ToString();
  ASSIGN_OR_RETURN(const dns::Name name, dns::Name::Parse(text));
  if (!dns::IsWithin(name.wire(), apex.wire())) {
    return InvalidArgument("'{}' is outside the zone '{}'; a name is written out: {}.{}", text,
                           zone, name.ToString(), apex.ToString());
  }
  return name.ToString();
}

absl::Status RecordKeeper::Load() {
  ASSIGN_OR_RETURN(const RangeResult range, store_.Range(kPrefix));
  for (const Record& record : range.records) {
    Row row;
    const std::string name = record.key.substr(kPrefix.size());
    if (!row.row.ParseFromString(record.value)) {
      return absl::DataLossError("the DNS records of '" + name + "' cannot be read");
    }
    row.modified = record.modified;
    rows_[name] = std::move(row);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::DnsChangeResponse> RecordKeeper::Add(const v1::AddDnsRecordRequest& request) {
  const RowChange change(clock_, store_, "add record", request, request.request_id());
  ASSIGN_OR_RETURN(const auto known, change.Known());
  if (known) return *known;
  v1::DnsRecord record = request.record();
  ASSIGN_OR_RETURN(const std::string name, NameInZone(record.name(), zone_));
  record.set_name(name);
  record.set_type(absl::AsciiStrToUpper(record.type()));
  record.set_content(Trimmed(record.content()));
  record.set_ttl_s(request.has_ttl_s() ? request.ttl_s() : kTtlS);
  if (record.ttl_s() > kTtlSMax) {
    return InvalidArgument("expected a TTL up to {} s, got {}", kTtlSMax, record.ttl_s());
  }
  ASSIGN_OR_RETURN(const dns::ZoneRecord read, Read(record));

  const auto old = rows_.find(name);
  std::vector<v1::DnsRecord> records;
  if (old != rows_.end()) records = RecordsOf(name, old->second.row);
  bool is_new = true, ttl_changes = false;
  for (v1::DnsRecord& other : records) {
    ASSIGN_OR_RETURN(const dns::ZoneRecord read_other, Read(other));
    if (read_other.type != read.type) continue;
    record.set_type(other.type());
    if (SameRecord(read, read_other)) is_new = false;
    if (!request.has_ttl_s()) {
      record.set_ttl_s(other.ttl_s());
    } else if (other.ttl_s() != request.ttl_s()) {
      other.set_ttl_s(request.ttl_s());
      ttl_changes = true;
    }
  }
  v1::DnsChangeResponse response;
  response.set_revision(store_.revision());
  if (!is_new && !ttl_changes) return response;
  if (is_new) records.push_back(record);
  RETURN_IF_ERROR(dns::RecordsFromProto(records).status());
  v1::DnsNameRow row = Sorted(std::move(records));
  *row.mutable_last_change() = change.Stamp();
  RETURN_IF_ERROR(CheckPlace(name, row));
  RETURN_IF_ERROR(CheckLimits(name, row));
  ASSIGN_OR_RETURN(response, change.Commit(std::string(kPrefix) + name,
                                           old == rows_.end() ? 0 : old->second.modified,
                                           row.SerializeAsString(), std::move(response)));
  LogInfo("DNS record {} {} {} {} added, revision {}, request '{}'", name, record.ttl_s(),
          record.type(), record.content(), response.revision(), request.request_id());
  rows_[name] = {std::move(row), response.revision()};
  changed_();
  return response;
}

absl::StatusOr<v1::DnsChangeResponse> RecordKeeper::Remove(
    const v1::RemoveDnsRecordsRequest& request) {
  const RowChange change(clock_, store_, "remove records", request, request.request_id());
  ASSIGN_OR_RETURN(const auto known, change.Known());
  if (known) return *known;
  ASSIGN_OR_RETURN(const std::string name, NameInZone(request.name(), zone_));
  if (request.type().empty() && !request.content().empty()) {
    return InvalidArgument("expected a type in front of the content");
  }
  const auto old = rows_.find(name);
  if (old == rows_.end()) return NotFound("'{}' has no records of its own", name);
  const std::string type = absl::AsciiStrToUpper(request.type());
  std::optional<dns::ZoneRecord> wanted;
  if (!request.content().empty()) {
    v1::DnsRecord record;
    record.set_name(name);
    record.set_type(type);
    record.set_content(Trimmed(request.content()));
    ASSIGN_OR_RETURN(wanted, Read(record));
  }
  std::vector<v1::DnsRecord> kept;
  for (v1::DnsRecord& record : RecordsOf(name, old->second.row)) {
    bool matches = type.empty() || record.type() == type;
    if (wanted) {
      ASSIGN_OR_RETURN(const dns::ZoneRecord read, Read(record));
      matches = SameRecord(read, *wanted);
    }
    if (!matches) kept.push_back(std::move(record));
  }
  if (kept.size() == static_cast<size_t>(old->second.row.records_size())) {
    return NotFound("'{}' has no such record: {} {}", name, type, request.content());
  }
  v1::DnsNameRow row = Sorted(std::move(kept));
  *row.mutable_last_change() = change.Stamp();
  const bool is_empty = row.records().empty();
  ASSIGN_OR_RETURN(v1::DnsChangeResponse response,
                   change.Commit(std::string(kPrefix) + name, old->second.modified,
                                 is_empty ? std::string() : row.SerializeAsString(), {}));
  LogInfo("DNS records {} {} {} removed, revision {}, request '{}'", name, type, request.content(),
          response.revision(), request.request_id());
  if (is_empty) {
    rows_.erase(old);
  } else {
    old->second = {std::move(row), response.revision()};
  }
  changed_();
  return response;
}

// As a router puts it beside the routes, which are in the way of addresses, aliases and
// delegations.
absl::Status RecordKeeper::CheckPlace(const std::string& name, const v1::DnsNameRow& row) const {
  ASSIGN_OR_RETURN(dns::ZoneRecords records, dns::RecordsFromProto(RecordsOf(name, row)));
  dns::ZoneOptions options;
  options.name_server = IpAddress::V4(0x7f000001);
  options.file = std::make_shared<const dns::ZoneRecords>(std::move(records));
  std::vector<std::string> refused;
  RETURN_IF_ERROR(dns::Zone::Build(zone_, routes_(name), 0, options, &refused).status());
  if (refused.empty()) return absl::OkStatus();
  return FailedPrecondition("{}", refused.front());
}

absl::Status RecordKeeper::CheckLimits(const std::string& name, const v1::DnsNameRow& row) const {
  if (row.records_size() > limits_.records_of_name_max) {
    return ResourceExhausted("'{}' would have {} records; at most {} a name", name,
                             row.records_size(), limits_.records_of_name_max);
  }
  size_t count = static_cast<size_t>(row.records_size()), bytes = row.ByteSizeLong();
  for (const auto& [other, kept] : rows_) {
    if (other == name) continue;
    count += static_cast<size_t>(kept.row.records_size());
    bytes += kept.row.ByteSizeLong() + other.size() * static_cast<size_t>(kept.row.records_size());
  }
  if (count > limits_.records_max || bytes > limits_.bytes_max) {
    return ResourceExhausted(
        "{} records of {} bytes; at most {} of {} bytes in all, since every view has them: larger "
        "zones are files of the routers (--zone-file)",
        count, bytes, limits_.records_max, limits_.bytes_max);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListDnsRecordsResponse> RecordKeeper::List(
    const v1::ListDnsRecordsRequest& request) const {
  v1::ListDnsRecordsResponse response;
  std::string wanted;
  if (!request.name().empty()) {
    ASSIGN_OR_RETURN(wanted, NameInZone(request.name(), zone_));
  }
  for (const auto& [name, row] : rows_) {
    if (!wanted.empty() && name != wanted) continue;
    for (v1::DnsRecord& record : RecordsOf(name, row.row)) {
      v1::StoredDnsRecord& stored = *response.add_records();
      *stored.mutable_record() = std::move(record);
      *stored.mutable_last_change() = row.row.last_change();
    }
  }
  return response;
}

void RecordKeeper::AddTo(v1::View& view) const {
  for (const auto& [name, row] : rows_) {
    for (v1::DnsRecord& record : RecordsOf(name, row.row)) *view.add_records() = std::move(record);
  }
}

}  // namespace terrella::control
