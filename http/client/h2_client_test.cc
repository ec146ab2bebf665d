// Goal: the HTTP/2 client keeps its promises against a real server, and against peers that
// misbehave.
#include "http/client/h2_client.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "http/server/server.h"
#include "http/testing/raw_peer.h"

namespace terrella::http {
namespace {

using namespace std::chrono_literals;

struct Got final : ResponseObserver {
  void OnResponse(ResponseHead response, std::unique_ptr<BodySource> source) override {
    head = std::move(response);
    if (hold_body) {
      held = std::move(source);
    } else {
      Collect(std::move(source));
    }
  }
  void Collect(std::unique_ptr<BodySource> source) {
    collector = std::make_unique<Collector>(std::move(source), 64 << 20,
                                            [this](absl::Status status, std::string bytes) {
                                              body_status = status;
                                              body = std::move(bytes);
                                              done = true;
                                            });
    collector->Start();
  }
  void OnError(const absl::Status& status) override {
    error = status;
    done = true;
  }
  bool hold_body = false;
  std::unique_ptr<BodySource> held;
  std::unique_ptr<Collector> collector;
  ResponseHead head;
  std::string body;
  absl::Status body_status, error;
  bool done = false;
};

class H2ClientTest : public testing::Test {
 protected:
  // Answers "/N" with N bytes, "/later" when asked to.
  SocketAddress StartServer() {
    ServerOptions options;
    options.address = *SocketAddress::Parse("127.0.0.1:0");
    options.accept_proxy_protocol = true;
    options.limits.linger = 50ms;
    server = *Server::Start(loop, options, [this](std::unique_ptr<Exchange> exchange) {
      versions.push_back(exchange->head().major_version);
      if (const ProxyInfo* proxy = exchange->proxy()) ports.push_back(proxy->source.port);
      const std::string& target = exchange->head().target;
      if (target == "/later") {
        held.push_back(std::move(exchange));
        return;
      }
      exchange->Respond({.status = 200, .headers = {{"x-host", exchange->head().host}}},
                        std::string(std::stoul(target.substr(1)), 'x'));
    });
    return server->address();
  }
  SocketAddress StartPeers() {
    listener =
        *TcpListener::Listen(loop, {.address = *SocketAddress::Parse("127.0.0.1:0")},
                             [this](std::unique_ptr<TcpConnection> tcp) {
                               peers.push_back(std::make_unique<RawPeer>(loop, std::move(tcp)));
                             });
    return listener->address();
  }
  void Dial(const SocketAddress& to, std::string prefix = "") {
    client = std::make_unique<H2Client>(
        loop, H2ClientOptions{.to = to, .from = {}, .prefix_bytes = std::move(prefix)});
  }
  std::unique_ptr<Call> Ask(Got& got, std::string_view target) {
    ClientRequest request;
    request.limits = limits;
    request.head.method = "GET";
    request.head.target = target;
    request.head.host = "a.test";
    return client->Send(std::move(request), got);
  }
  bool Finish(const Got& got) {
    return RunUntil(loop, [&] { return got.done; });
  }

  EventLoop loop;
  ClientLimits limits;
  std::vector<int> versions;
  std::vector<uint16_t> ports;
  std::vector<std::unique_ptr<Exchange>> held;
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::unique_ptr<TcpListener> listener;
  std::unique_ptr<H2Client> client;
};

TEST_F(H2ClientTest, ManyAtOnceShareOneConnectionThatSaysWhoItIsOf) {
  ProxyInfo proxy;
  proxy.source = *SocketAddress::Parse("127.1.2.3:4567");
  proxy.destination = *SocketAddress::Parse("127.9.9.9:80");
  Dial(StartServer(), *EncodeProxyHeader(proxy));
  std::vector<Got> got(100);
  std::vector<std::unique_ptr<Call>> calls;
  for (size_t i = 0; i < got.size(); ++i) calls.push_back(Ask(got[i], "/" + std::to_string(i)));
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(Finish(got[i])) << i;
    EXPECT_EQ(got[i].body.size(), i);
    EXPECT_EQ(got[i].head.headers.Find("x-host"), "a.test");
    EXPECT_TRUE(calls[i]->timings().connected && calls[i]->timings().first_byte);
  }
  EXPECT_EQ(server->statistics().connections_accepted, 1u);
  EXPECT_EQ(versions, std::vector<int>(100, 2));
  EXPECT_EQ(ports, std::vector<uint16_t>(100, 4567));
}

TEST_F(H2ClientTest, ABodyLargerThanAllWindowsArrives) {
  Dial(StartServer());
  Got got, after;
  auto call = Ask(got, "/20000000");
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.body.size(), 20'000'000u);
  EXPECT_TRUE(client->takes_requests());
  EXPECT_GE(call->timings().bytes_received, got.body.size());
  call = Ask(after, "/7");
  ASSERT_TRUE(Finish(after));
  EXPECT_EQ(after.body, "xxxxxxx");
}

TEST_F(H2ClientTest, ABodyThatNobodyReadsWaitsAndKeepsNobodyElseWaiting) {
  Dial(StartServer());
  Got slow, quick;
  slow.hold_body = true;
  auto first = Ask(slow, "/3000000"), second = Ask(quick, "/5");
  ASSERT_TRUE(Finish(quick));
  ASSERT_TRUE(RunUntil(loop, [&] { return slow.held != nullptr; }));
  RunFor(loop, 50ms);
  slow.Collect(std::move(slow.held));
  ASSERT_TRUE(Finish(slow));
  EXPECT_EQ(slow.body.size(), 3'000'000u);
}

