// DNS over TCP on real loopback sockets (RFC 7766).
#include "dns_router/server/tcp_server.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/test_socket.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using std::chrono::milliseconds;
using testing::DecodedAnswer;
using testing::Framed;
using testing::Socket;

class TcpServerTest : public ::testing::Test {
 protected:
  void Serve(const TcpLimits& limits = {}) {
    std::vector<std::string> ignored;
    backend_.snapshot.Set(
        *Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), {}, nullptr, &ignored));
    auto server =
        TcpServer::Listen(*SocketAddress::Parse("127.0.0.1:0"), limits, backend_, nullptr);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Start();
  }
  static std::string Query(unsigned id) {
    testing::QueryParts parts;
    parts.id = id;
    return Framed(testing::Build(parts));
  }
  // Until the server has not read for `patience_ms`, or ends it.
  static void SendUntilFull(Socket& socket, std::string& queries, int patience_ms = 20) {
    for (int n = 0; n < 5000; ++n) {
      pollfd wait{socket.fd(), POLLOUT, 0};
      if (poll(&wait, 1, patience_ms) != 1) break;
      const ssize_t sent =
          send(socket.fd(), queries.data(), queries.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent <= 0) break;
      // What is left of a query that was cut comes first the next time.
      std::rotate(queries.begin(), queries.begin() + sent, queries.end());
    }
  }
  Backend backend_{.identity = {.instance = "dns-test", .version = "test"}};
  std::unique_ptr<TcpServer> server_;
};

TEST_F(TcpServerTest, AnswersPipelinedQueriesInOrder) {
  Serve();
  Socket socket(SOCK_STREAM, server_->address());
  std::string queries;
  for (unsigned id = 0; id < 100; ++id) queries += Query(id);
  ASSERT_TRUE(socket.Send(queries));
  for (unsigned id = 0; id < 100; ++id) {
    ASSERT_EQ(DecodedAnswer(socket.ReceiveMessage()).id, id);
  }
}

TEST_F(TcpServerTest, TakesAQueryByteByByte) {
  Serve();
  Socket socket(SOCK_STREAM, server_->address());
  for (char byte : Query(7)) ASSERT_TRUE(socket.Send({&byte, 1}));
  EXPECT_EQ(DecodedAnswer(socket.ReceiveMessage()).id, 7u);
}

TEST_F(TcpServerTest, AnswersWhatCameBeforeTheClientsEnd) {
  Serve();
  Socket socket(SOCK_STREAM, server_->address());
  socket.Send(Query(1) + Query(2));
  socket.ShutdownWrite();
  EXPECT_EQ(DecodedAnswer(socket.ReceiveMessage()).id, 1u);
  EXPECT_EQ(DecodedAnswer(socket.ReceiveMessage()).id, 2u);
  EXPECT_EQ(socket.Receive(), "");
}

