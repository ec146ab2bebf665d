// Goal: a node's answers are timed one by one, and one that does not answer is an error in time.
#include "sim/driver/service_meter.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "http/server/server.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class ServiceMeterTest : public testing::Test {
 protected:
  ServiceMeterTest() {
    auto server = http::Server::Start(
        loop_, {.address = {IpAddress::V4(0x7f000001), 0}},
        [this](std::unique_ptr<http::Exchange> exchange) { Answer(std::move(exchange)); });
    CHECK(server.ok());
    server_ = *std::move(server);
    options_.node = server_->address();
    options_.alone = 50;
    options_.together = 2'000;
    options_.rested = 10;
    options_.pause = 1ms;
  }
  void Answer(std::unique_ptr<http::Exchange> exchange) {
    ++asked_;
    if (silent_) return held_.push_back(std::move(exchange));
    http::ResponseHead head;
    head.status = 201;
    exchange->Respond(std::move(head), std::string(5'000, 'x'));
  }

  EventLoop loop_;
  std::unique_ptr<http::Server> server_;
  std::vector<std::unique_ptr<http::Exchange>> held_;
  ServiceMeterOptions options_;
  bool silent_ = false;
  int asked_ = 0;
};

TEST_F(ServiceMeterTest, TimesAnswersAloneAndTogether) {
  options_.pid = getpid();
  const auto profile = MeasureService(loop_, {.host = "a"}, options_);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(asked_, 1 + 50 + 1 + 10 + 2'000);
  EXPECT_EQ(profile->service_ms.size(), 50u);
  EXPECT_TRUE(std::is_sorted(profile->service_ms.begin(), profile->service_ms.end()));
  EXPECT_GT(profile->service_ms[0], 0);
  EXPECT_EQ(profile->rested_ms.size(), 10u);
  EXPECT_GT(profile->rested_ms[0], 0);
  EXPECT_GT(profile->cpu_ms, 0);
  EXPECT_EQ(profile->status, 201);
  EXPECT_GT(profile->response_bytes, 5'000u);
  EXPECT_LT(profile->response_bytes, 5'500u);
}

TEST_F(ServiceMeterTest, OneThatDoesNotAnswerIsAnErrorInTime) {
  silent_ = true;
  options_.deadline = 50ms;
  const auto profile = MeasureService(loop_, {.host = "a"}, options_);
  EXPECT_EQ(profile.status().code(), absl::StatusCode::kUnavailable);
  held_.clear();
}

TEST_F(ServiceMeterTest, NobodyThereIsAnError) {
  options_.node.port = 1;
  EXPECT_EQ(MeasureService(loop_, {.host = "a"}, options_).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace terrella::sim
