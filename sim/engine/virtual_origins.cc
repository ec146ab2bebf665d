#include "sim/engine/virtual_origins.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "edge_node/distance/origin_distance.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kOriginStream = 0x6f726967696e;
constexpr Duration kIdle = std::chrono::seconds(30);  // as http::PoolLimits
constexpr uint64_t kRowEntriesMax = 4096;

}  // namespace

OriginWays::OriginWays(const Scenario& scenario, const EngineWorld& world,
                       const EngineOptions& options)
    : pops_(options.pops.size()) {
  for (const Origin& origin : scenario.origins) {
    const net::City& city = world.places->cities()[origin.at];
    // As a deploy tells nodes.
    const net::Endpoint there = world.latency->SiteAt(city.country, city.at);
    for (const net::PopSite& site : options.pops) {
      rtts_.push_back(FromMs(world.latency->RttMs(world.latency->SiteAt(site), there)));
    }
  }
}

double OriginWays::TypicalMs(const Scenario& scenario, size_t kind, size_t pop) const {
  double ms = 0;
  for (const size_t origin : scenario.requests[kind].origins) {
    ms += ToMs(Rtt(origin, pop)) + scenario.origins[origin].think_ms;
  }
  return ms;
}

VirtualOrigins::VirtualOrigins(const Scenario& scenario, const OriginWays& ways,
                               const Catalogue& catalogue, size_t pop, const CacheOptions& cache)
    : scenario_(scenario),
      ways_(ways),
      catalogue_(catalogue),
      pop_(pop),
      cached_(scenario.origins.begin(), scenario.origins.end()),
      cache_options_(cache),
      cache_(std::in_place, cache.bytes_max, cache.row),
      free_at_(scenario.origins.size()),
      outages_(scenario.origins.size()) {
  if (cache.disk_may_be_slow) disk_.emplace();
  for (size_t i = 0; i < outages_.size(); ++i) {
    for (const TimelineEvent& event : scenario.timeline) {
      if (event.action == TimelineEvent::Action::kOriginOutage &&
          event.target == scenario.origins[i].host) {
        outages_[i].push_back(event.at);
      }
    }
    std::sort(outages_[i].begin(), outages_[i].end());
  }
}

size_t VirtualOrigins::RowEntries(const Scenario& scenario, const Catalogue& catalogue,
                                  size_t bytes_max) {
  uint64_t entry_bytes = 0;  // the most; of no origin that caches: 0
  for (const Origin& origin : scenario.origins) {
    if (origin.caching) entry_bytes = std::max(entry_bytes, CachedOrigin(origin).entry_bytes());
  }
  const bool few = entry_bytes > 0 && catalogue.slots() <= kRowEntriesMax;
  return few && catalogue.slots() * entry_bytes <= bytes_max ? catalogue.slots() : 0;
}

void VirtualOrigins::Forget(bool keep_cache) {
  for (auto& connections : free_at_) connections.clear();
  if (keep_cache) {
    cache_->Restart();
  } else {
    cache_.emplace(cache_options_.bytes_max, cache_options_.row);
  }
  if (disk_) disk_.emplace();
}

template <class Question>
VirtualCache::Answer VirtualOrigins::AskCache(CachedOrigin& origin, uint64_t key, Duration now,
                                              const Question& ask, const NodeFaults& faults,
                                              const NodeTimes& times) {
  if (!disk_) return cache_->Fetch(origin, key, now, ask, times);
  // What is there is looked at first, wherever it is; its body is read when it is what is served.
  const VirtualDisk::Entry entry{.key = key, .bytes = origin.entry_bytes()};
  Duration read{};
  if (cache_->Holds(key, now, times)) read = disk_->ReadEntry(entry, now, faults);
  VirtualCache::Answer out = cache_->Fetch(origin, key, now + read, ask, times);
  out.waited += read;
  const Duration answered = now + out.waited;
  switch (out.use) {
    case CacheUse::kHit:
    case CacheUse::kUpdating:
    case CacheUse::kStale:
      out.waited += disk_->ReadBody(entry, answered, faults);
      break;
    case CacheUse::kRevalidated:
      disk_->Write(entry, answered, faults);
      out.waited += disk_->ReadBody(entry, answered, faults);
      break;
    case CacheUse::kMiss:
    case CacheUse::kExpired:
      if (out.end == End::kWell) disk_->Write(entry, answered, faults);
      break;
    case CacheUse::kCoalesced:  // it reads along with whoever asked
    case CacheUse::kNone:
      break;
  }
  return out;
}

