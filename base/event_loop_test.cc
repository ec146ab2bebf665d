#include "base/event_loop.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace terrella {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, RunsPostedTasksInOrderAndFromOtherThreads) {
  EventLoop loop;
  std::vector<int> seen;
  std::thread poster([&] {
    for (int i = 0; i < 100; ++i) loop.Post([&seen, i] { seen.push_back(i); });
    loop.Post([&] { loop.Stop(); });
  });
  loop.Run();
  poster.join();
  ASSERT_EQ(seen.size(), 100u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

// One write wakes for all that wait: none may be left lying when senders and the loop meet.
TEST(EventLoop, RunsEveryTaskOfThreadsThatPostAtOnce) {
  constexpr int kThreads = 4, kTasks = 5000;
  EventLoop loop;
  int seen = 0;
  std::vector<std::thread> posters;
  for (int i = 0; i < kThreads; ++i) {
    posters.emplace_back([&] {
      for (int j = 0; j < kTasks; ++j) {
        loop.Post([&] {
          if (++seen == kThreads * kTasks) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(seen, kThreads * kTasks);
}

TEST(EventLoop, RunsDeferredTasksInOrderAndNotOnTopOfTheirCaller) {
  EventLoop loop;
  std::vector<int> seen;
  loop.Post([&] {
    loop.Defer([&] { seen.push_back(2); });
    loop.Defer([&] {
      seen.push_back(3);
      loop.Defer([&] {
        seen.push_back(4);
        loop.Stop();
      });
    });
    seen.push_back(1);
  });
  loop.Run();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
}

TEST(EventLoop, DoesNotWaitWhileSomethingIsDeferred) {
  EventLoop loop;
  loop.Defer([&] { loop.Stop(); });
  Timer late(loop, [&] { ADD_FAILURE() << "waited"; });
  late.Start(2s);
  loop.Run();
}

TEST(EventLoop, TimersFireInOrderOfTheirMoments) {
  EventLoop loop;
  std::vector<int> seen;
  Timer late(loop, [&] {
    seen.push_back(2);
    loop.Stop();
  });
  Timer early(loop, [&] { seen.push_back(1); });
  late.Start(4ms);
  early.Start(1ms);
  loop.Run();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(EventLoop, ATimerIsNeverEarly) {
  EventLoop loop;
  MonotonicTime fired{};
  Timer timer(loop, [&] {
    fired = loop.Now();
    loop.Stop();
  });
  MonotonicTime start = loop.Now();
  timer.Start(2500us);
  loop.Run();
  EXPECT_GE(fired - start, 2500us);
}

TEST(EventLoop, AStoppedOrDestroyedTimerDoesNotFire) {
  EventLoop loop;
  int fired = 0;
  Timer stopped(loop, [&] { ++fired; });
  auto destroyed = std::make_unique<Timer>(loop, [&] { ++fired; });
  Timer end(loop, [&] { loop.Stop(); });
  stopped.Start(1ms);
  destroyed->Start(1ms);
  end.Start(3ms);
  stopped.Stop();
  destroyed.reset();
  loop.Run();
  EXPECT_EQ(fired, 0);
}

TEST(EventLoop, ATimerMayDestroyOrRestartItselfInItsCallback) {
  EventLoop loop;
  std::unique_ptr<Timer> self;
  self = std::make_unique<Timer>(loop, [&] { self.reset(); });
  self->Start(1ms);
  int rounds = 0;
  Timer repeating(loop, [&] {
    if (++rounds == 3) {
      loop.Stop();
    } else {
      repeating.Start(1ms);
    }
  });
  repeating.Start(1ms);
  loop.Run();
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(self, nullptr);
}

TEST(EventLoop, AnEarlierTimerStartedLaterIsNotDelayedByALaterOne) {
  EventLoop loop;
  bool far_fired = false;
  Timer far(loop, [&] { far_fired = true; });
  Timer near(loop, [&] { loop.Stop(); });
  far.Start(10min);
  near.Start(1ms);
  loop.Run();
  EXPECT_FALSE(far_fired);
  EXPECT_TRUE(far.active());
}

}  // namespace
}  // namespace terrella
