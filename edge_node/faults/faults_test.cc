// Goal: a slow disk holds up whoever reads, for as long as was said and no longer than the disk is
// slow; a skewed clock is wrong by what was said; both are set by signals that carry a number, and
// by no others. Method: real time in tens of milliseconds, and the signals sent to this process.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <thread>

#include "base/event_loop.h"
#include "edge_node/faults/fault_signals.h"
#include "edge_node/faults/node_faults.h"

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration TimeOf(const std::function<void()>& work) {
  const SystemClock clock;
  const MonotonicTime began = clock.Now();
  work();
  return clock.Now() - began;
}

TEST(DiskPace, HoldsUpWhoeverReadsForAsLongAsWasSaid) {
  DiskPace pace;
  EXPECT_LT(TimeOf([&] { pace.Wait(); }), milliseconds(30));
  pace.SetDelay(milliseconds(50));
  EXPECT_GE(TimeOf([&] { pace.Wait(); }), milliseconds(50));
  WaitFor(nullptr);
}

TEST(DiskPace, WhoWaitsWhenItIsQuickAgainGoesOn) {
  DiskPace pace;
  pace.SetDelay(DiskPace::kDelayMax);
  std::jthread quick([&] {
    std::this_thread::sleep_for(milliseconds(30));
    pace.SetDelay(Duration(0));
  });
  EXPECT_LT(TimeOf([&] { pace.Wait(); }), seconds(5));
}

TEST(SkewedClock, IsWrongByWhatWasSaidAndItsDurationsAreRight) {
  SkewedClock clock;
  const SystemClock machine;
  clock.SetSkew(-seconds(300));
  EXPECT_LT(std::chrono::abs(machine.WallNow() - clock.WallNow() - seconds(300)), seconds(5));
  EXPECT_LT(std::chrono::abs(clock.Now() - machine.Now()), seconds(5));
  clock.SetSkew(Duration(0));
  EXPECT_LT(std::chrono::abs(machine.WallNow() - clock.WallNow()), seconds(5));
}

class FaultSignalsTest : public testing::Test {
 protected:
  void SetUp() override {
    FaultSignals::Block();
    signals_ = std::make_unique<FaultSignals>(loop_, faults_);
  }
  void TearDown() override {
    signals_.reset();
    loop_.RunOnce();
  }
  void Send(int signal, int ms) {
    ASSERT_EQ(sigqueue(getpid(), signal, {.sival_int = ms}), 0);
    loop_.RunOnce();
  }

  EventLoop loop_;
  NodeFaults faults_;
  std::unique_ptr<FaultSignals> signals_;
};

TEST_F(FaultSignalsTest, SetBothInMilliseconds) {
  Send(SIGRTMIN + 1, 200);
  EXPECT_EQ(faults_.disk.delay(), milliseconds(200));
  Send(SIGRTMIN + 2, -90'000);
  EXPECT_EQ(faults_.clock.skew(), -seconds(90));
  Send(SIGRTMIN + 1, 0);
  Send(SIGRTMIN + 2, 0);
  EXPECT_FALSE(faults_.disk.is_slow());
  EXPECT_EQ(faults_.clock.skew(), Duration(0));
}

TEST_F(FaultSignalsTest, ReachTheThreadOfTheLoopWhileItWaits) {
  Send(SIGRTMIN + 1, 10'000);
  ASSERT_EQ(sigqueue(getpid(), SIGRTMIN + 1, {.sival_int = 0}), 0);
  EXPECT_LT(TimeOf([&] { faults_.disk.Wait(); }), seconds(5));
}

TEST_F(FaultSignalsTest, ChangeNothingBeyondTheirRange) {
  Send(SIGRTMIN + 1, 70);
  Send(SIGRTMIN + 2, 80);
  Send(SIGRTMIN + 1, -1);
  Send(SIGRTMIN + 1, 10'001);
  Send(SIGRTMIN + 2, 3'600'001);
  Send(SIGRTMIN + 2, -3'600'001);
  EXPECT_EQ(faults_.disk.delay(), milliseconds(70));
  EXPECT_EQ(faults_.clock.skew(), milliseconds(80));
}

TEST_F(FaultSignalsTest, ChangeNothingWithoutANumber) {
  Send(SIGRTMIN + 1, 70);
  ASSERT_EQ(kill(getpid(), SIGRTMIN + 1), 0);
  loop_.RunOnce();
  EXPECT_EQ(faults_.disk.delay(), milliseconds(70));
}

}  // namespace
}  // namespace terrella::edge
