// Many refusals of nobody, one row.
#include "control_plane/access/stranger_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StrangerCountTest : public testing::Test {
 protected:
  bool Add(std::string_view method, std::string_view reason = "not known") {
    return count_.Add({.method = method, .peer = "ipv4:192.0.2.1:1", .reason = reason});
  }
  ManualClock clock_;
  StrangerCount count_{clock_};
};

TEST_F(StrangerCountTest, AMinuteIsOneRow) {
  EXPECT_FALSE(count_.due());
  EXPECT_FALSE(count_.Take());
  EXPECT_TRUE(Add("Kv.Get"));
  EXPECT_EQ(count_.due(), clock_.Now() + std::chrono::seconds(60));
  for (int i = 0; i < 999; ++i) EXPECT_FALSE(Add("Kv.Get"));
  clock_.Advance(std::chrono::seconds(60));
  EXPECT_FALSE(Add("Admin.GetStatus", "token 'ci' was revoked"));
  const auto row = count_.Take();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->unseen(), 1001u);
  EXPECT_EQ(row->caller(), "anonymous");
  EXPECT_EQ(row->outcome(), "UNAUTHENTICATED");
  EXPECT_EQ(row->method(), "several");
  EXPECT_EQ(row->summary(), "1001 refusals in 60 s: Kv.Get 1000, Admin.GetStatus 1");
  EXPECT_THAT(row->detail(), AllOf(HasSubstr("not known"), HasSubstr("'ci' was revoked")));
  EXPECT_EQ(row->peer(), "ipv4:192.0.2.1:1");
  EXPECT_FALSE(count_.Take());
  EXPECT_TRUE(Add("Kv.Get"));
  EXPECT_EQ(count_.Take()->method(), "Kv.Get");
}

TEST_F(StrangerCountTest, WhatStrangersChooseIsBounded) {
  for (int i = 0; i < 100'000; ++i) {
    Add(fmt::format("M{}{}", i, std::string(1000, 'x')),
        fmt::format("R{}{}", i, std::string(1000, '\xff')));
  }
  const auto row = count_.Take();
  EXPECT_EQ(row->unseen(), 100'000u);
  EXPECT_LT(row->ByteSizeLong(), 2500u);
  EXPECT_THAT(row->summary(), HasSubstr("others 99900"));
  EXPECT_THAT(row->detail(), HasSubstr("and others"));
}

}  // namespace
}  // namespace terrella::control
