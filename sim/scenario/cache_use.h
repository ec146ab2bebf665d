// CacheUse: what the cache of a node made of one request, as far as its answer tells: live by its
// field cf-cache-status, in virtual time by the virtual node's cache.
//
// Counted of answers that are no errors and whose origins did not fail. Of a worker that asks
// several origins the last counts.
//
// Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace terrella::sim {

enum class CacheUse : uint8_t {
  kNone,         // no cache was asked, or nobody says so
  kHit,          // it was there and fresh
  kCoalesced,    // it waited for a question somebody else had asked; live this is told as a hit
  kUpdating,     // it was stale and served at once, while the node asks anew
  kStale,        // it was stale, the origin failed, and it was served all the same
  kRevalidated,  // it was stale; the origin was asked and said that it still holds
  kExpired,      // it was stale; the origin was asked and sent it again
  kMiss,         // it was not there; the origin was asked
};
constexpr size_t kCacheUses = 8;
// "hit", "coalesced", ...
std::string_view CacheUseName(CacheUse use);
// "HIT" and the like; what a cache does not answer for, such as BYPASS, is kNone.
CacheUse ParseCacheStatus(std::string_view field);

struct CacheCounts {
  std::array<uint64_t, kCacheUses> by_use{};

  void Add(CacheUse use) { ++by_use[static_cast<size_t>(use)]; }
  void Merge(const CacheCounts& other) {
    for (size_t i = 0; i < kCacheUses; ++i) by_use[i] += other.by_use[i];
  }
  uint64_t Of(CacheUse use) const { return by_use[static_cast<size_t>(use)]; }
  // Requests that a cache was asked for.
  uint64_t asked() const;
  // Of these, those for which no origin was asked before the answer; NaN of none.
  double hit_share() const;
  // ... and those that were answered with something stale.
  double stale_share() const;
  // Requests that had to ask an origin themselves.
  uint64_t misses() const {
    return Of(CacheUse::kMiss) + Of(CacheUse::kExpired) + Of(CacheUse::kRevalidated);
  }
};

}  // namespace terrella::sim
