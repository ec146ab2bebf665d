// The driver against a small world on loopback: a DNS server that gives one address, and an HTTP
// server in the ingress' place that reads the PROXY header.
#include "sim/driver/driver.h"

#include <gtest/gtest.h>

#include <set>

#include "base/status.h"
#include "http/server/server.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"
#include "sim/net/data_dir.h"
#include "sim/resolver/fake_dns.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class RecordingActions : public Actions {
 public:
  absl::Status Perform(const TimelineEvent& event) override {
    performed.push_back(event.target);
    return event.target == "BAD" ? NotFound("no node BAD") : absl::OkStatus();
  }
  std::vector<std::string> performed;
};

class DriverTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = net::FindDataDir();
    ASSERT_TRUE(dir.ok());
    auto places = net::Places::Load(*dir);
    auto latency = net::LatencyModel::Load(*dir);
    ASSERT_TRUE(places.ok() && latency.ok());
    world_ = {*places, *latency};
    http::ServerOptions options;
    options.address = {IpAddress::V4(0x7f000001), 0};
    options.accept_proxy_protocol = true;
    auto server = http::Server::Start(
        loop_, options, [this](std::unique_ptr<http::Exchange> e) { Answer(std::move(e)); });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    dns_.answer = *IpAddress::Parse("127.16.0.1");
    scenario_.duration = 300ms;
    scenario_.clients.rate_per_s = 200;
    scenario_.clients.cities = {{world_.places->Find("Lagos")->city, 1}};
    scenario_.clients.timeout = 500ms;
    scenario_.requests = {{.host = "hello.edge.test", .path = "/"}};
  }

  void Answer(std::unique_ptr<http::Exchange> exchange) {
    ++paths_[exchange->head().target];
    hosts_.insert(exchange->head().host);
    http2_ += exchange->head().major_version == 2;
    keyed_ += exchange->head().headers.Find("cloudflare-workers-version-key").has_value();
    ++(exchange->index_on_connection() == 0 ? connections_ : reused_);
    if (const http::ProxyInfo* proxy = exchange->proxy()) {
      if (auto city = net::CityOfAddress(proxy->source.ip)) cities_.insert(*city);
      destinations_.insert(proxy->destination.ip.ToString());
      if (const auto text = proxy->FindTlv(net::kAskedAtTlv)) {
        if (const auto asked_at = net::ParseAskedAt(*text)) asked_at_.insert(*asked_at);
      }
    }
    if (silent_) {
      held_.push_back(std::move(exchange));
      return;
    }
    exchange->Respond({.status = status_,
                       .headers = {{"terrella-ray", "00ff-LOS"},
                                   {"x-terrella-version", "v1"},
                                   {"x-body-version", "v1"}}},
                      body_);
  }

  Results Run() {
    RecordingActions actions;
    DriverOptions options{.ingress = server_->address(), .dns = dns_.address(), .node_port = 8080};
    auto driver = Driver::Create(loop_, scenario_, world_, options, actions);
    EXPECT_TRUE(driver.ok()) << driver.status();
    Results out(world_.places);
    (*driver)->Start([&](Results results) {
      out = std::move(results);
      loop_.Stop();
    });
    loop_.Run();
    performed_ = actions.performed;
    return out;
  }

  EventLoop loop_;
  FakeDns dns_{loop_};
  std::vector<std::unique_ptr<http::Exchange>> held_;
  std::unique_ptr<http::Server> server_;
  Driver::World world_;
  Scenario scenario_;
  std::set<net::CityId> cities_;
  std::set<std::string> destinations_;
  std::map<std::string, size_t> paths_;
  std::set<std::string> hosts_;
  size_t connections_ = 0, reused_ = 0, keyed_ = 0, http2_ = 0;
  std::set<MonotonicTime> asked_at_;
  std::vector<std::string> performed_;
  int status_ = 200;
  std::string body_ = "v1\nv1\n";
  bool silent_ = false;
};

