#include "sim/scenario/cache_use.h"

#include <limits>
#include <utility>

namespace terrella::sim {
namespace {

double ShareOf(uint64_t part, uint64_t all) {
  if (all == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

std::string_view CacheUseName(CacheUse use) {
  constexpr std::array<std::string_view, kCacheUses> kNames = {
      "none", "hit", "coalesced", "updating", "stale", "revalidated", "expired", "miss"};
  return kNames[static_cast<size_t>(use)];
}

CacheUse ParseCacheStatus(std::string_view field) {
  constexpr std::pair<std::string_view, CacheUse> kFields[] = {
      {"HIT", CacheUse::kHit},         {"UPDATING", CacheUse::kUpdating},
      {"STALE", CacheUse::kStale},     {"REVALIDATED", CacheUse::kRevalidated},
      {"EXPIRED", CacheUse::kExpired}, {"MISS", CacheUse::kMiss},
  };
  for (const auto& [name, use] : kFields) {
    if (field == name) return use;
  }
  return CacheUse::kNone;
}

uint64_t CacheCounts::asked() const {
  uint64_t sum = 0;
  for (size_t i = 1; i < kCacheUses; ++i) sum += by_use[i];
  return sum;
}

double CacheCounts::hit_share() const {
  return ShareOf(asked() - misses() - Of(CacheUse::kStale), asked());
}

double CacheCounts::stale_share() const {
  return ShareOf(Of(CacheUse::kUpdating) + Of(CacheUse::kStale), asked());
}

}  // namespace terrella::sim
