// Bytes go through whole, both ways, from the city's addresses; slow readers and deaths end well.
#include "sim/visit/city_gate.h"

#include <gtest/gtest.h>

#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

constexpr net::CityId kCity = 3 * 256 + 7;
const SocketAddress kAnyPort{IpAddress::V4(0x7f000001), 0};

// Sends back what it gets; remembers who came.
struct Echo final : ByteStream::Observer {
  void Take(std::unique_ptr<TcpConnection> accepted) {
    peer = accepted->peer_address();
    stream = std::move(accepted);
    stream->set_observer(this);
    stream->StartReading();
  }
  void OnRead(std::string_view bytes) override { stream->Write(bytes); }
  void OnReadEof() override { stream->ShutdownWrite(); }
  void OnError(const absl::Status&) override { stream.reset(); }
  std::unique_ptr<TcpConnection> stream;
  SocketAddress peer;
};

struct Client final : ByteStream::Observer {
  Client(EventLoop& event_loop, const SocketAddress& to) : loop(event_loop) {
    stream = TcpConnection::Connect(loop, to, nullptr, [this](const absl::Status& status) {
      ASSERT_TRUE(status.ok()) << status;
      stream->set_observer(this);
      stream->StartReading();
      stream->Write(sent);
      stream->ShutdownWrite();
    });
  }
  void OnRead(std::string_view bytes) override { got += bytes; }
  void OnReadEof() override { loop.Stop(); }
  void OnError(const absl::Status&) override { loop.Stop(); }
  EventLoop& loop;
  std::string sent = std::string(3 << 20, 'x') + "end", got;
  std::unique_ptr<TcpConnection> stream;
};

TEST(CityGate, LeadsToTheIngressFromTheCity) {
  EventLoop loop;
  Echo echo;
  auto ingress = *TcpListener::Listen(loop, {.address = kAnyPort},
                                      [&](auto accepted) { echo.Take(std::move(accepted)); });
  auto gate = *CityGate::Start(loop, {.ingress = ingress->address(), .city = kCity});
  Client client(loop, gate->address());
  loop.Run();
  EXPECT_EQ(client.got, client.sent);
  EXPECT_EQ(net::CityOfAddress(echo.peer.ip), kCity);
  client.stream.reset();
  while (gate->connections() > 0) loop.RunOnce();
}

TEST(CityGate, ClosesWhoCannotBeLedOn) {
  EventLoop loop;
  SocketAddress nobody;
  {
    nobody = (*TcpListener::Listen(loop, {.address = kAnyPort}, [](auto) {}))->address();
  }
  auto gate = *CityGate::Start(loop, {.ingress = nobody, .city = kCity});
  Client client(loop, gate->address());
  loop.Run();
  EXPECT_EQ(client.got, "");
  while (gate->connections() > 0) loop.RunOnce();
}

}  // namespace
}  // namespace terrella::sim
