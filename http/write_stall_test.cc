#include "http/write_stall.h"

#include <gtest/gtest.h>

namespace terrella::http {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime At(Duration since_start) {
  return MonotonicTime(since_start);
}

MonotonicTime NextDue(WriteStall& stall, MonotonicTime now, size_t queue_bytes, Duration allowed) {
  ManualClock clock;
  clock.Advance(now - clock.Now());
  return stall.NextDue(clock, queue_bytes, allowed);
}

TEST(WriteStall, RunsOnlyWhileBytesWait) {
  WriteStall stall;
  EXPECT_EQ(NextDue(stall, At(0s), 0, 5s), MonotonicTime::max());
  stall.Sent(100);
  EXPECT_EQ(NextDue(stall, At(1s), 100, 5s), At(6s));
  EXPECT_EQ(NextDue(stall, At(3s), 40, 5s), At(6s)) << "not moved by every write";
  EXPECT_EQ(NextDue(stall, At(4s), 0, 5s), MonotonicTime::max());
  EXPECT_FALSE(stall.Expired(At(60s), 0));
}

TEST(WriteStall, ASlowPeerIsNoStall) {
  WriteStall stall;
  stall.Sent(100);
  EXPECT_EQ(NextDue(stall, At(0s), 100, 5s), At(5s));
  EXPECT_FALSE(stall.Expired(At(5s), 99));
  EXPECT_EQ(NextDue(stall, At(5s), 99, 5s), At(10s));
  EXPECT_FALSE(stall.Expired(At(9s), 99)) << "before its time";
  EXPECT_TRUE(stall.Expired(At(10s), 99));
}

TEST(WriteStall, NewBytesAreNotProgress) {
  WriteStall stall;
  stall.Sent(10);
  NextDue(stall, At(0s), 10, 5s);
  stall.Sent(10);
  NextDue(stall, At(1s), 20, 5s);
  EXPECT_TRUE(stall.Expired(At(5s), 20));
}

}  // namespace
}  // namespace terrella::http
