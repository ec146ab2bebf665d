// KvAsks: which key a request reads or writes, drawn by the request's number: live and in virtual
// time it is the same.
//
// Thread: immutable, any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/scenario/population.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct KvAsk {
  uint32_t key = 0;   // of its kind of request, from 0; the first is the most popular
  uint32_t name = 0;  // kinds have keys of their own: one number for both
  bool writes = false;
};

class KvAsks {
 public:
  explicit KvAsks(const Scenario& scenario);

  // Of a kind of request that has a workload.
  KvAsk Of(size_t kind, uint64_t request) const;
  bool any() const { return any_; }

 private:
  struct Kind {
    double write_share = 0;
    std::optional<WeightedChoice> keys;  // none: no workload
  };
  const uint64_t seed_;
  std::vector<Kind> kinds_;
  bool any_ = false;
};

}  // namespace terrella::sim
