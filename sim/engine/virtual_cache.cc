#include "sim/engine/virtual_cache.h"

#include <algorithm>

#include "edge_node/cache/policy/reuse.h"
#include "edge_node/cache/policy/storing.h"
#include "http/message/http_date.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kHeadBytes = 300;  // of what is stored beside a body, about

}  // namespace

CachedOrigin::CachedOrigin(const Origin& origin) : entry_bytes_(origin.body_bytes + kHeadBytes) {
  http::ResponseHead answer{.status = 200, .headers = {{"cache-control", CacheControlOf(origin)}}};
  if (origin.caching && origin.caching->etag) answer.headers.Append("etag", kOriginEtag);
  const WallTime now = VirtualWallTime(Duration(0));
  cache::StoreDecision decision = cache::DecideStore({}, answer, {now, now}, {});
  stores_ = decision.store;
  head_ = std::move(decision.head);
}

Duration CachedOrigin::InitialAge(Duration asked, Duration answered, Duration dated) {
  const auto second = std::chrono::floor<std::chrono::seconds>(dated);
  if (second != second_) {
    second_ = second;
    dated_.Set("date", http::FormatHttpDate(VirtualWallTime(second)));
  }
  return cache::InitialAge(dated_, {VirtualWallTime(asked), VirtualWallTime(answered)});
}

const cache::StoredHead& CachedOrigin::HeadOf(Duration answered, Duration initial_age) {
  head_.response_time = VirtualWallTime(answered);
  head_.initial_age = initial_age;
  return head_;
}

cache::Use JudgeVirtualUse(const cache::StoredHead& head, Duration now) {
  return cache::JudgeUse(head, cache::CacheMode::kDefault, VirtualWallTime(now));
}

VirtualCache::Flight VirtualCache::FlightOf(CachedOrigin& origin, Duration now,
                                            const OriginQuestion& question) {
  const Duration ends = now + question.took;
  const auto us = [](Duration time, uint32_t most) {
    const auto whole = std::chrono::ceil<std::chrono::microseconds>(time).count();
    return static_cast<uint32_t>(std::clamp<int64_t>(whole, 0, most));
  };
  return {.ends = ends,
          .took_us = us(question.took, kTookUsMax),
          .end = static_cast<uint32_t>(question.end),
          .initial_age_us = us(origin.InitialAge(now, ends, question.dated), UINT32_MAX)};
}

bool VirtualCache::MayServeStale(CachedOrigin& origin, const Entry* entry, Duration at) {
  return entry != nullptr && entry->stored() &&
         cache::MayServeOnError(origin.HeadOf(entry->stored_at, entry->initial_age()),
                                VirtualWallTime(at));
}

void VirtualCache::Put(uint64_t key, const Entry& entry, size_t bytes) {
  if (!row_.empty()) {
    row_[key] = entry;
    return;
  }
  evicted_.clear();
  store_.Put(Mix64(key), entry, bytes, evicted_);
}

}  // namespace terrella::sim
