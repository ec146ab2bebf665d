#include "sim/engine/virtual_cache.h"

#include <algorithm>

#include "edge_node/cache/policy/reuse.h"
#include "edge_node/cache/policy/storing.h"
#include "http/message/http_date.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kHeadBytes = 300;  // of what is stored beside a body, about

}  // namespace

CachedOrigin::CachedOrigin(const Origin& origin)
    : answer_{.status = 200, .headers = {{"cache-control", CacheControlOf(origin)}}},
      entry_bytes_(origin.body_bytes + kHeadBytes) {
  if (origin.caching && origin.caching->etag) answer_.headers.Append("etag", kOriginEtag);
  const WallTime now = VirtualWallTime(Duration(0));
  cache::StoreDecision decision = cache::DecideStore({}, answer_, {now, now}, {});
  stores_ = decision.store;
  head_ = std::move(decision.head);
}

void CachedOrigin::Date(Duration dated) {
  const auto second = std::chrono::floor<std::chrono::seconds>(dated);
  if (second == second_) return;
  second_ = second;
  dated_.Set("date", http::FormatHttpDate(VirtualWallTime(second)));
}

Duration CachedOrigin::InitialAge(const Times& times) {
  Date(times.dated);
  return cache::InitialAge(dated_, {VirtualWallTime(times.asked), VirtualWallTime(times.answered)});
}

bool CachedOrigin::MayKeep(const Times& times, Duration initial_age) {
  if (initial_age < head_.lifetime) return true;
  Date(times.dated);
  http::ResponseHead answer = answer_;
  answer.headers.Set("date", *dated_.Find("date"));
  const cache::ExchangeTimes exchange{VirtualWallTime(times.asked),
                                      VirtualWallTime(times.answered)};
  return cache::DecideStore({}, answer, exchange, {}).store;
}

const cache::StoredHead& CachedOrigin::HeadOf(Duration answered, Duration initial_age) {
  head_.response_time = VirtualWallTime(answered);
  head_.initial_age = initial_age;
  return head_;
}

cache::Use JudgeVirtualUse(const cache::StoredHead& head, Duration now) {
  return cache::JudgeUse(head, cache::CacheMode::kDefault, VirtualWallTime(now));
}

VirtualCache::Flight VirtualCache::FlightOf(CachedOrigin& origin, uint64_t key, Duration now,
                                            const OriginQuestion& question,
                                            const NodeClock& clock) {
  const Duration ends = now + question.took;
  const auto us = [](Duration time, uint32_t most) {
    const auto whole = std::chrono::ceil<std::chrono::microseconds>(time).count();
    return static_cast<uint32_t>(std::clamp<int64_t>(whole, 0, most));
  };
  const CachedOrigin::Times times{
      .asked = clock.Read(now), .answered = clock.Read(ends), .dated = question.dated};
  const Duration initial_age = origin.InitialAge(times);
  OriginEnd end = question.end;
  if (end == OriginEnd::kWell && !origin.MayKeep(times, initial_age)) {
    end = OriginEnd::kUnkept;
    uncacheable_[key] = ends;
  }
  return {.ends = ends,
          .took_us = us(question.took, kTookUsMax),
          .end = static_cast<uint32_t>(end),
          .initial_age_us = us(initial_age, UINT32_MAX)};
}

bool VirtualCache::Holds(uint64_t key, Duration now, const NodeTimes& times) const {
  const Entry* const found = row_.empty() ? store_.Peek(Mix64(key)) : &row_[key];
  if (found == nullptr) return false;
  Entry then = *found;
  then.Settle(now, times);
  return then.stored();
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
