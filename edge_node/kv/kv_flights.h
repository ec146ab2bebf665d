// KvFlights: fetches of keys that are on their way, and who waits for each.
//
// A get of a key that is being fetched waits for that fetch, unless this node has written the key
// since it began: then it would be answered with what was there before.
//
// Thread: one. Pure.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge_node/kv/kv_cache.h"

namespace terrella::edge {

struct KvFlight {
  std::string ns, key;
  KvCache::Moment asked;
  auto operator<=>(const KvFlight&) const = default;
};

template <class Waiter>
class KvFlights {
 public:
  // The flight whose answer will do, with `waiter` among those who wait; and whether it is new, so
  // that the caller has to begin it.
  std::pair<KvFlight, bool> Join(const KvCache& cache, std::string_view ns, std::string_view key,
                                 Waiter waiter) {
    KvFlight first{std::string(ns), std::string(key), {.sequence = cache.WrittenAt(ns, key)}};
    auto flight = flights_.lower_bound(first);
    const bool none =
        flight == flights_.end() || flight->first.ns != ns || flight->first.key != key;
    if (none) {
      first.asked = cache.Now();
      flight = flights_.try_emplace(std::move(first)).first;
    }
    flight->second.push_back(std::move(waiter));
    return {flight->first, none};
  }
  // It has arrived: who waited for it.
  std::vector<Waiter> Take(const KvFlight& flight) {
    auto taken = flights_.extract(flight);
    return taken.empty() ? std::vector<Waiter>() : std::move(taken.mapped());
  }

 private:
  std::map<KvFlight, std::vector<Waiter>> flights_;
};

}  // namespace terrella::edge
