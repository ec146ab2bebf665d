#include "sim/scenario/results.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "sim/net/world_part.h"
#include "sim/scenario/kv_results.h"
#include "sim/scenario/selection.h"

namespace terrella::sim {
namespace {

uint16_t IndexIn(std::vector<std::string>& names, std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    CHECK(names.size() < std::numeric_limits<uint16_t>::max());
    found = names.insert(names.end(), std::string(name));
  }
  return static_cast<uint16_t>(found - names.begin());
}

}  // namespace

double QuantileMs(const Histogram& felt_us, double q) {
  if (felt_us.count() == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(felt_us.Quantile(q)) / 1000;
}

std::pair<double, double> QuantileBoundsMs(const Histogram& felt_us, double q) {
  const double spread =
      1.96 * std::sqrt(q * (1 - q) / static_cast<double>(std::max<uint64_t>(felt_us.count(), 1)));
  return {QuantileMs(felt_us, q - spread), QuantileMs(felt_us, q + spread)};
}

std::string_view FailureName(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kDns:
      return "dns";
    case Failure::kConnect:
      return "connect";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kBroken:
      return "broken";
    case Failure::kStatus:
      return "status";
    case Failure::kMixed:
      return "mixed-version";
  }
  return "";
}

void Results::AddEvent(EventRecord event) {
  const auto later =
      std::upper_bound(events_.begin(), events_.end(), event.at,
                       [](Duration at, const EventRecord& other) { return at < other.at; });
  events_.insert(later, std::move(event));
}

uint16_t Results::PopIndex(std::string_view iata) {
  return IndexIn(pops_, iata);
}
uint16_t Results::VersionIndex(std::string_view version) {
  return IndexIn(versions_, version);
}

void Results::Add(const Sample& sample) {
  samples_.push_back(sample);
  Count(sample);
  AddTo(GroupOf(sample), sample);
}

void Results::Adopt(std::vector<Sample> samples, size_t parts, const ForEach& for_each) {
  CHECK(samples_.empty());
  samples_ = std::move(samples);
  // A part has some of the cities, so that nobody else has groups of theirs.
  std::vector<Results> shares(parts, Results(places_));
  for_each(parts, [&](size_t part) {
    for (const Sample& sample : samples_) {
      if (sample.city % parts == part) shares[part].Tally(sample);
    }
  });
  for (Results& share : shares) TakeTallies(share);
  // However many parts there were, sums are added up in one order.
  std::sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) {
    return a.city != b.city ? a.city < b.city : a.steering < b.steering;
  });
  for (size_t i = 0; i < groups_.size(); ++i) {
    group_at_[2 * size_t{groups_[i].city} + static_cast<size_t>(groups_[i].steering)] =
        static_cast<uint32_t>(i + 1);
  }
}

void Results::Tally(const Sample& sample) {
  Count(sample);
  AddTo(GroupOf(sample), sample);
}

void Results::MergeTallies(Results other) {
  CHECK(samples_.empty() && other.samples_.empty());
  TakeTallies(other);
}

void Results::TakeTallies(Results& other) {
  for (Group& from : other.groups_) {
    Group& group = GroupOf({.city = from.city, .steering = from.steering});
    if (group.requests == 0) {
      group = std::move(from);
      continue;
    }
    group.requests += from.requests;
    group.errors += from.errors;
    group.mixed_versions += from.mixed_versions;
    group.felt_us.Merge(from.felt_us);
    group.cache.Merge(from.cache);
    if (from.pops.size() > group.pops.size()) group.pops.resize(from.pops.size());
    for (size_t pop = 0; pop < from.pops.size(); ++pop) group.pops[pop] += from.pops[pop];
  }
  phased_.insert(phased_.end(), other.phased_.begin(), other.phased_.end());
  cache_by_pop_.resize(std::max(cache_by_pop_.size(), other.cache_by_pop_.size()));
  for (size_t i = 0; i < other.cache_by_pop_.size(); ++i) {
    cache_by_pop_[i].Merge(other.cache_by_pop_[i]);
  }
  for (size_t i = 0; i < kFailures; ++i) by_failure_[i] += other.by_failure_[i];
  by_version_.resize(std::max(by_version_.size(), other.by_version_.size()));
  for (size_t i = 0; i < other.by_version_.size(); ++i) by_version_[i] += other.by_version_[i];
}

