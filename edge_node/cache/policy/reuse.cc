#include "edge_node/cache/policy/reuse.h"

namespace terrella::cache {

Use JudgeUse(const StoredHead& head, CacheMode mode, WallTime now) {
  if (mode == CacheMode::kNoCache) return Use::kValidateFirst;
  if (head.FreshAt(now)) return Use::kFresh;
  if (head.forbids_stale || !head.stale_while_revalidate_s) return Use::kValidateFirst;
  const Duration window = std::chrono::seconds(*head.stale_while_revalidate_s);
  return head.StaleFor(now) < window ? Use::kServeAndRefresh : Use::kValidateFirst;
}

bool MayServeOnError(const StoredHead& head, WallTime now) {
  if (head.forbids_stale) return false;
  if (!head.stale_if_error_s) return true;
  return head.StaleFor(now) < std::chrono::seconds(*head.stale_if_error_s);
}

bool IsServerFailure(int status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

std::string_view CacheStatusName(CacheStatus status) {
  switch (status) {
    case CacheStatus::kHit:
      return "HIT";
    case CacheStatus::kMiss:
      return "MISS";
    case CacheStatus::kExpired:
      return "EXPIRED";
    case CacheStatus::kRevalidated:
      return "REVALIDATED";
    case CacheStatus::kStale:
      return "STALE";
    case CacheStatus::kUpdating:
      return "UPDATING";
    case CacheStatus::kBypass:
      return "BYPASS";
    case CacheStatus::kDynamic:
      return "DYNAMIC";
  }
  return "UNKNOWN";
}

}  // namespace terrella::cache