TEST_F(H2ClientTest, WhoLeavesCancelsOnlyTheirOwn) {
  Dial(StartServer());
  Got gone, stays;
  auto first = Ask(gone, "/later"), second = Ask(stays, "/later");
  ASSERT_TRUE(RunUntil(loop, [&] { return held.size() == 2; }));
  first.reset();
  held[1]->Respond({}, "still here");
  ASSERT_TRUE(Finish(stays));
  EXPECT_EQ(stays.body, "still here");
  EXPECT_FALSE(gone.done);
}

// Bodies that nobody reads fill the connection's window until they are thrown away.
TEST_F(H2ClientTest, WhatIsThrownAwayCountsAsTaken) {
  constexpr uint64_t kFrameBytes = 16 * 1024;
  Dial(StartServer());
  std::vector<Got> dropped(3);
  std::vector<std::unique_ptr<Call>> calls;
  for (Got& got : dropped) {
    got.hold_body = true;
    calls.push_back(Ask(got, "/9000000"));
  }
  ASSERT_TRUE(RunUntil(loop, [&] {
    uint64_t bytes = 0;
    for (const auto& call : calls) bytes += call->timings().bytes_received;
    return bytes + kFrameBytes > h2::kBrowserLimits.connection_window_bytes;
  }));
  Got waits;
  auto last = Ask(waits, "/9000000");
  RunFor(loop, 50ms);
  EXPECT_FALSE(waits.done) << "there is no room";
  for (Got& got : dropped) got.held.reset();
  ASSERT_TRUE(Finish(waits));
  EXPECT_EQ(waits.body.size(), 9'000'000u);
}

TEST_F(H2ClientTest, NobodyThereFailsAllThatWasAskedAndWillBe) {
  SocketAddress to = StartPeers();
  listener.reset();
  Dial(to);
  Got one, two, late;
  auto first = Ask(one, "/"), second = Ask(two, "/");
  EXPECT_FALSE(one.done);
  ASSERT_TRUE(Finish(one) && Finish(two));
  EXPECT_EQ(one.error.code(), absl::StatusCode::kUnavailable) << one.error;
  auto third = Ask(late, "/");
  EXPECT_FALSE(late.done) << "not from within Send";
  EXPECT_FALSE(client->takes_requests());
  ASSERT_TRUE(Finish(late));
  EXPECT_EQ(late.error.code(), absl::StatusCode::kUnavailable);
}

TEST_F(H2ClientTest, AConnectionThatBreaksFailsWhatIsUnderWay) {
  Dial(StartPeers());
  Got got;
  auto call = Ask(got, "/");
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("SM\r\n\r\n"));
  peers[0]->Close();
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.error.code(), absl::StatusCode::kUnavailable) << got.error;
}

TEST_F(H2ClientTest, APeerThatSpeaksSomethingElseIsMalformed) {
  Dial(StartPeers());
  Got got;
  auto call = Ask(got, "/");
  ASSERT_TRUE(RunUntil(loop, [&] { return peers.size() == 1; }));
  ASSERT_TRUE(peers[0]->Hear("SM\r\n\r\n"));
  peers[0]->Send("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.error.code(), absl::StatusCode::kDataLoss) << got.error;
}

TEST_F(H2ClientTest, AServerThatLeavesEndsWhatItBeganAndTakesNoMore) {
  Dial(StartServer());
  Got begun, late;
  auto first = Ask(begun, "/later");
  ASSERT_TRUE(RunUntil(loop, [&] { return held.size() == 1; }));
  EXPECT_TRUE(client->takes_requests());
  server->Drain(10s, [] {});
  ASSERT_TRUE(RunUntil(loop, [&] { return !client->takes_requests(); }));
  auto second = Ask(late, "/1");
  ASSERT_TRUE(Finish(late));
  EXPECT_EQ(late.error.code(), absl::StatusCode::kUnavailable) << late.error;
  held[0]->Respond({}, "still here");
  ASSERT_TRUE(Finish(begun));
  EXPECT_EQ(begun.body, "still here");
}

TEST_F(H2ClientTest, AServerThatSaysNothingIsNotWaitedForWithoutEnd) {
  limits.head_deadline = 30ms;
  Dial(StartServer());
  Got got;
  auto call = Ask(got, "/later");
  ASSERT_TRUE(Finish(got));
  EXPECT_EQ(got.error.code(), absl::StatusCode::kDeadlineExceeded) << got.error;
}

TEST_F(H2ClientTest, WhatCannotBeSentSafelyIsNotSent) {
  Dial(StartServer());
  Got space, body, header;
  auto first = Ask(space, "/a b");
  ClientRequest request;
  request.head = {.method = "POST", .target = "/", .host = "a.test"};
  request.body = MakeStringBody("x");
  auto second = client->Send(std::move(request), body);
  ClientRequest bad;
  bad.head = {.method = "GET", .target = "/1", .host = "a.test", .headers = {{"x", "a\nb"}}};
  auto third = client->Send(std::move(bad), header);
  for (Got* got : {&space, &body, &header}) {
    ASSERT_TRUE(Finish(*got));
    EXPECT_EQ(got->error.code(), absl::StatusCode::kInvalidArgument) << got->error;
  }
  EXPECT_TRUE(versions.empty());
}

}  // namespace
}  // namespace terrella::http
