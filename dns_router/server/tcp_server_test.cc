// DNS over TCP on real loopback sockets (RFC 7766).
#include "dns_router/server/tcp_server.h"

#include <gtest/gtest.h>

#include <thread>

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
    cell_.Set(*Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), {}, nullptr, &ignored));
    auto server = TcpServer::Listen(*SocketAddress::Parse("127.0.0.1:0"), limits, cell_, identity_,
                                    statistics_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Start();
  }
  static std::string Query(unsigned id) {
    testing::QueryParts parts;
    parts.id = id;
    return Framed(testing::Build(parts));
  }
  SnapshotCell cell_;
  ServerIdentity identity_{"dns-test", "test"};
  Statistics statistics_;
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
  EXPECT_EQ(statistics_.tcp_closed_by_deadline.load(), 2u);
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
  EXPECT_EQ(statistics_.tcp_closed_by_deadline.load(), 1u);
}

TEST_F(TcpServerTest, LimitsConnectionsOfOneClient) {
  Serve({.connections_per_client_max = 2});
  Socket first(SOCK_STREAM, server_->address());
  Socket second(SOCK_STREAM, server_->address());
  for (Socket* socket : {&first, &second}) {
    socket->Send(Query(1));
    EXPECT_FALSE(socket->ReceiveMessage().empty());
  }
  Socket third(SOCK_STREAM, server_->address());
  third.Send(Query(1));
  EXPECT_EQ(third.Receive(), "");
  EXPECT_EQ(statistics_.tcp_refused_connections.load(), 1u);
  first.Send(Query(2));
  EXPECT_FALSE(first.ReceiveMessage().empty()) << "the others go on";
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
  const auto second = TcpServer::Listen(server_->address(), {}, cell_, identity_, statistics_);
  EXPECT_FALSE(second.ok());
}

}  // namespace
}  // namespace terrella::dns
