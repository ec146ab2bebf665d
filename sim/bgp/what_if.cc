#include "sim/bgp/what_if.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/check.h"
#include "sim/net/weighted_quantile.h"

namespace terrella::bgp {
namespace {

constexpr double kSlowerMs = 10;

AnycastNetwork Only(const AnycastNetwork& network, SiteId site) {
  AnycastNetwork out = network;
  std::erase_if(out.sessions, [&](const Session& session) { return session.site != site; });
  out.regional = false;  // to everybody, who would otherwise hear it in its own region only
  return out;
}

// What can fail, in the order sites, transits, exchanges.
std::vector<Failure> Candidates(const AnycastNetwork& network) {
  std::set<SiteId> sites, exchanges;
  std::set<AsId> transits;
  for (const Session& session : network.sessions) {
    sites.insert(session.site);
    if (session.exchange) exchanges.insert(session.site);
    if (session.kind == SessionKind::kTransit) transits.insert(session.as);
  }
  std::vector<Failure> out;
  for (const SiteId site : sites) out.push_back({.kind = FailureKind::kSite, .site = site});
  for (const AsId as : transits) out.push_back({.kind = FailureKind::kTransit, .as = as});
  for (const SiteId site : exchanges) out.push_back({.kind = FailureKind::kExchange, .site = site});
  return out;
}

Change ChangeOf(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kSite:
      return {.site = failure.site};
    case FailureKind::kTransit:
      return {.as = failure.as};
    case FailureKind::kExchange:
      return {.site = failure.site, .exchange_only = true};
  }
  return {};
}

// Some leave a site that others come to.
void FindHeaviest(std::span<const double> load, Failure& failure) {
  std::map<SiteId, double> landed;
  for (const Move& move : failure.difference.moves) {
    if (move.to != kNoSite) landed[move.to] += move.users;
    if (move.from != kNoSite) landed[move.from] -= move.users;
  }
  for (const auto& [site, users] : landed) {
    if (users <= failure.heaviest_users) continue;
    failure.heaviest = site;
    failure.heaviest_users = users;
    failure.heaviest_growth = load[site] > 0 ? (load[site] + users) / load[site] : 0;
  }
}

}  // namespace

void ForEachVariant(const Internet& internet, size_t count, int threads,
                    const std::function<void(CatchmentEngine&, Catchment&, size_t)>& job) {
  CHECK(threads >= 1);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    CatchmentEngine engine(internet);
    Catchment scratch;
    for (size_t i = next++; i < count; i = next++) job(engine, scratch, i);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads && static_cast<size_t>(i) < count; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
}

RttSummary Summarise(const Internet& internet, const Catchment& catchment) {
  RttSummary out;
  std::vector<std::pair<float, double>> times;
  for (StopId id = 0; id < catchment.site.size(); ++id) {
    const Stop& stop = internet.stops()[id];
    if (stop.users == 0) continue;
    if (catchment.site[id] == kNoSite) {
      out.unserved += stop.users;
      continue;
    }
    const float rtt_ms = stop.access_ms + catchment.path_ms[id];
    times.emplace_back(rtt_ms, stop.users);
    out.users += stop.users;
    out.mean_ms += rtt_ms * stop.users;
    if (rtt_ms <= 50) out.within_50_ms += stop.users;
  }
  if (out.users == 0) return out;
  std::sort(times.begin(), times.end());
  out.mean_ms /= out.users;
  out.within_50_ms /= out.users + out.unserved;
  out.p50_ms = net::WeightedQuantile(times, out.users, 0.5);
  out.p90_ms = net::WeightedQuantile(times, out.users, 0.9);
  out.p99_ms = net::WeightedQuantile(times, out.users, 0.99);
  return out;
}

