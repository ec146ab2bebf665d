#include "dns_router/policy/world_geography.h"

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "dns_router/policy/prefix_places.h"
#include "sim/net/city_block.h"

namespace terrella::dns {

absl::StatusOr<std::shared_ptr<const WorldGeography>> WorldGeography::Load(const Options& options) {
  std::shared_ptr<WorldGeography> world(new WorldGeography());
  ASSIGN_OR_RETURN(world->places_, net::Places::Load(options.data_dir));
  if (options.builtin_prefixes) {
    ASSIGN_OR_RETURN(net::ChosenPrefixes prefixes,
                     net::ChoosePrefixes(options.data_dir, world->places_));
    if (!prefixes.passed_over.empty()) LogWarn("passed over: {}", prefixes.passed_over);
    world->prefixes_ = std::move(prefixes.table);
  }
  ASSIGN_OR_RETURN(world->latency_, net::LatencyModel::Load(options.data_dir));
  for (const net::City& city : world->places_->cities()) {
    world->cities_.push_back(world->latency_->ClientAt(city.country, city.at));
  }
  world->placed_.assign(PrivateBlocks().begin(), PrivateBlocks().end());
  const auto blocks = std::min<size_t>(world->cities_.size(), net::kCityBlocksMax);
  for (net::CityId city = 0; city < blocks; ++city) {
    world->placed_.push_back({net::CityBlockV4(city), 1 + city});
    world->placed_.push_back({net::CityBlockV6(city), 1 + city});
  }
  if (!options.prefixes.empty()) {
    ASSIGN_OR_RETURN(const auto own, ReadPrefixPlaces(options.prefixes, *world->places_));
    world->placed_.insert(world->placed_.end(), own.begin(), own.end());
  }
  return world;
}

AddressRanges WorldGeography::Ranges(IpAddress::Family family) const {
  AddressRanges ranges = {{0, kUnplaced}};
  if (prefixes_ != nullptr) {
    prefixes_->ForEachRange(family, [&](uint64_t first, std::optional<net::CityId> city) {
      const LocationId location = city ? 1 + *city : kUnplaced;
      AddressRange& last = ranges.back();
      // Of a damaged table by city some do not ascend.
      if (first < last.first) return;
      if (first == last.first) {
        last.location = location;
      } else if (location != last.location) {
        ranges.push_back({first, location});
      }
    });
  }
  return Overlay(std::move(ranges), placed_, family);
}

LocationId WorldGeography::Locate(const IpAddress& address) const {
  LocationId location = kUnplaced;
  int longest = -1;
  for (const PlacedPrefix& placed : placed_) {
    if (placed.prefix.length_bits >= longest && placed.prefix.Contains(address)) {
      longest = placed.prefix.length_bits;
      location = placed.location;
    }
  }
  if (longest >= 0 || prefixes_ == nullptr) return location;
  const auto city = prefixes_->Lookup(address).city;
  return city ? 1 + *city : kUnplaced;
}

absl::StatusOr<LocationId> WorldGeography::Find(std::string_view text) const {
  ASSIGN_OR_RETURN(const net::Place place, places_->Find(text));
  return 1 + place.city;
}

std::string WorldGeography::NameOf(LocationId location) const {
  if (location == kSomewhere || location > cities_.size()) return "somewhere";
  const net::City& city = places_->cities()[location - 1];
  return fmt::format("{}, {}", city.name, city.country);
}

std::string_view WorldGeography::CountryOf(LocationId location) const {
  if (location == kSomewhere || location > cities_.size()) return "";
  return places_->cities()[location - 1].country;
}

int WorldGeography::ContinentOf(std::string_view country) const {
  const net::Country* found = places_->FindCountry(country);
  return found == nullptr ? -1 : static_cast<int>(found->continent);
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