TEST_F(DriverTest, APageIsItsDocumentAndItsParts) {
  scenario_.clients.rate_per_s = 20;
  scenario_.clients.sticky = true;
  scenario_.requests.push_back({.host = "hello.edge.test", .path = "/part", .weight = 0});
  scenario_.pages = {
      {.document = 0, .parts = {{.request = 1, .count = 8}, {.request = 1, .depth = 2}}}};
  const Results results = Run();
  EXPECT_GT(results.samples().size(), 1u);
  ASSERT_EQ(results.pages().size(), results.samples().size());
  for (const Sample& page : results.pages()) EXPECT_EQ(page.failure, Failure::kNone);
  EXPECT_EQ(paths_["/part"], 9 * results.pages().size());
  EXPECT_EQ(paths_["/"], results.pages().size());
  EXPECT_EQ(keyed_, 10 * results.pages().size()) << "parts are of the document's version";
  EXPECT_EQ(results.phased().size(), results.samples().size()) << "documents keep their phases";
  EXPECT_LE(connections_, kPageConnections * results.pages().size());
  EXPECT_GT(reused_, 2 * results.pages().size()) << "9 parts and a document on 6 connections";
  EXPECT_EQ(destinations_, (std::set<std::string>{"127.16.0.1"})) << "parts go where it went";
  EXPECT_GE(asked_at_.size(), 2 * results.pages().size())
      << "new ones say when they were asked for";
  EXPECT_EQ(http2_, 0u);
}

TEST_F(DriverTest, APageByHttp2HasOneConnection) {
  scenario_.clients.rate_per_s = 20;
  scenario_.clients.protocols = {.http1 = 0, .h2 = 1};
  scenario_.requests.push_back({.host = "hello.edge.test", .path = "/part", .weight = 0});
  scenario_.pages = {
      {.document = 0, .parts = {{.request = 1, .count = 110}, {.request = 1, .depth = 2}}}};
  const Results results = Run();
  EXPECT_GT(results.samples().size(), 1u);
  ASSERT_EQ(results.pages().size(), results.samples().size());
  for (const Sample& page : results.pages()) {
    EXPECT_EQ(page.failure, Failure::kNone);
    EXPECT_EQ(page.protocol, Protocol::kHttp2);
  }
  EXPECT_EQ(paths_["/part"], 111 * results.pages().size());
  EXPECT_EQ(connections_, results.pages().size());
  EXPECT_EQ(http2_, 112 * results.pages().size());
}

TEST_F(DriverTest, AnotherHostOfAPageIsLookedUpAndHasConnectionsOfItsOwn) {
  scenario_.clients.rate_per_s = 20;
  scenario_.requests.push_back({.host = "img.edge.test", .path = "/part", .weight = 0});
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 8, .host = 1}}}};
  for (const Protocol protocol : kProtocols) {
    connections_ = 0;
    paths_.clear();
    scenario_.clients.protocols = {.http1 = protocol == Protocol::kHttp1 ? 1.0 : 0.0,
                                   .h2 = protocol == Protocol::kHttp2 ? 1.0 : 0.0};
    const Results results = Run();
    ASSERT_GT(results.pages().size(), 1u);
    for (const Sample& page : results.pages()) EXPECT_EQ(page.failure, Failure::kNone);
    EXPECT_EQ(paths_["/part"], 8 * results.pages().size());
    EXPECT_EQ(hosts_, (std::set<std::string>{"hello.edge.test", "img.edge.test"}));
    const size_t each = protocol == Protocol::kHttp1 ? 1 + kPageConnections : 2;
    EXPECT_EQ(connections_, each * results.pages().size());
  }
}

TEST_F(DriverTest, RequestsThatAreNoPagesGoByTheirPersonsProtocolToo) {
  scenario_.clients.timeout = 5s;  // a slow machine is no failure here
  scenario_.clients.protocols = {.http1 = 1, .h2 = 1};
  const Results results = Run();
  EXPECT_EQ(results.Value(Metric::kErrorCount, ""), 0);
  size_t by_http2 = 0;
  for (const Sample& sample : results.samples()) by_http2 += sample.protocol == Protocol::kHttp2;
  EXPECT_EQ(by_http2, http2_);
  EXPECT_GT(by_http2, results.samples().size() / 5);
  EXPECT_LT(by_http2, results.samples().size() * 4 / 5);
  EXPECT_EQ(connections_, results.samples().size());
}

TEST_F(DriverTest, WhoseConnectionsAreKeptShareOneOfHttp2) {
  scenario_.clients.timeout = 5s;  // a slow machine is no failure here
  scenario_.clients.keep_alive = true;
  scenario_.clients.protocols = {.http1 = 0, .h2 = 1};
  const Results results = Run();
  EXPECT_EQ(results.Value(Metric::kErrorCount, ""), 0);
  EXPECT_GT(results.samples().size(), 30u);
  EXPECT_EQ(http2_, results.samples().size());
  EXPECT_EQ(connections_, 1u);
  EXPECT_EQ(destinations_, (std::set<std::string>{"127.16.0.1"}));
  EXPECT_EQ(cities_, (std::set<net::CityId>{scenario_.clients.cities[0].city}));
}

