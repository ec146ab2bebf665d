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

}  // namespace
}  // namespace terrella::net
