// Goal: the ingress with real sockets: whom it leads where, what it answers itself, and how ends,
// refusals and slow receivers travel.
#include "sim/ingress/ingress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "http/proxy_protocol.h"
#include "sim/ingress/test_peers.h"
#include "sim/ingress/test_world.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class IngressTest : public ::testing::Test {
 protected:
  IngressTest() {
    signal(SIGPIPE, SIG_IGN);  // as main does: libuv writes to sockets whose peer is gone
    Restart({});
  }
  void Restart(TunnelLimits limits, size_t connections_max = 100) {
    IngressOptions options{.listen = {IpAddress::V4(0x7f000001), 0},
                           .default_place = *TestWorld().places->Find("Frankfurt"),
                           .jitter = false,
                           .connections_max = connections_max,
                           .tunnel = limits};
    auto ingress = Ingress::Start(loop_, TestWorld(), options);
    CHECK(ingress.ok());
    ingress_ = *std::move(ingress);
  }
  void UpdateView() {
    v1::View view;
    if (fra_) AddNode(view, "FRA", fra_->address());
    if (nrt_) AddNode(view, "NRT", nrt_->address());
    ingress_->Update(view);
  }
  void StartNodes() {
    fra_ = std::make_unique<FakeNode>(loop_, "127.250.1.1");
    nrt_ = std::make_unique<FakeNode>(loop_, "127.250.1.2");
    UpdateView();
  }
  // Runs the loop until the condition holds; false after five seconds.
  bool RunUntil(const std::function<bool()>& condition) {
    bool late = false;
    Timer give_up(loop_, [&] { late = true; });
    give_up.Start(std::chrono::seconds(5));
    while (!condition() && !late) loop_.RunOnce();
    return condition();
  }
  std::string Ask(FakeClient& client, std::string bytes) {
    bool done = false;
    client.Ask(std::move(bytes), [&] { done = true; });
    EXPECT_TRUE(RunUntil([&] { return done; }));
    return client.answer();
  }
  static std::string Get(std::string_view fields, std::string_view path = "/3") {
    return fmt::format("GET {} HTTP/1.1\r\nhost: a\r\n{}\r\n", path, fields);
  }
  double RttMs(std::string_view city, std::string_view pop) {
    const net::LatencyModel& model = *TestWorld().model;
    return model.RttMs(model.ClientAt(*TestWorld().places->Find(city)),
                       model.SiteAt(*TestWorld().places->pops().Find(pop)));
  }

  EventLoop loop_;
  std::unique_ptr<Ingress> ingress_;
  std::unique_ptr<FakeNode> fra_, nrt_;
};

TEST_F(IngressTest, LeadsToTheNearestAndTellsItWhoAsks) {
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  EXPECT_THAT(Ask(client, Get("terrella-from: Osaka\r\n")), StartsWith("HTTP/1.1 200 OK"));
  ASSERT_EQ(nrt_->peers().size(), 1u);
  const FakeNode::Peer& peer = *nrt_->peers()[0];
  EXPECT_EQ(peer.place->city(), "Osaka");
  EXPECT_EQ(peer.place->country(), "JP");
  EXPECT_EQ(peer.place->continent(), "AS");
  EXPECT_NEAR(peer.place->rtt_ms(), RttMs("Osaka", "NRT"), 1e-9);
  EXPECT_EQ(net::CityOfAddress(peer.info.source.ip), TestWorld().places->Find("Osaka")->city);
  EXPECT_EQ(peer.info.destination, nrt_->address());
}

TEST_F(IngressTest, AddsTheLastMileThatAClientHas) {
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  Ask(client, Get("terrella-from: Osaka\r\nterrella-access: dsl\r\nterrella-loss: 0%\r\n"));
  const double rtt_ms = RttMs("Osaka", "NRT") - 4 + 18;
  EXPECT_GE(ToMs(client.FirstByteSinceDialed()), 2 * rtt_ms);
  const v1::ClientPlace& place = *nrt_->peers()[0]->place;
  EXPECT_NEAR(place.rtt_ms(), rtt_ms, 1e-9);
  EXPECT_EQ(place.access(), "dsl");
  EXPECT_EQ(place.access_rtt_ms(), 18);
  EXPECT_NEAR(place.handshake_ms(), rtt_ms, 1e-9);
  FakeClient wrong(loop_, ingress_->address());
  EXPECT_THAT(Ask(wrong, Get("terrella-access: pigeon\r\n")),
              HasSubstr("terrella-access: expected an access: wired, mix"));
}

