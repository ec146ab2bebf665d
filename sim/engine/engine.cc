#include "sim/engine/engine.h"

#include <algorithm>
#include <thread>

#include "base/status.h"
#include "sim/engine/audience.h"
#include "sim/engine/beliefs.h"
#include "sim/engine/history.h"
#include "sim/engine/virtual_city.h"
#include "sim/engine/virtual_node.h"
#include "sim/engine/worker_pool.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

constexpr size_t kWindowRequests = 1 << 16;
constexpr size_t kShards = 32;  // of cities: enough for any number of threads
constexpr size_t kPopsMax = 4096;

std::vector<uint16_t> NumberHosts(const Scenario& scenario, size_t* count) {
  std::vector<std::string> hosts;
  std::vector<uint16_t> out;
  for (const RequestKind& kind : scenario.requests) {
    auto found = std::find(hosts.begin(), hosts.end(), kind.host);
    if (found == hosts.end()) found = hosts.insert(found, kind.host);
    out.push_back(static_cast<uint16_t>(found - hosts.begin()));
  }
  *count = hosts.size();
  return out;
}

bool UsesAnycast(const Scenario& scenario) {
  const auto& steering = scenario.clients.steering;
  return std::find(steering.begin(), steering.end(), Steering::kAnycast) != steering.end();
}

