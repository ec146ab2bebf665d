// The queues of real sockets; time passes as it does, and only a failure waits for its end.
#include "dns_router/server/fair_queues.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "dns_router/server/udp_batch.h"
#include "dns_router/server/udp_socket.h"

namespace terrella::dns {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

class FairQueuesTest : public ::testing::Test {
 protected:
  FairQueuesTest() {
    for (int i = 0; i < 16; ++i) {
      sockets_.push_back(*OpenUdpSocket(
          {.address = *SocketAddress::Parse("127.0.0.1:0"), .receive_buffer_bytes = kBurstBytes}));
    }
    queues_.emplace(sockets_, stop_, kBurstBytes);
  }
  ~FairQueuesTest() override {
    for (const int fd : sockets_) close(fd);
    close(stop_);
    close(client_);
  }

  void Send(uint32_t place, int count) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(LocalAddress(sockets_[place]).port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < count; ++i) {
      sendto(client_, "twelve bytes", 12, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
    }
  }
  // One round; how much was read of each.
  std::array<int, 16> Round() {
    std::array<int, 16> taken{};
    for (const uint32_t place : queues_->Wait()) {
      char byte;
      while (taken[place] < queues_->turn() && recv(sockets_[place], &byte, 1, MSG_DONTWAIT) >= 0) {
        ++taken[place];
      }
      queues_->Took(place, taken[place]);
    }
    return taken;
  }
  int ReceiveBuffer(uint32_t place) const {
    int bytes = 0;
    socklen_t size = sizeof(bytes);
    EXPECT_EQ(getsockopt(sockets_[place], SOL_SOCKET, SO_RCVBUF, &bytes, &size), 0);
    return bytes;
  }
  bool Admits(uint32_t place) const { return queues_->Admitted(place) == UdpBatch::kAll; }

  static constexpr int kBurstBytes = 256 << 10;
  const int stop_ = eventfd(0, EFD_CLOEXEC);
  const int client_ = socket(AF_INET, SOCK_DGRAM, 0);
  std::vector<int> sockets_;
  std::optional<FairQueues> queues_;
};

TEST_F(FairQueuesTest, EveryQueueHasItsTurnInARound) {
  Send(3, 300);
  Send(7, 1);
  Send(9, 20);
  const auto taken = Round();
  EXPECT_EQ(taken[3], FairQueues::kTurnMax);
  EXPECT_EQ(taken[7], 1);
  EXPECT_EQ(taken[9], 20);
  EXPECT_EQ(Round()[3], FairQueues::kTurnMax);
}

TEST_F(FairQueuesTest, OfAQueueThatStandsFewerAreAnsweredWhoProveNothing) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (Admits(3) && std::chrono::steady_clock::now() < deadline) {
    Send(3, 2 * FairQueues::kTurnMax);
    Send(7, 1);
    Round();
  }
  EXPECT_FALSE(Admits(3));
  EXPECT_TRUE(Admits(7));
  while (!Admits(3) && std::chrono::steady_clock::now() < deadline) {
    Send(3, 1);
    Send(7, 1);
    Round();
  }
  EXPECT_TRUE(Admits(3)) << "the flood is over";
}

TEST_F(FairQueuesTest, ABurstOfWholeTurnsDoesNotStand) {
  const int room = ReceiveBuffer(3);
  for (int burst = 0; burst < 40; ++burst) {
    Send(3, 2 * FairQueues::kTurnMax);
    EXPECT_EQ(Round()[3], FairQueues::kTurnMax);
    EXPECT_EQ(Round()[3], FairQueues::kTurnMax);
    usleep(5000);
    Send(7, 1);
    Round();  // nothing in the third
    ASSERT_EQ(ReceiveBuffer(3), room) << "cut at burst " << burst;
  }
}

TEST_F(FairQueuesTest, WhenManyStandItIsAllQueuesThatAreSuspect) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (Admits(15) && std::chrono::steady_clock::now() < deadline) {
    for (uint32_t place = 0; place < 8; ++place) Send(place, 2 * FairQueues::kTurnMax);
    Send(15, 1);
    Round();
  }
  EXPECT_FALSE(Admits(15));
}

TEST_F(FairQueuesTest, WakesToStop) {
  const uint64_t one = 1;
  ASSERT_EQ(write(stop_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  EXPECT_TRUE(queues_->Wait().empty());
}

}  // namespace
}  // namespace terrella::dns
