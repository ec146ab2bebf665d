// How long losses of nodes were felt: Results::Failovers.
#include <algorithm>
#include <array>

#include "sim/scenario/results.h"

namespace terrella::sim {
namespace {

constexpr Steering kBoth[] = {Steering::kDns, Steering::kAnycast};

// A kill or drain that was performed.
struct Loss {
  const EventRecord* event = nullptr;
  size_t pop = 0;
};

std::vector<Loss> LossesOf(const Results& results) {
  std::vector<Loss> out;
  const std::vector<std::string>& pops = results.pops();
  for (const EventRecord& event : results.events()) {
    if (!event.ok || !(event.action.starts_with("kill") || event.action.starts_with("drain"))) {
      continue;
    }
    const auto found = std::find(pops.begin(), pops.end(), event.target);
    out.push_back({&event, static_cast<size_t>(found - pops.begin())});
  }
  return out;
}

// When losses were, in order, by PoP.
std::vector<std::vector<Duration>> MomentsByPop(const Results& results,
                                                const std::vector<Loss>& losses) {
  std::vector<std::vector<Duration>> out(results.pops().size() + 1);  // the last: of no PoP
  for (const Loss& loss : losses) out[loss.pop].push_back(loss.event->at);
  for (std::vector<Duration>& moments : out) std::sort(moments.begin(), moments.end());
  return out;
}

// What one loss did to the people of each kind of steering.
class Aftermath {
 public:
  Aftermath(const Results& results, const Loss& loss,
            const std::vector<std::vector<Duration>>& moments)
      : results_(results), loss_(loss) {
    for (auto& cities : cities_) cities.resize(results.places().cities().size());
    for (const Sample& sample : results.samples()) {
      used_[static_cast<size_t>(sample.steering)] = true;
      if (sample.due < loss.event->at && sample.pop == loss.pop) Of(sample).former = true;
    }
    for (const Sample& sample : results.samples()) FindEnd(sample, moments[sample.pop]);
  }

  void AddTo(std::vector<Failover>& out) {
    std::array<Failover, std::size(kBoth)> failovers;
    for (const Sample& sample : results_.samples()) {
      const City& city = Of(sample);
      if (sample.due < loss_.event->at || sample.due >= city.until || !city.former) continue;
      Failover& failover = failovers[static_cast<size_t>(sample.steering)];
      if (sample.failure != Failure::kNone) {
        ++failover.errors;
        failover.failover_ms = std::max(failover.failover_ms, ToMs(sample.due - loss_.event->at));
      } else if (sample.pop != loss_.pop) {
        ++failover.moved;
      }
    }
    for (const Steering steering : kBoth) {
      if (!used_[static_cast<size_t>(steering)]) continue;
      Failover& failover = failovers[static_cast<size_t>(steering)];
      failover.action = loss_.event->action;
      failover.steering = steering;
      out.push_back(std::move(failover));
    }
  }

 private:
  struct City {
    bool former = false;               // a client of the PoP before
    Duration until = Duration::max();  // then another loss took the PoP that had taken it over
  };
  City& Of(const Sample& sample) {
    return cities_[static_cast<size_t>(sample.steering)][sample.city];
  }
  // `moments`: of the losses of the PoP that answered.
  void FindEnd(const Sample& sample, const std::vector<Duration>& moments) {
    if (sample.due < loss_.event->at || sample.pop == 0) return;
    const auto next = std::upper_bound(moments.begin(), moments.end(), sample.due);
    if (next == moments.end()) return;
    City& city = Of(sample);
    city.until = std::min(city.until, *next);
  }

  const Results& results_;
  const Loss& loss_;
  std::array<std::vector<City>, std::size(kBoth)> cities_;
  std::array<bool, std::size(kBoth)> used_{};
};

}  // namespace

std::vector<Failover> Results::Failovers() const {
  std::vector<Failover> out;
  const std::vector<Loss> losses = LossesOf(*this);
  const std::vector<std::vector<Duration>> moments = MomentsByPop(*this, losses);
  for (const Loss& loss : losses) Aftermath(*this, loss, moments).AddTo(out);
  return out;
}

}  // namespace terrella::sim