VirtualOrigins::Outcome VirtualOrigins::Ask(size_t kind, uint64_t number, Duration begun,
                                            uint32_t object, const NodeFaults& faults,
                                            Duration purged) {
  Outcome out;
  const std::vector<size_t>& asked = scenario_.requests[kind].origins;
  if (asked.empty()) return out;
  std::optional<CounterRandom> random;  // few need it: most are hits
  for (size_t i = 0; i < asked.size(); ++i) {
    const size_t index = asked[i];
    const auto ask = [&](Duration at) {
      if (!random) random.emplace(scenario_.seed, kOriginStream, number);
      return AskOrigin(index, begun, at, *random);
    };
    const Duration now = begun + out.waited;
    if (cached_[index].stores()) {
      const uint64_t key = catalogue_.SlotOf(kind, i, object);
      const VirtualCache::Answer answer = AskCache(cached_[index], key, now, ask, faults,
                                                   {.clock = faults.clock, .purged = purged});
      out.waited += answer.waited;
      out.end = answer.end;
      out.cache = answer.use;
    } else {
      const OriginQuestion question = ask(now);
      out.waited += question.took;
      out.end = question.end;
    }
    if (out.end != End::kWell) {
      out.cache = CacheUse::kNone;
      return out;
    }
  }
  return out;
}

OriginQuestion VirtualOrigins::AskOrigin(size_t index, Duration begun, Duration at,
                                         CounterRandom& random) {
  const Origin& origin = scenario_.origins[index];
  const Duration rtt = ways_.Rtt(index, pop_);
  // The model has the whole distance inside the node: the request is with the origin at once when
  // it leaves, and on a connection that is busy only as long as the origin thinks.
  const Duration leaves = at + rtt / 2;
  if (IsOriginOut(scenario_, origin.host, leaves)) {
    return {.took = rtt + edge::ExtraOfFailure(rtt), .dated = leaves, .end = End::kRefused};
  }
  const OriginThought thought = DrawThought(origin, random);
  const Duration answers = leaves + thought.think;
  OriginQuestion out{.took = rtt + thought.think,
                     .dated = answers,
                     .end = thought.fails ? End::kError : End::kWell};
  if (!TakeConnection(index, begun + rtt / 2, leaves, answers)) {
    out.took += edge::ExtraOfNewConnection(rtt);
  }
  return out;
}

Duration VirtualOrigins::GoneBefore(size_t origin, Duration now) const {
  const std::vector<Duration>& outages = outages_[origin];
  const auto next = std::upper_bound(outages.begin(), outages.end(), now);
  return next == outages.begin() ? now - kIdle : std::max(now - kIdle, *std::prev(next));
}

bool VirtualOrigins::TakeConnection(size_t origin, Duration arrives, Duration leaves,
                                    Duration until) {
  std::vector<Duration>& free_at = free_at_[origin];
  std::erase_if(free_at,
                [gone = GoneBefore(origin, arrives)](Duration since) { return since < gone; });
  const auto free = std::find_if(free_at.begin(), free_at.end(),
                                 [leaves, gone = GoneBefore(origin, leaves)](Duration since) {
                                   return gone <= since && since <= leaves;
                                 });
  if (free != free_at.end()) {
    *free = until;
    return true;
  }
  free_at.push_back(until);
  return false;
}

const FailedService* FailureOf(const ServiceProfile& service, VirtualOrigins::End end) {
  const auto& failed = end == VirtualOrigins::End::kRefused ? service.on_refusal : service.on_error;
  return end == VirtualOrigins::End::kWell || !failed ? nullptr : &*failed;
}

}  // namespace terrella::sim
