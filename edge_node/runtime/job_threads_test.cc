#include "edge_node/runtime/job_threads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "edge_node/runtime/cpu_clock.h"

namespace terrella::runtime {
namespace {

constexpr Duration kPlenty = std::chrono::seconds(100);

// Runs the loop until `done` says so.
void RunUntil(EventLoop& loop, const std::function<bool()>& done) {
  for (int i = 0; i < 20'000 && !done(); ++i) {
    loop.RunOnce();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the core is the job's
  }
  ASSERT_TRUE(done());
}

TEST(JobThreads, RunJobsAndTellTheLoop) {
  JobThreads threads;
  EventLoop loop;
  JobQueue queue(threads, loop);
  std::vector<int> done;
  std::vector<std::unique_ptr<JobTicket>> tickets;
  for (int i = 0; i < 20; ++i) {
    auto result = std::make_shared<int>(0);
    tickets.push_back(
        queue.Start({.cpu_max = kPlenty,
                     .run = [result, i](WorkLimit) { *result = i; },
                     .done = [result, &done](Duration) { done.push_back(*result); }}));
    ASSERT_NE(tickets.back(), nullptr);
  }
  RunUntil(loop, [&] { return done.size() == 20; });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(done[static_cast<size_t>(i)], i) << "one after another";
}

TEST(JobThreads, StopAJobThatHasUsedUpItsTime) {
  JobThreads threads;
  EventLoop loop;
  JobQueue queue(threads, loop);
  std::optional<Duration> used;
  auto ticket = queue.Start({.cpu_max = std::chrono::milliseconds(5),
                             .run =
                                 [](WorkLimit limit) {
                                   while (!limit()) {
                                   }
                                 },
                             .done = [&](Duration cpu) { used = cpu; }});
  RunUntil(loop, [&] { return used.has_value(); });
  EXPECT_GE(*used, std::chrono::milliseconds(5));
  EXPECT_LT(*used, std::chrono::milliseconds(100));
}

TEST(JobThreads, DropAJobWithItsTicket) {
  JobThreads threads;
  EventLoop loop;
  JobQueue queue(threads, loop);
  auto endless = [](WorkLimit limit) {
    while (!limit()) {
    }
  };
  bool ran = false, told = false, last = false;
  auto running =
      queue.Start({.cpu_max = kPlenty, .run = endless, .done = [&](Duration) { told = true; }});
  auto waiting = queue.Start({.cpu_max = kPlenty,
                              .run = [&](WorkLimit) { ran = true; },
                              .done = [&](Duration) { told = true; }});
  auto after = queue.Start(
      {.cpu_max = kPlenty, .run = [](WorkLimit) {}, .done = [&](Duration) { last = true; }});
  waiting.reset();
  running.reset();
  RunUntil(loop, [&] { return last; });
  EXPECT_FALSE(ran);
  EXPECT_FALSE(told);
}

TEST(JobThreads, GoOnWithOtherQueuesWhileOneIsBusy) {
  JobThreads threads;
  EventLoop loop;
  JobQueue busy(threads, loop), other(threads, loop);
  std::vector<std::unique_ptr<JobTicket>> tickets;
  for (int i = 0; i < 10; ++i) {
    tickets.push_back(busy.Start({.cpu_max = kPlenty,
                                  .run =
                                      [](WorkLimit limit) {
                                        while (!limit()) {
                                        }
                                      },
                                  .done = [](Duration) {}}));
  }
  bool done = false;
  auto ticket = other.Start(
      {.cpu_max = kPlenty, .run = [](WorkLimit) {}, .done = [&](Duration) { done = true; }});
  RunUntil(loop, [&] { return done; });
}

TEST(JobThreads, TakeNoMoreThanAQueueHolds) {
  JobThreads threads;
  EventLoop loop;
  JobQueue queue(threads, loop);
  std::vector<std::unique_ptr<JobTicket>> tickets;
  size_t done = 0;
  for (size_t i = 0; i < JobQueue::kJobsMax; ++i) {
    tickets.push_back(queue.Start({.cpu_max = kPlenty,
                                   .run =
                                       [](WorkLimit limit) {
                                         while (!limit()) {
                                         }
                                       },
                                   .done = [&](Duration) { ++done; }}));
    ASSERT_NE(tickets.back(), nullptr);
  }
  EXPECT_EQ(queue.Start({.cpu_max = kPlenty, .run = [](WorkLimit) {}, .done = [](Duration) {}}),
            nullptr);
  tickets.clear();
}

TEST(JobThreads, OutliveAQueueWhoseJobRuns) {
  JobThreads threads;
  std::atomic<bool> started = false;
  {
    EventLoop loop;
    std::unique_ptr<JobTicket> ticket;
    JobQueue queue(threads, loop);
    ticket = queue.Start({.cpu_max = kPlenty,
                          .run =
                              [&](WorkLimit limit) {
                                started = true;
                                while (!limit()) {
                                }
                              },
                          .done = [](Duration) { FAIL() << "nobody to tell"; }});
    while (!started) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace
}  // namespace terrella::runtime
