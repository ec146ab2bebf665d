// Real listeners on the loopback, that count whom they accept.
#include "edge_node/shard/port_steering.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/event_loop.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

class PortSteeringTest : public testing::Test {
 protected:
  void SetUp() override {
    Listen();
    address_.port = listeners_[0].socket->address().port;
    auto joined = PortSteering::Join(address_);
    if (absl::IsUnavailable(joined.status())) GTEST_SKIP() << Message(joined.status());
    ASSERT_TRUE(joined.ok()) << Message(joined.status());
    steering_ = *std::move(joined);
  }
  void Listen() {
    listeners_.push_back({});
    const size_t index = listeners_.size() - 1;
    auto socket = TcpListener::Listen(
        loop_, {.address = address_, .reuse_port = true},
        [this, index](std::unique_ptr<TcpConnection>) { ++listeners_[index].accepted; });
    ASSERT_TRUE(socket.ok()) << Message(socket.status());
    listeners_.back().socket = *std::move(socket);
  }
  // How many of `count` connections each listener accepts.
  std::vector<size_t> Connect(size_t count) {
    for (Listener& listener : listeners_) listener.accepted = 0;
    for (size_t i = 0; i < count; ++i) {
      bool connected = false;
      auto connection = TcpConnection::Connect(loop_, address_, nullptr, [&](absl::Status status) {
        EXPECT_TRUE(status.ok()) << Message(status);
        connected = true;
      });
      while (!connected) loop_.RunOnce();
    }
    std::vector<size_t> accepted;
    const MonotonicTime patience = loop_.Now() + std::chrono::seconds(5);
    do {
      loop_.RunOnce();
      accepted.clear();
      for (const Listener& listener : listeners_) accepted.push_back(listener.accepted);
    } while (Sum(accepted) < count && loop_.Now() < patience);
    EXPECT_EQ(Sum(accepted), count) << "some went to nobody";
    return accepted;
  }
  static size_t Sum(const std::vector<size_t>& values) {
    size_t sum = 0;
    for (const size_t value : values) sum += value;
    return sum;
  }

  struct Listener {
    std::unique_ptr<TcpListener> socket;
    size_t accepted = 0;
  };
  EventLoop loop_;
  SocketAddress address_ = *SocketAddress::Parse("127.0.0.1:0");
  std::vector<Listener> listeners_;
  std::unique_ptr<PortSteering> steering_;
};

TEST_F(PortSteeringTest, TheFirstListenerGetsAllUntilOthersAreLetIn) {
  Listen();
  Listen();
  EXPECT_EQ(Connect(50), (std::vector<size_t>{50, 0, 0}));
  ASSERT_TRUE(steering_->SteerTo(3).ok());
  for (const size_t accepted : Connect(300)) EXPECT_GT(accepted, 50u);
  ASSERT_TRUE(steering_->SteerTo(2).ok());
  const std::vector<size_t> two = Connect(100);
  EXPECT_GT(two[0], 20u);
  EXPECT_GT(two[1], 20u);
  EXPECT_EQ(two[2], 0u);
}

TEST_F(PortSteeringTest, ListenersComeAndGoAtTheEndWithoutLoss) {
  for (int i = 0; i < 5; ++i) {
    Listen();
    EXPECT_EQ(Connect(20), (std::vector<size_t>{20, 0}));
    ASSERT_TRUE(steering_->SteerTo(2).ok());
    EXPECT_GT(Connect(60)[1], 10u);
    ASSERT_TRUE(steering_->SteerTo(1).ok());
    EXPECT_EQ(Connect(20), (std::vector<size_t>{20, 0}));
    listeners_.pop_back();
    EXPECT_EQ(Connect(20), (std::vector<size_t>{20}));
  }
}

}  // namespace
}  // namespace terrella::edge
