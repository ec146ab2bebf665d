// Goal: bytes come out whole, in order, and exactly when the path says.
#include "sim/ingress/delay_line.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace terrella::sim {
namespace {

using std::chrono::milliseconds;
const MonotonicTime kStart(std::chrono::seconds(100));
constexpr Duration kRtt = milliseconds(100);

TEST(DelayLine, DelaysByHalfARoundTripAfterTheHandshake) {
  DelayLine line({.line = {.rtt = kRtt, .ready_at = kStart + kRtt}});
  EXPECT_EQ(line.NextDue(), std::nullopt);
  line.Push(kStart, "GET");
  EXPECT_EQ(line.NextDue(), kStart + milliseconds(150));
  EXPECT_EQ(line.Pop(), "GET");
  line.Push(kStart + milliseconds(700), "again");
  EXPECT_EQ(line.NextDue(), kStart + milliseconds(750));
}

TEST(DelayLine, SpreadsALongAnswerOverTheRoundsOfSlowStart) {
  DelayLine line({.line = {.rtt = kRtt}});
  line.Push(kStart, std::string(50'000, 'x'));  // 14,600 + 29,200 + 6,200
  const Duration expected[] = {milliseconds(50), milliseconds(150), milliseconds(250)};
  const size_t sizes[] = {14'600, 29'200, 6'200};
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(*line.NextDue() - kStart, expected[round]);
    EXPECT_EQ(line.Pop().size(), sizes[round]);
  }
  EXPECT_EQ(line.NextDue(), std::nullopt);
  EXPECT_EQ(line.held_bytes(), 0u);
}

TEST(DelayLine, EndsAfterTheLastByte) {
  DelayLine line({.line = {.rtt = kRtt}});
  line.Push(kStart, std::string(20'000, 'x'));
  line.PushEnd(kStart, DelayLine::End::kFin);
  line.Pop();
  EXPECT_EQ(*line.NextDue() - kStart, milliseconds(150));
  line.Pop();
  EXPECT_TRUE(line.ended());
  EXPECT_FALSE(line.has_bytes());
  EXPECT_EQ(line.end(), DelayLine::End::kFin);
  EXPECT_EQ(*line.NextDue() - kStart, milliseconds(150));
  line.TakeEnd();
  EXPECT_EQ(line.NextDue(), std::nullopt);
}

TEST(DelayLine, CountsWhatItHolds) {
  size_t in_all = 0;
  {
    DelayLine one({.line = {.rtt = kRtt}, .held_in_all = &in_all}), other({.held_in_all = &in_all});
    one.Push(kStart, std::string(20'000, 'x'));
    other.Push(kStart, "y");
    EXPECT_EQ(one.held_bytes(), 20'000u);
    EXPECT_EQ(in_all, 20'001u);
    one.Pop();
    EXPECT_EQ(in_all, 20'001u - 14'600u);
  }
  EXPECT_EQ(in_all, 0u);
}

TEST(DelayLine, KeepsOrderAndContentUnderJitter) {
  CounterRandom random(5);
  int draws = 0;
  DelayLine line({.line = {.rtt = kRtt}, .draw_jitter = [&] {
                    ++draws;
                    return FromMs(random.Exponential(80));
                  }});
  std::string sent, received;
  MonotonicTime now = kStart, last{};
  for (int i = 0; i < 2000; ++i) {
    now += FromMs(random.Exponential(5));
    std::string piece(1 + random.Below(2000), static_cast<char>('a' + i % 26));
    sent += piece;
    line.Push(now, piece);
    while (line.has_bytes() && *line.NextDue() <= now) {
      EXPECT_GE(*line.NextDue(), last);
      last = *line.NextDue();
      received += line.Pop();
    }
  }
  while (line.has_bytes()) received += line.Pop();
  EXPECT_EQ(received, sent);
  // Ten seconds of a hundred round trips: one draw each, not one a piece.
  EXPECT_GT(draws, 30);
  EXPECT_LT(draws, 130);
}

}  // namespace
}  // namespace terrella::sim