TEST_F(DriverTest, EveryArrivalBecomesOneSample) {
  Results results = Run();
  EXPECT_GT(results.samples().size(), 30u);
  EXPECT_EQ(results.Value(Metric::kErrorCount, ""), 0);
  EXPECT_EQ(results.Summarize("").pops.at("LOS"), results.samples().size());
  EXPECT_EQ(cities_, (std::set<net::CityId>{scenario_.clients.cities[0].city}));
  EXPECT_EQ(destinations_, (std::set<std::string>{"127.16.0.1"}));
}

TEST_F(DriverTest, WhoLooksOnSeesWhatTheResultsWillSay) {
  RecordingActions actions;
  DriverOptions options{.ingress = server_->address(), .dns = dns_.address(), .node_port = 8080};
  auto driver = Driver::Create(loop_, scenario_, world_, options, actions);
  ASSERT_TRUE(driver.ok());
  uint64_t seen = 0, said = 0;
  (*driver)->Start([&](Results results) {
    seen = (*driver)->figures().Of(net::Continent::kAfrica).requests;
    EXPECT_EQ((*driver)->figures().total().requests, seen) << "all are of Lagos";
    said = results.Summarize("").requests;
    loop_.Stop();
  });
  loop_.Run();
  EXPECT_GT(seen, 30u);
  EXPECT_EQ(seen, said);
}

TEST_F(DriverTest, OneAnswerOfDnsServesACityForItsTtl) {
  Run();
  EXPECT_EQ(dns_.questions, 1);
}

TEST_F(DriverTest, AnycastClientsConnectToTheOneAddressAndAskNoDns) {
  scenario_.clients.steering = {Steering::kAnycast};
  Run();
  EXPECT_EQ(dns_.questions, 0);
  EXPECT_EQ(destinations_, (std::set<std::string>{server_->address().ip.ToString()}));
}

TEST_F(DriverTest, TellsTheIngressWhenPeopleAskHoweverLateItIsItself) {
  scenario_.clients.steering = {Steering::kAnycast};
  Results results = Run();
  std::set<Duration> due, asked;
  Duration first = Duration::max();
  for (const Sample& sample : results.samples()) first = std::min(first, sample.due);
  for (const Sample& sample : results.samples()) due.insert(sample.due - first);
  for (const MonotonicTime at : asked_at_) asked.insert(at - *asked_at_.begin());
  EXPECT_EQ(asked, due);
}

TEST_F(DriverTest, AnErrorStatusIsAFailure) {
  status_ = 503;
  Results results = Run();
  EXPECT_EQ(results.Value(Metric::kErrors, ""), 1);
  EXPECT_EQ(results.samples()[0].failure, Failure::kStatus);
}

TEST_F(DriverTest, AnAnswerMixedFromTwoVersionsIsCaught) {
  body_ = "v1\nv2\n";
  Results results = Run();
  EXPECT_EQ(results.Value(Metric::kMixedVersions, ""),
            static_cast<double>(results.samples().size()));
}

TEST_F(DriverTest, AServerThatNeverAnswersIsATimeout) {
  silent_ = true;
  scenario_.duration = 100ms;
  scenario_.clients.timeout = 100ms;
  Results results = Run();
  ASSERT_FALSE(results.samples().empty());
  for (const Sample& sample : results.samples()) EXPECT_EQ(sample.failure, Failure::kTimeout);
}

TEST_F(DriverTest, TheTimelineIsPerformedAndFailuresAreTold) {
  scenario_.timeline = {{.at = 50ms, .target = "FRA"}, {.at = 100ms, .target = "BAD"}};
  Results results = Run();
  EXPECT_EQ(performed_, (std::vector<std::string>{"FRA", "BAD"}));
  ASSERT_EQ(results.events().size(), 2u);
  EXPECT_TRUE(results.events()[0].ok);
  EXPECT_GE(results.events()[0].at, Duration(50ms));
  EXPECT_EQ(results.events()[1].detail, "no node BAD");
}

}  // namespace
}  // namespace terrella::sim
