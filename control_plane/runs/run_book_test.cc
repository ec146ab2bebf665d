#include "control_plane/runs/run_book.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/status.h"

namespace terrella::control {
namespace {

v1::PublishRunRequest Word(char id, std::string report = "") {
  v1::PublishRunRequest request;
  request.mutable_run()->set_id(std::string(32, id));
  request.mutable_run()->set_name(std::string("run ") + id);
  request.set_report_html(std::move(report));
  return request;
}

class RunBookTest : public testing::Test {
 protected:
  v1::RunList Now() {
    v1::RunList out;
    book_.StopWatching(book_.Watch([&](auto list) { out = *list; }));
    return out;
  }
  SystemClock clock_;
  RunBook book_{
      clock_,
      {.runs_max = 3, .run_bytes_max = 1000, .report_bytes_max = 10, .reports_bytes_max = 15}};
};

TEST_F(RunBookTest, AWordReplacesTheOneBeforeAndTheNewestRunIsFirst) {
  ASSERT_TRUE(book_.Publish(Word('a')).ok());
  ASSERT_TRUE(book_.Publish(Word('b')).ok());
  v1::PublishRunRequest again = Word('a');
  again.mutable_run()->set_elapsed_s(3);
  ASSERT_TRUE(book_.Publish(again).ok());
  const v1::RunList list = Now();
  ASSERT_EQ(list.runs_size(), 2);
  EXPECT_EQ(list.runs(0).name(), "run b");
  EXPECT_EQ(list.runs(1).elapsed_s(), 3);
  EXPECT_GT(list.runs(1).started_unix_ms(), 0);
}

TEST_F(RunBookTest, WhoWatchesIsNotToldWhatLetsOneSpeakForTheRun) {
  ASSERT_TRUE(book_.Publish(Word('a')).ok());
  v1::PublishRunRequest forged = Word('x');
  forged.mutable_run()->set_id(Now().runs(0).id());
  EXPECT_NE(forged.run().id(), std::string(32, 'a'));
  ASSERT_TRUE(book_.Publish(forged).ok());
  const v1::RunList list = Now();
  ASSERT_EQ(list.runs_size(), 2);
  EXPECT_EQ(list.runs(1).name(), "run a");
  EXPECT_EQ(list.runs(1).id(), forged.run().id()) << "the same in every list";
}

TEST_F(RunBookTest, RefusesNumbersThatJsonDoesNotHave) {
  for (const double number :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    std::vector<v1::PublishRunRequest> words(7, Word('a'));
    words[0].mutable_run()->set_duration_s(number);
    words[1].mutable_run()->set_elapsed_s(number);
    words[2].mutable_run()->add_timeline()->set_at_s(number);
    words[3].mutable_run()->mutable_total()->set_p50_ms(number);
    words[4].mutable_run()->mutable_total()->set_p95_ms(number);
    words[5].mutable_run()->add_regions()->set_p50_ms(number);
    words[6].mutable_run()->add_regions()->set_p95_ms(number);
    for (const v1::PublishRunRequest& word : words) {
      EXPECT_EQ(book_.Publish(word).status().code(), absl::StatusCode::kInvalidArgument)
          << word.ShortDebugString();
    }
  }
  EXPECT_EQ(Now().runs_size(), 0);
}

TEST_F(RunBookTest, WatchersHearOfEveryChangeUntilTheyStop) {
  int heard = 0;
  const uint64_t watcher = book_.Watch([&](auto) { ++heard; });
  ASSERT_TRUE(book_.Publish(Word('a')).ok());
  EXPECT_EQ(heard, 2);
  book_.StopWatching(watcher);
  ASSERT_TRUE(book_.Publish(Word('a')).ok());
  EXPECT_EQ(heard, 2);
}

TEST_F(RunBookTest, WhoWatchesHearsThatTheBookIsClosed) {
  int ends = 0;
  const auto count = [&](std::shared_ptr<const v1::RunList> list) { ends += list == nullptr; };
  book_.Watch(count);
  book_.Close();
  EXPECT_EQ(ends, 1);
  book_.Watch(count);
  EXPECT_EQ(ends, 2) << "who comes later";
}

TEST_F(RunBookTest, AReportIsFoundByItsPathAloneWhichNobodySets) {
  v1::PublishRunRequest word = Word('a', "<html>");
  word.mutable_run()->set_report_path("/app.js");
  const auto published = book_.Publish(word);
  ASSERT_TRUE(published.ok());
  const std::string path = published->report_path();
  EXPECT_TRUE(path.starts_with("/runs/"));
  EXPECT_EQ(path.find(std::string(32, 'a')), std::string::npos) << "the id is known to who watches";
  EXPECT_EQ(*book_.Report(path), "<html>");
  for (const char* other : {"/runs/", "/app.js", "", "/runs/0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(book_.Report(other), nullptr) << other;
  }
  EXPECT_EQ(book_.Publish(Word('a'))->report_path(), path) << "a later word keeps it";
}

TEST_F(RunBookTest, TheOldestRunsAndReportsAreForgotten) {
  const std::string first = book_.Publish(Word('a', "12345678"))->report_path();
  const std::string second = book_.Publish(Word('b', "12345678"))->report_path();
  EXPECT_EQ(book_.Report(first), nullptr);
  EXPECT_NE(book_.Report(second), nullptr);
  EXPECT_EQ(Now().runs(1).report_path(), "");
  for (const char id : {'c', 'd', 'e'}) ASSERT_TRUE(book_.Publish(Word(id)).ok());
  EXPECT_EQ(Now().runs_size(), 3);
  EXPECT_EQ(book_.Report(second), nullptr);
}

TEST_F(RunBookTest, RefusesWhatIsNoRunAndWhatIsTooMuch) {
  const auto code = [&](const v1::PublishRunRequest& request) {
    return book_.Publish(request).status().code();
  };
  v1::PublishRunRequest word = Word('g');
  EXPECT_EQ(code(word), absl::StatusCode::kInvalidArgument);
  word = Word('a');
  word.mutable_run()->set_name(std::string(2000, 'x'));
  EXPECT_EQ(code(word), absl::StatusCode::kInvalidArgument);
  word = Word('a');
  for (int i = 0; i < 8; ++i) word.mutable_run()->add_regions();
  EXPECT_EQ(code(word), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Word('a', "12345678901")), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Now().runs_size(), 0);
}

}  // namespace
}  // namespace terrella::control
