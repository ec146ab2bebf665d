#include "sim/bgp/lint.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/check.h"
#include "sim/bgp/placement.h"

namespace terrella::bgp {
namespace {

constexpr float kReachKm = 150;  // where a network at a hub can be met
constexpr size_t kOneOffSitesMax = 2;
constexpr double kOneSessionShare = 0.9;  // of a site's users
constexpr double kFarMs = 60, kFarShare = 0.5, kContinentShareMin = 0.02;
constexpr size_t kContinentTried = 12;

using Via = std::pair<AsId, SiteId>;  // the last session on the way

AnycastNetwork Changed(const AnycastNetwork& network, const Finding& finding) {
  AnycastNetwork out = finding.remove ? Without(network, *finding.remove) : network;
  out.sessions.insert(out.sessions.end(), finding.add.begin(), finding.add.end());
  return out;
}

class Linter {
 public:
  Linter(const Internet& internet, const AnycastNetwork& network, const LintOptions& options)
      : internet_(internet), network_(network), options_(options) {
    CatchmentEngine(internet).Run(network, base_);
    FindVias();
  }

  std::vector<Finding> Run() {
    SuspectTransits();
    SuspectSessions();
    SuspectIdleSites();
    Judge();
    JudgeSingleSessions();
    FindFarContinents();
    std::stable_sort(kept_.begin(), kept_.end(), [](const Finding& a, const Finding& b) {
      return a.mean_gain_ms > b.mean_gain_ms;
    });
    return std::move(kept_);
  }

 private:
  struct Load {
    double users = 0;
    double excess = 0;  // user-milliseconds beyond the nearest site in use
  };

  void FindVias();
  void SuspectTransits();
  void SuspectSessions();
  void SuspectIdleSites();
  void Judge();
  void JudgeSingleSessions();
  void FindFarContinents();
  // Sessions with `as` at every site where it is and has none.
  std::vector<Session> Everywhere(AsId as) const;
  bool CanMeet(AsId as, SiteId site) const;
  bool Has(AsId as, SiteId site) const { return has_.count({as, site}) != 0; }
  static void Measure(const Internet& internet, const Catchment& before, const Catchment& after,
                      Finding& finding);
  bool IsWorthIt(const Finding& finding) const {
    return finding.mean_gain_ms > 0 && finding.before_ms > finding.after_ms &&
           finding.users >= options_.users_share_min * internet_.users();
  }

