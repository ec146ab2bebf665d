#include "sim/chaos/invariants.h"

#include <fmt/format.h>

#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "sim/bgp/live_anycast.h"
#include "sim/chaos/fact_sheet.h"
#include "sim/scenario/kv_results.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

// Before the last moment at which a version that goes back may answer, the first nodes have left
// it.
constexpr Duration kGoesBack = std::chrono::milliseconds(50);

class Judge {
 public:
  Judge(const Scenario& scenario, const EngineOptions& options, const Results& results)
      : scenario_(scenario),
        options_(options),
        results_(results),
        facts_(results.pops(), results.events(), options.times, scenario.timeline) {}

  std::vector<Violation> All(size_t most) {
    std::vector<Violation> out;
    Population population(scenario_, results_.places());
    const std::vector<Sample>& samples = results_.samples();
    for (size_t i = 0; i < samples.size() && out.size() < most; ++i) {
      const Arrival arrival = population.Next();
      std::optional<Violation> found = Ended(samples[i], arrival);
      if (!found) {
        found = samples[i].failure == Failure::kNone ? Answered(samples[i]) : Failed(samples[i]);
        if (!found && samples[i].failure == Failure::kNone) found = Versions(samples[i], arrival);
      }
      if (const KvRecord* kv = KvOf(i); !found && kv != nullptr) found = Kv(*kv, arrival);
      if (!found) continue;
      const net::City& city = results_.places().cities()[samples[i].city];
      found->detail = fmt::format("request {} from {} at {:.3f} s by {}: {}", i, city.name,
                                  ToMs(samples[i].due) / 1000, SteeringName(samples[i].steering),
                                  found->detail);
      out.push_back(*std::move(found));
    }
    if (out.size() < most) {
      if (auto found = Counted(population.Next())) out.push_back(*std::move(found));
    }
    return out;
  }

 private:
  // How long people are still led to a node when steering has heard that they should not be.
  Duration LagOf(Steering steering) const {
    const ClusterTimes& times = options_.times;
    if (steering == Steering::kDns) return times.dns_ttl;
    if (!options_.anycast) return times.convergence;
    return FromMs(bgp::LiveOptions().convergence.settled_ms);
  }
  // Whoever asks then is led by what happened until then, at least.
  Duration LedBy(const Sample& sample) const {
    return facts_.SteeringHeard(sample.due - LagOf(sample.steering));
  }

  std::optional<Violation> Ended(const Sample& sample, const Arrival& arrival) const {
    if (sample.due != arrival.due || sample.city != arrival.city ||
        sample.steering != arrival.steering) {
      return Violation{"conservation", "is not the arrival of that number"};
    }
    if (sample.failure != Failure::kNone) return std::nullopt;
    if (sample.pop == 0 || sample.felt <= Duration(0)) {
      return Violation{"conservation", "was answered by nobody or before it was asked"};
    }
    if (sample.felt > scenario_.clients.timeout) {
      return Violation{"conservation", "was answered after it was given up"};
    }
    return std::nullopt;
  }

  std::optional<Violation> Answered(const Sample& sample) const {
    const std::string& pop = results_.pops()[sample.pop];
    const Duration end = sample.due + sample.felt;
    if (!facts_.LivedIn(pop, sample.due, end)) {
      return Violation{"unhealthy", fmt::format("answered by {}, which was dead", pop)};
    }
    const Duration since = LedBy(sample);
    if (since >= Duration(0) && facts_.DrainedThrough(pop, since, end) &&
        facts_.SomebodyServedThrough(since, end)) {
      return Violation{"drained", fmt::format("answered by {}, which was drained {:.1f} s before",
                                              pop, ToMs(sample.due - since) / 1000)};
    }
    return std::nullopt;
  }

  std::optional<Violation> Versions(const Sample& sample, const Arrival& arrival) {
    const size_t version = sample.version - size_t{1};  // deploys before it
    const Duration end = sample.due + sample.felt;
    const FactSheet::Release* release = sample.version == 0 ? nullptr : facts_.Find(version);
    const std::string& pop = results_.pops()[sample.pop];
    const Duration heard = facts_.NodeHeard(pop, sample.due);
    const bool early = release != nullptr && release->first > facts_.NodeMayHaveHeard(pop, end);
    if (release == nullptr || early || facts_.WasReplacedBy(version, heard)) {
      return Violation{"versions",
                       fmt::format("answered by {} by version {}, which {}", pop, version,
                                   release == nullptr ? "was never deployed"
                                   : early            ? "it could not have"
                                                      : "had been replaced")};
    }
    if (release->last < heard) {
      return Violation{"rolled back",
                       fmt::format("answered by version {}, rolled back {:.1f} s before", version,
                                   ToMs(sample.due - release->last) / 1000)};
    }
    if (!scenario_.clients.sticky) return std::nullopt;
    return Sticky(sample, arrival, version);
  }

