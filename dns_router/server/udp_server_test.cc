// The UDP loop on real loopback sockets.
#include "dns_router/server/udp_server.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/test_socket.h"
#include "dns_router/server/udp_socket.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::DecodedAnswer;
using testing::Socket;

// 127.<network>.1, on its own; networks are told apart by their first 24 bits.
class Client {
 public:
  Client(uint32_t network, const SocketAddress& to)
      : fd_(*OpenUdpSocket({.address = {IpAddress::V4(0x7f000001 | network << 8), 0},
                            .receive_buffer_bytes = 1 << 20,
                            .send_buffer_bytes = 1 << 20})) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(to.ip.v4());
    CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Client() { close(fd_); }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  void Send(std::string_view bytes) { send(fd_, bytes.data(), bytes.size(), 0); }
  // Empty after 10 s.
  std::string Receive() {
    std::string out(65536, '\0');
    const ssize_t n = HasAnswer(10'000) ? recv(fd_, out.data(), out.size(), 0) : 0;
    out.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return out;
  }
  bool HasAnswer(int wait_ms) {
    pollfd wait{fd_, POLLIN, 0};
    return poll(&wait, 1, wait_ms) == 1;
  }

 private:
  int fd_;
};

class UdpServerTest : public ::testing::Test {
 protected:
  void Serve(int threads, const char* address = "127.0.0.1:0") {
    auto server =
        UdpServer::Bind({.address = *SocketAddress::Parse(address), .threads = threads}, backend_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Start();
  }
  void Publish(TopologyView view) {
    std::vector<std::string> ignored;
    backend_.snapshot.Set(
        *Snapshot::Build(std::move(view), MakeThreePoints(), {}, nullptr, &ignored));
  }
  Backend backend_{.identity = {.instance = "dns-test", .version = "test"}};
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
  for (unsigned network = 0; network < kClients; ++network) {
    Client client(network, server_->address());
    for (unsigned id = 0; id < kQueries; ++id) {
      testing::QueryParts parts;
      parts.id = id;
      client.Send(testing::Build(parts));
    }
    for (unsigned id = 0; id < kQueries; ++id) {
      ASSERT_EQ(DecodedAnswer(client.Receive()).id, id) << "network " << network;
    }
  }
  server_.reset();
  EXPECT_EQ(backend_.statistics.udp_answers.load(), kClients * kQueries);
  // Of 64 networks, a thread gets none once in 10^7 keys.
  unsigned threads = 0;
  backend_.counters.ForEach([&](const AnswerCounters& of) {
    ++threads;
    EXPECT_GT(of.answers.value(), 0u);
  });
  EXPECT_EQ(threads, 4u);
}

// The room for answers of each of this process's sockets with that address.
std::vector<int> SendBuffers(const SocketAddress& address) {
  std::vector<int> out;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in bound{};
    socklen_t size = sizeof(bound);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0 ||
        bound.sin_family != AF_INET || ntohs(bound.sin_port) != address.port) {
      continue;
    }
    int bytes = 0;
    size = sizeof(bytes);
    EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size), 0);
    out.push_back(bytes);
  }
  return out;
}

TEST_F(UdpServerTest, TheSocketsThatSendHaveRoomForAnswersAndNoneHasLessThanUsual) {
  const int plain = *OpenUdpSocket({.address = *SocketAddress::Parse("127.0.0.1:0")});
  const int usual = SendBuffers(LocalAddress(plain)).at(0);
  close(plain);
  EXPECT_GT(usual, 64 << 10);
  const auto bind = [&](int queues) {
    return *UdpServer::Bind(
        {.address = *SocketAddress::Parse("127.0.0.1:0"), .queues_per_thread = queues}, backend_);
  };
  const auto one = bind(1);
  const int most = SendBuffers(one->address()).at(0);
  EXPECT_GE(most, usual);
  const auto many = bind(4);
  std::vector<int> of_many = SendBuffers(many->address());
  std::sort(of_many.begin(), of_many.end());
  EXPECT_EQ(of_many, (std::vector<int>{usual, usual, usual, usual, most}));
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

TEST_F(UdpServerTest, AFloodedQueueLosesTheQueriesOfFewOthers) {
  Publish(MakeThreeNodeView());
  auto server = UdpServer::Bind({.address = *SocketAddress::Parse("127.0.0.1:0")}, backend_);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string query = testing::Build({});
  // Until nothing more is taken: nobody reads yet.
  Client flood(0xffff, (*server)->address());
  for (int i = 0; i < 20'000 && (*server)->unread() == 0; ++i) flood.Send(query);
  ASSERT_GT((*server)->unread(), 0u);
  std::vector<Client> others;
  for (uint32_t network = 1; network <= 64; ++network) {
    others.emplace_back(network, (*server)->address()).Send(query);
  }
  (*server)->Start();
  int answered = 0;
  for (Client& other : others) answered += other.HasAnswer(answered == 0 ? 10'000 : 200);
  // 62 of 64 are expected; less than 40 is none in 10^20 keys.
  EXPECT_GE(answered, 40);
  EXPECT_TRUE(flood.HasAnswer(0));
}

TEST_F(UdpServerTest, DropsResponsesBeforeTheyAreRead) {
  Publish(MakeThreeNodeView());
  Serve(2);
  testing::QueryParts response;
  response.flags = 0x8000;
  Socket socket(SOCK_DGRAM, server_->address());
  for (int i = 0; i < 5; ++i) socket.Send(testing::Build(response));
  socket.Send(testing::Build({}));
  EXPECT_FALSE(socket.Receive().empty());
  EXPECT_EQ(server_->unread(), 5u);
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
    const auto second =
        UdpServer::Bind({.address = server_->address(), .threads = threads}, backend_);
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