TEST_F(TcpServerTest, ClosesOnLengthsThatAreNoQuery) {
  Serve({.query_bytes_max = 600});
  for (const std::string& bytes :
       {std::string("\0\0", 2), std::string("\0\x0b", 2), std::string("\2\x59", 2),
        std::string("\xff\xff", 2), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    Socket socket(SOCK_STREAM, server_->address());
    socket.Send(Query(5) + bytes);
    EXPECT_EQ(DecodedAnswer(socket.ReceiveMessage()).id, 5u) << "what came before is answered";
    EXPECT_EQ(socket.Receive(), "");
  }
}

TEST_F(TcpServerTest, ClosesIdleAndDribblingClients) {
  Serve({.idle = milliseconds(150)});
  Socket idle(SOCK_STREAM, server_->address());
  Socket dribbling(SOCK_STREAM, server_->address());
  dribbling.Send(Query(1).substr(0, 5));
  EXPECT_EQ(idle.Receive(), "");
  EXPECT_EQ(dribbling.Receive(), "");
  EXPECT_EQ(backend_.statistics.tcp_closed_by_deadline.load(), 2u);
}

TEST_F(TcpServerTest, EndsEvenABusyConnectionAfterTheTotal) {
  Serve({.total = milliseconds(200)});
  Socket socket(SOCK_STREAM, server_->address());
  unsigned answers = 0;
  while (socket.Send(Query(answers))) {
    if (socket.ReceiveMessage().empty()) break;
    ++answers;
  }
  EXPECT_GT(answers, 0u);
  EXPECT_EQ(backend_.statistics.tcp_closed_by_deadline.load(), 1u);
}

TEST_F(TcpServerTest, LimitsConnectionsOfOneNetwork) {
  Serve({.connections_per_network_max = 2});
  Socket first(SOCK_STREAM, server_->address());
  Socket second(SOCK_STREAM, server_->address());
  for (Socket* socket : {&first, &second}) {
    socket->Send(Query(1));
    EXPECT_FALSE(socket->ReceiveMessage().empty());
  }
  Socket third(SOCK_STREAM, server_->address());
  third.Send(Query(1));
  EXPECT_EQ(third.Receive(), "");
  EXPECT_EQ(backend_.statistics.tcp_refused_connections.load(), 1u);
  first.Send(Query(2));
  EXPECT_FALSE(first.ReceiveMessage().empty()) << "the others go on";
}

TEST_F(TcpServerTest, TheOneLeastInUseMakesRoomWhenAllPlacesAreTaken) {
  Serve({.connections_max = 3});
  Socket silent(SOCK_STREAM, server_->address());
  Socket used(SOCK_STREAM, server_->address());
  Socket dribbling(SOCK_STREAM, server_->address());
  dribbling.Send(Query(1).substr(0, 5));
  used.Send(Query(1));
  EXPECT_FALSE(used.ReceiveMessage().empty());
  std::unique_ptr<Socket>
      before;  // stays until the next one was answered, so that a place is short
  for (unsigned id = 2; id < 10; ++id) {
    auto fast = std::make_unique<Socket>(SOCK_STREAM, server_->address());
    fast->Send(Query(id));
    EXPECT_FALSE(fast->ReceiveMessage().empty());
    before = std::move(fast);
    // The server has seen the older one go when it answers this.
    used.Send(Query(id));
    EXPECT_FALSE(used.ReceiveMessage().empty()) << "after " << id;
  }
  EXPECT_EQ(silent.Receive(), "");
  EXPECT_EQ(dribbling.Receive(), "");
  EXPECT_GE(backend_.statistics.tcp_refused_connections.load(), 2u);
}

TEST_F(TcpServerTest, WhatWaitsForClientsWhoDoNotReadIsBounded) {
  Serve({.unsent_bytes_max = 4096, .held_bytes_max = 200 << 10});
  std::string queries;
  while (queries.size() < 50'000) queries += Query(1);
  std::vector<std::unique_ptr<Socket>> deaf;
  for (int i = 0; i < 50; ++i) {
    deaf.push_back(std::make_unique<Socket>(SOCK_STREAM, server_->address()));
    std::string own = queries;
    SendUntilFull(*deaf.back(), own);
    Socket fast(SOCK_STREAM, server_->address());
    fast.Send(Query(2));
    EXPECT_FALSE(fast.ReceiveMessage().empty());
  }
  EXPECT_GE(backend_.statistics.tcp_refused_connections.load(), 10u);
}

TEST_F(TcpServerTest, WhoIsIdleAndHoldsNothingOutlivesThoseWhoDoNotRead) {
  Serve({.connections_per_network_max = 50,
         .unsent_bytes_max = 4096,
         .held_bytes_max = 200 << 10,
         .idle = std::chrono::seconds(60)});
  std::vector<std::unique_ptr<Socket>> honest;
  for (int i = 0; i < 5; ++i) {
    honest.push_back(std::make_unique<Socket>(SOCK_STREAM, server_->address()));
    honest.back()->Send(Query(1));
    ASSERT_FALSE(honest.back()->ReceiveMessage().empty());
  }
  std::string queries;
  while (queries.size() < 50'000) queries += Query(1);
  std::vector<std::unique_ptr<Socket>> deaf;
  while (backend_.statistics.tcp_refused_connections.load() < 5 && deaf.size() < 40) {
    deaf.push_back(std::make_unique<Socket>(SOCK_STREAM, server_->address()));
    std::string own = queries;
    SendUntilFull(*deaf.back(), own);
  }
  for (int i = 0; i < 1000 && backend_.statistics.tcp_refused_connections.load() < 5; ++i) {
    usleep(10'000);  // it may be slower to read than they to send
  }
  if (backend_.statistics.tcp_refused_connections.load() < 5) {
    GTEST_SKIP() << "the kernel keeps all that waits; client_table_test.cc has the rule";
  }
  for (const auto& socket : honest) {
    socket->Send(Query(2));
    EXPECT_FALSE(socket->ReceiveMessage().empty());
  }
}

TEST_F(TcpServerTest, ReadsNoFasterThanItsAnswersAreTaken) {
  // Long answers to short queries, and room for what one reading brings and a few answers.
  backend_.identity.instance = std::string(kInstanceBytesMax, 'x');
  testing::QueryParts asks_nsid;
  asks_nsid.additionals = 1;
  asks_nsid.tail = std::string("\0\0\x29\x04\xd0\0\0\0\0\0\x04\0\x03\0\0", 15);
  Serve({.unsent_bytes_max = 4096, .held_bytes_max = 200 << 10});
  Socket socket(SOCK_STREAM, server_->address(), /*receive_buffer_bytes=*/4096);
  std::string queries;
  while (queries.size() < 50'000) queries += Framed(testing::Build(asks_nsid));
  SendUntilFull(socket, queries);
  constexpr size_t kPart = 16 << 10;
  for (size_t taken = 0; taken < 4 << 20; taken += kPart) {
    ASSERT_EQ(socket.ReceiveExactly(kPart).size(), kPart) << "after " << taken;
    SendUntilFull(socket, queries, 0);
  }
  EXPECT_EQ(backend_.statistics.tcp_refused_connections.load(), 0u);
}

TEST_F(TcpServerTest, ANetworkThatOnlyConnectsPushesNobodyOut) {
  Serve({.connections_max = 40});
  std::vector<std::unique_ptr<Socket>> honest;
  for (int i = 0; i < 20; ++i) {
    honest.push_back(std::make_unique<Socket>(SOCK_STREAM, server_->address()));
    honest.back()->Send(Query(1));
    ASSERT_FALSE(honest.back()->ReceiveMessage().empty());
  }
  std::vector<std::unique_ptr<Socket>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<Socket>(SOCK_STREAM, server_->address()));
  }
  Socket last(SOCK_STREAM, server_->address());  // accepted in order
  last.Send(Query(2));
  EXPECT_FALSE(last.ReceiveMessage().empty());
  for (const auto& socket : honest) {
    socket->Send(Query(2));
    EXPECT_FALSE(socket->ReceiveMessage().empty());
  }
}

TEST_F(TcpServerTest, AnswersAllOfAClientThatReadsLate) {
  Serve({.unsent_bytes_max = 4096});
  Socket socket(SOCK_STREAM, server_->address());
  // More answers than the socket buffers hold, so the server has to stop reading in between; the
  // client sends from a thread of its own because its sends block then.
  constexpr unsigned kQueries = 60000;
  std::thread sender([&] {
    std::string chunk;
    for (unsigned id = 0; id < kQueries; ++id) {
      chunk += Query(id);
      if (chunk.size() > 30000 || id + 1 == kQueries) {
        for (std::string_view rest = chunk; !rest.empty();) {
          const ssize_t n = send(socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
          if (n <= 0) return;
          rest.remove_prefix(static_cast<size_t>(n));
        }
        chunk.clear();
      }
    }
  });
  unsigned in_order = 0;
  while (in_order < kQueries) {
    const std::string message = socket.ReceiveMessage();
    if (message.size() < 2 || DecodedAnswer(message).id != (in_order & 0xffff)) break;
    ++in_order;
  }
  sender.join();
  EXPECT_EQ(in_order, kQueries);
}

TEST_F(TcpServerTest, RefusesAPortInUse) {
  Serve();
  const auto second = TcpServer::Listen(server_->address(), {}, backend_, nullptr);
  EXPECT_FALSE(second.ok());
}

}  // namespace
}  // namespace terrella::dns
