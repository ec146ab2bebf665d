// VirtualCache: the cache of one node in virtual time: which answers of origins it holds, since
// when, and which questions to origins are under way.
//
// What may be stored, used, served stale and for how long is the live cache's policy
// (edge_node/cache/policy), asked with the fields that the live origin sends; what leaves when room
// is short is the live store's (s3_fifo.h). Only the flow between them is written again, as
// edge_node/cache/engine has it: who asks first leads, who comes before the answer waits for it;
// what is stale and may be served is refreshed behind; an error is nobody's but the leader's, and
// who waited asks for himself.
//
// A node whose clock is wrong takes every time by it: when it asked, when an answer came, what time
// it is now. An origin's Date is right. What is stale when it comes, with nothing to validate it
// by, is not kept, and for ten seconds nobody waits for another's question about it.
//
// Where nothing has to leave, entries stand in a row in place of the store: an access is one line
// of memory, which can be asked for ahead.
//
// A purge holds for what was asked before it, also for what comes later; who comes before that
// waits for it all the same, as live. What was stored by another clock than the node's of now is
// taken for as old as this one says.
//
// It leaves out bodies on their way (an answer comes whole) and where they are (virtual_disk.h). A
// question that would begin before another's, because its worker asks its origins in
// another order, asks for itself.
//
// Thread: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/random.h"
#include "edge_node/cache/policy/reuse.h"
#include "edge_node/cache/policy/stored_head.h"
#include "edge_node/cache/store/s3_fifo.h"
#include "sim/engine/node_clock.h"
#include "sim/scenario/cache_use.h"
#include "sim/scenario/origin.h"

namespace terrella::sim {

// How a question to an origin ends.
// kUnkept: well, but the node's cache must not store it.
enum class OriginEnd : uint8_t { kWell, kError, kRefused, kUnkept };

// One question, known to its end when it begins.
struct OriginQuestion {
  Duration took{};
  Duration dated{};  // when the origin answered
  OriginEnd end = OriginEnd::kWell;
};

// What caches make of one origin's answers. A node has its own: asking the policy writes to it.
class CachedOrigin {
 public:
  explicit CachedOrigin(const Origin& origin);
  // Whether they may be stored at all.
  bool stores() const { return stores_; }
  bool validates() const { return head_.has_validator(); }
  uint64_t entry_bytes() const { return entry_bytes_; }
  // An answer's times: asked and answered by the node's clock, dated by the origin's.
  struct Times {
    Duration asked{}, answered{}, dated{};
  };
  // Corrected initial age of an answer (RFC 9111 section 4.2.3).
  Duration InitialAge(const Times& times);
  // Whether one that was so old when it came may be stored.
  bool MayKeep(const Times& times, Duration initial_age);
  // The head of an answer that came then.
  const cache::StoredHead& HeadOf(Duration answered, Duration initial_age);

 private:
  void Date(Duration dated);

  http::ResponseHead answer_;  // without a Date
  cache::StoredHead head_;
  bool stores_ = false;
  uint64_t entry_bytes_ = 0;
  http::Headers dated_;  // a Date field, of this second:
  std::chrono::seconds second_{-1};
};

class VirtualCache {
 public:
  static constexpr Duration kNever = Duration::max();
  static constexpr uint32_t kTookUsMax = (1U << 30) - 1;
  // So long nobody waits for a question about what turned out not to be kept (HttpCacheLimits).
  static constexpr Duration kUncacheableFor = std::chrono::seconds(10);
  // A question under way, and how it ends. Small: a node has one for each thing.
  struct Flight {
    Duration ends = kNever;
    uint32_t took_us : 30 = 0;    // rounded up
    uint32_t end : 2 = 0;         // an OriginEnd
    uint32_t initial_age_us = 0;  // of what it brings

    OriginEnd outcome() const { return static_cast<OriginEnd>(end); }
    Duration asked() const { return ends - std::chrono::microseconds(took_us); }
  };
  struct alignas(32) Entry {
    Duration stored_at = kNever;  // by the node's clock
    Flight flight;                // none: ends == kNever
    uint32_t initial_age_us = 0;
    int32_t skew_ms = 0;  // of the node's clock, when the flight ends

