#include "http/turn_end.h"

#include <gtest/gtest.h>

#include <chrono>

namespace terrella::http {
namespace {

class TurnEndTest : public ::testing::Test {
 protected:
  // Runs until something stops the loop; false when nothing did.
  bool Run() {
    bool late = false;
    Timer guard(loop_, [&] {
      late = true;
      loop_.Stop();
    });
    guard.Start(std::chrono::seconds(2));
    loop_.Run();
    return !late;
  }
  EventLoop loop_;
};

TEST_F(TurnEndTest, RunsOnceForManyCalls) {
  int runs = 0;
  TurnEnd end(loop_, [&] {
    ++runs;
    loop_.Stop();
  });
  loop_.Post([&] {
    end.Schedule();
    end.Schedule();
  });
  EXPECT_TRUE(Run());
  EXPECT_EQ(runs, 1);
}

TEST_F(TurnEndTest, OneScheduledByAnotherDoesNotWaitForTheNextEvent) {
  TurnEnd second(loop_, [&] { loop_.Stop(); });
  TurnEnd first(loop_, [&] { second.Schedule(); });
  loop_.Post([&] { first.Schedule(); });
  EXPECT_TRUE(Run());
}

TEST_F(TurnEndTest, OneMayScheduleItselfAgain) {
  int runs = 0;
  TurnEnd* self = nullptr;
  TurnEnd end(loop_, [&] { ++runs < 3 ? self->Schedule() : loop_.Stop(); });
  self = &end;
  loop_.Post([&] { end.Schedule(); });
  EXPECT_TRUE(Run());
  EXPECT_EQ(runs, 3);
}

TEST_F(TurnEndTest, ADestroyedOneDoesNotRun) {
  TurnEnd stop(loop_, [&] { loop_.Stop(); });
  auto gone = std::make_unique<TurnEnd>(loop_, [] { ADD_FAILURE(); });
  loop_.Post([&] {
    gone->Schedule();
    gone.reset();
    stop.Schedule();
  });
  EXPECT_TRUE(Run());
}

}  // namespace
}  // namespace terrella::http
