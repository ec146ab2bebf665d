// Goal: origins answer, think, fail and go away as a scenario says, and come back where they were.
#include "sim/driver/origin_servers.h"

#include <gtest/gtest.h>

#include "base/event_loop.h"
#include "base/status.h"
#include "http/client/client.h"
#include "sim/driver/service_meter.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class OriginServersTest : public testing::Test {
 protected:
  OriginServersTest() {
    scenario_.duration = 10s;
    scenario_.origins = {{.host = "api.example", .city = "Frankfurt", .body_bytes = 2000},
                         {.host = "slow.example", .city = "Tokyo", .think_ms = 40}};
  }
  void Start() {
    auto servers = OriginServers::Start(scenario_);
    ASSERT_TRUE(servers.ok()) << servers.status();
    servers_ = *std::move(servers);
  }
  // Asks one of them a few times, on a connection of its own.
  absl::StatusOr<ServiceProfile> Ask(size_t origin) {
    EventLoop loop;
    return MeasureService(loop, {.host = scenario_.origins[origin].host},
                          {.node = servers_->addresses()[origin],
                           .alone = 5,
                           .rested = 1,
                           .together = 1,
                           .pause = 1ms});
  }

  Scenario scenario_;
  std::unique_ptr<OriginServers> servers_;
};

TEST_F(OriginServersTest, AnswerAtOnceUntilTheScenarioBegins) {
  Start();
  EXPECT_NE(servers_->addresses()[0].port, servers_->addresses()[1].port);
  const auto fast = Ask(0), slow = Ask(1);
  ASSERT_TRUE(fast.ok() && slow.ok());
  EXPECT_EQ(fast->status, 200);
  EXPECT_GT(fast->response_bytes, 2000u);
  EXPECT_LT(slow->service_ms[0], 40);
  servers_->Begin(SystemClock().Now());
  const auto thinks = Ask(1);
  ASSERT_TRUE(thinks.ok()) << thinks.status();
  EXPECT_GE(thinks->service_ms[0], 40);
  EXPECT_GE(servers_->answered(), 3u * 7);
}

TEST_F(OriginServersTest, OfOneCityThinkEachForItself) {
  for (Origin& origin : scenario_.origins) {
    origin.at = 7;
    origin.think_ms = 30;
    origin.spread = 4;
  }
  Start();
  servers_->Begin(SystemClock().Now());
  const auto one = Ask(0), other = Ask(1);
  ASSERT_TRUE(one.ok() && other.ok());
  double apart_ms = 0;
  for (size_t i = 0; i < one->service_ms.size(); ++i) {
    apart_ms = std::max<double>(apart_ms, std::abs(one->service_ms[i] - other->service_ms[i]));
  }
  EXPECT_GT(apart_ms, 15);
}

TEST_F(OriginServersTest, FailAsOftenAsTheyAreSaidTo) {
  scenario_.origins[0].error_share = 1;
  Start();
  EXPECT_EQ(Ask(0)->status, 200);
  servers_->Begin(SystemClock().Now());
  EXPECT_EQ(Ask(0)->status, kOriginErrorStatus);
  EXPECT_EQ(Ask(1)->status, 200);
}

TEST_F(OriginServersTest, AreGoneInAnOutageAndComeBackWhereTheyWere) {
  scenario_.timeline = {{.at = 1s,
                         .action = TimelineEvent::Action::kOriginOutage,
                         .target = "api.example",
                         .lasts = 2s}};
  Start();
  const std::vector<SocketAddress> before = servers_->addresses();
  const auto begun_ago = [&](Duration time) { servers_->Begin(SystemClock().Now() - time); };
  begun_ago(1500ms);
  EXPECT_EQ(Ask(0).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Ask(1).ok());
  // Its own timer brings it back.
  begun_ago(2500ms);
  EXPECT_FALSE(Ask(0).ok());
  const MonotonicTime until = SystemClock().Now() + 5s;
  while (!Ask(0).ok() && SystemClock().Now() < until) {
  }
  EXPECT_TRUE(Ask(0).ok());
  EXPECT_EQ(servers_->addresses()[0].port, before[0].port);
  EXPECT_TRUE(servers_->status().ok()) << servers_->status();
}

// One answer, with its head.
class OneAnswer final : private http::ResponseObserver, private http::BodySource::Reader {
 public:
  OneAnswer(const SocketAddress& to, http::Headers headers) : client_(loop_) {
    http::ClientRequest request{.to = to};
    request.head.method = "GET";
    request.head.target = "/front";
    request.head.host = "api.example";
    request.head.headers = std::move(headers);
    call_ = client_.Send(std::move(request), *this);
    loop_.Run();
  }
  const http::ResponseHead& head() const { return head_; }
  const std::string& body() const { return body_; }

 private:
  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    head_ = std::move(head);
    source_ = std::move(body);
    source_->Read(*this);
  }
  void OnError(const absl::Status&) override { loop_.Stop(); }
  void OnBodyData(std::string_view bytes) override { body_ += bytes; }
  void OnBodyEnd() override { loop_.Stop(); }
  void OnBodyError(const absl::Status&) override { loop_.Stop(); }

  EventLoop loop_;
  http::Client client_;
  http::ResponseHead head_;
  std::string body_;
  std::unique_ptr<http::BodySource> source_;
  std::unique_ptr<http::Call> call_;
};

TEST_F(OriginServersTest, TellCachesWhatTheScenarioSaysOnceItHasBegun) {
  scenario_.origins[0].caching = OriginCaching{.fresh = 60s, .stale_if_error = 10s, .etag = true};
  Start();
  const auto ask = [&](http::Headers headers = {}) {
    return OneAnswer(servers_->addresses()[0], std::move(headers));
  };
  const auto control = [](const OneAnswer& answer) {
    return std::string(answer.head().headers.Find("cache-control").value_or("nothing"));
  };
  EXPECT_EQ(control(ask()), "no-store") << "nothing measured comes from a cache";
  servers_->Begin(SystemClock().Now());
  EXPECT_EQ(control(ask()), CacheControlOf(scenario_.origins[0]));
  EXPECT_TRUE(ask().head().headers.Has("date")) << "age is counted from it";
  EXPECT_EQ(ask().body().size(), 2000u);
  const OneAnswer again(servers_->addresses()[0], {{"if-none-match", kOriginEtag}});
  EXPECT_EQ(again.head().status, 304);
  EXPECT_EQ(again.body(), "");
  scenario_.origins[0].error_share = 1;
  Start();
  servers_->Begin(SystemClock().Now());
  EXPECT_EQ(ask().head().status, kOriginErrorStatus);
  EXPECT_EQ(control(ask()), "nothing") << "what is stored stays";
}

TEST_F(OriginServersTest, BehaveAlikeForAMeasurement) {
  Start();
  ASSERT_TRUE(servers_->Behave(OriginServers::Mood::kErrors).ok());
  EXPECT_EQ(Ask(0)->status, kOriginErrorStatus);
  ASSERT_TRUE(servers_->Behave(OriginServers::Mood::kRefuse).ok());
  EXPECT_FALSE(Ask(0).ok());
  ASSERT_TRUE(servers_->Behave(OriginServers::Mood::kWell).ok());
  EXPECT_EQ(Ask(0)->status, 200);
}

}  // namespace
}  // namespace terrella::sim
