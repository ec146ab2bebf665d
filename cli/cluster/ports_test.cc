#include "cli/cluster/ports.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "base/status.h"

namespace terrella::cli {
namespace {

using ::testing::HasSubstr;

// A socket that listens at 127.0.0.1 on a port of the kernel's choice.
class Listener {
 public:
  explicit Listener(int type) : fd_(socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    if (type == SOCK_STREAM) listen(fd_, 1);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }
  uint16_t port = 0;

 private:
  int fd_;
};

TEST(Ports, SeesBusyPortsAndTheirHolder) {
  const Listener tcp(SOCK_STREAM), udp(SOCK_DGRAM);
  EXPECT_FALSE(CanListen("127.0.0.1", tcp.port, Transport::kTcp));
  EXPECT_FALSE(CanListen("127.0.0.1", udp.port, Transport::kUdp));
  const std::string me = fmt::format("(pid {})", getpid());
  EXPECT_THAT(WhoListens("127.0.0.1", tcp.port, Transport::kTcp), HasSubstr(me));
  EXPECT_THAT(WhoListens("127.0.0.1", udp.port, Transport::kUdp), HasSubstr(me));
}

TEST(AllocateAddresses, SaysWhoNeedsABusyPortAndHowToChooseAnother) {
  const Listener busy(SOCK_STREAM);
  ClusterRecord record{.name = "a"};
  const absl::Status status =
      AllocateAddresses(record, {.http = busy.port, .dns = 0, .control = 0}, 3, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const std::string text(Message(status));
  EXPECT_THAT(text, HasSubstr("the ingress needs tcp port"));
  EXPECT_THAT(text, HasSubstr(fmt::format("(pid {})", getpid())));
  EXPECT_THAT(text, HasSubstr("--port PORT"));
}

TEST(AllocateAddresses, ZeroTakesFreePortsBelowTheEphemeralRange) {
  ClusterRecord record{.name = "a"};
  ASSERT_TRUE(AllocateAddresses(record, {.http = 0, .dns = 0, .control = 0}, 3, {}).ok());
  for (const uint16_t port : {record.http_port, record.dns_port, record.control_port}) {
    EXPECT_GE(port, 1024);
    EXPECT_LT(port, 32768);
    EXPECT_TRUE(CanListen("127.0.0.1", port, Transport::kTcp));
  }
}

TEST(AllocateAddresses, NoTwoPartsGetOnePort) {
  ClusterRecord free{.name = "a"};
  ASSERT_TRUE(AllocateAddresses(free, {.http = 0, .dns = 0, .control = 0}, 1, {}).ok());
  ClusterRecord record{.name = "b"};
  const auto status = AllocateAddresses(
      record, {.http = free.http_port, .dns = free.dns_port, .control = free.http_port}, 1, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  // Any free port is none that the same cluster was asked to use, on which nobody listens yet.
  for (int i = 0; i < 20; ++i) {
    std::set<uint16_t> ports;
    ClusterRecord some{.name = "c"};
    ASSERT_TRUE(AllocateAddresses(some, {.http = 0, .dns = 0, .control = 0, .api = 0}, 1, {}).ok());
    for (const uint16_t port : {some.http_port, some.dns_port, some.control_port, some.api_port}) {
      EXPECT_TRUE(ports.insert(port).second) << port;
    }
  }
}

TEST(AllocateAddresses, EveryClusterGetsItsOwnNumber) {
  ClusterRecord first{.name = "a", .number = 0, .http_port = 8080};
  ClusterRecord second{.name = "b"};
  ASSERT_TRUE(AllocateAddresses(second, {.http = 0, .dns = 0, .control = 0}, 1, {first}).ok());
  EXPECT_EQ(second.number, 1);
}

TEST(AllocateAddresses, AClusterKeepsWhatItHad) {
  ClusterRecord record{.name = "b", .number = 7};
  ASSERT_TRUE(AllocateAddresses(record, {.http = 0, .dns = 0, .control = 0}, 1, {}).ok());
  record.number = 7;
  ClusterRecord again = record;
  ASSERT_TRUE(AllocateAddresses(again, {}, 1, {record}).ok());
  EXPECT_EQ(ToJson(again), ToJson(record));
}

}  // namespace
}  // namespace terrella::cli
