#include "sim/scenario/results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/check.h"

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

void AddTo(Summary& summary, const Sample& sample, const std::vector<std::string>& pops) {
  ++summary.requests;
  if (sample.failure == Failure::kMixed) ++summary.mixed_versions;
  if (sample.failure != Failure::kNone) {
    ++summary.errors;
    return;
  }
  summary.felt_us.Add(static_cast<uint64_t>(std::max<int64_t>(sample.felt.count() / 1000, 0)));
  if (sample.pop != 0) ++summary.pops[pops[sample.pop]];
}

double QuantileMs(const Summary& summary, double q) {
  if (summary.felt_us.count() == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(summary.felt_us.Quantile(q)) / 1000;
}

}  // namespace

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

uint16_t Results::PopIndex(std::string_view iata) {
  return IndexIn(pops_, iata);
}
uint16_t Results::VersionIndex(std::string_view version) {
  return IndexIn(versions_, version);
}

bool Results::Matches(const Sample& sample, std::string_view selector) const {
  if (selector.empty()) return true;
  if (selector == "dns" || selector == "anycast") return SteeringName(sample.steering) == selector;
  const net::City& city = places_->cities()[sample.city];
  return city.country == selector || net::ContinentCode(city.continent) == selector;
}

Summary Results::Summarize(std::string_view selector) const {
  // A name that is neither a steering, a country nor a continent is a city's.
  std::optional<net::CityId> city;
  bool group = selector.empty() || selector == "dns" || selector == "anycast" ||
               net::ParseContinent(selector) || places_->FindCountry(selector) != nullptr;
  if (!group) {
    auto place = places_->Find(selector);
    if (!place.ok()) return Summary();
    city = place->city;
  }
  Summary out;
  for (const Sample& sample : samples_) {
    if (city ? sample.city == *city : Matches(sample, selector)) AddTo(out, sample, pops_);
  }
  return out;
}

std::map<net::CityId, Summary> Results::ByCity() const {
  std::map<net::CityId, Summary> out;
  for (const Sample& sample : samples_) AddTo(out[sample.city], sample, pops_);
  return out;
}

std::map<std::string, Summary> Results::ByContinent() const {
  std::map<std::string, Summary> out;
  for (const Sample& sample : samples_) {
    AddTo(out[std::string(net::ContinentCode(places_->cities()[sample.city].continent))], sample,
          pops_);
  }
  return out;
}

std::vector<Failover> Results::Failovers() const {
  std::vector<Failover> out;
  for (const EventRecord& event : events_) {
    if (!event.ok || !(event.action.starts_with("kill") || event.action.starts_with("drain")))
      continue;
    auto pop = std::find(pops_.begin(), pops_.end(), event.target);
    for (Steering steering : {Steering::kDns, Steering::kAnycast}) {
      Failover failover{.action = event.action, .steering = steering};
      std::set<net::CityId> former;
      bool used = false;
      for (const Sample& sample : samples_) {
        if (sample.steering != steering) continue;
        used = true;
        if (sample.due < event.at && pop != pops_.end() && sample.pop == pop - pops_.begin()) {
          former.insert(sample.city);
        }
      }
      for (const Sample& sample : samples_) {
        if (sample.steering != steering || sample.due < event.at || !former.contains(sample.city))
          continue;
        if (sample.failure != Failure::kNone) {
          ++failover.errors;
          failover.failover_ms = std::max(failover.failover_ms, ToMs(sample.due - event.at));
        } else if (pop == pops_.end() || sample.pop != pop - pops_.begin()) {
          ++failover.moved;
        }
      }
      if (used) out.push_back(std::move(failover));
    }
  }
  return out;
}

double Results::Value(Metric metric, std::string_view selector) const {
  if (metric == Metric::kFailoverMs) {
    double worst = std::numeric_limits<double>::quiet_NaN();
    for (const Failover& failover : Failovers()) {
      if (!selector.empty() && SteeringName(failover.steering) != selector) continue;
      worst = std::isnan(worst) ? failover.failover_ms : std::max(worst, failover.failover_ms);
    }
    return worst;
  }
  Summary summary = Summarize(selector);
  switch (metric) {
    case Metric::kP50Ms:
      return QuantileMs(summary, 0.50);
    case Metric::kP90Ms:
      return QuantileMs(summary, 0.90);
    case Metric::kP95Ms:
      return QuantileMs(summary, 0.95);
    case Metric::kP99Ms:
      return QuantileMs(summary, 0.99);
    case Metric::kMaxMs:
      return QuantileMs(summary, 1.0);
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
    case Metric::kFailoverMs:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace terrella::sim
