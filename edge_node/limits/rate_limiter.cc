#include "edge_node/limits/rate_limiter.h"

#include <utility>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr size_t kIdBytes = 16;

// Of one size whatever the key, and not for anybody to make two alike.
std::string IdOf(const RateRule& rule, std::string_view key) {
  const std::string head = fmt::format("{}/{}/{}/", rule.ns.size(), rule.ns, rule.period.count());
  return Sha256(head + std::string(key)).substr(0, kIdBytes);
}

}  // namespace

bool RateLimiter::Take(const RateRule& rule, std::string_view key) {
  const int64_t now = clock_.Now().time_since_epoch().count();
  const int64_t period = rule.period.count();
  std::string id = IdOf(rule, key);
  std::lock_guard lock(mutex_);
  Window& window = Find(std::move(id), now / period);
  const double passed = static_cast<double>(now % period) / static_cast<double>(period);
  const double calls = window.before * (1 - passed) + window.now;
  if (calls + 1 > rule.limit) return false;
  ++window.now;
  return true;
}

RateLimiter::Window& RateLimiter::Find(std::string id, int64_t period) {
  auto [found, added] = windows_.try_emplace(id);
  Window& window = found->second;
  if (added) {
    recent_.push_front(std::move(id));
    window.position = recent_.begin();
    window.period = period;
    while (windows_.size() > keys_max_) {
      windows_.erase(recent_.back());
      recent_.pop_back();
    }
    return window;
  }
  recent_.splice(recent_.begin(), recent_, window.position);
  if (window.period == period) return window;
  window.before = window.period + 1 == period ? window.now : 0;
  window.now = 0;
  window.period = period;
  return window;
}

size_t RateLimiter::keys() const {
  std::lock_guard lock(mutex_);
  return windows_.size();
}

}  // namespace terrella::edge
