#include "control_plane/access/refusal_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace terrella::control {

std::optional<v1::AuditRow> RefusalRows::Add(v1::AuditRow row) {
  const std::lock_guard lock(mutex_);
  Caller& caller = Find(row.caller());
  Refill(caller);
  if (caller.counted == 0 && caller.left >= 1) {
    caller.left -= 1;
    return row;
  }
  if (caller.counted++ == 0) caller.since = clock_.Now();
  caller.last = std::move(row);
  return std::nullopt;
}

std::optional<MonotonicTime> RefusalRows::due() const {
  const std::lock_guard lock(mutex_);
  std::optional<MonotonicTime> first;
  for (const auto& [name, caller] : callers_) {
    if (caller.counted == 0) continue;
    const MonotonicTime due = caller.since + limits_.row_every;
    first = std::min(first.value_or(due), due);
  }
  return first;
}

std::vector<v1::AuditRow> RefusalRows::Take(bool all) {
  const std::lock_guard lock(mutex_);
  std::vector<v1::AuditRow> rows;
  for (auto& [name, caller] : callers_) {
    if (caller.counted == 0) continue;
    if (!all && clock_.Now() < caller.since + limits_.row_every) continue;
    Refill(caller);
    caller.left = std::max(caller.left - 1, 0.0);
    caller.last.set_unseen(std::exchange(caller.counted, 0) - 1);
    rows.push_back(std::move(caller.last));
    caller.last.Clear();
  }
  return rows;
}

RefusalRows::Caller& RefusalRows::Find(const std::string& name) {
  auto it = callers_.find(name);
  if (it != callers_.end()) return it->second;
  if (callers_.size() >= limits_.callers_max) ForgetIdle();
  const std::string& key = callers_.size() >= limits_.callers_max ? std::string() : name;
  return callers_.try_emplace(key, Caller{.left = limits_.burst, .at = clock_.Now(), .last = {}})
      .first->second;
}

void RefusalRows::Refill(Caller& caller) const {
  const MonotonicTime now = clock_.Now();
  caller.left = std::min(limits_.burst, caller.left + ToMs(now - std::exchange(caller.at, now)) /
                                                          ToMs(limits_.row_every));
}

// Those whom a new entry would be the same for.
void RefusalRows::ForgetIdle() {
  for (auto it = callers_.begin(); it != callers_.end();) {
    Refill(it->second);
    const bool idle = it->second.counted == 0 && it->second.left >= limits_.burst;
    it = idle ? callers_.erase(it) : std::next(it);
  }
}

}  // namespace terrella::control
