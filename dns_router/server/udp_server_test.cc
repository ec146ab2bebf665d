// The UDP loop on real loopback sockets.
#include "dns_router/server/udp_server.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/test_socket.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::DecodedAnswer;
using testing::Socket;

class UdpServerTest : public ::testing::Test {
 protected:
  void Serve(int threads, const char* address = "127.0.0.1:0") {
    auto server = UdpServer::Bind({.address = *SocketAddress::Parse(address), .threads = threads},
                                  cell_, identity_, statistics_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Start();
  }
  void Publish(TopologyView view) {
    std::vector<std::string> ignored;
    cell_.Set(*Snapshot::Build(std::move(view), MakeThreePoints(), {}, nullptr, &ignored));
  }
  SnapshotCell cell_;
  ServerIdentity identity_{"dns-test", "test"};
  Statistics statistics_;
  std::unique_ptr<UdpServer> server_;
};

TEST_F(UdpServerTest, AnswersFromTheNewestSnapshot) {
  Serve(1);
  Socket socket(SOCK_DGRAM, server_->address());
  socket.Send(testing::Build({}));
  EXPECT_EQ(DecodedAnswer(socket.Receive()).rcode(), 2u);
  Publish(MakeThreeNodeView());
  socket.Send(testing::Build({}));
  EXPECT_EQ(DecodedAnswer(socket.Receive()).answer.at(0).rdata, std::string("\x7f\0\0\2", 4));
  TopologyView view = MakeThreeNodeView();
  view.nodes[1].state = NodeState::kDown;
  Publish(view);
  socket.Send(testing::Build({}));
  EXPECT_EQ(DecodedAnswer(socket.Receive()).answer.at(0).rdata, std::string("\x7f\0\0\3", 4));
}

TEST_F(UdpServerTest, AnswersEveryClientOnEveryThread) {
  Publish(MakeThreeNodeView());
  Serve(4);
  constexpr unsigned kClients = 64, kQueries = 8;
  for (unsigned i = 0; i < kClients; ++i) {
    Socket socket(SOCK_DGRAM, server_->address());
    for (unsigned id = 0; id < kQueries; ++id) {
      testing::QueryParts parts;
      parts.id = id;
      ASSERT_TRUE(socket.Send(testing::Build(parts)));
    }
    for (unsigned id = 0; id < kQueries; ++id) {
      ASSERT_EQ(DecodedAnswer(socket.Receive()).id, id) << "client " << i;
    }
  }
  server_.reset();
  EXPECT_EQ(statistics_.udp_answers.load(), kClients * kQueries);
}

TEST_F(UdpServerTest, StaysSilentOnWhatCannotBeAnsweredAndGoesOn) {
  Publish(MakeThreeNodeView());
  Serve(1);
  Socket socket(SOCK_DGRAM, server_->address());
  socket.Send("");
  socket.Send("x");
  socket.Send(std::string(60000, 'x'));
  testing::QueryParts response;
  response.flags = 0x8000;
  socket.Send(testing::Build(response));
  testing::QueryParts good;
  good.id = 99;
  socket.Send(testing::Build(good));
  EXPECT_EQ(DecodedAnswer(socket.Receive()).id, 99u);
}

TEST_F(UdpServerTest, AnswersFromTheAddressItWasAskedAt) {
  Publish(MakeThreeNodeView());
  Serve(1, "0.0.0.0:0");
  // A connected socket takes datagrams from that very address only.
  Socket socket(SOCK_DGRAM, {IpAddress::V4(0x7f010203), server_->address().port});
  socket.Send(testing::Build({}));
  EXPECT_EQ(DecodedAnswer(socket.Receive()).answer.size(), 1u);
}

TEST_F(UdpServerTest, RefusesAPortInUseEvenByAServerWithManyThreads) {
  Serve(2);
  for (int threads : {1, 2}) {
    const auto second = UdpServer::Bind({.address = server_->address(), .threads = threads}, cell_,
                                        identity_, statistics_);
    if (threads == 1) {
      ASSERT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
      EXPECT_NE(second.status().message().find("already in use"), std::string::npos);
    } else {
      EXPECT_FALSE(second.ok());
    }
  }
}

}  // namespace
}  // namespace terrella::dns
