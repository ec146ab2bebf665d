#include "control_plane/dns/policy_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/status.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::SetDnsPolicyRequest Request(const std::string& name, const std::vector<std::string>& steps) {
  v1::SetDnsPolicyRequest request;
  request.mutable_policy()->set_name(name);
  request.mutable_policy()->mutable_steps()->Assign(steps.begin(), steps.end());
  return request;
}

class PolicyKeeperTest : public ::testing::Test {
 protected:
  PolicyKeeperTest() { Restart(); }
  void Restart(const PolicyLimits& limits = {}) {
    keeper_ = std::make_unique<PolicyKeeper>(
        clock_, store_, "edge.test",
        [] {
          return PolicyKeeper::Known{.nodes = {"FRA", "LHR"}, .hostnames = {"shop.edge.test"}};
        },
        [this] { ++changes_; }, limits);
    ASSERT_TRUE(keeper_->Load().ok());
  }
  v1::View View() const {
    v1::View view;
    keeper_->AddTo(view);
    return view;
  }

  SystemClock clock_;
  MemoryStore store_;
  int changes_ = 0;
  std::unique_ptr<PolicyKeeper> keeper_;
};

TEST_F(PolicyKeeperTest, APolicyTakesTheNamesOldOneAndOutlivesTheProcess) {
  ASSERT_TRUE(keeper_->Set(Request("shop.edge.test", {"up", "first 2"})).ok());
  v1::SetDnsPolicyRequest request = Request("SHOP.edge.test.", {"up", "weighted"});
  for (const double weight : {7, 3}) {
    v1::DnsWeight& w = *request.mutable_policy()->add_weights();
    w.set_node("FRA");
    w.set_weight(weight);
  }
  request.mutable_policy()->set_ttl_s(30);
  ASSERT_TRUE(keeper_->Set(request).ok());
  Restart();
  const v1::View view = View();
  ASSERT_EQ(view.policies_size(), 1);
  EXPECT_EQ(view.policies(0).name(), "shop.edge.test");
  EXPECT_THAT(view.policies(0).steps(), ElementsAre("up", "weighted"));
  ASSERT_EQ(view.policies(0).weights_size(), 1) << "the last one counts";
  EXPECT_EQ(view.policies(0).weights(0).weight(), 3);
  EXPECT_EQ(view.policies(0).ttl_s(), 30u);
  const auto again = keeper_->Set(request);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed());
  EXPECT_EQ(changes_, 2);
}

TEST_F(PolicyKeeperTest, WhatARouterWouldRefuseIsNotStored) {
  const struct {
    v1::SetDnsPolicyRequest request;
    const char* says;
  } kRows[] = {
      {Request("shop.example.com", {"up"}), "outside the zone"},
      {Request("shop.edge.test", {}), "expected 1 to 16 steps"},
      {Request("shop.edge.test", {"first 1"}), "expected 'up'"},
      {Request("shop.edge.test", {"geo", "up"}), "in front of 'geo'"},
      {Request("shop.edge.test", {"up", "latency fast"}), "expected milliseconds"},
      {Request("shop.edge.test", {"up", "nearest"}), "expected up, only, geo"},
      {Request("shop.edge.test", {"up", "weighted", "geo"}), "only 'first'"},
  };
  for (const auto& row : kRows) {
    EXPECT_THAT(std::string(Message(keeper_->Set(row.request).status())), HasSubstr(row.says));
  }
  v1::SetDnsPolicyRequest weights = Request("shop.edge.test", {"up", "weighted"});
  weights.mutable_policy()->add_weights()->set_node("FRA");
  weights.mutable_policy()->mutable_weights(0)->set_weight(-1);
  EXPECT_THAT(std::string(Message(keeper_->Set(weights).status())), HasSubstr("weight of FRA"));
  EXPECT_EQ(View().policies_size(), 0);
  EXPECT_EQ(store_.revision(), 0u);
}

TEST_F(PolicyKeeperTest, ANameOrNodeThatIsNotThereIsAWarning) {
  const auto set = keeper_->Set(Request("later.edge.test", {"up", "failover FRA,FRX"}));
  ASSERT_TRUE(set.ok());
  EXPECT_THAT(set->warnings(),
              ElementsAre("'later.edge.test' has no route now", "no node is called 'FRX' now"));
  EXPECT_THAT(keeper_->Set(Request("shop.edge.test", {"up", "only FRA"}))->warnings(), IsEmpty());
}

TEST_F(PolicyKeeperTest, NamesSteeredAlikeCountAsOneChain) {
  Restart({.names_max = 4, .chains_max = 2});
  ASSERT_TRUE(keeper_->Set(Request("a.edge.test", {"up"})).ok());
  ASSERT_TRUE(keeper_->Set(Request("b.edge.test", {"up"})).ok());
  ASSERT_TRUE(keeper_->Set(Request("c.edge.test", {"up", "first 2"})).ok());
  EXPECT_EQ(keeper_->Set(Request("d.edge.test", {"up", "first 3"})).status().code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(keeper_->Set(Request("d.edge.test", {"up"})).ok());
  EXPECT_EQ(keeper_->Set(Request("e.edge.test", {"up"})).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(PolicyKeeperTest, ARemovedPolicyIsGoneAndARetryDoesNotBringItBack) {
  v1::SetDnsPolicyRequest set = Request("shop.edge.test", {"up"});
  set.set_request_id("s1");
  ASSERT_TRUE(keeper_->Set(set).ok());
  v1::RemoveDnsPolicyRequest remove;
  remove.set_name("shop.edge.test");
  ASSERT_TRUE(keeper_->Remove(remove).ok());
  EXPECT_EQ(keeper_->Remove(remove).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(keeper_->Set(set).ok());
  EXPECT_EQ(View().policies_size(), 0);
}

TEST_F(PolicyKeeperTest, AllPoliciesTogetherFitIntoAView) {
  const v1::SetDnsPolicyRequest one = Request("a.edge.test", {"up", "only FRA,LHR,CDG,JFK"});
  Restart({.bytes_max = one.policy().ByteSizeLong() + 10});
  ASSERT_TRUE(keeper_->Set(one).ok());
  const auto second = keeper_->Set(Request("b.edge.test", {"up", "only FRA,LHR,CDG,JFK"}));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Message(second.status()), HasSubstr("bytes; at most"));
  EXPECT_TRUE(keeper_->Set(Request("a.edge.test", {"up"})).ok()) << "a smaller one takes its place";
}

}  // namespace
}  // namespace terrella::control
