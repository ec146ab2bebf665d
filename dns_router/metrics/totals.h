// Totals: the counters of all threads added up.
//
// Thread: any; the set outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dns_router/metrics/answer_counters.h"

namespace terrella::dns {

class Totals {
 public:
  using Pick = std::function<const Counter&(const AnswerCounters&)>;

  explicit Totals(const AnswerCounterSet& set);

  uint64_t Sum(Transport transport, const Pick& pick) const;
  uint64_t Sum(const Pick& pick) const;
  // Those there are.
  void ForEachTransport(const std::function<void(Transport)>& take) const;
  // Answers that named each node.
  std::map<std::string, uint64_t> ByNode() const;
  // `now_us` of CLOCK_MONOTONIC.
  SampledTraffic Traffic(uint64_t now_us) const;

 private:
  std::array<std::vector<const AnswerCounters*>, kTransportNames.size()> by_transport_;
};

// A Pick for one of the counters.
inline auto Pick(Counter AnswerCounters::*member) {
  return [member](const AnswerCounters& c) -> const Counter& { return c.*member; };
}
template <size_t kSize>
auto PickAt(std::array<Counter, kSize> AnswerCounters::*member, size_t index) {
  return [member, index](const AnswerCounters& c) -> const Counter& { return (c.*member)[index]; };
}

}  // namespace terrella::dns
