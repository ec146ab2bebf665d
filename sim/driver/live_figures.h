// LiveFigures: what a run under way is like, in all and by continent: counted with each sample, so
// that looking costs the same however long the run is, and delays nobody who is being measured.
//
// Thread: one.
#pragma once

#include <array>
#include <cstdint>

#include "base/histogram.h"
#include "sim/net/region.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

class LiveFigures {
 public:
  struct Group {
    uint64_t requests = 0, failed = 0;
    Histogram felt_us;
  };

  void Add(const Sample& sample, net::Continent continent) {
    for (Group* group : {&total_, &continents_[static_cast<size_t>(continent)]}) {
      ++group->requests;
      if (sample.failure == Failure::kNone) {
        group->felt_us.Add(FeltUs(sample));
      } else {
        ++group->failed;
      }
    }
  }

  const Group& total() const { return total_; }
  const Group& Of(net::Continent continent) const {
    return continents_[static_cast<size_t>(continent)];
  }

 private:
  Group total_;
  std::array<Group, net::kContinentCount> continents_;
};

}  // namespace terrella::sim
