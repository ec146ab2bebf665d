#include "dns_router/policy/zone.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr uint32_t kSoaRefreshS = 3600, kSoaRetryS = 600, kSoaExpireS = 86400;
constexpr size_t kSoaNumbersBytes = 20;  // serial, refresh, retry, expire, minimum

std::string Long(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

uint32_t LongAt(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

bool IsAddressOrAlias(Type type) {
  return type == Type::kA || type == Type::kAaaa || type == Type::kCname;
}

}  // namespace

absl::StatusOr<Zone> Zone::Build(std::string_view apex_text, std::span<const std::string> hostnames,
                                 uint64_t serial, const ZoneOptions& options,
                                 std::vector<std::string>* ignored) {
  ASSIGN_OR_RETURN(Name apex, Name::Parse(apex_text));
  ASSIGN_OR_RETURN(const Name name_server, apex.WithLabel(kNameServerLabel));
  Zone zone(std::move(apex), options);
  zone.EntryAt(zone.apex_.wire());
  for (const std::string& hostname : hostnames) {
    const auto name = Name::Parse(hostname);
    if (!name.ok()) {
      ignored->push_back(std::string(Message(name.status())));
    } else if (!IsWithin(name->wire(), zone.apex_.wire())) {
      ignored->push_back(fmt::format("'{}' is outside the zone '{}'", hostname, apex_text));
    } else {
      zone.AddSteered(*name);
    }
  }
  if (options.file != nullptr) zone.AddFile(ignored);
  if (zone.has_delegations_) {
    for (const std::string& hostname : hostnames) {
      const auto name = Name::Parse(hostname);
      if (!name.ok()) continue;
      const Match match = zone.Find(name->wire());
      if (match.place != Place::kDelegated) continue;
      ignored->push_back(fmt::format("the route of '{}' is not reached: '{}' is delegated",
                                     hostname, NameToString(match.owner)));
    }
  }
  zone.AddOwnRecords(name_server);
  zone.SortSets();
  zone.FinishSoa(serial);
  zone.LinkWildcards();
  return zone;
}

// The entry of `name`, made together with all names between it and the apex.
Zone::Entry& Zone::EntryAt(std::string_view name) {
  for (std::string_view above = name; above.size() > apex_.wire().size();) {
    above = ParentOf(above);
    if (!entries_.try_emplace(std::string(above)).second) break;
  }
  return entries_[std::string(name)];
}

void Zone::AddSteered(const Name& name) {
  bool& steered = EntryAt(name.wire()).data.steered;
  if (!std::exchange(steered, true)) ++steered_count_;
}

void Zone::AddRecord(ZoneRecord record) {
  Data& data = EntryAt(record.owner.wire()).data;
  if (data.sets == 0) {
    data.sets = static_cast<uint32_t>(sets_.size());
    sets_.emplace_back();
  }
  std::vector<RecordSet>& sets = sets_[data.sets];
  auto set = std::find_if(sets.begin(), sets.end(),
                          [&](const RecordSet& s) { return s.type == record.type; });
  if (set == sets.end()) set = sets.insert(set, RecordSet{record.type, record.ttl_s, {}});
  // Records of a set cannot have different lives (RFC 2181 section 5.2): the shortest counts.
  set->ttl_s = std::min(set->ttl_s, record.ttl_s);
  set->rdata.push_back(std::move(record.rdata));  // SortSets puts it in its place
}

void Zone::SortSets() {
  for (std::vector<RecordSet>& sets : sets_) {
    for (RecordSet& set : sets) {
      std::sort(set.rdata.begin(), set.rdata.end());
      set.rdata.erase(std::unique(set.rdata.begin(), set.rdata.end()), set.rdata.end());
    }
  }
}

void Zone::AddFile(std::vector<std::string>* ignored) {
  for (const ZoneRecord& record : options_.file->records) {
    const auto leave_out = [&](std::string_view why) {
      const std::string where =
          record.line == 0 ? "" : fmt::format("{}:{}: ", options_.file->source, record.line);
      ignored->push_back(fmt::format("{}'{}' {}", where, record.owner.ToString(), why));
    };
    const std::string_view owner = record.owner.wire();
    if (!IsWithin(owner, apex_.wire())) {
      leave_out(fmt::format("is outside the zone '{}' (is $ORIGIN missing?)", apex_.ToString()));
    } else if (record.type == Type::kSoa && owner != apex_.wire()) {
      leave_out("has an SOA and is not the zone's apex");
    } else if (record.type == Type::kCname && owner == apex_.wire()) {
      leave_out("is the zone's apex, whose SOA and NS no CNAME may stand beside");
    } else if (IsAddressOrAlias(record.type) && At(owner).steered) {
      leave_out("has a route, so its addresses are steered");
    } else if (record.type == Type::kNs && owner != apex_.wire() && At(owner).steered) {
      leave_out("has a route, which NS would give away");
    } else {
      AddRecord(record);
      if (record.type == Type::kNs && owner != apex_.wire()) {
        EntryAt(owner).data.delegated = has_delegations_ = true;
      }
    }
  }
}

// What every zone must have and the file does not say.
void Zone::AddOwnRecords(const Name& name_server) {
  const auto add = [&](const Name& owner, Type type, std::string rdata) {
    AddRecord({.owner = owner,
               .type = type,
               .ttl_s = options_.fixed_ttl_s,
               .rdata = std::move(rdata),
               .line = 0});
  };
  const std::string name_server_wire(name_server.wire());
  if (FindSet(At(apex_.wire()), Type::kSoa) == nullptr) {
    add(apex_, Type::kSoa,
        name_server_wire + "\12hostmaster" + std::string(apex_.wire()) + Long(0) +
            Long(kSoaRefreshS) + Long(kSoaRetryS) + Long(kSoaExpireS) +
            Long(options_.negative_ttl_s));
  }
  if (options_.keys != nullptr) {
    for (const SigningKey& key : options_.keys->keys) add(apex_, Type::kDnskey, key.dnskey());
  }
  if (FindSet(At(apex_.wire()), Type::kNs) != nullptr) return;
  add(apex_, Type::kNs, name_server_wire);
  const bool v4 = options_.name_server.is_v4();
  const Data data = At(name_server.wire());
  EntryAt(name_server.wire()).data.steered = false;  // the name server answers for itself
  if (data.sets != 0 && std::any_of(Sets(data).begin(), Sets(data).end(),
                                    [](const RecordSet& s) { return IsAddressOrAlias(s.type); })) {
    return;
  }
  const char* bytes = reinterpret_cast<const char*>(options_.name_server.bytes().data());
  add(name_server, v4 ? Type::kA : Type::kAaaa, std::string(bytes, v4 ? 4 : 16));
}

void Zone::FinishSoa(uint64_t serial) {
  soa_place_.first = At(apex_.wire()).sets;
  std::vector<RecordSet>& sets = sets_[soa_place_.first];
  for (size_t i = 0; i < sets.size(); ++i) {
    RecordSet& set = sets[i];
    if (set.type != Type::kSoa) continue;
    soa_place_.second = i;
    std::string& rdata = set.rdata.front();
    CHECK(rdata.size() > kSoaNumbersBytes);
    const size_t at = rdata.size() - kSoaNumbersBytes;
    // 0 is avoided because some software reads it as unset.
    const uint64_t of_view = serial >> 32 == 0 ? serial : serial >> 16;
    const uint32_t sum = LongAt(rdata, at) + static_cast<uint32_t>(of_view) + options_.serial_raise;
    rdata.replace(at, 4, Long(sum == 0 ? 1 : sum));
    negative_ttl_s_ = std::min(set.ttl_s, LongAt(rdata, rdata.size() - 4));
  }
}

void Zone::LinkWildcards() {
  std::vector<std::pair<std::string, Data>> wildcards;  // by parent
  for (const auto& [name, entry] : entries_) {
    if (name.size() > 2 && name[0] == 1 && name[1] == '*' && name != apex_.wire()) {
      wildcards.emplace_back(ParentOf(name), entry.data);
    }
  }
  for (const auto& [parent, data] : wildcards) {
    Entry& encloser = entries_[parent];
    encloser.has_wildcard = true;
    encloser.wildcard = data;
  }
}

Zone::Data Zone::At(std::string_view name) const {
  const auto it = entries_.find(ToAbsl(name));
  return it == entries_.end() ? Data{} : it->second.data;
}

void Zone::ForEach(absl::FunctionRef<void(std::string_view name, const Data& data)> visit) const {
  for (const auto& [name, entry] : entries_) visit(name, entry.data);
}

const RecordSet* Zone::FindSet(const Data& data, Type type) const {
  for (const RecordSet& set : sets_[data.sets]) {
    if (set.type == type) return &set;
  }
  return nullptr;
}

Zone::Match Zone::Find(std::string_view name) const {
  if (!IsWithin(name, apex_.wire())) return {};
  if (has_delegations_) {
    // The one nearest to the apex counts: what is below it is not of this zone.
    Match found;
    for (std::string_view above = name; above.size() > apex_.wire().size();
         above = ParentOf(above)) {
      const Data data = At(above);
      if (data.delegated) found = {Place::kDelegated, data, false, above};
    }
    if (found.place == Place::kDelegated) return found;
  }
  if (const auto it = entries_.find(ToAbsl(name)); it != entries_.end()) {
    return {Place::kExists, it->second.data, false, name};
  }
  // The closest encloser decides; wildcards further up are hidden by it (RFC 4592 section 3.3.1).
  for (std::string_view above = name; above.size() > apex_.wire().size();) {
    above = ParentOf(above);
    const auto it = entries_.find(ToAbsl(above));
    if (it == entries_.end()) continue;
    if (it->second.has_wildcard) return {Place::kExists, it->second.wildcard, true, above};
    return {Place::kNxDomain, {}, false, above};
  }
  return {Place::kNxDomain, {}, false, apex_.wire()};
}

}  // namespace terrella::dns
