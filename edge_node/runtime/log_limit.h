// LogLimit: how much a worker may say. A worker that floods its console would have the node's
// thread and disk busy with it, at its neighbours' cost; beyond a rate of lines and of bytes its
// lines are dropped, and how many were is told.
//
// Two buckets that fill with time, each as deep as what two seconds bring.
//
// Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace terrella::runtime {

class LogLimit {
 public:
  // Rates of zero: no limit.
  LogLimit(uint32_t lines_per_s, uint32_t bytes_per_s);

  enum class Verdict {
    kWrite,
    kDrop,
    kFirstDropped,  // drop, and say that lines are being dropped
  };
  Verdict Admit(MonotonicTime now, size_t bytes);
  // How many lines were dropped before the one just admitted; 0 when that was told already.
  uint64_t TakeDropped();

 private:
  void Fill(MonotonicTime now);

  const double lines_per_s_;
  const double bytes_per_s_;
  double lines_;
  double bytes_;
  MonotonicTime filled_{};
  uint64_t dropped_ = 0;
};

}  // namespace terrella::runtime
