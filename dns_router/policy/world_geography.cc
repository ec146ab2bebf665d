#include "dns_router/policy/world_geography.h"

#include "base/check.h"
#include "base/status.h"

namespace terrella::dns {

absl::StatusOr<std::shared_ptr<const WorldGeography>> WorldGeography::Load(
    const std::filesystem::path& data_dir) {
  std::shared_ptr<WorldGeography> world(new WorldGeography());
  ASSIGN_OR_RETURN(world->places_, net::Places::Load(data_dir));
  ASSIGN_OR_RETURN(world->prefixes_, net::PrefixTable::Load(data_dir, world->places_));
  ASSIGN_OR_RETURN(world->latency_, net::LatencyModel::Load(data_dir));
  for (const net::City& city : world->places_->cities()) {
    world->cities_.push_back(world->latency_->ClientAt(city.country, city.at));
  }
  return world;
}

LocationMatch WorldGeography::Locate(const IpAddress& address) const {
  const net::PlaceMatch match = prefixes_->Lookup(address);
  const bool known = match.city.has_value() && *match.city < cities_.size();
  return {known ? 1 + *match.city : kSomewhere, match.prefix_bits};
}

absl::StatusOr<LocationId> WorldGeography::Find(std::string_view text) const {
  ASSIGN_OR_RETURN(const net::Place place, places_->Find(text));
  return 1 + place.city;
}

std::string WorldGeography::NameOf(LocationId location) const {
  if (location == kSomewhere) return "somewhere";
  const net::City& city = places_->cities()[location - 1];
  return fmt::format("{}, {}", city.name, city.country);
}

void WorldGeography::RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const {
  CHECK(rtt_ms.size() == location_count());
  const net::Endpoint site =
      latency_->SiteAt(node.country, {node.latitude_deg, node.longitude_deg});
  double sum_ms = 0, people = 0;
  for (size_t i = 0; i < cities_.size(); ++i) {
    const double rtt = latency_->RttMs(cities_[i], site);
    rtt_ms[1 + i] = static_cast<float>(rtt);
    sum_ms += rtt * places_->cities()[i].population;
    people += places_->cities()[i].population;
  }
  rtt_ms[kSomewhere] = people > 0 ? static_cast<float>(sum_ms / people) : 0;
}

}  // namespace terrella::dns
