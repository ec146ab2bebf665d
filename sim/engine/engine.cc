#include "sim/engine/engine.h"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "sim/engine/virtual_city.h"
#include "sim/engine/virtual_network.h"
#include "sim/engine/virtual_node.h"
#include "sim/engine/virtual_pages.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

constexpr size_t kWindowRequests = 1 << 16;
constexpr size_t kShards = 32;  // of cities: enough for any number of threads

class Run final : public ServingNodes {
 public:
  Run(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options)
      : scenario_(scenario),
        network_(scenario, world, options),
        audience_(network_.world().audience),
        cuts_(network_.cuts()),
        population_(scenario, *world.places),
        outgoing_(kShards) {
    for (size_t city = 0; city < audience_.cities(); ++city)
      cities_.emplace_back(network_.world(), city);
    const size_t pops = options.pops.size();
    const size_t row =
        VirtualOrigins::RowEntries(scenario, network_.world().catalogue, options.cache_bytes);
    cache_rows_.resize(row * pops);
    for (size_t pop = 0; pop < pops; ++pop) {
      nodes_.emplace_back(network_.world(), pop, std::span(cache_rows_).subspan(row * pop, row));
    }
    if (!scenario.pages.empty()) {
      pages_ = std::make_unique<VirtualPages>(network_.world(), std::span(nodes_));
    }
    for (auto& shard : outgoing_) shard.resize(options.pops.size());
  }

  absl::StatusOr<Results> Go(const std::atomic<bool>* stop, const EngineLimits& limits,
                             EngineProgress* progress) {
    next_ = population_.Next();
    const double expected = ExpectedRequests(scenario_, audience_.settings().places);
    if (expected > static_cast<double>(limits.requests_max)) {
      return ResourceExhausted(
          "about {:.0f} requests are asked for, {} is the most; expected a shorter duration or a "
          "lower "
          "rate",
          expected, limits.requests_max);
    }
    outcomes_.rule = PhaseRule(expected);
    outcomes_.samples.reserve(static_cast<size_t>(1.05 * expected) + 1000);
    Fill(window_);
    for (size_t cut = cuts_.size(); !window_.none; std::swap(window_, following_)) {
      if (stop != nullptr && *stop) {
        stopped_at_ = window_.end;
        window_.end = History::kNever;
      }
      if (window_.cut != cut) {
        cut = window_.cut;
        network_.AdvanceTo(cut, this);
      }
      RunWindow();
      if (progress != nullptr) {
        progress->requests = window_.arrived;
        progress->reached = std::min({window_.end, stopped_at_, scenario_.duration});
      }
      if (window_.end == History::kNever) break;
    }
    return Finish();
  }

  uint64_t RequestsOf(size_t pop, const std::vector<bool>& of_kind) const override {
    return nodes_[pop].RequestsOf(of_kind);
  }
  std::vector<Served> TakeServed(size_t pop, Duration until) override {
    return nodes_[pop].TakeServed(until);
  }

 private:
  struct Window {
    bool none = false;  // all time is over
    size_t cut = 0;     // the newest one
    Duration end{};
    size_t arrived = 0;  // requests until its end
    std::vector<std::vector<Arrival>> arrivals = std::vector<std::vector<Arrival>>(kShards);
  };

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
    outcomes_.Resize(window_.arrived);
    network_.pool().ForEach(kShards, [this](size_t shard) { SendAll(shard); });
    network_.pool().ForEach(nodes_.size() + 1, [this](size_t index) {
      if (index == 0) return Fill(following_);
      const size_t pop = index - 1;
      for (auto& shard : outgoing_) {
        for (const VirtualVisit& visit : shard[pop]) nodes_[pop].Add(visit);
        shard[pop].clear();
      }
      if (pages_ == nullptr) nodes_[pop].ServeUntil(window_.end, outcomes_);
    });
    if (pages_ != nullptr) pages_->ServeUntil(window_.end, outcomes_);
  }

  void SendAll(size_t shard) {
    for (const Arrival& arrival : window_.arrivals[shard]) {
      VirtualVisit visit;
      const Failure failure = cities_[audience_.IndexOf(arrival.city)].Begin(arrival, &visit);
      if (failure == Failure::kNone) {
        outgoing_[shard][visit.pop].push_back(visit);
      } else {
        outcomes_.samples[arrival.number] = {.due = arrival.due,
                                             .city = arrival.city,
                                             .steering = arrival.steering,
                                             .failure = failure,
                                             .protocol = visit.protocol};
        if (PageOf(scenario_, arrival.request) != nullptr) {
          lost_pages_[shard].push_back(arrival.number);
        }
      }
    }
  }

  Results Finish() {
    Results results = network_.NoResults(stopped_at_);
    for (size_t i = 0; i < outcomes_.phases.size(); ++i) {
      const Sample& sample = outcomes_.samples[outcomes_.rule.NumberAt(i)];
      if (sample.failure == Failure::kNone) {
        results.KeepPhases({.sample = sample, .phases = outcomes_.phases[i]});
      }
    }
    WorkerPool& pool = network_.pool();
    results.Adopt(
        std::move(outcomes_.samples), static_cast<size_t>(pool.threads()),
        [&](size_t count, const std::function<void(size_t)>& work) { pool.ForEach(count, work); });
    AddPages(results);
    AddKv(results);
    return results;
  }

  // In the order of their documents: samples were given to the results in that order.
  void AddPages(Results& results) const {
    if (pages_ == nullptr) return;
    std::vector<std::pair<uint64_t, Sample>> pages = pages_->ended();
    for (const auto& shard : lost_pages_) {
      for (const uint64_t number : shard) pages.emplace_back(number, results.samples()[number]);
    }
    std::sort(pages.begin(), pages.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, page] : pages) results.AddPage(page);
  }

  void AddKv(Results& results) const {
    if (!network_.world().kv.any()) return;
    std::vector<const KvNode*> nodes;
    for (const VirtualNode& node : nodes_) nodes.push_back(&node.kv());
    results.set_kv(KvOutcome(nodes, results.samples()));
  }

  const Scenario& scenario_;
  VirtualNetwork network_;
  const Audience& audience_;
  const std::vector<Duration>& cuts_;
  Population population_;
  Arrival next_;
  std::vector<VirtualCity> cities_;
  std::vector<VirtualCache::Entry> cache_rows_;  // of all nodes; before them
  std::vector<VirtualNode> nodes_;
  std::unique_ptr<VirtualPages> pages_;  // null: the scenario has none
  Outcomes outcomes_;
  std::vector<std::vector<uint64_t>> lost_pages_{kShards};  // whose document reached no node
  size_t next_cut_ = 0;
  Duration stopped_at_ = History::kNever;
  Window window_, following_;
  std::vector<std::vector<std::vector<VirtualVisit>>> outgoing_;  // by shard, by PoP
};

}  // namespace

absl::StatusOr<Results> RunVirtually(const Scenario& scenario, const EngineWorld& world,
                                     EngineOptions options, const std::atomic<bool>* stop,
                                     const EngineLimits& limits, EngineProgress* progress) {
  RETURN_IF_ERROR(CheckOptions(scenario, options));
  SortPops(options);
  return Run(scenario, world, options).Go(stop, limits, progress);
}

}  // namespace terrella::sim