Penalty PenaltyOf(const Internet& internet, const AnycastNetwork& network,
                  const Catchment& catchment, int threads) {
  const size_t stops = internet.stops().size(), sites = network.sites.size();
  // A minimum does not depend on the order of threads.
  std::vector<std::atomic<float>> best(stops);
  for (std::atomic<float>& ms : best) ms.store(1e9f, std::memory_order_relaxed);
  ForEachVariant(internet, sites, threads,
                 [&](CatchmentEngine& engine, Catchment& alone, size_t site) {
                   engine.Run(Only(network, static_cast<SiteId>(site)), alone);
                   for (StopId id = 0; id < stops; ++id) {
                     if (alone.site[id] == kNoSite) continue;
                     float known = best[id].load(std::memory_order_relaxed);
                     while (alone.path_ms[id] < known &&
                            !best[id].compare_exchange_weak(known, alone.path_ms[id],
                                                            std::memory_order_relaxed)) {
                     }
                   }
                 });
  const HubSet hubs = HubsInUse(network);
  Penalty out;
  double users = 0;
  std::vector<std::pair<float, double>> late;
  for (StopId id = 0; id < stops; ++id) {
    const Stop& stop = internet.stops()[id];
    if (stop.users == 0 || catchment.site[id] == kNoSite) continue;
    users += stop.users;
    const float extra_ms = catchment.path_ms[id] - best[id].load(std::memory_order_relaxed);
    late.emplace_back(std::max(extra_ms, 0.0f), stop.users);
    const HubId reached = network.sites[catchment.site[id]];
    const HubId nearest = *internet.hubs().NearestIn(hubs, stop.hub);
    const float extra_km =
        internet.hubs().Km(stop.hub, reached) - internet.hubs().Km(stop.hub, nearest);
    out.nearest_site += stop.users * (reached == nearest);
    out.over_1_ms += stop.users * (extra_ms > 1);
    out.over_10_ms += stop.users * (extra_ms > 10);
    out.over_25_ms += stop.users * (extra_ms > 25);
    out.over_100_ms += stop.users * (extra_ms > 100);
    out.over_5000_km += stop.users * (extra_km > 5000);
  }
  if (users == 0) return out;
  for (double* share : {&out.nearest_site, &out.over_1_ms, &out.over_10_ms, &out.over_25_ms,
                        &out.over_100_ms, &out.over_5000_km}) {
    *share /= users;
  }
  std::sort(late.begin(), late.end());
  for (size_t p = 0; p < out.quantiles_ms.size(); ++p) {
    out.quantiles_ms[p] = net::WeightedQuantile(late, users, static_cast<double>(p) / 100);
  }
  return out;
}

Difference Compare(const Internet& internet, const Catchment& before, const Catchment& after) {
  Difference out;
  std::map<std::pair<SiteId, SiteId>, Move> moves;
  double users = 0;
  for (StopId id = 0; id < before.site.size(); ++id) {
    const SiteId from = before.site[id], to = after.site[id];
    const float added_ms = after.path_ms[id] - before.path_ms[id];
    const Stop& stop = internet.stops()[id];
    if (from != kNoSite && to != kNoSite) {
      users += stop.users;
      out.added_ms += stop.users * added_ms;
      if (added_ms > kSlowerMs) out.slower += stop.users;
    }
    if (from == to || stop.users == 0) continue;
    Move& move = moves[{from, to}];
    move.users += stop.users;
    if (from != kNoSite) move.before_ms += stop.users * (stop.access_ms + before.path_ms[id]);
    if (to != kNoSite) move.after_ms += stop.users * (stop.access_ms + after.path_ms[id]);
    out.moved += stop.users;
    if (to == kNoSite) out.unserved += stop.users;
  }
  if (users > 0) out.added_ms /= users;
  for (auto& [ends, move] : moves) {
    move.from = ends.first;
    move.to = ends.second;
    move.before_ms /= move.users;
    move.after_ms /= move.users;
    out.moves.push_back(move);
  }
  std::stable_sort(out.moves.begin(), out.moves.end(),
                   [](const Move& a, const Move& b) { return a.users > b.users; });
  return out;
}

std::vector<double> Load(const Internet& internet, const AnycastNetwork& network,
                         const Catchment& catchment) {
  std::vector<double> out(network.sites.size(), 0);
  for (StopId id = 0; id < catchment.site.size(); ++id) {
    if (catchment.site[id] != kNoSite) out[catchment.site[id]] += internet.stops()[id].users;
  }
  return out;
}

std::vector<Failure> AllFailures(const Internet& internet, const AnycastNetwork& network,
                                 int threads) {
  std::vector<Failure> out = Candidates(network);
  Catchment base;
  CatchmentEngine(internet).Run(network, base);
  const std::vector<double> load = Load(internet, network, base);
  ForEachVariant(internet, out.size(), threads,
                 [&](CatchmentEngine& engine, Catchment& after, size_t i) {
                   engine.Rerun(base, Without(network, ChangeOf(out[i])), after);
                   out[i].difference = Compare(internet, base, after);
                   FindHeaviest(load, out[i]);
                 });
  std::stable_sort(out.begin(), out.end(), [](const Failure& a, const Failure& b) {
    return std::pair(a.difference.unserved, a.difference.added_ms) >
           std::pair(b.difference.unserved, b.difference.added_ms);
  });
  return out;
}

}  // namespace terrella::bgp