void Results::Count(const Sample& sample) {
  ++by_failure_[static_cast<size_t>(sample.failure)];
  if (sample.failure != Failure::kNone) return;
  if (sample.version >= by_version_.size()) by_version_.resize(sample.version + 1);
  ++by_version_[sample.version];
  if (sample.cache == CacheUse::kNone) return;
  if (sample.pop >= cache_by_pop_.size()) cache_by_pop_.resize(sample.pop + 1);
  cache_by_pop_[sample.pop].Add(sample.cache);
}

void Results::AddTo(Group& group, const Sample& sample) {
  ++group.requests;
  group.mixed_versions += sample.failure == Failure::kMixed;
  if (sample.failure != Failure::kNone) {
    ++group.errors;
    return;
  }
  group.felt_us.Add(FeltUs(sample));
  if (sample.cache != CacheUse::kNone) group.cache.Add(sample.cache);
  if (sample.pop == 0) return;
  if (sample.pop >= group.pops.size()) group.pops.resize(sample.pop + 1);
  ++group.pops[sample.pop];
}

Results::Group& Results::GroupOf(const Sample& sample) {
  const size_t at = 2 * size_t{sample.city} + static_cast<size_t>(sample.steering);
  if (at >= group_at_.size()) group_at_.resize(at + 1);
  if (group_at_[at] == 0) {
    groups_.push_back({.city = sample.city, .steering = sample.steering});
    group_at_[at] = static_cast<uint32_t>(groups_.size());
  }
  return groups_[group_at_[at] - 1];
}

void Results::AddTo(Summary& summary, const Group& group) const {
  summary.requests += group.requests;
  summary.errors += group.errors;
  summary.mixed_versions += group.mixed_versions;
  summary.felt_us.Merge(group.felt_us);
  summary.cache.Merge(group.cache);
  for (size_t pop = 0; pop < group.pops.size(); ++pop) {
    if (group.pops[pop] > 0) summary.pops[pops_[pop]] += group.pops[pop];
  }
}

Summary Results::Summarize(std::string_view selector) const {
  Summary out;
  const bool all = selector.empty(), steering = selector == "dns" || selector == "anycast";
  const std::optional<net::WorldPart> part = net::FindPart(*places_, selector);
  // A name that is nothing else is a city's.
  const bool city = !all && !steering && !part;
  const absl::StatusOr<net::Place> place =
      city ? places_->Find(selector) : absl::StatusOr<net::Place>(net::Place());
  if (!place.ok()) return out;
  for (const Group& group : groups_) {
    const net::City& of = places_->cities()[group.city];
    const bool in = all        ? true
                    : steering ? SteeringName(group.steering) == selector
                    : part     ? part->Has(of.continent, of.country)
                               : group.city == place->city;
    if (in) AddTo(out, group);
  }
  return out;
}

Summary Results::SummarizePages(const std::function<bool(const Sample&)>& belongs) const {
  Results selected(places_);
  selected.pops_ = pops_;
  for (const Sample& page : pages_) {
    if (belongs(page)) selected.Tally(page);
  }
  return selected.Summarize("");
}

std::map<net::CityId, Summary> Results::ByCity() const {
  std::map<net::CityId, Summary> out;
  for (const Group& group : groups_) AddTo(out[group.city], group);
  return out;
}

std::map<std::string, Summary> Results::ByContinent() const {
  std::map<std::string, Summary> out;
  for (const Group& group : groups_) {
    AddTo(out[std::string(net::ContinentCode(places_->cities()[group.city].continent))], group);
  }
  return out;
}

std::map<std::pair<net::Continent, Steering>, Summary> Results::ByContinentAndSteering() const {
  std::map<std::pair<net::Continent, Steering>, Summary> out;
  for (const Group& group : groups_) {
    AddTo(out[{places_->cities()[group.city].continent, group.steering}], group);
  }
  return out;
}

