// Results: what simulated clients felt, request by request, and the figures drawn from it.
//
// A sample's felt time counts from the moment the request was due, so a client that had to wait for
// a slow network is not forgiven (no coordinated omission). Failed requests have no felt time: they
// count as errors. Pure data and arithmetic; how samples come about is the driver's business.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "sim/net/places.h"
#include "sim/scenario/cache_use.h"
#include "sim/scenario/phases.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// Why a request had no good answer.
enum class Failure : uint8_t { kNone, kDns, kConnect, kTimeout, kBroken, kStatus, kMixed };
constexpr size_t kFailures = 7;
std::string_view FailureName(Failure failure);

struct Sample {
  Duration due{};   // since the start of the run
  Duration felt{};  // due -> last byte; meaningless when it failed
  net::CityId city = 0;
  uint16_t pop = 0;      // index into Results::pops(); 0 when no PoP answered
  uint16_t version = 0;  // index into Results::versions()
  uint16_t status = 0;   // HTTP status, 0 when there was none
  Steering steering = Steering::kDns;
  Failure failure = Failure::kNone;
  CacheUse cache = CacheUse::kNone;
  Protocol protocol = Protocol::kHttp1;  // that its person speaks
};
static_assert(sizeof(Sample) == 32, "a run keeps millions of them");

// One of the requests that keep their phases; it was answered.
struct PhasedSample {
  Sample sample;
  Phases phases;
};

// What the control plane does by itself in a rollout is an event of its own: of the rollout's
// script, called by what it is.
inline constexpr std::string_view kRolloutAction = "rollout ";
inline constexpr std::string_view kRolledBack = "rollout rolled back";

// A timeline event as it really happened.
struct EventRecord {
  Duration at{};       // when its action began
  Duration took{};     // until it was done
  std::string action;  // "kill FRA"
  std::string target;
  bool ok = true;
  std::string detail;  // why it failed
};

// In microseconds, as the histograms of felt times count; of one that was answered.
inline uint64_t FeltUs(const Sample& sample) {
  return static_cast<uint64_t>(std::max<int64_t>(sample.felt.count() / 1000, 0));
}
// NaN of nothing.
double QuantileMs(const Histogram& felt_us, double q);

// Between which the true quantile is with 95 %, whatever the distribution: the values whose ranks
// are 1.96 binomial deviations below and above (Conover 1999, section 3.2), as exact as the
// histogram's buckets. NaN of nothing; of few the least or the greatest value seen.
std::pair<double, double> QuantileBoundsMs(const Histogram& felt_us, double q);

// Felt time and errors of one group of samples.
struct Summary {
  uint64_t requests = 0;
  uint64_t errors = 0;
  uint64_t mixed_versions = 0;
  Histogram felt_us;
  std::map<std::string, uint64_t> pops;  // answers by PoP
  CacheCounts cache;
  double error_share() const {
    return requests == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(requests);
  }
};

// NaN when the metric has no value of it: a quantile of nothing, a failover.
double MetricOf(Metric metric, const Summary& summary);

class KvResults;  // kv_results.h

// How long one event was felt, by one kind of steering.
struct Failover {
  std::string action;
  Steering steering = Steering::kDns;
  uint64_t errors = 0;     // failed requests due after it
  double failover_ms = 0;  // until the last of them was due; 0 when none failed
  uint64_t moved = 0;      // answers of its former clients by other PoPs, afterwards
};

class Results {
 public:
  explicit Results(std::shared_ptr<const net::Places> places) : places_(std::move(places)) {}

