#include "dns_router/policy/zone.h"

#include "base/status.h"

namespace terrella::dns {

absl::StatusOr<Zone> Zone::Build(std::string_view apex_text, std::span<const std::string> hostnames,
                                 uint64_t serial, const ZoneOptions& options,
                                 std::vector<std::string>* ignored) {
  ASSIGN_OR_RETURN(Name apex, Name::Parse(apex_text));
  ASSIGN_OR_RETURN(const Name name_server, apex.WithLabel(kNameServerLabel));
  // The low half: nobody transfers the zone, so only change shows. 0 is avoided because some
  // software reads it as unset.
  const uint32_t low_half = static_cast<uint32_t>(serial);
  const uint32_t soa_serial = low_half == 0 ? 1 : low_half;
  Zone zone(std::move(apex), soa_serial, options);
  zone.EntryAt(zone.apex_.wire()).data.apex = true;
  zone.EntryAt(name_server.wire()).data.name_server = true;
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
  Entry& entry = EntryAt(name.wire());
  if (entry.data.name_server) return;  // the name server answers for itself
  entry.data.steered = true;
  if (!name.is_wildcard() || name.wire() == apex_.wire()) return;
  Entry& encloser = entries_[std::string(ParentOf(name.wire()))];
  encloser.has_wildcard = true;
  encloser.wildcard.steered = true;
}

Zone::Match Zone::Find(std::string_view name) const {
  if (!IsWithin(name, apex_.wire())) return {};
  if (const auto it = entries_.find(ToAbsl(name)); it != entries_.end()) {
    return {Place::kExists, it->second.data};
  }
  // The closest encloser decides; wildcards further up are hidden by it (RFC 4592 section 3.3.1).
  for (std::string_view above = name; above.size() > apex_.wire().size();) {
    above = ParentOf(above);
    const auto it = entries_.find(ToAbsl(above));
    if (it == entries_.end()) continue;
    if (it->second.has_wildcard) return {Place::kExists, it->second.wildcard};
    break;
  }
  return {Place::kNxDomain, {}};
}

}  // namespace terrella::dns
