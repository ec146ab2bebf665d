#include "edge_node/shard/load_meter.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;

// Works for `work` and rests for `rest`, again and again, for half a second.
double LoadOf(Duration work, Duration rest) {
  EventLoop loop;
  LoadMeter meter(loop);
  double load = 0;
  const MonotonicTime end = loop.Now() + milliseconds(500);
  Timer timer(loop, [&] {
    const MonotonicTime until = loop.Now() + work;
    while (loop.Now() < until) {
    }
    if (loop.Now() < end) return timer.Start(rest);
    load = meter.Take();
    loop.Stop();
  });
  timer.Start(rest);
  loop.Run();
  return load;
}

TEST(LoadMeterTest, ALoopThatWaitsIsIdleAndOneThatWorksIsFull) {
  const double idle = LoadOf(Duration::zero(), milliseconds(50));
  const double half = LoadOf(milliseconds(20), milliseconds(20));
  const double full = LoadOf(milliseconds(20), Duration::zero());
  EXPECT_LT(idle, 0.3);
  EXPECT_GT(half, idle);
  EXPECT_GT(full, half);
  EXPECT_GT(full, 0.9);
}

}  // namespace
}  // namespace terrella::edge
