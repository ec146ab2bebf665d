#include "cli/commands/catchment_map.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/status.h"
#include "cli/map/world_map.h"
#include "sim/bgp/what_if.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

constexpr std::string_view kNoRouteColor = "#7f8a94";
constexpr double kSliceMin = 0.03;  // smaller ones are not drawn

// The users at a hub: which site they reach, and how many of them moved.
struct AtHub {
  std::map<bgp::SiteId, double> by_site;
  double users = 0, moved = 0;
};

std::vector<AtHub> Gather(const bgp::Internet& internet, const bgp::Catchment* before,
                          const bgp::Catchment& now) {
  std::vector<AtHub> hubs(internet.hubs().size());
  for (bgp::StopId id = 0; id < now.site.size(); ++id) {
    const bgp::Stop& stop = internet.stops()[id];
    if (stop.users <= 0) continue;
    AtHub& hub = hubs[stop.hub];
    hub.users += stop.users;
    hub.by_site[now.site[id]] += stop.users;
    if (before != nullptr && before->site[id] != now.site[id]) hub.moved += stop.users;
  }
  return hubs;
}

WorldMap::People PeopleAt(const Anycast& anycast, const net::PopSite& place, const AtHub& hub,
                          const std::vector<std::string>& colors, bool change) {
  WorldMap::People people{.at = place.at, .users = hub.users, .slices = {}, .title = {}};
  std::vector<std::pair<double, bgp::SiteId>> sites;
  for (const auto& [site, users] : hub.by_site) sites.emplace_back(users, site);
  std::sort(sites.rbegin(), sites.rend());
  people.title = fmt::format("{}: {} users", place.city, FormatUsers(hub.users));
  double shown = 0;
  for (const auto& [users, site] : sites) shown += users >= kSliceMin * hub.users ? users : 0;
  for (const auto& [users, site] : sites) {
    if (users < kSliceMin * hub.users) break;
    people.slices.push_back(
        {site == bgp::kNoSite ? std::string(kNoRouteColor) : colors[site], users / shown});
    people.title += fmt::format(", {:.0f} % to {}", 100 * users / hub.users, NameOf(anycast, site));
  }
  // Of a change those who move stand out, a twentieth of a hub's users at least.
  people.outlined = change && hub.moved >= 0.05 * hub.users;
  people.faint = change && !people.outlined;
  if (hub.moved > 0) people.title += fmt::format("; {} move", FormatUsers(hub.moved));
  return people;
}

void AddSites(WorldMap& map, const Anycast& anycast, const bgp::Catchment* before,
              const bgp::Catchment& now, const std::vector<std::string>& colors) {
  const std::vector<double> after = bgp::Load(*anycast.internet, anycast.network, now);
  const std::vector<double> was =
      before == nullptr ? after : bgp::Load(*anycast.internet, anycast.network, *before);
  for (bgp::SiteId id = 0; id < anycast.network.sites.size(); ++id) {
    const net::PopSite& place = anycast.internet->hubs().SiteOf(anycast.network.sites[id]);
    WorldMap::Site site{.at = place.at, .name = NameOf(anycast, id), .color = colors[id]};
    site.users = after[id];
    if (was[id] > 0 && after[id] <= 0) site.mark = WorldMap::Mark::kDropped;
    if (was[id] <= 0 && after[id] > 0) site.mark = WorldMap::Mark::kAdded;
    if (site.mark == WorldMap::Mark::kAdded) site.name = "+" + site.name;
    site.title = fmt::format("{}, {}: {} users", site.name, place.city, FormatUsers(after[id]));
    if (before != nullptr) site.title += fmt::format(", {} before", FormatUsers(was[id]));
    map.AddSite(std::move(site));
  }
}

}  // namespace

absl::Status WriteCatchmentMap(const std::filesystem::path& file, const Anycast& anycast,
                               const bgp::Catchment* before, const bgp::Catchment& now) {
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(WorldMap map, WorldMap::Load(data));
  std::vector<net::Coordinates> places;
  for (const bgp::HubId hub : anycast.network.sites) {
    places.push_back(anycast.internet->hubs().SiteOf(hub).at);
  }
  const std::vector<std::string> colors = SiteColors(places);
  const std::vector<AtHub> hubs = Gather(*anycast.internet, before, now);
  double unserved = 0;
  for (bgp::HubId id = 0; id < hubs.size(); ++id) {
    if (hubs[id].users <= 0) continue;
    map.AddPeople(PeopleAt(anycast, anycast.internet->hubs().SiteOf(id), hubs[id], colors,
                           before != nullptr));
    if (const auto it = hubs[id].by_site.find(bgp::kNoSite); it != hubs[id].by_site.end()) {
      unserved += it->second;
    }
  }
  AddSites(map, anycast, before, now, colors);
  const bgp::RttSummary summary = bgp::Summarise(*anycast.internet, now);
  std::string figures =
      fmt::format("round trip p50 {:.0f}, p90 {:.0f} ms; {:.0f} % of users within 50 ms",
                  summary.p50_ms, summary.p90_ms, 100 * summary.within_50_ms);
  if (before != nullptr) {
    const bgp::Difference difference = bgp::Compare(*anycast.internet, *before, now);
    figures = fmt::format("{} users move, {} are slower by more than 10 ms; {}",
                          FormatUsers(difference.moved), FormatUsers(difference.slower), figures);
  }
  map.SetTitle(fmt::format("Who reaches which of {} sites, announced as '{}'",
                           anycast.network.sites.size(), anycast.preset),
               fmt::format("{}; {}", anycast.internet->origin(), figures));
  map.AddLegend("",
                "Dots: Internet users near an exchange city, in the colour of the site they reach. "
                "Rings: sites, larger with more users.");
  if (before != nullptr)
    map.AddLegend("", "Outlined: users who move. Cross: a site that nobody reaches any more.");
  if (unserved > 0) map.AddLegend(std::string(kNoRouteColor), "no route");
  return WriteFileAtomic(file, map.ToSvg());
}

}  // namespace terrella::cli
