// The programs as the kernel runs them, on loopback, where all of 127.0.0.0/8 may send.
#include "dns_router/server/source_spread.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string>

#include "base/check.h"
#include "dns_router/server/udp_socket.h"

namespace terrella::dns {
namespace {

class Group {
 public:
  Group(size_t count, uint32_t key, const char* address = "127.0.0.1:0") {
    UdpSocketOptions options{.address = *SocketAddress::Parse(address),
                             .receive_buffer_bytes = 1 << 18};
    for (size_t i = 0; i < count; ++i) {
      options.shared = i > 0;
      sockets_.push_back(*OpenUdpSocket(options));
      if (i == 0) CHECK(ShareUdpSocket(sockets_[0]).ok());
      options.address = LocalAddress(sockets_[0]);
    }
    address_ = options.address;
    const absl::Status status =
        SpreadSources(sockets_[0], address_.ip.is_v4(), static_cast<uint32_t>(count), key);
    EXPECT_TRUE(status.ok()) << status;
  }
  ~Group() {
    for (const int fd : sockets_) close(fd);
  }
  const SocketAddress& address() const { return address_; }

  // The socket that gets a datagram from there.
  size_t TakerOf(const char* source) {
    UdpSocketOptions from{.address = *SocketAddress::Parse(source)};
    const int fd = *OpenUdpSocket(from);
    if (address_.ip.is_v4()) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(address_.port);
      to.sin_addr.s_addr = htonl(address_.ip.v4());
      CHECK(sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 1);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(address_.port);
      to.sin6_addr = in6addr_loopback;
      CHECK(sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 1);
    }
    close(fd);
    for (size_t i = 0; i < sockets_.size(); ++i) {
      char byte;
      if (recv(sockets_[i], &byte, 1, MSG_DONTWAIT) == 1) return i;
    }
    return sockets_.size();
  }

 private:
  std::vector<int> sockets_;
  SocketAddress address_;
};

std::string Source(int network, int host) {
  return "127.3." + std::to_string(network) + "." + std::to_string(host) + ":0";
}

TEST(SourceSpreadTest, ANetworkHasOneSocketWhateverThePort) {
  Group group(16, 0x12345678);
  for (int network = 0; network < 8; ++network) {
    const size_t taker = group.TakerOf(Source(network, 1).c_str());
    ASSERT_LT(taker, 16u);
    for (int host = 1; host < 20; ++host) {
      EXPECT_EQ(group.TakerOf(Source(network, host).c_str()), taker);
    }
  }
}

TEST(SourceSpreadTest, NetworksAreSpreadEvenly) {
  Group group(16, 0x9abcdef0);
  std::vector<int> counts(17);
  for (int network = 0; network < 256; ++network) {
    ++counts[group.TakerOf(Source(network, 1).c_str())];
  }
  EXPECT_EQ(counts[16], 0);
  // 16 each are expected; of a binomial, outside these lies one in a million.
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_GE(counts[i], 1);
    EXPECT_LE(counts[i], 40);
  }
}

TEST(SourceSpreadTest, AnotherKeySpreadsThemAnotherWay) {
  Group one(16, 1), other(16, 2);
  int same = 0;
  for (int network = 0; network < 64; ++network) {
    const std::string source = Source(network, 1);
    same += one.TakerOf(source.c_str()) == other.TakerOf(source.c_str());
  }
  EXPECT_LT(same, 20);  // 4 expected
}

TEST(SourceSpreadTest, SpreadsIpv6Too) {
  std::set<size_t> takers;
  for (uint32_t key = 0; key < 12; ++key) {
    Group group(4, key * 0x9e3779b9, "[::1]:0");
    const size_t taker = group.TakerOf("[::1]:0");
    ASSERT_LT(taker, 4u);
    EXPECT_EQ(group.TakerOf("[::1]:0"), taker);
    takers.insert(taker);
  }
  EXPECT_GT(takers.size(), 1u);
}

TEST(SourceSpreadTest, DropsWhatIsNoQueryBeforeItWaits) {
  const int fd = *OpenUdpSocket(
      {.address = *SocketAddress::Parse("127.0.0.1:0"), .receive_buffer_bytes = 1 << 18});
  ASSERT_TRUE(FilterSilence(fd).ok());
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(LocalAddress(fd).port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  const auto passes = [&](std::string bytes) {
    EXPECT_EQ(send(client, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    char buffer[64];
    return recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size());
  };
  std::string header(12, '\0');
  EXPECT_TRUE(passes(header));
  EXPECT_TRUE(passes(header + "more"));
  EXPECT_FALSE(passes(""));
  EXPECT_FALSE(passes(header.substr(1)));
  header[2] = '\x7b';  // every flag and opcode of a query
  EXPECT_TRUE(passes(header));
  header[2] = '\x80';
  EXPECT_FALSE(passes(header));
  EXPECT_FALSE(passes(header + "more"));
  close(client);
  close(fd);
}

}  // namespace
}  // namespace terrella::dns
