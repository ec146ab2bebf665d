// WeightedQuantile: the value that a share of the people does not exceed, where some values stand
// for more people than others.
//
// Thread: any; pure.
#pragma once

#include <utility>
#include <vector>

namespace terrella::net {

// `ascending`: values with their weights; `total`: the weights' sum; `share` in [0, 1]. 0 when
// there are no values.
template <class Value>
Value WeightedQuantile(const std::vector<std::pair<Value, double>>& ascending, double total,
                       double share) {
  double seen = 0;
  for (const auto& [value, weight] : ascending) {
    seen += weight;
    if (seen >= share * total) return value;
  }
  return ascending.empty() ? Value() : ascending.back().first;
}

}  // namespace terrella::net