TEST_F(IngressTest, CountsTheHandshakeFromWhenTheClientAskedButNotFromLongAgo) {
  StartNodes();
  const SocketAddress osaka{net::CityAddressV4(TestWorld().places->Find("Osaka")->city, 1), 7};
  const double asked_ms = 2 * RttMs("Osaka", "FRA");
  // Asked for so many milliseconds before the connection came; at most 100 of them count.
  const auto felt_ms = [&](double before_ms) {
    http::ProxyInfo info{.source = osaka, .destination = fra_->address()};
    const MonotonicTime asked_at = loop_.Now() - FromMs(before_ms);
    info.tlvs.push_back({net::kAskedAtTlv, net::AskedAtText(asked_at)});
    FakeClient client(loop_, ingress_->address());
    Ask(client, *http::EncodeProxyHeader(info) + Get(""));
    return ToMs(client.FirstByteSinceDialed());
  };
  EXPECT_GE(felt_ms(60), asked_ms - 60.5);
  EXPECT_LT(felt_ms(60), asked_ms - 1);
  EXPECT_GE(felt_ms(5'000), asked_ms - 100.5);
  EXPECT_GE(felt_ms(-5'000), asked_ms);
}

TEST_F(IngressTest, ReachesAnAddressedNodeWhereverItIs) {
  StartNodes();
  FakeClient by_header(loop_, ingress_->address());
  Ask(by_header, Get("terrella-from: Osaka\r\nterrella-to: fra\r\n"));
  EXPECT_GE(ToMs(by_header.FirstByteSinceDialed()), 2 * RttMs("Osaka", "FRA"));
  EXPECT_EQ(fra_->peers().size(), 1u);

  FakeClient by_proxy(loop_, ingress_->address());
  net::CityId osaka = TestWorld().places->Find("Osaka")->city;
  Ask(by_proxy, *http::EncodeProxyHeader(
                    {.source = {net::CityAddressV4(osaka), 1}, .destination = fra_->address()}) +
                    Get(""));
  EXPECT_EQ(fra_->peers().size(), 2u);

  FakeClient anycast(loop_, ingress_->address());
  Ask(anycast, *http::EncodeProxyHeader(
                   {.source = {net::CityAddressV4(osaka), 1}, .destination = ingress_->address()}) +
                   Get(""));
  EXPECT_EQ(nrt_->peers().size(), 1u);
}

TEST_F(IngressTest, AnswersItselfWhenItCannotLead) {
  FakeClient early(loop_, ingress_->address());
  EXPECT_THAT(Ask(early, Get("")), HasSubstr("terrella-ingress: no-view"));
  StartNodes();
  FakeClient lost(loop_, ingress_->address());
  Ask(lost, Get("terrella-from: Lagoss\r\n"));
  EXPECT_THAT(lost.answer(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(lost.answer(), HasSubstr("terrella-ingress: unknown-place\r\n"));
  EXPECT_THAT(lost.answer(), HasSubstr("did you mean Lagos?\n"));
  FakeClient nowhere(loop_, ingress_->address());
  Ask(nowhere, Get("terrella-to: FRB\r\n"));
  EXPECT_THAT(nowhere.answer(), HasSubstr("no node called 'FRB': did you mean FRA?"));
  FakeClient gone(loop_, ingress_->address());
  Ask(gone, *http::EncodeProxyHeader({.source = {IpAddress::V4(0x7f800001), 1},
                                      .destination = {IpAddress::V4(0x7f100099), 1}}));
  EXPECT_THAT(gone.answer(), StartsWith("HTTP/1.1 502"));
  ingress_->Update(v1::View());
  fra_.reset();
  nrt_.reset();
  EXPECT_TRUE(RunUntil([&] {
    FakeClient client(loop_, ingress_->address());
    return Ask(client, Get("")).find("no-site") != std::string::npos;  // after the convergence
  }));
}

TEST_F(IngressTest, RefusesAfterOneRoundTripWhenTheNodeIsDead) {
  StartNodes();
  nrt_->StopListening();
  FakeClient client(loop_, ingress_->address());
  EXPECT_EQ(Ask(client, Get("terrella-from: Osaka\r\n")), "");
  EXPECT_TRUE(client.saw_error());
  double rtt_ms = RttMs("Osaka", "NRT");
  EXPECT_GE(ToMs(client.SinceDialed()), rtt_ms - 0.5);
  EXPECT_LT(ToMs(client.SinceDialed()), rtt_ms + 500) << "a second attempt's timer";
  EXPECT_TRUE(RunUntil([&] { return ingress_->connections() == 0; }));
}

TEST_F(IngressTest, GivesUpOnWhoNeverAsks) {
  Restart({.place_timeout = milliseconds(30)});
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  EXPECT_THAT(Ask(client, "GET / HT"), HasSubstr("terrella-ingress: no-request"));
  EXPECT_TRUE(RunUntil([&] { return ingress_->connections() == 0; }));
}

TEST_F(IngressTest, BoundsItsConnections) {
  Restart({}, 2);
  StartNodes();
  FakeClient first(loop_, ingress_->address()), second(loop_, ingress_->address());
  ASSERT_TRUE(RunUntil([&] { return ingress_->connections() == 2; }));
  FakeClient third(loop_, ingress_->address());
  EXPECT_THAT(Ask(third, ""), HasSubstr("terrella-ingress: full"));
}

TEST_F(IngressTest, PassesTheClientsEndOn) {
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  Ask(client, Get(""));
  client.socket()->ShutdownWrite();
  EXPECT_TRUE(RunUntil([&] { return fra_->peers()[0]->saw_eof && client.saw_eof(); }));
  EXPECT_TRUE(RunUntil([&] { return ingress_->connections() == 0; }));
}

TEST_F(IngressTest, PassesAResetOn) {
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  Ask(client, Get(""));
  client.Reset();
  EXPECT_TRUE(RunUntil([&] { return fra_->peers()[0]->saw_error; }));
  FakeClient other(loop_, ingress_->address());
  Ask(other, Get(""));
  TcpConnection::Reset(std::move(fra_->peers()[1]->socket));
  EXPECT_TRUE(RunUntil([&] { return other.saw_error(); }));
  EXPECT_TRUE(RunUntil([&] { return ingress_->connections() == 0; }));
}

TEST_F(IngressTest, AClientThatLeavesEarlyLeavesNothingBehind) {
  StartNodes();
  for (const std::string& bytes :
       {std::string(), std::string("GET / HT"), Get(""), Get("", "/9999999")}) {
    auto client = std::make_unique<FakeClient>(loop_, ingress_->address());
    client->Ask(bytes, [] {});
    ASSERT_TRUE(RunUntil([&] { return ingress_->connections() == 1; }));
    client->Reset();
    EXPECT_TRUE(RunUntil([&] { return ingress_->connections() == 0; })) << bytes;
  }
}

TEST_F(IngressTest, ASlowReceiverHoldsItsSenderAndNobodyElse) {
  StartNodes();
  constexpr size_t kBytes = 32 << 20;
  FakeClient slow(loop_, ingress_->address());
  bool done = false;
  slow.Ask(Get("", "/" + std::to_string(kBytes)), [&] { done = true; });
  ASSERT_TRUE(RunUntil([&] { return !slow.answer().empty(); }));
  slow.socket()->PauseReading();
  // Others are answered meanwhile.
  for (int i = 0; i < 20; ++i) {
    FakeClient other(loop_, ingress_->address());
    EXPECT_THAT(Ask(other, Get("")), StartsWith("HTTP/1.1 200"));
  }
  // What left the node is in kernel buffers and the bounded queues: most still waits in the node.
  EXPECT_GT(fra_->peers()[0]->socket->write_queue_bytes(), kBytes / 4);
  slow.socket()->StartReading();
  ASSERT_TRUE(RunUntil([&] { return done; }));
  EXPECT_GT(slow.answer().size(), kBytes);
}

TEST_F(IngressTest, IsSparingWhenAllConnectionsTogetherHoldMuch) {
  Restart({.held_in_all_bytes_max = 64 * 1024});
  StartNodes();
  constexpr int kClients = 20;
  std::vector<std::unique_ptr<FakeClient>> clients;
  int done = 0;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<FakeClient>(loop_, ingress_->address()));
    clients.back()->Ask(Get("terrella-from: Paris\r\n", "/600000"), [&] { ++done; });
  }
  size_t most = 0;
  EXPECT_TRUE(RunUntil([&] {
    most = std::max(most, ingress_->held_bytes());
    return done == kClients;
  }));
  // One read a connection beyond the limit, not half a megabyte.
  EXPECT_LT(most, 64 * 1024 + kClients * (16 + 128) * 1024u);
  for (const auto& client : clients) EXPECT_GT(client->answer().size(), 600'000u);
}

TEST_F(IngressTest, DrainsWhatIsOpen) {
  StartNodes();
  FakeClient client(loop_, ingress_->address());
  bool answered = false, drained = false;
  client.Ask(Get("terrella-from: Berlin\r\n"), [&] { answered = true; });
  ASSERT_TRUE(RunUntil([&] { return ingress_->connections() == 1; }));
  ingress_->Drain(milliseconds(500), [&] { drained = true; });
  EXPECT_TRUE(RunUntil([&] { return drained; }));
  EXPECT_TRUE(answered);
  EXPECT_EQ(ingress_->connections(), 0u);
}

}  // namespace
}  // namespace terrella::sim
