// Goal: a burst leaves in as many rounds as TransferModel counts, and silence forgets the window.
#include "sim/net/send_window.h"

#include <gtest/gtest.h>

#include "sim/net/transfer_model.h"

namespace terrella::net {
namespace {

using std::chrono::milliseconds;
constexpr Duration kRtt = milliseconds(100);
const MonotonicTime kStart(std::chrono::seconds(5));

MonotonicTime LastDeparture(SendWindow& window, MonotonicTime now, size_t bytes) {
  MonotonicTime last{};
  while (bytes > 0) {
    SendWindow::Departure departure = window.Take(now, bytes);
    EXPECT_GT(departure.bytes, 0u);
    EXPECT_GE(departure.at, last);
    last = departure.at;
    bytes -= departure.bytes;
  }
  return last;
}

TEST(SendWindow, SendsABurstInTheRoundsOfTheTransferModel) {
  for (size_t bytes = 1; bytes < 400'000; bytes = bytes * 4 / 3 + 1) {
    SendWindow window(kRtt, {});
    EXPECT_EQ(LastDeparture(window, kStart, bytes) - kStart, SlowStartRoundTrips(bytes) * kRtt)
        << bytes;
  }
}

TEST(SendWindow, CountsPiecesOfABurstTogether) {
  SendWindow window(kRtt, {});
  MonotonicTime last{};
  for (int piece = 0; piece < 50; ++piece) last = LastDeparture(window, kStart, 1000);
  EXPECT_EQ(last - kStart, SlowStartRoundTrips(50'000) * kRtt);
}

TEST(SendWindow, KeepsAnOpenedWindowAndForgetsItAfterSilence) {
  SendWindow window(kRtt, {});
  LastDeparture(window, kStart, 3 * 14'600);
  MonotonicTime soon = kStart + milliseconds(300);
  EXPECT_EQ(LastDeparture(window, soon, 4 * 14'600), soon);
  MonotonicTime late = soon + milliseconds(301);
  EXPECT_EQ(LastDeparture(window, late, 14'601) - late, kRtt);
}

TEST(SendWindow, DoesNotOpenForASenderThatNeverFillsIt) {
  SendWindow window(kRtt, {});
  for (int i = 0; i < 20; ++i) LastDeparture(window, kStart + i * kRtt, 100);
  EXPECT_EQ(window.window_bytes(), 14'600u);
}

TEST(SendWindow, IsBounded) {
  SendWindow window(kRtt, {.bytes_max = 20'000});
  MonotonicTime last = LastDeparture(window, kStart, 14'600 + 10 * 20'000);
  EXPECT_EQ(last - kStart, 10 * kRtt);
}

TEST(SendWindow, HalvesOnLossAndThenGrowsByASegmentARound) {
  SendWindow window(kRtt, {});
  LastDeparture(window, kStart, 7 * 14'600);  // three rounds: 1, 2 and 4 windows
  EXPECT_EQ(window.window_bytes(), 4 * 14'600u);
  window.OnLoss();  // RFC 5681 section 3.2: half of what was under way
  EXPECT_EQ(window.window_bytes(), 2 * 14'600u);
  LastDeparture(window, kStart, 2 * 14'600 + 1'460);
  EXPECT_EQ(window.window_bytes(), 2 * 14'600u + 1'460);  // RFC 5681 section 3.1
  LastDeparture(window, kStart, 2 * 14'600 + 2'920);
  EXPECT_EQ(window.window_bytes(), 2 * 14'600u + 2'920);
}

TEST(SendWindow, StandsStillUntilATimeoutAndBeginsWithOneSegment) {
  SendWindow window(kRtt, {});
  LastDeparture(window, kStart, 14'600);
  window.OnTimeout(milliseconds(1'000));
  const SendWindow::Departure next = window.Take(kStart, 50'000);
  EXPECT_EQ(next.at, kStart + milliseconds(1'000));
  EXPECT_EQ(next.bytes, 1'460u);  // RFC 5681 section 3.1: the loss window
  EXPECT_EQ(window.Take(kStart, 50'000).bytes, 2 * 1'460u);  // doubling up to half
  EXPECT_EQ(window.Take(kStart, 50'000).bytes, 4 * 1'460u);
  EXPECT_EQ(window.Take(kStart, 50'000).bytes, 7'300u);
  EXPECT_EQ(window.Take(kStart, 50'000).bytes, 7'300u + 1'460);
}

TEST(SendWindow, BeginsWithTwoDatagramsAfterPersistentCongestionOfQuic) {
  SendWindow window(milliseconds(100),
                    {.initial_bytes = 12'000,
                     .segment_bytes = SegmentBytes(Transport::kQuic),
                     .loss_window_segments = LossWindowSegments(Transport::kQuic)});
  EXPECT_EQ(window.Take(MonotonicTime{}, 50'000).bytes, 12'000u);
  window.OnTimeout(milliseconds(1'000));
  EXPECT_EQ(window.Take(MonotonicTime{}, 50'000).bytes, 2'400u) << "RFC 9002 section 7.6.2";
}

}  // namespace
}  // namespace terrella::net
