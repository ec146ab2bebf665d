// EngineProgress: how far a run in virtual time has got, for who looks on while it goes.
//
// Said once a window, and nobody waits for who reads: looking on changes neither what a run does
// nor what it costs. Figures are not said: requests are counted when all are done.
//
// Thread: the engine's writes, any reads.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace terrella::sim {

struct EngineProgress {
  std::atomic<Duration> reached{};     // virtual time; all before it is over
  std::atomic<uint64_t> requests = 0;  // asked before then
};

}  // namespace terrella::sim
