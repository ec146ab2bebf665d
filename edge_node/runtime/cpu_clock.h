// CpuClock: the CPU time of the calling thread, without a system call for each look.
//
// Asking the kernel for a thread's CPU time costs as much as a fifth of a small request, and every
// turn of an isolate needs it twice. But CPU time never runs faster than real time, which is read
// without a system call. So the kernel is asked once in a while; in between, the real time that has
// passed is an upper bound of what was used. Short turns are charged their real time: a thread that
// was taken off its core was away for longer than that.
//
// Thread: any; the state is per thread.
#pragma once

#include "base/clock.h"

namespace terrella::runtime {

// CPU time of the calling thread as the kernel knows it.
Duration ThreadCpuTime();

// A moment on this thread.
struct CpuMark {
  Duration steady{};  // of the steady clock
  // The thread's CPU time then: never below what it was, above by at most kCpuSlack.
  Duration cpu_max{};
};
inline constexpr Duration kCpuSlack = std::chrono::milliseconds(1);

CpuMark MarkCpu();
// CPU time used since: the real time when that was short, else exact but for the mark's slack, in
// favour of the one who used it.
Duration CpuSince(const CpuMark& mark);

}  // namespace terrella::runtime
