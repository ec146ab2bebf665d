#include "control_plane/rollout/purger.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1000)};
constexpr uint64_t kNowUs = 1'000'000'000;

v1::PurgeRequest Request() {
  v1::PurgeRequest request;
  request.set_script("hello");
  return request;
}

TEST(Purger, EveryValueIsARuleOfOneStamp) {
  v1::PurgeRequest request = Request();
  request.add_urls("http://h/a#part");
  request.add_prefixes("h/docs/");
  request.add_hosts("IMG:8080");
  request.add_tags("Blog");
  const auto purges = AddPurge({}, request, kNow);
  ASSERT_TRUE(purges.ok()) << Message(purges.status());
  ASSERT_EQ(purges->rules_size(), 4);
  EXPECT_EQ(purges->rules(0).url(), "http://h/a");
  EXPECT_EQ(purges->rules(1).prefix(), "h/docs/");
  EXPECT_EQ(purges->rules(2).host(), "img:8080");
  EXPECT_EQ(purges->rules(3).tag(), "blog");
  for (const v1::PurgeRule& rule : purges->rules()) EXPECT_EQ(rule.stamp(), kNowUs);
  EXPECT_EQ(purges->floor(), 0u);
}

TEST(Purger, StampsGrowThoughTheClockDoesNot) {
  v1::PurgeRequest request = Request();
  request.add_tags("a");
  const auto first = AddPurge({}, request, kNow);
  const auto second = AddPurge(*first, request, kNow - std::chrono::seconds(5));
  EXPECT_EQ(second->rules(1).stamp(), kNowUs + 1);
  EXPECT_EQ(PurgeAll(*second, kNow).floor(), kNowUs + 2);
}

TEST(Purger, EverythingIsAFloorAlone) {
  v1::PurgeRequest request = Request();
  request.add_tags("a");
  const auto some = AddPurge({}, request, kNow);
  request.set_everything(true);
  const auto all = AddPurge(*some, request, kNow);
  EXPECT_EQ(all->floor(), kNowUs + 1);
  EXPECT_TRUE(all->rules().empty());
}

TEST(Purger, WhatIsForgottenRaisesTheFloor) {
  const PurgeLimits limits{.rules_max = 3};
  v1::Purges purges;
  for (int i = 0; i < 5; ++i) {
    v1::PurgeRequest request = Request();
    request.add_tags("t" + std::to_string(i));
    purges = AddPurge(purges, request, kNow + std::chrono::seconds(i), limits).value();
  }
  ASSERT_EQ(purges.rules_size(), 3);
  EXPECT_EQ(purges.rules(0).tag(), "t2");
  EXPECT_EQ(purges.floor(), kNowUs + 1'000'000) << "the newest of those that went";
}

TEST(Purger, SizeIsBoundedTheSameWay) {
  const PurgeLimits limits{.rules_bytes_max = 5000};
  v1::Purges purges;
  for (int i = 0; i < 20; ++i) {
    v1::PurgeRequest request = Request();
    request.add_urls("http://h/" + std::string(1000, 'x') + std::to_string(i));
    purges = AddPurge(purges, request, kNow + std::chrono::seconds(i), limits).value();
    EXPECT_LE(purges.ByteSizeLong(), 5000u);
  }
  EXPECT_GT(purges.rules_size(), 2);
  EXPECT_GT(purges.floor(), 0u);
}

TEST(Purger, SaysWhichValueIsWrong) {
  struct Row {
    const char* what;
    void (*set)(v1::PurgeRequest&);
  };
  const Row rows[] = {
      {"expected a URL", [](v1::PurgeRequest&) {}},
      {"'ftp://h/a'", [](v1::PurgeRequest& r) { r.add_urls("ftp://h/a"); }},
      {"'/path'", [](v1::PurgeRequest& r) { r.add_prefixes("/path"); }},
      {"'https:///path'", [](v1::PurgeRequest& r) { r.add_prefixes("https:///path"); }},
      {"is it a prefix?", [](v1::PurgeRequest& r) { r.add_hosts("h/path"); }},
      {"'a b'", [](v1::PurgeRequest& r) { r.add_tags("a b"); }},
      {"a tag is", [](v1::PurgeRequest& r) { r.add_tags(""); }},
      {"101 values",
       [](v1::PurgeRequest& r) {
         for (int i = 0; i < 101; ++i) r.add_tags("x");
       }},
  };
  for (const Row& row : rows) {
    v1::PurgeRequest request = Request();
    row.set(request);
    const auto result = AddPurge({}, request, kNow);
    EXPECT_FALSE(result.ok()) << row.what;
    EXPECT_NE(Message(result.status()).find(row.what), std::string_view::npos)
        << Message(result.status());
  }
}

}  // namespace
}  // namespace terrella::control