  // What one person got at one node from the newest rollout that reached them there.
  struct Came {
    size_t version = 0;
    Duration at{};  // their first answer of it was there
  };

  std::optional<Violation> Sticky(const Sample& sample, const Arrival& arrival, size_t version) {
    Came& came = came_[{sample.city, arrival.client, sample.pop}];
    const Duration end = sample.due + sample.felt;
    if (version > came.version) {
      if (facts_.Find(version)->in_waves) came = {version, end};
      return std::nullopt;
    }
    if (version == came.version || sample.due < came.at) return std::nullopt;
    if (facts_.Find(came.version)->last - options_.times.wave - kGoesBack <= end) {
      return std::nullopt;
    }
    return Violation{"sticky", fmt::format("answered by version {}, after one by version {} at {}",
                                           version, came.version, results_.pops()[sample.pop])};
  }

  std::optional<Violation> Failed(const Sample& sample) const {
    const Duration since = std::max(LedBy(sample), Duration(0));
    const Duration until = sample.due + scenario_.clients.timeout;
    if (sample.failure == Failure::kConnect && !facts_.SomebodyDiedIn(since, until)) {
      return Violation{"unhealthy", fmt::format("failed to connect, though nobody died in the "
                                                "{:.1f} s before",
                                                ToMs(sample.due - since) / 1000)};
    }
    // A node whose death or start is news counts for nothing until steering has heard.
    const Duration heard = facts_.SteeringHeard(sample.due);
    const bool told_of_none = sample.failure == Failure::kDns ||
                              (sample.failure == Failure::kStatus && sample.status == 0);
    // While routes settle BGP may lead nowhere.
    const bool settling = options_.anycast.has_value() && sample.steering == Steering::kAnycast;
    if (told_of_none && !settling && heard >= Duration(0) &&
        facts_.SomebodyServedThrough(heard, sample.due)) {
      return Violation{"abandoned", "was told that no node serves, though one did"};
    }
    return std::nullopt;
  }

  // What request `number` did with KV, which only grows; null: nothing, or nobody heard of it.
  const KvRecord* KvOf(size_t number) {
    if (results_.kv() == nullptr) return nullptr;
    const std::vector<KvRecord>& records = results_.kv()->records();
    while (next_kv_ < records.size() && records[next_kv_].number < number) ++next_kv_;
    const bool is = next_kv_ < records.size() && records[next_kv_].number == number;
    return is ? &records[next_kv_] : nullptr;
  }

  std::optional<Violation> Kv(const KvRecord& record, const Arrival& arrival) const {
    const KvResults& kv = *results_.kv();
    if (record.writes) {
      if (!kv.WasLost(record)) return std::nullopt;
      return Violation{"lost write", fmt::format("{} acknowledged that key {} was written, and in "
                                                 "the end something older is there",
                                                 results_.pops()[record.sample.pop], record.key)};
    }
    const Duration stale_for = kv.StaleFor(record), own = kv.StaleForOwn(record);
    if (stale_for >= scenario_.requests[arrival.request].kv->cache_ttl) {
      return Violation{
          "stale", fmt::format("key {} as {} read it had been out of date for {:.3f} s", record.key,
                               results_.pops()[record.sample.pop], ToMs(stale_for) / 1000)};
    }
    if (own <= Duration(0)) return std::nullopt;
    return Violation{"own write",
                     fmt::format("{} had acknowledged a write of key {} {:.3f} s before, and read "
                                 "what was there earlier",
                                 results_.pops()[record.sample.pop], record.key, ToMs(own) / 1000)};
  }

  // Nothing asked is missing, and the counts are those of the requests.
  std::optional<Violation> Counted(const Arrival& next) const {
    if (next.due < scenario_.duration) {
      return Violation{"conservation", fmt::format("arrival {} never ended", next.number)};
    }
    const std::vector<uint64_t>& counts = results_.by_failure();
    const uint64_t counted = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
    if (counted != results_.samples().size()) {
      return Violation{"conservation", fmt::format("{} requests were asked, {} ended",
                                                   results_.samples().size(), counted)};
    }
    return std::nullopt;
  }

  const Scenario& scenario_;
  const EngineOptions& options_;
  const Results& results_;
  const FactSheet facts_;
  // By city, client and PoP.
  std::map<std::tuple<net::CityId, uint32_t, uint16_t>, Came> came_;
  size_t next_kv_ = 0;
};

}  // namespace

std::vector<Violation> FindViolations(const Scenario& scenario, const EngineOptions& options,
                                      const Results& results, size_t most) {
  return Judge(scenario, options, results).All(most);
}

}  // namespace terrella::sim
