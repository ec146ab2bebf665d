// Goal: a declared run never takes an answer for well because nobody said what a failure answers.
#include "cli/sim/declared_services.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::cli {
namespace {

using namespace std::chrono_literals;
using Action = sim::TimelineEvent::Action;

class DeclaredServicesTest : public testing::Test {
 protected:
  DeclaredServicesTest() {
    scenario_.origins = {{.host = "api.example"}};
    scenario_.requests = {{.host = "shop.edge.test", .service = Profile(1), .origins = {0}},
                          {.host = "news.edge.test", .service = Profile(2)}};
    scenario_.timeline = {
        {.at = 5s, .action = Action::kDeploy, .target = "./v2", .service = Profile(3)}};
  }
  static sim::ServiceProfile Profile(float ms) { return {.service_ms = {ms}}; }
  std::string Refusal() const {
    const auto services = DeclaredServices(scenario_);
    return services.ok() ? "none" : std::string(Message(services.status()));
  }

  sim::Scenario scenario_;
};

TEST_F(DeclaredServicesTest, ADeployBringsItsOwnToWhatItIsOf) {
  auto services = DeclaredServices(scenario_);
  ASSERT_TRUE(services.ok()) << services.status();
  ASSERT_EQ(services->size(), 2u);
  EXPECT_EQ((*services)[0][1].service_ms[0], 2);
  EXPECT_EQ((*services)[1][0].service_ms[0], 3);
  EXPECT_EQ((*services)[1][1].service_ms[0], 3);
  scenario_.timeline[0].script = "news";
  services = DeclaredServices(scenario_);
  ASSERT_TRUE(services.ok()) << services.status();
  EXPECT_EQ((*services)[1][0].service_ms[0], 1);
  scenario_.requests[1].service.reset();
  EXPECT_NE(Refusal().find("nothing is declared for news.edge.test/;"), std::string::npos);
}

TEST_F(DeclaredServicesTest, WhatOriginsMayFailForSaysWhatItAnswersThen) {
  scenario_.origins[0].error_share = 0.1;
  EXPECT_NE(Refusal().find("in its [[request]]"), std::string::npos) << Refusal();
  scenario_.requests[0].service->on_error = {.status = 502};
  EXPECT_EQ(Refusal(),
            "nothing is declared for shop.edge.test/ when an origin fails; expected e.g. service = "
            "{ ..., on_error = { status = 502 } } in the [[timeline]] deploy at 5 s");
  scenario_.timeline[0].script = "news";
  EXPECT_EQ(Refusal(), "none") << "it asks nobody";
  scenario_.timeline[0].script = "shop";
  scenario_.timeline[0].service->on_error = {.status = 503};
  EXPECT_EQ(Refusal(), "none");
  scenario_.origins[0].error_share = 0;
  scenario_.timeline[0].service->on_error.reset();
  EXPECT_EQ(Refusal(), "none") << "its origin never fails";
  scenario_.timeline.push_back(
      {.at = 9s, .action = Action::kOriginOutage, .target = "api.example"});
  EXPECT_NE(Refusal().find("deploy at 5 s"), std::string::npos) << Refusal();
}

}  // namespace
}  // namespace terrella::cli