double MetricOf(Metric metric, const Summary& summary) {
  switch (metric) {
    case Metric::kP50Ms:
      return QuantileMs(summary.felt_us, 0.50);
    case Metric::kP90Ms:
      return QuantileMs(summary.felt_us, 0.90);
    case Metric::kP95Ms:
      return QuantileMs(summary.felt_us, 0.95);
    case Metric::kP99Ms:
      return QuantileMs(summary.felt_us, 0.99);
    case Metric::kMaxMs:
      return QuantileMs(summary.felt_us, 1.0);
    case Metric::kMeanMs:
      return summary.felt_us.count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                                          : summary.felt_us.mean() / 1000;
    case Metric::kRequests:
      return static_cast<double>(summary.requests);
    case Metric::kErrorCount:
      return static_cast<double>(summary.errors);
    case Metric::kErrors:
      return summary.error_share();
    case Metric::kMixedVersions:
      return static_cast<double>(summary.mixed_versions);
    case Metric::kPops:
      return static_cast<double>(summary.pops.size());
    case Metric::kHitShare:
      return summary.cache.hit_share();
    case Metric::kStaleShare:
      return summary.cache.stale_share();
    case Metric::kCacheMisses:
      return static_cast<double>(summary.cache.misses());
    case Metric::kPageP50Ms:
      return QuantileMs(summary.felt_us, 0.50);
    case Metric::kPageP95Ms:
      return QuantileMs(summary.felt_us, 0.95);
    case Metric::kPageErrors:
      return summary.error_share();
    case Metric::kFailoverMs:
    case Metric::kRollbackMs:
    case Metric::kKvReads:
    case Metric::kKvWrites:
    case Metric::kKvStaleReads:
    case Metric::kKvStaleShare:
    case Metric::kKvStaleMaxMs:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double Results::RollbackMs() const {
  double longest = std::numeric_limits<double>::quiet_NaN();
  for (const EventRecord& event : events_) {
    if (event.action != kRolledBack) continue;
    Duration began = Duration::min();  // of the newest deploy before it
    for (const EventRecord& deploy : events_) {
      if (!deploy.ok || deploy.at > event.at || !deploy.action.starts_with("deploy ")) continue;
      began = std::max(began, deploy.at);
    }
    if (began == Duration::min()) continue;
    const double took_ms = ToMs(event.at + event.took - began);
    longest = std::isnan(longest) ? took_ms : std::max(longest, took_ms);
  }
  return longest;
}

double Results::Value(Metric metric, std::string_view selector) const {
  if (metric == Metric::kRollbackMs) return RollbackMs();
  if (metric == Metric::kFailoverMs) {
    double worst = std::numeric_limits<double>::quiet_NaN();
    for (const Failover& failover : Failovers()) {
      if (!selector.empty() && SteeringName(failover.steering) != selector) continue;
      worst = std::isnan(worst) ? failover.failover_ms : std::max(worst, failover.failover_ms);
    }
    return worst;
  }
  return MetricOf(metric, Summarize(selector));
}

double Results::Value(const Assertion& assertion, const Scenario& scenario) const {
  if (IsOfPages(assertion.metric)) {
    if (pages_.empty()) return std::numeric_limits<double>::quiet_NaN();
    const Selection selection(assertion, scenario, *this);
    return MetricOf(assertion.metric,
                    SummarizePages([&](const Sample& page) { return selection.Has(page); }));
  }
  if (IsOfKv(assertion.metric)) {
    if (kv_ == nullptr) return std::numeric_limits<double>::quiet_NaN();
    const Selection selection(assertion, scenario, *this);
    return MetricOf(assertion.metric,
                    kv_->Summarize([&](const Sample& sample) { return selection.Has(sample); }));
  }
  const bool plain =
      assertion.phase.empty() && assertion.selector.find_first_of("&:") == std::string::npos;
  if (plain || assertion.metric == Metric::kFailoverMs || assertion.metric == Metric::kRollbackMs) {
    return Value(assertion.metric, assertion.selector);
  }
  const Selection selection(assertion, scenario, *this);
  Summary summary;
  if (selection.of_groups()) {
    for (const Group& group : groups_) {
      if (selection.Has(group.city, group.steering)) AddTo(summary, group);
    }
    return MetricOf(assertion.metric, summary);
  }
  if (samples_.empty() && !groups_.empty()) return std::numeric_limits<double>::quiet_NaN();
  Results selected(places_);
  for (const Sample& sample : samples_) {
    if (selection.Has(sample)) selected.Tally(sample);
  }
  for (const Group& group : selected.groups_) AddTo(summary, group);
  return MetricOf(assertion.metric, summary);
}

}  // namespace terrella::sim
