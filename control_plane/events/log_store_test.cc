#include "control_plane/events/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_folder.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LogStoreTest : public ::testing::Test {
 protected:
  LogStoreTest() {
    clock_.Advance(std::chrono::hours(1000));
    Open({});
  }
  void Open(const LogLimits& limits) {
    store_.reset();
    store_ = std::make_unique<LogStore>(
        LogStore::Open(folder_.path() / "logs.db", clock_, limits).value());
  }
  int64_t NowMs() const { return static_cast<int64_t>(ToMs(clock_.WallNow().time_since_epoch())); }
  // A request of now.
  v1::TailEvent Event(std::string ray, std::string script = "shop") {
    v1::TailEvent event;
    event.set_script(std::move(script));
    event.set_ray(std::move(ray));
    event.set_outcome("ok");
    event.set_url("http://shop/" + event.ray());
    event.set_unix_ms(NowMs());
    return event;
  }
  void Keep(v1::TailEvent event) {
    ASSERT_TRUE(store_->Append({.events = {std::move(event)}, .missed = {}}).ok());
  }
  std::vector<std::string> Rays(const v1::TailHistoryRequest& request) {
    std::vector<std::string> rays;
    const v1::TailHistoryResponse page = store_->Query(request).value();
    for (const v1::TailEvent& event : page.events()) rays.push_back(event.ray());
    return rays;
  }
  static v1::TailHistoryRequest Of(std::string script = "shop") {
    v1::TailHistoryRequest request;
    request.set_script(std::move(script));
    return request;
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, TheNewestComesFirstAndScriptsAreApart) {
  Keep(Event("1"));
  clock_.Advance(std::chrono::seconds(1));
  Keep(Event("2"));
  Keep(Event("x", "other"));
  v1::TailEvent late = Event("0");  // it began before the others, and was told of last
  late.set_unix_ms(NowMs() - 5000);
  Keep(late);
  EXPECT_THAT(Rays(Of()), ElementsAre("2", "1", "0"));
  Open({});
  EXPECT_THAT(Rays(Of()), ElementsAre("2", "1", "0")) << "after a restart";
  EXPECT_THAT(Rays(Of("other")), ElementsAre("x"));
}

TEST_F(LogStoreTest, ASpanHasItsBeginningAndNotItsEnd) {
  const int64_t began_ms = NowMs();
  for (const char* ray : {"0", "1", "2", "3"}) {
    Keep(Event(ray));
    clock_.Advance(std::chrono::seconds(1));
  }
  v1::TailHistoryRequest request = Of();
  request.set_since_unix_ms(began_ms + 1000);
  request.set_until_unix_ms(began_ms + 3000);
  EXPECT_THAT(Rays(request), ElementsAre("2", "1"));
}

TEST_F(LogStoreTest, PagesFollowEachOtherWithoutGapAlsoWithinOneMoment) {
  for (int i = 0; i < 7; ++i) Keep(Event(std::to_string(i)));
  v1::TailHistoryRequest request = Of();
  request.set_limit(3);
  std::vector<std::string> rays;
  for (int pages = 1;; ++pages) {
    const v1::TailHistoryResponse page = store_->Query(request).value();
    for (const v1::TailEvent& event : page.events()) rays.push_back(event.ray());
    if (!page.has_next()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    *request.mutable_before() = page.next();
  }
  EXPECT_THAT(rays, ElementsAre("6", "5", "4", "3", "2", "1", "0"));
  request.set_limit(1001);
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Query(request).status()));
}

TEST_F(LogStoreTest, ASearchThatFindsLittleSaysWhereItStopped) {
  Open({.page_looked_at_max = 3});
  for (int i = 0; i < 5; ++i) Keep(Event(std::to_string(i)));
  v1::TailHistoryRequest request = Of();
  request.mutable_filter()->set_search("shop/0");
  const v1::TailHistoryResponse first = store_->Query(request).value();
  EXPECT_THAT(first.events(), IsEmpty());
  ASSERT_TRUE(first.has_next());
  *request.mutable_before() = first.next();
  EXPECT_THAT(Rays(request), ElementsAre("0"));
  EXPECT_FALSE(store_->Query(request)->has_next());
}

