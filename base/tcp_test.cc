// Real sockets on loopback, port 0: a server and a client on one loop.
#include "base/tcp.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella {
namespace {

using namespace std::chrono_literals;

class Peer : public TcpConnection::Observer {
 public:
  explicit Peer(EventLoop& loop) : loop_(loop) {}
  void OnRead(std::string_view bytes) override {
    received.append(bytes);
    if (pause_after_read) connection->PauseReading();
    if (received.size() >= expect_bytes) loop_.Stop();
  }
  void OnReadEof() override {
    eof = true;
    loop_.Stop();
  }
  void OnWriteDrained() override { ++drained; }
  void OnError(const absl::Status& status) override {
    error = status;
    loop_.Stop();
  }
  void Take(std::unique_ptr<TcpConnection> accepted) {
    connection = std::move(accepted);
    connection->set_observer(this);
    connection->StartReading();
  }

  std::unique_ptr<TcpConnection> connection;
  std::string received;
  size_t expect_bytes = SIZE_MAX;
  bool pause_after_read = false;
  bool eof = false;
  int drained = 0;
  absl::Status error;

 private:
  EventLoop& loop_;
};

class TcpTest : public testing::Test {
 protected:
  void SetUp() override {
    auto listening = TcpListener::Listen(
        loop_, {.address = {IpAddress::V4(0x7f000001), 0}},
        [this](std::unique_ptr<TcpConnection> c) { server_.Take(std::move(c)); });
    ASSERT_TRUE(listening.ok()) << listening.status();
    listener_ = *std::move(listening);
    client_.connection =
        TcpConnection::Connect(loop_, listener_->address(), nullptr, [this](absl::Status status) {
          connect_status_ = status;
          client_.connection->set_observer(&client_);
          client_.connection->StartReading();
        });
    watchdog_.Start(10s);
    while (server_.connection == nullptr && watchdog_.active()) loop_.RunOnce();
    ASSERT_TRUE(connect_status_.ok());
  }

  EventLoop loop_;
  Timer watchdog_{loop_, [this] { loop_.Stop(); }};
  Peer server_{loop_}, client_{loop_};
  std::unique_ptr<TcpListener> listener_;
  absl::Status connect_status_ = absl::UnknownError("not called");
};

TEST_F(TcpTest, BytesArriveInOrderFromBothPieces) {
  server_.expect_bytes = 10;
  client_.connection->Write("hello", "world");
  loop_.Run();
  EXPECT_EQ(server_.received, "helloworld");
}

TEST_F(TcpTest, AFastWriterQueuesAndHearsWhenItDrained) {
  std::string big(32 << 20, 'x');
  server_.connection->PauseReading();
  client_.connection->Write(big);
  EXPECT_GT(client_.connection->write_queue_bytes(), 0u);
  server_.expect_bytes = big.size();
  server_.connection->StartReading();
  loop_.Run();
  EXPECT_EQ(server_.received.size(), big.size());
  EXPECT_EQ(client_.drained, 1);
  EXPECT_EQ(client_.connection->write_queue_bytes(), 0u);
}

TEST_F(TcpTest, CloseGracefullyDeliversWhatWasQueued) {
  std::string big(8 << 20, 'y');
  client_.connection->Write(big);
  TcpConnection::CloseGracefully(std::move(client_.connection));
  loop_.Run();
  EXPECT_TRUE(server_.eof);
  EXPECT_EQ(server_.received.size(), big.size());
}

TEST_F(TcpTest, CloseGracefullyWaitsForASlowPeerThatKeepsReading) {
  std::string big(8 << 20, 'y');
  server_.pause_after_read = true;
  Timer taking(loop_, [&] {  // one read every 8 ms: about 1 s in all, several lingers
    server_.connection->StartReading();
    taking.Start(8ms);
  });
  taking.Start(8ms);
  client_.connection->Write(big);
  TcpConnection::CloseGracefully(std::move(client_.connection), 300ms);
  loop_.Run();
  EXPECT_TRUE(server_.eof) << server_.error;
  EXPECT_EQ(server_.received.size(), big.size());
}

TEST_F(TcpTest, CloseGracefullyGivesUpOnAPeerThatTakesNothing) {
  server_.connection->PauseReading();
  client_.connection->Write(std::string(32 << 20, 'y'));
  TcpConnection::CloseGracefully(std::move(client_.connection), 20ms);
  Timer later(loop_, [&] { server_.connection->StartReading(); });
  later.Start(200ms);
  loop_.Run();  // the end or an error, but never the whole
  EXPECT_LT(server_.received.size(), size_t{32} << 20);
}

TEST_F(TcpTest, ResetIsAnErrorForThePeer) {
  TcpConnection::Reset(std::move(client_.connection));
  loop_.Run();
  EXPECT_FALSE(server_.error.ok());
}

TEST_F(TcpTest, DestroyingAConnectionMakesNoFurtherCallback) {
  server_.connection->Write("data the client will never see");
  client_.connection.reset();
  loop_.Run();  // until the server sees the end
  EXPECT_TRUE(client_.received.empty());
}

TEST(Tcp, ARefusedConnectionIsReportedLater) {
  EventLoop loop;
  uint16_t closed_port;
  {
    auto listener =
        TcpListener::Listen(loop, {.address = {IpAddress::V4(0x7f000001), 0}}, [](auto) {});
    closed_port = (*listener)->address().port;
  }
  absl::Status status;
  auto connection = TcpConnection::Connect(loop, {IpAddress::V4(0x7f000001), closed_port}, nullptr,
                                           [&](absl::Status s) {
                                             status = s;
                                             loop.Stop();
                                           });
  loop.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST(Tcp, ASourceAddressThatIsNotOursIsReportedLater) {
  EventLoop loop;
  absl::Status status;
  SocketAddress source{*IpAddress::Parse("192.0.2.1"), 0};
  auto connection =
      TcpConnection::Connect(loop, {IpAddress::V4(0x7f000001), 9}, &source, [&](absl::Status s) {
        status = s;
        loop.Stop();
      });
  loop.Run();
  EXPECT_FALSE(status.ok());
}

TEST(Tcp, AnIpv4ClientOfASocketForBothFamiliesHasAnIpv4Address) {
  EventLoop loop;
  std::unique_ptr<TcpConnection> accepted;
  auto listener =
      TcpListener::Listen(loop, {.address = *SocketAddress::Parse("[::]:0")}, [&](auto connection) {
        accepted = std::move(connection);
        loop.Stop();
      });
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here: " << listener.status();
  const SocketAddress to{IpAddress::V4(0x7f000001), (*listener)->address().port};
  auto client = TcpConnection::Connect(loop, to, nullptr, [](const absl::Status&) {});
  loop.Run();
  EXPECT_EQ(accepted->peer_address().ip, to.ip);
  EXPECT_EQ(accepted->local_address(), to);
}

TEST(Tcp, ListeningOnABusyPortSaysWhichAddress) {
  EventLoop loop;
  auto first = TcpListener::Listen(loop, {.address = {IpAddress::V4(0x7f000001), 0}}, [](auto) {});
  auto second = TcpListener::Listen(loop, {.address = (*first)->address()}, [](auto) {});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find((*first)->address().ToString()),
            absl::string_view::npos);
}

TEST(SocketAddress, ParsesWhatItPrints) {
  for (const char* text : {"127.0.0.1:80", "[::1]:65535", "0.0.0.0:0"}) {
    EXPECT_EQ(SocketAddress::Parse(text)->ToString(), text);
  }
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "host:80", "127.0.0.1:-1"}) {
    EXPECT_FALSE(SocketAddress::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace terrella