    bool stored() const { return stored_at != kNever; }
    bool present() const { return stored() || flight.ends != kNever; }
    Duration initial_age() const { return std::chrono::microseconds(initial_age_us); }
    // What has come by `now` is here, but for what was asked before the last purge.
    void Settle(Duration now, const NodeTimes& times) {
      if (stored() && times.IsPurged(stored_at, now)) stored_at = kNever;
      if (flight.ends > now) return;
      if (flight.outcome() == OriginEnd::kWell && flight.asked() > times.purged) {
        stored_at = flight.ends + std::chrono::milliseconds(skew_ms);
        initial_age_us = flight.initial_age_us;
      }
      if (flight.outcome() == OriginEnd::kUnkept) stored_at = kNever;
      flight.ends = kNever;
    }
  };
  static_assert(sizeof(Entry) == 32);

  // `row`: an entry for every key there can be, where nothing has to leave; it outlives the cache.
  // Empty: what is asked for is kept within `bytes_max`.
  VirtualCache(size_t bytes_max, std::span<Entry> row) : row_(row), store_(bytes_max) {
    std::fill(row.begin(), row.end(), Entry{});
  }

  struct Answer {
    Duration waited{};
    OriginEnd end = OriginEnd::kWell;
    CacheUse use = CacheUse::kHit;
  };
  // The answer to a fetch of `key` at `now`. `ask(at)` asks the origin at a time from now on.
  template <class Ask>
  Answer Fetch(CachedOrigin& origin, uint64_t key, Duration now, const Ask& ask,
               const NodeTimes& times = {});
  // Whether there is something of `key` at `now`, fresh or stale. Counts no hit.
  bool Holds(uint64_t key, Duration now, const NodeTimes& times) const;

  // It will be fetched soon. Inlined: gcc leaves out calls that do nothing but this.
  [[gnu::always_inline]] void Prefetch(uint64_t key) const {
    if (!row_.empty()) __builtin_prefetch(&row_[key]);
  }

  // The node's process is another one: what is stored it finds again.
  void Restart() { uncacheable_.clear(); }

  // Of what is not in a row; for tests.
  size_t bytes() const { return store_.bytes(); }

 private:
  // The flight of a question that was asked at `now`.
  Flight FlightOf(CachedOrigin& origin, uint64_t key, Duration now, const OriginQuestion& question,
                  const NodeClock& clock);
  // Nothing stored, and nothing will be by what is asked now.
  template <class Ask>
  Answer FetchAbsent(CachedOrigin& origin, uint64_t key, Duration now, const Ask& ask,
                     const NodeClock& clock);
  // Waits for a flight that ends after `now`. `entry` null: there is nothing to fall back to.
  template <class Ask>
  Answer Join(CachedOrigin& origin, const Flight& flight, const Entry* entry, Duration now,
              const Ask& ask, const NodeClock& clock);
  // What somebody gets who asks beside the cache.
  static Answer Beside(Duration waited, const OriginQuestion& own) {
    return {waited + own.took, own.end, CacheUse::kNone};
  }
  bool IsUncacheable(uint64_t key, Duration now) const {
    if (uncacheable_.empty()) return false;
    const auto found = uncacheable_.find(key);
    return found != uncacheable_.end() && found->second <= now &&
           now < found->second + kUncacheableFor;
  }
  static bool MayServeStale(CachedOrigin& origin, const Entry* entry, Duration at);
  // Null: there is none.
  Entry* Find(uint64_t key) {
    if (row_.empty()) return store_.Find(Mix64(key));
    return row_[key].present() ? &row_[key] : nullptr;
  }
  void Put(uint64_t key, const Entry& entry, size_t bytes);

