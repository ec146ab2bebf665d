#include "sim/bgp/internet.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace terrella::bgp {
namespace {

// Cells repeat: a city has many ASes.
class NearestHubs {
 public:
  explicit NearestHubs(const Hubs& hubs) : hubs_(hubs) {}
  const Hubs::Access& Of(const Cell& cell) {
    const uint64_t key = uint64_t{static_cast<uint16_t>(cell.latitude_cdeg)} << 32 |
                         uint64_t{static_cast<uint16_t>(cell.longitude_cdeg)} << 16 |
                         static_cast<uint64_t>(static_cast<unsigned char>(cell.country[0]) << 8 |
                                               static_cast<unsigned char>(cell.country[1]));
    const auto [at, fresh] = known_.try_emplace(key);
    if (fresh) at->second = hubs_.AccessOf(cell.country_code(), cell.at());
    return at->second;
  }

 private:
  const Hubs& hubs_;
  std::unordered_map<uint64_t, Hubs::Access> known_;
};

// The stops of one AS, by rising hub.
void AppendStops(AsId as, std::span<const Cell> cells, NearestHubs& nearest,
                 std::vector<Stop>& stops) {
  const size_t first = stops.size();
  for (const Cell& cell : cells) {
    const Hubs::Access& near = nearest.Of(cell);
    stops.push_back({.as = as,
                     .hub = near.hub,
                     .users = static_cast<double>(cell.users),
                     .access_ms = near.rtt_ms});
  }
  const auto begin = stops.begin() + static_cast<ptrdiff_t>(first);
  std::stable_sort(begin, stops.end(), [](const Stop& a, const Stop& b) { return a.hub < b.hub; });
  size_t out = first;
  for (size_t i = first; i < stops.size(); ++i) {
    if (i == first || stops[i].hub != stops[out].hub) {
      if (i != first) ++out;
      stops[out] = stops[i];
      continue;
    }
    Stop& into = stops[out];
    const double users = into.users + stops[i].users;
    const double share = users > 0 ? stops[i].users / users : 0;
    into.access_ms += static_cast<float>(share * (stops[i].access_ms - into.access_ms));
    into.users = users;
  }
  stops.resize(out + 1);
}

}  // namespace

std::shared_ptr<const Internet> Internet::Make(std::shared_ptr<const AsGraph> graph,
                                               const AsFootprint& footprint,
                                               std::shared_ptr<const Hubs> hubs,
                                               std::string origin) {
  std::shared_ptr<Internet> out(new Internet);
  const size_t count = graph->size();
  out->begins_.reserve(count + 1);
  out->hubs_of_.resize(count);
  out->main_hub_.resize(count);
  NearestHubs nearest(*hubs);
  for (AsId as = 0; as < count; ++as) {
    const size_t first = out->stops_.size();
    out->begins_.push_back(static_cast<StopId>(first));
    const std::span<const Cell> cells = footprint.CellsOf(graph->AsnOf(as));
    if (cells.empty()) {
      const std::span<const AsId> providers = graph->Providers(as);
      out->stops_.push_back(
          {.as = as, .hub = providers.empty() ? HubId{0} : out->main_hub_[providers[0]]});
    } else {
      AppendStops(as, cells, nearest, out->stops_);
    }
    const Stop* main = &out->stops_[first];
    for (size_t i = first; i < out->stops_.size(); ++i) {
      const Stop& stop = out->stops_[i];
      out->hubs_of_[as].Add(stop.hub);
      out->users_ += stop.users;
      if (stop.users > main->users) main = &stop;
    }
    out->main_hub_[as] = main->hub;
    for (const Cell& cell : cells) {
      if (cell.users == 0) continue;
      const HubId hub = nearest.Of(cell).hub;
      size_t stop = first;
      while (out->stops_[stop].hub != hub) ++stop;
      out->audience_.Add(hub, cell.country_code(), static_cast<StopId>(stop), cell.users);
    }
  }
  out->audience_.Finish();
  out->begins_.push_back(static_cast<StopId>(out->stops_.size()));
  out->graph_ = std::move(graph);
  out->hubs_ = std::move(hubs);
  out->origin_ = std::move(origin);
  return out;
}

StopId Internet::StopAt(AsId as, HubId hub) const {
  const std::span<const Stop> stops = StopsOf(as);
  const auto found = std::lower_bound(stops.begin(), stops.end(), hub,
                                      [](const Stop& stop, HubId h) { return stop.hub < h; });
  DCHECK(found != stops.end() && found->hub == hub);
  return begins_[as] + static_cast<StopId>(found - stops.begin());
}

Handover Internet::HandOver(AsId as, HubId hub, AsId next) const {
  const Hubs& hubs = *hubs_;
  const HubSet &own = hubs_of_[as], &his = hubs_of_[next];
  const size_t own_size = StopsOf(as).size();
  HubId leave = hub, enter = hub;
  if (!his.Has(hub)) {
    std::optional<HubId> meeting;
    if (own_size > 1) meeting = hubs.NearestIn(own & his, hub);
    if (meeting) {
      leave = enter = *meeting;
    } else if (own_size <= StopsOf(next).size()) {
      leave = MainHub(as);
      enter = *hubs.NearestIn(his, leave);
    } else {
      enter = MainHub(next);
      leave = *hubs.NearestIn(own, enter);
    }
  }
  return {.hub = enter, .hop_ms = hubs.RttMs(hub, leave) + hubs.RttMs(leave, enter)};
}

}  // namespace terrella::bgp
