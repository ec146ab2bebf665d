#include "edge_node/runtime/turn_tasks.h"

#include <gtest/gtest.h>

#include <vector>

namespace terrella::runtime {
namespace {

double now_s = 0;

class Note final : public v8::Task {
 public:
  Note(std::vector<int>& log, int number) : log_(log), number_(number) {}
  void Run() override { log_.push_back(number_); }

 private:
  std::vector<int>& log_;
  const int number_;
};

class TurnTasksTest : public ::testing::Test {
 protected:
  void RunDue() {
    while (auto task = tasks.Take()) task->Run();
  }
  std::vector<int> log;
  TurnTasks tasks{[] { return now_s; }};
};

TEST_F(TurnTasksTest, RunsInOrderAndDelayedOnesInTheirTime) {
  EXPECT_FALSE(tasks.waiting());
  tasks.PostDelayedTask(std::make_unique<Note>(log, 4), 2);
  tasks.PostDelayedTask(std::make_unique<Note>(log, 3), 1);
  tasks.PostTask(std::make_unique<Note>(log, 1));
  tasks.PostNonNestableTask(std::make_unique<Note>(log, 2));
  EXPECT_TRUE(tasks.waiting());
  RunDue();
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
  EXPECT_TRUE(tasks.waiting());
  now_s += 3;
  RunDue();
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_FALSE(tasks.waiting());
}

TEST_F(TurnTasksTest, TakesNothingAfterItWasClosed) {
  tasks.PostTask(std::make_unique<Note>(log, 1));
  tasks.PostDelayedTask(std::make_unique<Note>(log, 2), 0);
  tasks.Close();
  tasks.PostTask(std::make_unique<Note>(log, 3));
  RunDue();
  EXPECT_TRUE(log.empty());
  EXPECT_FALSE(tasks.waiting());
}

}  // namespace
}  // namespace terrella::runtime