  const Internet& internet_;
  const AnycastNetwork& network_;
  const LintOptions& options_;
  Catchment base_;
  std::set<Via> has_;
  std::map<AsId, std::vector<SiteId>> transits_;  // with the sites where they hear us
  std::map<Via, Load> via_;
  std::vector<double> load_;
  std::vector<Finding> suspects_, kept_;
};

// Each stop's last session, by walking its way to the end; ways share their ends.
void Linter::FindVias() {
  for (const Session& session : network_.sessions) {
    has_.insert({session.as, session.site});
    if (session.kind != SessionKind::kTransit) continue;
    transits_[session.as].push_back(session.site);
  }
  const HubSet in_use = HubsInUse(network_);
  const std::vector<int8_t> prefix = PrefixesByHub(internet_.hubs(), network_);
  load_.assign(network_.sites.size(), 0);
  for (StopId id = 0; id < base_.site.size(); ++id) {
    const Stop& stop = internet_.stops()[id];
    if (stop.users == 0 || base_.site[id] == kNoSite) continue;
    const int region = prefix[stop.hub];
    const Catchment& own =
        region == kAllRegions ? base_ : base_.prefixes[static_cast<size_t>(region)];
    StopId last = id;
    while (own.next[last] != kDirect) last = own.next[last];
    const HubId nearest = *internet_.hubs().NearestIn(in_use, stop.hub);
    Load& load = via_[{internet_.stops()[last].as, base_.site[id]}];
    load.users += stop.users;
    load.excess +=
        stop.users * std::max(0.f, base_.path_ms[id] - internet_.hubs().RttMs(stop.hub, nearest));
    load_[base_.site[id]] += stop.users;
  }
}

bool Linter::CanMeet(AsId as, SiteId site) const {
  const HubId hub = network_.sites[site];
  const std::optional<HubId> near = internet_.hubs().NearestIn(internet_.HubsOf(as), hub);
  return near && internet_.hubs().Km(*near, hub) <= kReachKm;
}

std::vector<Session> Linter::Everywhere(AsId as) const {
  std::vector<Session> out;
  for (SiteId site = 0; site < network_.sites.size(); ++site) {
    if (!Has(as, site) && CanMeet(as, site)) out.push_back({.site = site, .as = as});
  }
  return out;
}

void Linter::SuspectTransits() {
  for (const auto& [as, sites] : transits_) {
    Finding finding{.kind = sites.size() <= kOneOffSitesMax && transits_.size() > 1
                                ? LintKind::kOneOff
                                : LintKind::kPolarised,
                    .as = as,
                    .heard_at = sites};
    finding.add = Everywhere(as);
    if (!finding.add.empty()) suspects_.push_back(finding);
    if (finding.kind != LintKind::kOneOff) continue;
    finding.add.clear();
    finding.remove = Change{.as = as};
    suspects_.push_back(std::move(finding));
  }
}

void Linter::SuspectSessions() {
  std::vector<std::pair<double, Via>> worst;
  for (const auto& [via, load] : via_) {
    if (load.users >= options_.users_share_min * internet_.users()) {
      worst.emplace_back(load.excess, via);
    }
  }
  std::stable_sort(worst.begin(), worst.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  worst.resize(std::min(worst.size(), options_.sessions_tried_max));
  for (const auto& [excess, via] : worst) {
    const auto transit = transits_.find(via.first);
    // Of a one-off transit with one site that is the same as leaving it.
    if (transit != transits_.end() && transit->second.size() == 1) continue;
    suspects_.push_back({.kind = LintKind::kDrop,
                         .as = via.first,
                         .site = via.second,
                         .remove = Change{.site = via.second, .as = via.first}});
  }
}

void Linter::SuspectIdleSites() {
  for (SiteId site = 0; site < network_.sites.size(); ++site) {
    if (load_[site] > 0) continue;
    Finding finding{.kind = LintKind::kIdle, .site = site};
    for (const auto& [as, sites] : transits_) {
      if (!Has(as, site) && CanMeet(as, site)) finding.add.push_back({.site = site, .as = as});
    }
    if (!finding.add.empty()) suspects_.push_back(std::move(finding));
  }
}

void Linter::Measure(const Internet& internet, const Catchment& before, const Catchment& after,
                     Finding& finding) {
  for (StopId id = 0; id < before.site.size(); ++id) {
    const Stop& stop = internet.stops()[id];
    if (stop.users == 0) continue;
    const auto rtt_ms = [&](const Catchment& of) {
      return of.site[id] == kNoSite ? kUnservedMs : double{stop.access_ms} + double{of.path_ms[id]};
    };
    const double was_ms = rtt_ms(before), is_ms = rtt_ms(after);
    if (std::abs(was_ms - is_ms) <= kLintNoticedMs) continue;
    finding.users += stop.users;
    finding.before_ms += stop.users * was_ms;
    finding.after_ms += stop.users * is_ms;
    if (is_ms > was_ms) finding.slower += stop.users;
  }
  if (finding.users > 0) {
    finding.before_ms /= finding.users;
    finding.after_ms /= finding.users;
  }
  finding.mean_gain_ms = MeanMs(internet, before) - MeanMs(internet, after);
}

// Keeps the suspects whose change helps; of two about one transit the one that helps more.
void Linter::Judge() {
  ForEachVariant(internet_, suspects_.size(), options_.threads,
                 [&](CatchmentEngine& engine, Catchment& after, size_t i) {
                   engine.Rerun(base_, Changed(network_, suspects_[i]), after);
                   Measure(internet_, base_, after, suspects_[i]);
                 });
  std::map<AsId, size_t> of_transit;
  for (Finding& finding : suspects_) {
    if (!IsWorthIt(finding)) continue;
    const bool whole = finding.kind == LintKind::kPolarised || finding.kind == LintKind::kOneOff;
    if (whole) {
      const auto [known, fresh] = of_transit.try_emplace(*finding.as, kept_.size());
      if (!fresh) {
        Finding& other = kept_[known->second];
        if (finding.mean_gain_ms > other.mean_gain_ms) other = std::move(finding);
        continue;
      }
    }
    kept_.push_back(std::move(finding));
  }
}

// Of each site that one session carries: without it, and without it but with a second one.
void Linter::JudgeSingleSessions() {
  std::vector<Finding> asked;
  std::vector<AnycastNetwork> cut;
  for (const auto& [via, load] : via_) {
    const auto& [as, site] = via;
    if (load.users < options_.users_share_min * internet_.users() ||
        load.users < kOneSessionShare * load_[site]) {
      continue;
    }
    for (const auto& [other, sites] : transits_) {
      if (other == as || Has(other, site) || !CanMeet(other, site)) continue;
      Finding finding{.kind = LintKind::kOneSession, .as = as, .site = site};
      finding.add.push_back({.site = site, .as = other});
      asked.push_back(std::move(finding));
      cut.push_back(Without(network_, {.site = site, .as = as}));
    }
  }
  ForEachVariant(internet_, asked.size(), options_.threads,
                 [&](CatchmentEngine& engine, Catchment& after, size_t i) {
                   Catchment without;
                   engine.Rerun(base_, cut[i], without);
                   engine.Rerun(base_, Changed(cut[i], asked[i]), after);
                   Measure(internet_, without, after, asked[i]);
                 });
  std::map<SiteId, Finding> best;
  for (Finding& finding : asked) {
    if (!IsWorthIt(finding)) continue;
    const auto [known, fresh] = best.try_emplace(finding.site, finding);
    if (!fresh && finding.mean_gain_ms > known->second.mean_gain_ms) known->second = finding;
  }
  for (auto& [site, finding] : best) kept_.push_back(std::move(finding));
}

void Linter::FindFarContinents() {
  constexpr size_t kContinents = 7;
  const Hubs& hubs = internet_.hubs();
  std::array<double, kContinents> users{}, far{};
  std::array<bool, kContinents> served{};
  std::vector<double> at_hub(hubs.size(), 0);
  HubsInUse(network_).ForEach(
      [&](HubId hub) { served[static_cast<size_t>(hubs.SiteOf(hub).continent)] = true; });
  for (StopId id = 0; id < base_.site.size(); ++id) {
    const Stop& stop = internet_.stops()[id];
    const auto continent = static_cast<size_t>(hubs.SiteOf(stop.hub).continent);
    users[continent] += stop.users;
    at_hub[stop.hub] += stop.users;
    if (base_.site[id] == kNoSite || stop.access_ms + base_.path_ms[id] > kFarMs) {
      far[continent] += stop.users;
    }
  }
  for (size_t continent = 0; continent < kContinents; ++continent) {
    if (served[continent] || users[continent] < kContinentShareMin * internet_.users() ||
        far[continent] < kFarShare * users[continent]) {
      continue;
    }
    std::vector<HubId> candidates;
    for (HubId hub = 0; hub < hubs.site_count(); ++hub) {
      if (static_cast<size_t>(hubs.SiteOf(hub).continent) == continent) candidates.push_back(hub);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](HubId a, HubId b) { return at_hub[a] > at_hub[b]; });
    candidates.resize(std::min(candidates.size(), kContinentTried));
    std::optional<Finding> best;
    for (const HubId hub : candidates) {
      std::vector<HubId> sites = network_.sites;
      sites.push_back(hub);
      AnycastNetwork grown = network_;
      grown.sites = sites;
      const auto site = static_cast<SiteId>(sites.size() - 1);
      Finding finding{.kind = LintKind::kFar,
                      .continent = static_cast<net::Continent>(continent),
                      .new_site = hub};
      const std::span<const HubId> alone(&hub, 1);
      for (Session session : MakeNetwork(internet_, alone, options_.preset).sessions) {
        session.site = site;
        grown.sessions.push_back(session);
      }
      Catchment after;
      CatchmentEngine(internet_).Run(grown, after);
      Measure(internet_, base_, after, finding);
      if (IsWorthIt(finding) && (!best || finding.mean_gain_ms > best->mean_gain_ms)) {
        best = std::move(finding);
      }
    }
    if (best) kept_.push_back(*std::move(best));
  }
}

}  // namespace

std::string_view NameOf(LintKind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"polarised", "one-off",     "drop",
                                                      "idle",      "one-session", "far"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<Finding> Lint(const Internet& internet, const AnycastNetwork& network,
                          const LintOptions& options) {
  CHECK(options.threads >= 1);
  return Linter(internet, network, options).Run();
}

}  // namespace terrella::bgp