  const std::span<Entry> row_;                           // by key
  cache::S3Fifo<Entry> store_;                           // by mixed key
  absl::flat_hash_map<uint64_t, Flight> failing_;        // flights that store nothing, by key
  absl::flat_hash_map<uint64_t, Duration> uncacheable_;  // by key: since when
  std::vector<Entry> evicted_;                           // of one call; kept for its memory
};

// --- how

// Live it is the node's clock; any date will do that is not the epoch's.
inline WallTime VirtualWallTime(Duration time) {
  return WallTime(std::chrono::seconds(1'700'000'000) + time);
}
cache::Use JudgeVirtualUse(const cache::StoredHead& head, Duration now);
inline int32_t MsOf(Duration skew) {
  return static_cast<int32_t>(std::chrono::floor<std::chrono::milliseconds>(skew).count());
}

template <class Ask>
VirtualCache::Answer VirtualCache::Fetch(CachedOrigin& origin, uint64_t key, Duration now,
                                         const Ask& ask, const NodeTimes& times) {
  const NodeClock& clock = times.clock;
  Entry* entry = Find(key);
  if (entry == nullptr) return FetchAbsent(origin, key, now, ask, clock);
  entry->Settle(now, times);
  Flight& flight = entry->flight;
  const bool flying = flight.ends != kNever;
  if (flying && now < flight.asked()) {
    const OriginQuestion own = ask(now);
    return {own.took, own.end, CacheUse::kMiss};
  }
  const auto begin = [&] {
    flight = FlightOf(origin, key, now, ask(now), clock);
    entry->skew_ms = MsOf(clock.At(flight.ends));
  };
  if (entry->stored()) {
    const cache::Use use =
        JudgeVirtualUse(origin.HeadOf(entry->stored_at, entry->initial_age()), clock.Read(now));
    if (use == cache::Use::kFresh) return {};
    if (use == cache::Use::kServeAndRefresh) {
      if (!flying) begin();
      return {.use = CacheUse::kUpdating};
    }
  }
  if (IsUncacheable(key, now)) return Beside(Duration(0), ask(now));
  if (flying) return Join(origin, flight, entry, now, ask, clock);
  begin();
  Answer out{flight.ends - now, flight.outcome(), CacheUse::kMiss};
  if (out.end == OriginEnd::kUnkept) return {out.waited, OriginEnd::kWell, CacheUse::kNone};
  if (out.end != OriginEnd::kWell) {
    if (MayServeStale(origin, entry, clock.Read(flight.ends))) {
      out.end = OriginEnd::kWell;
      out.use = CacheUse::kStale;
    }
  } else if (entry->stored()) {
    out.use = origin.validates() ? CacheUse::kRevalidated : CacheUse::kExpired;
  }
  return out;
}

template <class Ask>
VirtualCache::Answer VirtualCache::FetchAbsent(CachedOrigin& origin, uint64_t key, Duration now,
                                               const Ask& ask, const NodeClock& clock) {
  if (const auto found = failing_.empty() ? failing_.end() : failing_.find(key);
      found != failing_.end()) {
    if (now < found->second.ends) {
      if (now >= found->second.asked())
        return Join(origin, found->second, nullptr, now, ask, clock);
      const OriginQuestion own = ask(now);
      return {own.took, own.end, CacheUse::kMiss};
    }
    failing_.erase(found);
  }
  if (IsUncacheable(key, now)) return Beside(Duration(0), ask(now));
  const Flight flight = FlightOf(origin, key, now, ask(now), clock);
  const Duration waited = flight.ends - now;
  switch (flight.outcome()) {
    case OriginEnd::kWell:
      Put(key, {.flight = flight, .skew_ms = MsOf(clock.At(flight.ends))}, origin.entry_bytes());
      return {waited, OriginEnd::kWell, CacheUse::kMiss};
    case OriginEnd::kUnkept:
      failing_[key] = flight;
      return {waited, OriginEnd::kWell, CacheUse::kNone};
    default:
      failing_[key] = flight;
      return {waited, flight.outcome(), CacheUse::kMiss};
  }
}

template <class Ask>
VirtualCache::Answer VirtualCache::Join(CachedOrigin& origin, const Flight& flight,
                                        const Entry* entry, Duration now, const Ask& ask,
                                        const NodeClock& clock) {
  const Duration left = flight.ends - now;
  if (flight.outcome() == OriginEnd::kWell) return {left, OriginEnd::kWell, CacheUse::kCoalesced};
  if (flight.outcome() == OriginEnd::kUnkept) return Beside(left, ask(flight.ends));
  if (MayServeStale(origin, entry, clock.Read(flight.ends))) {
    return {left, OriginEnd::kWell, CacheUse::kStale};
  }
  if (flight.outcome() == OriginEnd::kRefused) return {left, OriginEnd::kRefused, CacheUse::kMiss};
  const OriginQuestion own = ask(flight.ends);
  return {left + own.took, own.end, CacheUse::kMiss};
}

}  // namespace terrella::sim