class Run {
 public:
  Run(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options)
      : scenario_(scenario),
        world_(world),
        options_(options),
        host_of_kind_(NumberHosts(scenario, &hosts_)),
        pool_(options.threads > 0
                  ? options.threads
                  : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
        audience_(scenario, world, options, pool_),
        history_(scenario, options.pops, options.times),
        beliefs_(audience_, world, options, UsesAnycast(scenario)),
        virtual_world_{scenario_, options_, audience_, history_, beliefs_, host_of_kind_, hosts_},
        population_(scenario),
        cuts_(Beliefs::Cuts(history_, options.times)),
        outgoing_(kShards) {
    for (size_t city = 0; city < audience_.cities(); ++city)
      cities_.emplace_back(virtual_world_, city);
    for (size_t pop = 0; pop < options.pops.size(); ++pop) nodes_.emplace_back(virtual_world_, pop);
    for (auto& shard : outgoing_) shard.resize(options.pops.size());
  }

  absl::StatusOr<Results> Go(const std::atomic<bool>* stop, const EngineLimits& limits) {
    next_ = population_.Next();
    const double expected = scenario_.clients.rate_per_s * ToMs(scenario_.duration) / 1000;
    if (expected > static_cast<double>(limits.requests_max)) {
      return ResourceExhausted(
          "about {:.0f} requests are asked for, {} is the most; expected a shorter duration or a "
          "lower "
          "rate",
          expected, limits.requests_max);
    }
    samples_.reserve(static_cast<size_t>(1.05 * expected) + 1000);
    Fill(window_);
    for (size_t cut = cuts_.size(); !window_.none; std::swap(window_, following_)) {
      if (stop != nullptr && *stop) {
        stopped_at_ = window_.end;
        window_.end = History::kNever;
      }
      if (window_.cut != cut) {
        cut = window_.cut;
        beliefs_.Advance(MomentAt(cuts_[cut]), cuts_[cut]);
      }
      RunWindow();
      if (window_.end == History::kNever) break;
    }
    return Finish();
  }

 private:
  struct Window {
    bool none = false;  // all time is over
    size_t cut = 0;     // the newest one
    Duration end{};
    size_t arrived = 0;  // requests until its end
    std::vector<std::vector<Arrival>> arrivals = std::vector<std::vector<Arrival>>(kShards);
  };

  const Moment& MomentAt(Duration at) const {
    const auto moments = history_.moments();
    const auto next = std::upper_bound(moments.begin(), moments.end(), at,
                                       [](Duration time, const Moment& m) { return time < m.at; });
    return *std::prev(next);
  }

  // Deals the next arrivals to the shards.
  void Fill(Window& window) {
    for (auto& shard : window.arrivals) shard.clear();
    window.none = next_cut_ == cuts_.size();
    if (window.none) return;
    window.cut = next_cut_;
    window.end = next_cut_ + 1 < cuts_.size() ? cuts_[next_cut_ + 1] : History::kNever;
    const Duration until = std::min(window.end, scenario_.duration);
    for (size_t count = 0; next_.due < until; ++count) {
      if (count == kWindowRequests) {
        window.end = next_.due;
        window.arrived = next_.number;
        return;
      }
      window.arrivals[audience_.IndexOf(next_.city) % kShards].push_back(next_);
      next_ = population_.Next();
    }
    window.arrived = next_.number;
    ++next_cut_;
  }

  // All cities, then all nodes; the next window is dealt beside these.
  void RunWindow() {
    samples_.resize(window_.arrived);
    pool_.ForEach(kShards, [this](size_t shard) { SendAll(shard); });
    pool_.ForEach(nodes_.size() + 1, [this](size_t index) {
      if (index == 0) return Fill(following_);
      const size_t pop = index - 1;
      for (auto& shard : outgoing_) {
        for (const VirtualVisit& visit : shard[pop]) nodes_[pop].Add(visit);
        shard[pop].clear();
      }
      nodes_[pop].ServeUntil(window_.end, samples_);
    });
  }

  void SendAll(size_t shard) {
    for (const Arrival& arrival : window_.arrivals[shard]) {
      VirtualVisit visit;
      const Failure failure = cities_[audience_.IndexOf(arrival.city)].Begin(arrival, &visit);
      if (failure == Failure::kNone) {
        outgoing_[shard][visit.pop].push_back(visit);
      } else {
        samples_[arrival.number] = {.due = arrival.due,
                                    .city = arrival.city,
                                    .steering = arrival.steering,
                                    .failure = failure};
      }
    }
  }

  Results Finish() {
    Results results(world_.places);
    for (const net::PopSite& pop : options_.pops) results.PopIndex(pop.iata);
    uint16_t versions = 0;
    for (const Moment& moment : history_.moments()) {
      for (const NodeMoment& node : moment.nodes) versions = std::max(versions, node.version);
    }
    for (uint32_t version = 0; version <= versions; ++version) {
      results.VersionIndex(version == 0 ? "as deployed first"
                                        : fmt::format("after deploy {}", version));
    }
    for (const EventRecord& event : history_.events()) {
      if (event.at < stopped_at_) results.AddEvent(event);
    }
    results.Adopt(std::move(samples_), static_cast<size_t>(pool_.threads()),
                  [this](size_t count, const std::function<void(size_t)>& work) {
                    pool_.ForEach(count, work);
                  });
    return results;
  }

  const Scenario& scenario_;
  const EngineWorld& world_;
  const EngineOptions& options_;
  size_t hosts_ = 0;
  const std::vector<uint16_t> host_of_kind_;
  WorkerPool pool_;
  const Audience audience_;
  const History history_;
  Beliefs beliefs_;
  const VirtualWorld virtual_world_;
  Population population_;
  Arrival next_;
  std::vector<VirtualCity> cities_;
  std::vector<VirtualNode> nodes_;
  std::vector<Sample> samples_;  // by number
  const std::vector<Duration> cuts_;
  size_t next_cut_ = 0;
  Duration stopped_at_ = History::kNever;
  Window window_, following_;
  std::vector<std::vector<std::vector<VirtualVisit>>> outgoing_;  // by shard, by PoP
};

}  // namespace

absl::StatusOr<Results> RunVirtually(const Scenario& scenario, const EngineWorld& world,
                                     EngineOptions options, const std::atomic<bool>* stop,
                                     const EngineLimits& limits) {
  if (options.pops.empty() || options.pops.size() > kPopsMax) {
    return InvalidArgument("expected 1 to {} PoPs, got {}", kPopsMax, options.pops.size());
  }
  if (options.services.empty()) return InvalidArgument("expected the workers' service profiles");
  for (const std::vector<ServiceProfile>& services : options.services) {
    if (services.size() != scenario.requests.size()) {
      return InvalidArgument("expected a service profile for each of {} kinds of request, got {}",
                             scenario.requests.size(), services.size());
    }
    for (const ServiceProfile& service : services) {
      if (service.service_ms.empty()) return InvalidArgument("a service profile has no times");
    }
  }
  // The order in which views have them; ties of distance go to the lesser id.
  std::sort(options.pops.begin(), options.pops.end(),
            [](const net::PopSite& a, const net::PopSite& b) { return a.iata < b.iata; });
  return Run(scenario, world, options).Go(stop, limits);
}

}  // namespace terrella::sim
