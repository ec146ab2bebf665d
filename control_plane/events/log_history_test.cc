#include "control_plane/events/log_history.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temp_folder.h"

namespace terrella::control {
namespace {

class LogHistoryTest : public ::testing::Test {
 protected:
  static v1::TailEvent Event(size_t bytes = 10) {
    v1::TailEvent event;
    event.set_script("shop");
    event.add_sessions("kept/shop/v1");
    event.set_unix_ms(static_cast<int64_t>(ToMs(SystemClock().WallNow().time_since_epoch())));
    event.set_url(std::string(bytes, 'u'));
    return event;
  }
  absl::StatusOr<v1::TailHistoryResponse> Ask(LogHistory& history) {
    v1::TailHistoryRequest request;
    request.set_script("shop");
    request.set_limit(1000);
    std::optional<absl::StatusOr<v1::TailHistoryResponse>> answer;
    history.Query(request, [&](auto given) {
      answer = std::move(given);
      loop_.Stop();
    });
    if (!answer) loop_.Run();
    return *answer;
  }

  TempFolder folder_;
  SystemClock clock_;
  EventLoop loop_;
};

TEST_F(LogHistoryTest, WhatWasKeptIsFoundAndWhatWasMissedIsCounted) {
  LogHistory history(loop_, clock_, folder_.path() / "logs.db");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "logs.db")) << "nobody needs it yet";
  for (int i = 0; i < 100; ++i) history.Keep(Event());
  history.Miss("shop", 7);
  const auto answer = Ask(history);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->events_size(), 100);
  EXPECT_TRUE(answer->events(0).sessions().empty());
  EXPECT_EQ(answer->missed(), 7u);
}

TEST_F(LogHistoryTest, EveryEventIsKeptOrCountedHoweverSlowTheDiskIs) {
  LogHistory history(loop_, clock_, folder_.path() / "logs.db", {.events_max = 10});
  for (int i = 0; i < 1000; ++i) history.Keep(Event());
  const auto answer = Ask(history);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(static_cast<uint64_t>(answer->events_size()) + answer->missed(), 1000u);
}

TEST_F(LogHistoryTest, TheLastEventsAreOnTheDiskWhenItEnds) {
  {
    LogHistory history(loop_, clock_, folder_.path() / "logs.db");
    history.Keep(Event());
  }
  LogHistory history(loop_, clock_, folder_.path() / "logs.db");
  EXPECT_EQ(Ask(history)->events_size(), 1);
}

TEST_F(LogHistoryTest, AFileThatIsNoneIsAnErrorOfWhoAsks) {
  std::ofstream(folder_.path() / "logs.db") << std::string(5000, '#');
  LogHistory history(loop_, clock_, folder_.path() / "logs.db", {.reopen_every = Duration(0)});
  history.Keep(Event());
  EXPECT_FALSE(Ask(history).ok());
  // Once it may be one, events are kept again, and what was not is counted.
  std::filesystem::remove(folder_.path() / "logs.db");
  history.Keep(Event());
  const auto answer = Ask(history);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->events_size(), 1);
  EXPECT_EQ(answer->missed(), 1u);
}

}  // namespace
}  // namespace terrella::control