TEST_F(LogStoreTest, FiltersAreThoseOfATail) {
  v1::TailEvent bad = Event("bad");
  bad.set_outcome("exception");
  bad.set_pop("FRA");
  bad.set_status(500);
  bad.set_method("POST");
  bad.set_version_id("abcdef");
  bad.add_exceptions()->set_message("no stock");
  Keep(bad);
  v1::TailEvent good = Event("good");
  good.set_method("GET");
  good.set_pop("LOS");
  good.add_logs()->set_text("sold");
  Keep(good);
  const auto found = [&](auto set) {
    v1::TailHistoryRequest request = Of();
    set(*request.mutable_filter());
    return Rays(request);
  };
  EXPECT_THAT(found([](auto& f) { f.add_outcomes("error"); }), ElementsAre("bad"));
  EXPECT_THAT(found([](auto& f) { f.add_outcomes("ok"); }), ElementsAre("good"));
  EXPECT_THAT(found([](auto& f) { f.add_pops("fra"), f.add_pops("NRT"); }), ElementsAre("bad"));
  EXPECT_THAT(found([](auto& f) { f.add_statuses(500); }), ElementsAre("bad"));
  EXPECT_THAT(found([](auto& f) { f.add_version_ids("abc"); }), ElementsAre("bad"));
  EXPECT_THAT(found([](auto& f) { f.add_methods("GET"); }), ElementsAre("good"));
  EXPECT_THAT(found([](auto& f) { f.set_search("stock"); }), ElementsAre("bad"));
  EXPECT_THAT(found([](auto& f) { f.set_search("sold"); }), ElementsAre("good"));
  EXPECT_THAT(found([](auto& f) { f.add_pops("FRA"), f.set_search("sold"); }), IsEmpty());
}

TEST_F(LogStoreTest, BytesAreBoundedAndTheOldestGo) {
  Open({.bytes_max = 5000});
  std::string text(1000, 'x');
  for (int i = 0; i < 20; ++i) {
    v1::TailEvent event = Event(std::to_string(i));
    event.add_logs()->set_text(text);
    Keep(event);
    EXPECT_LE(store_->bytes(), 5000u);
  }
  EXPECT_THAT(Rays(Of()), ElementsAre("19", "18", "17", "16"));
  const uint64_t bytes = store_->bytes();
  Open({.bytes_max = 5000});
  EXPECT_EQ(store_->bytes(), bytes) << "counted anew";
}

TEST_F(LogStoreTest, ManySmallEventsMakeRoomForAFewLargeOnes) {
  Open({.bytes_max = 200'000});
  LogBatch small;
  for (int i = 0; i < 6000; ++i) small.events.push_back(Event(std::to_string(i)));
  ASSERT_TRUE(store_->Append(small).ok());
  EXPECT_GT(store_->bytes(), 190'000u);
  for (int i = 0; i < 10; ++i) {
    v1::TailEvent large = Event("large");
    large.add_logs()->set_text(std::string(10'000, 'x'));
    Keep(large);
    EXPECT_LE(store_->bytes(), 200'000u);
  }
}

TEST_F(LogStoreTest, WhatWasMissedIsAddedUp) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store_->Append({.events = {}, .missed = {{"shop", 3}, {"other", 1}}}).ok());
    clock_.Advance(std::chrono::milliseconds(200));
  }
  EXPECT_EQ(store_->Query(Of())->missed(), 300u);
  v1::TailHistoryRequest request = Of();
  request.set_since_unix_ms(NowMs() + 10'000);
  EXPECT_EQ(store_->Query(request)->missed(), 0u);
}

TEST_F(LogStoreTest, AnEventOfTheFutureIsOfNow) {
  v1::TailEvent event = Event("ahead");
  event.set_unix_ms(NowMs() + 1'000'000);
  Keep(event);
  clock_.Advance(std::chrono::milliseconds(1));
  Keep(Event("now"));
  EXPECT_THAT(Rays(Of()), ElementsAre("now", "ahead"));
}

TEST_F(LogStoreTest, WhatIsTooOldIsNotShownAndGoes) {
  Open({.age_max = std::chrono::hours(1)});
  Keep(Event("old"));
  ASSERT_TRUE(store_->Append({.events = {}, .missed = {{"shop", 3}}}).ok());
  EXPECT_EQ(store_->Query(Of())->missed(), 3u);
  clock_.Advance(std::chrono::hours(2));
  EXPECT_THAT(Rays(Of()), IsEmpty());
  EXPECT_EQ(store_->Query(Of())->missed(), 0u);
  Keep(Event("new"));
  Open({});
  EXPECT_THAT(Rays(Of()), ElementsAre("new"));
}

}  // namespace
}  // namespace terrella::control
