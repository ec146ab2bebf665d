// Audience: the networks that the people of a place use, and how many use which.
//
// Drawing one by weight answers "somebody in Lagos connects: over whom?".
//
// Thread: immutable after Finish, any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "sim/bgp/hubs.h"

namespace terrella::bgp {

using StopId = uint32_t;  // index into Internet::stops

class Audience {
 public:
  // `users` > 0 of a country start at a stop at `hub`. In any order, then Finish.
  void Add(HubId hub, std::string_view country, StopId stop, double users);
  void Finish();

  // A stop at `hub` by its users of that country; by all its users when it has none of them;
  // nothing when nobody starts there.
  std::optional<StopId> Draw(HubId hub, std::string_view country, CounterRandom& random) const;

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint32_t key = 0;  // hub, country
    StopId stop = 0;
    double users = 0;  // after Finish: of all entries up to this one
  };
  std::vector<Entry> entries_;
};

}  // namespace terrella::bgp
