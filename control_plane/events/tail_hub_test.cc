#include "control_plane/events/tail_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

class TailHubTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Open(const v1::TailFilter& filter) {
    v1::TailRequest request;
    request.set_script("hello");
    *request.mutable_filter() = filter;
    return hub_.Open(request, [this](v1::TailItem item) { items_.push_back(std::move(item)); });
  }
  std::string Open() { return *Open(v1::TailFilter()); }

  int changes_ = 0;
  std::vector<v1::TailItem> items_;
  TailHub hub_{[this] { ++changes_; }, {.sessions_max = 2}};
};

TEST_F(TailHubTest, TheSetHasTheOpenSessionsAndNoOthers) {
  const std::string one = Open(), two = Open();
  EXPECT_NE(one, two);
  ASSERT_EQ(hub_.Set().filters_size(), 2);
  EXPECT_EQ(hub_.Set().filters(0).script(), "hello");
  EXPECT_GT(hub_.Set().ttl_ms(), 0);
  EXPECT_EQ(Open(v1::TailFilter()).status().code(), absl::StatusCode::kResourceExhausted);
  hub_.Close(one);
  hub_.Close(one);
  ASSERT_EQ(hub_.Set().filters_size(), 1);
  EXPECT_EQ(hub_.Set().filters(0).session(), two);
  hub_.Close(two);
  EXPECT_EQ(hub_.Set().filters_size(), 0);
  EXPECT_EQ(changes_, 4);
}

class Kept final : public TailHub::Keeper {
 public:
  void Keep(v1::TailEvent event) override { rays.push_back(event.ray()); }
  void Miss(const std::string& script, uint64_t events) override { missed[script] += events; }
  std::vector<std::string> rays;
  std::map<std::string, uint64_t> missed;
};

TEST_F(TailHubTest, WhatIsKeptIsAFilterThatNobodyWatches) {
  Kept kept;
  hub_.set_keeper(&kept);
  v1::TailFilter filter;
  filter.add_version_ids("v1");
  filter.set_sampling_rate(0.5);
  hub_.Keep("hello", {filter});
  hub_.Keep("hello", {filter});
  EXPECT_EQ(changes_, 1) << "the same need not be said again";
  ASSERT_EQ(hub_.Set().filters_size(), 1);
  EXPECT_EQ(hub_.Set().filters(0).script(), "hello");
  EXPECT_EQ(hub_.Set().filters(0).sampling_rate(), 0.5);
  const std::string session = hub_.Set().filters(0).session(), watching = Open();

  v1::TailBatch batch;
  v1::TailEvent& both = *batch.add_events();
  both.set_ray("both");
  both.add_sessions(watching);
  both.add_sessions(session);
  batch.add_events()->add_sessions(watching);
  v1::TailDrop& drop = *batch.add_drops();
  drop.set_session(session);
  drop.set_events(3);
  hub_.OnBatch("FRA", batch);
  EXPECT_EQ(kept.rays, std::vector<std::string>{"both"});
  EXPECT_EQ(kept.missed["hello"], 3u);
  ASSERT_EQ(items_.size(), 1u);
  EXPECT_EQ(items_[0].events_size(), 2);

  hub_.Keep("other", {});
  EXPECT_TRUE(hub_.keeps("hello"));
  hub_.Keep("hello", {});
  EXPECT_FALSE(hub_.keeps("hello"));
  hub_.Close(watching);
  EXPECT_EQ(hub_.filters(), 0u);
}

TEST_F(TailHubTest, EventsGoToWhoWantsThem) {
  const std::string one = Open(), two = Open();
  v1::TailBatch batch;
  batch.add_events()->add_sessions(one);
  v1::TailEvent& both = *batch.add_events();
  both.add_sessions(one);
  both.add_sessions(two);
  batch.add_events()->add_sessions("over long ago");
  v1::TailDrop& drop = *batch.add_drops();
  drop.set_session(two);
  drop.set_events(7);
  hub_.OnBatch("FRA", batch);
  ASSERT_EQ(items_.size(), 2u);
  std::sort(items_.begin(), items_.end(),
            [](const auto& a, const auto& b) { return a.events_size() > b.events_size(); });
  EXPECT_EQ(items_[0].events_size(), 2);
  EXPECT_EQ(items_[0].drops_size(), 0);
  EXPECT_EQ(items_[1].events_size(), 1);
  EXPECT_TRUE(items_[1].events(0).sessions().empty());
  ASSERT_EQ(items_[1].drops_size(), 1);
  EXPECT_EQ(items_[1].drops(0).node(), "FRA");
  EXPECT_EQ(items_[1].drops(0).events(), 7);
}

TEST_F(TailHubTest, AFilterIsChecked) {
  v1::TailFilter filter;
  filter.add_outcomes("good");
  EXPECT_THAT(std::string(Open(filter).status().message()), HasSubstr("'good' is not ok"));
  filter.Clear();
  filter.set_sampling_rate(1.5);
  EXPECT_THAT(std::string(Open(filter).status().message()), HasSubstr("from 0 to 1"));
  filter.Clear();
  for (int i = 0; i < 33; ++i) filter.add_methods("GET");
  EXPECT_THAT(std::string(Open(filter).status().message()), HasSubstr("at most 32 methods"));
  filter.Clear();
  filter.add_headers("");
  EXPECT_FALSE(Open(filter).ok());
  EXPECT_EQ(hub_.filters(), 0u);
}

}  // namespace
}  // namespace terrella::control
