// VirtualOrigins: what one node waits for the origins of a scenario, in virtual time: the way to
// each, its thought, and a handshake where no connection is free, or its node's cache's answer.
//
// A worker asks them one after another and stops at the first that fails. Its own work beside the
// waiting is the service's; connections are kept as the node's client keeps them.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "sim/engine/history.h"
#include "sim/engine/options.h"
#include "sim/engine/virtual_cache.h"
#include "sim/engine/virtual_disk.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// How far the scenario's origins are from every PoP.
//
// Thread: immutable, any.
class OriginWays {
 public:
  OriginWays(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options);
  Duration Rtt(size_t origin, size_t pop) const { return rtts_[origin * pops_ + pop]; }
  // What a request of this kind waits at a PoP for all of them, well and on connections that stand.
  double TypicalMs(const Scenario& scenario, size_t kind, size_t pop) const;

 private:
  const size_t pops_;
  std::vector<Duration> rtts_;
};

class VirtualOrigins {
 public:
  // As VirtualCache: a row of RowEntries.
  struct CacheOptions {
    size_t bytes_max = 256 << 20;
    std::span<VirtualCache::Entry> row = {};
    bool disk_may_be_slow = false;  // at some time
  };
  VirtualOrigins(const Scenario& scenario, const OriginWays& ways, const Catalogue& catalogue,
                 size_t pop, const CacheOptions& cache);
  // How many answers a node's cache may have to hold, where they all fit and are not many; else 0.
  static size_t RowEntries(const Scenario& scenario, const Catalogue& catalogue, size_t bytes_max);

  using End = OriginEnd;
  struct Outcome {
    Duration waited{};
    End end = End::kWell;
    CacheUse cache = CacheUse::kNone;  // of the last that was asked for through the cache
  };
  // What request `number`, of this kind, waits when its worker asks at `begun`, which only grows.
  // `object`: which thing it is for. `purged`: when the kind's answers were purged last.
  Outcome Ask(size_t kind, uint64_t number, Duration begun, uint32_t object = 0,
              const NodeFaults& faults = {}, Duration purged = Duration::min());
  // It will ask soon. Inlined, as VirtualCache's.
  [[gnu::always_inline]] void Prefetch(size_t kind, uint32_t object) const {
    const size_t origins = scenario_.requests[kind].origins.size();
    for (size_t i = 0; i < origins; ++i) cache_->Prefetch(catalogue_.SlotOf(kind, i, object));
  }
  // The node's process is another one: no connection is left, and perhaps nothing in its cache.
  void Forget(bool keep_cache);

 private:
  // The answer of the node's cache for `key`, or of the origin through it.
  template <class Question>
  VirtualCache::Answer AskCache(CachedOrigin& origin, uint64_t key, Duration now,
                                const Question& ask, const NodeFaults& faults,
                                const NodeTimes& times);
  // Asks one origin at `at`; `begun` as in Ask, not after it.
  OriginQuestion AskOrigin(size_t origin, Duration begun, Duration at, CounterRandom& random);

  // A connection that was last busy before this is gone at `now`: idle for too long, or the origin
  // went away since.
  Duration GoneBefore(size_t origin, Duration now) const;
  // Whether a connection is free at `leaves`; it is then busy until `until`, as a new one is. What
  // is gone for good at `arrives`, which only grows, is forgotten; `leaves` may be ahead of it, and
  // later requests may still leave before.
  bool TakeConnection(size_t origin, Duration arrives, Duration leaves, Duration until);

  const Scenario& scenario_;
  const OriginWays& ways_;
  const Catalogue& catalogue_;
  const size_t pop_;
  std::vector<CachedOrigin> cached_;  // by origin
  const CacheOptions cache_options_;
  std::optional<VirtualCache> cache_;
  std::optional<VirtualDisk> disk_;             // none: it is never slow
  std::vector<std::vector<Duration>> free_at_;  // by origin: of its connections
  std::vector<std::vector<Duration>> outages_;  // by origin: when each began, in order
};

// What is answered in place of the service when an origin failed; null when it did not, or when the
// profile does not say.
const FailedService* FailureOf(const ServiceProfile& service, VirtualOrigins::End end);

}  // namespace terrella::sim
