#include "cli/commands/net_end.h"

#include <algorithm>

#include "base/ip_address.h"
#include "base/status.h"
#include "sim/net/access.h"
#include "sim/net/data_dir.h"
#include "sim/net/prefix_table.h"

namespace terrella::cli {
namespace {

constexpr size_t kNamesakesShown = 3;

absl::StatusOr<net::Place> PlaceOfAddress(const World& world, const IpAddress& address) {
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(const net::ChosenPrefixes prefixes, net::ChoosePrefixes(data, world.places));
  const net::PlaceMatch match = prefixes.table->Lookup(address);
  if (match.city) return world.places->PlaceOf(*match.city);
  return NotFound("no city is known of {}{}", address.ToString(),
                  match.country.empty() ? "" : fmt::format(", which is in {}", match.country));
}

std::string NamesakesOf(const World& world, const net::Place& place, const std::string& text) {
  const std::string folded = net::FoldName(text);
  std::string out;
  size_t count = 0;
  const std::span<const net::City> cities = world.places->cities();
  for (net::CityId id = 0; id < cities.size(); ++id) {
    if (id == place.city || net::FoldName(cities[id].name) != folded) continue;
    if (++count > kNamesakesShown) continue;
    out += fmt::format("{}{}, {} at {}", out.empty() ? "also " : "; ", cities[id].name,
                       cities[id].country, net::ToString(cities[id].at));
  }
  if (count > kNamesakesShown) out += fmt::format("; and {} more", count - kNamesakesShown);
  return out;
}

}  // namespace

absl::StatusOr<End> FindEnd(const World& world, const std::string& text) {
  const bool capitals = text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) {
                          return c >= 'A' && c <= 'Z';
                        });
  if (capitals) {
    if (const net::PopSite* site = world.places->pops().Find(text)) {
      return End{world.latency->SiteAt(*site),
                 fmt::format("{} ({}, {})", site->iata, site->city, site->country), true, ""};
    }
  }
  if (const absl::StatusOr<IpAddress> address = IpAddress::Parse(text); address.ok()) {
    ASSIGN_OR_RETURN(const net::Place place, PlaceOfAddress(world, *address));
    return End{world.latency->ClientAt(place),
               fmt::format("{} ({}, {})", text, place.name, place.country), false, ""};
  }
  ASSIGN_OR_RETURN(const net::Place place, world.places->Find(text));
  return End{world.latency->ClientAt(place), fmt::format("{}, {}", place.name, place.country),
             false, NamesakesOf(world, place, text)};
}

End WithAccess(const Invocation& in, End end) {
  const auto access = net::FindAccess(in.args.Text("--access"));
  if (access && !end.site) end.endpoint.access_rtt_ms = access->rtt_ms;
  return end;
}

Flag AccessFlag() {
  Flag flag{.name = "--access",
            .value = "TYPE",
            .help = "the last mile of people: fibre, cable, dsl, 5g, 4g, leo or geo (default 4 ms)",
            .kind = ValueKind::kChoice};
  for (const net::Access& access : net::kAccessTypes) flag.choices.emplace_back(access.name);
  return flag;
}

}  // namespace terrella::cli
