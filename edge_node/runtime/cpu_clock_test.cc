#include "edge_node/runtime/cpu_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace terrella::runtime {
namespace {

using namespace std::chrono_literals;

void Burn(Duration cpu) {
  Duration end = ThreadCpuTime() + cpu;
  while (ThreadCpuTime() < end) {
  }
}

TEST(CpuClock, AMarkIsNeverBelowTheThreadsTimeAndHardlyAbove) {
  for (int i = 0; i < 2000; ++i) {
    Duration before = ThreadCpuTime();
    CpuMark mark = MarkCpu();
    EXPECT_GE(mark.cpu_max, before);
    EXPECT_LE(mark.cpu_max, ThreadCpuTime() + kCpuSlack);
    if (i % 500 == 0) std::this_thread::sleep_for(3ms);
  }
}

TEST(CpuClock, ChargesWorkButNotSleep) {
  CpuMark mark = MarkCpu();
  Burn(5ms);
  std::this_thread::sleep_for(30ms);
  Duration used = CpuSince(mark);
  EXPECT_GE(used, 5ms - kCpuSlack);
  EXPECT_LT(used, 15ms);
}

TEST(CpuClock, ChargesAShortTurnItsRealTime) {
  Duration total{};
  for (int i = 0; i < 1000; ++i) {
    CpuMark mark = MarkCpu();
    Burn(20us);
    total += CpuSince(mark);
  }
  EXPECT_GE(total, 15ms);
}

TEST(CpuClock, IsAThreadsOwn) {
  Burn(20ms);
  MarkCpu();
  std::thread([] { EXPECT_LT(MarkCpu().cpu_max, 15ms); }).join();
}

}  // namespace
}  // namespace terrella::runtime
