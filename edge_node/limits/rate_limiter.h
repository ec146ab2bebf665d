// RateLimiter: how many calls a key may make in a period, for the workers of one node.
//
// A sliding window by two counters: those of the period that runs, and of the one before as far as
// it still reaches into the last `period`, taken as spread evenly. So a burst at the seam of two
// periods does not pass twice the limit, at the price of two numbers a key. A call that is refused
// counts for nothing.
//
// There are never more than so many keys: beyond, the one not asked about
// for longest is forgotten, so that a flood of new keys pushes out old ones rather than memory up.
// Counts are of this node alone, as the hosted product's are of one location.
//
// Thread: any; the node's shards share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace terrella::edge {

struct RateRule {
  std::string_view ns;  // the same namespace is one count, whatever the script
  uint32_t limit = 0;   // calls
  Duration period{};
};

class RateLimiter {
 public:
  explicit RateLimiter(const Clock& clock, size_t keys_max = 64 << 10)
      : clock_(clock), keys_max_(keys_max) {}

  // Counts the call and is true when it is within the limit.
  bool Take(const RateRule& rule, std::string_view key);
  size_t keys() const;

 private:
  struct Window {
    int64_t period = 0;  // number of the one that runs
    uint32_t now = 0;    // calls in it
    uint32_t before = 0;
    std::list<std::string>::iterator position;
  };
  Window& Find(std::string id, int64_t period);

  const Clock& clock_;
  const size_t keys_max_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;  // by a hash of namespace, period and key
  std::list<std::string> recent_;                    // the one asked about last in front
};

}  // namespace terrella::edge
