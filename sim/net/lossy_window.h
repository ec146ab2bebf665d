// LossyWindow: a SendWindow on a path that loses packets: when bytes leave, and how much longer
// than the path takes they take to arrive.
//
// What leaves together is a flight of packets. When some of it is lost, what stands before the
// first lost packet arrives in time and the rest with the repair; the window shrinks. Order is the
// caller's affair: later bytes may arrive no earlier.
//
// Thread: one.
#pragma once

#include <cstddef>
#include <optional>

#include "sim/net/loss_recovery.h"
#include "sim/net/send_window.h"

namespace terrella::net {

class LossyWindow {
 public:
  // Nothing gets lost without `recovery`.
  LossyWindow(Duration rtt, const SendWindowOptions& options,
              std::optional<LossRecovery> recovery = std::nullopt)
      : window_(rtt, options), segment_bytes_(options.segment_bytes), recovery_(recovery) {}

  struct Departure {
    MonotonicTime at;
    size_t bytes = 0;
    Duration late{};
  };
  // As SendWindow::Take.
  Departure Take(MonotonicTime now, size_t bytes);

  uint64_t repairs() const { return repairs_; }

 private:
  SendWindow window_;
  const size_t segment_bytes_;
  std::optional<LossRecovery> recovery_;
  Departure rest_;  // of a flight whose beginning was taken
  uint64_t repairs_ = 0;
};

}  // namespace terrella::net
