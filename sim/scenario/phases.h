// Phases: where the time of one answered request went, from the moment it was due to its last byte.
//
// They add up to what was felt. A run keeps them of some requests only, evenly spread over the run
// and at most kPhasedMax of them, so that ten million requests cost no more to remember than a few.
//
// Pure.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace terrella::sim {

struct Phases {
  float dns_ms = 0;      // until the address was known; 0 by anycast
  float connect_ms = 0;  // until the first byte of the request could leave, lost packets included
  float request_ms = 0;  // its way to the node
  float node_ms = 0;     // waiting for the node's processor and the worker there
  float answer_ms = 0;   // its way back, to the last byte

  // Of one that was felt for so long: the answer took what is left.
  static Phases Of(double felt_ms, Phases phases) {
    phases.answer_ms = static_cast<float>(std::max(
        0.0, felt_ms - phases.dns_ms - phases.connect_ms - phases.request_ms - phases.node_ms));
    return phases;
  }
};

constexpr size_t kPhasedMax = 1 << 15;

// Which requests of a run keep their phases: one in as many as there must be.
class PhaseRule {
 public:
  PhaseRule() = default;  // all of them
  explicit PhaseRule(double expected_requests) {
    while (std::ldexp(static_cast<double>(kPhasedMax), shift_) < expected_requests) ++shift_;
  }
  uint64_t one_in() const { return uint64_t{1} << shift_; }
  bool Keeps(uint64_t number) const { return (number & (one_in() - 1)) == 0; }
  // Of a request that keeps them, among those that do.
  size_t IndexOf(uint64_t number) const { return number >> shift_; }
  uint64_t NumberAt(size_t index) const { return uint64_t{index} << shift_; }

 private:
  int shift_ = 0;
};

}  // namespace terrella::sim