  uint16_t PopIndex(std::string_view iata);
  uint16_t VersionIndex(std::string_view version);
  void Add(const Sample& sample);
  // All samples of a run at once; nothing was added before. `for_each(n, work)` calls work(0) to
  // work(n - 1), in any order, beside each other if it likes.
  using ForEach = std::function<void(size_t, const std::function<void(size_t)>&)>;
  void Adopt(std::vector<Sample> samples, size_t parts, const ForEach& for_each);
  // Counts a sample that is not kept: what is told sample by sample (slices of time, failovers)
  // says nothing of it.
  void Tally(const Sample& sample);
  // Takes over what another one counted, with the same PoPs and versions. None keeps samples.
  void MergeTallies(Results other);
  // A page as its person had it: `felt` until its last part was there; an error when something is
  // missing. Its document is a sample of its own.
  void AddPage(const Sample& page) { pages_.push_back(page); }
  // Of a sample that is added or tallied as well.
  void KeepPhases(const PhasedSample& sample) { phased_.push_back(sample); }
  // What requests to KV saw, of a scenario that has some; null: it has none.
  void set_kv(std::shared_ptr<const KvResults> kv) { kv_ = std::move(kv); }
  const KvResults* kv() const { return kv_.get(); }
  // Events are kept by time.
  void AddEvent(EventRecord event);
  // In place of those there are; by time.
  void SetEvents(std::vector<EventRecord> events) { events_ = std::move(events); }

  const std::vector<Sample>& samples() const { return samples_; }
  const std::vector<Sample>& pages() const { return pages_; }
  const std::vector<PhasedSample>& phased() const { return phased_; }
  const std::vector<EventRecord>& events() const { return events_; }
  const std::vector<std::string>& pops() const { return pops_; }          // [0] is ""
  const std::vector<std::string>& versions() const { return versions_; }  // [0] is ""
  const net::Places& places() const { return *places_; }

  // Samples by failure; answers by version.
  const std::vector<uint64_t>& by_failure() const { return by_failure_; }
  const std::vector<uint64_t>& by_version() const { return by_version_; }
  // What the nodes' caches made of the answers, by index into pops(); may be shorter.
  const std::vector<CacheCounts>& cache_by_pop() const { return cache_by_pop_; }

  // The samples an assertion's selector means ("" all, "Lagos", "DE", "EU", "dns").
  Summary Summarize(std::string_view selector) const;
  // Of the pages that belong.
  Summary SummarizePages(const std::function<bool(const Sample&)>& belongs) const;
  std::map<net::CityId, Summary> ByCity() const;
  std::map<std::string, Summary> ByContinent() const;  // by code
  // By continent and how people were led, without those who were not.
  std::map<std::pair<net::Continent, Steering>, Summary> ByContinentAndSteering() const;
  // One per kill or drain and kind of steering in use (failover.cc). Former clients of a PoP are
  // the cities it answered, by that steering, in the run before the event; from when a later event
  // takes the PoP that had taken them over, what they suffer is that event's.
  std::vector<Failover> Failovers() const;
  // From the deploy until its rollout was rolled back, the longest of the run; NaN when none was.
  double RollbackMs() const;
  // NaN when the metric has no value (a quantile of nothing).
  double Value(Metric metric, std::string_view selector) const;
  // The same of any assertion of the scenario. One with several selectors, a PoP, a version, a
  // population or a phase goes through all samples; NaN where it needs them and none were kept.
  double Value(const Assertion& assertion, const Scenario& scenario) const;

 private:
  // All samples of one city by one kind of steering. Every summary is made of these, so a run of
  // ten million requests is gone through once.
  struct Group {
    net::CityId city = 0;
    Steering steering = Steering::kDns;
    uint64_t requests = 0, errors = 0, mixed_versions = 0;
    Histogram felt_us;
    std::vector<uint64_t> pops;  // answers, by index
    CacheCounts cache;
  };
  Group& GroupOf(const Sample& sample);
  void TakeTallies(Results& other);
  void Count(const Sample& sample);
  static void AddTo(Group& group, const Sample& sample);
  void AddTo(Summary& summary, const Group& group) const;

  std::shared_ptr<const net::Places> places_;
  std::vector<Sample> samples_, pages_;
  std::vector<PhasedSample> phased_;
  std::vector<Group> groups_;
  std::vector<uint32_t> group_at_;  // by 2 x city + steering: index + 1
  std::vector<uint64_t> by_failure_ = std::vector<uint64_t>(kFailures);
  std::vector<uint64_t> by_version_;
  std::vector<CacheCounts> cache_by_pop_;
  std::vector<EventRecord> events_;
  std::shared_ptr<const KvResults> kv_;
  std::vector<std::string> pops_{""};
  std::vector<std::string> versions_{""};
};

}  // namespace terrella::sim
