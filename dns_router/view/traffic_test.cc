// What Resolve.GetTraffic says of a router that has answered a little.
#include "dns_router/view/traffic.h"

#include <gtest/gtest.h>

#include "dns_router/server/responder.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

TEST(Traffic, TellsWhatWasAnswered) {
  Backend backend;
  backend.identity = {"dns-7", "test"};
  Responder udp(backend, Transport::kUdp), tcp(backend, Transport::kTcp);
  std::vector<uint8_t> out(kTcpMessageBytesMax);
  const std::string message = testing::Build({});
  const IpAddress client = *IpAddress::Parse("192.0.2.1");
  udp.BeginBatch();
  tcp.BeginBatch();
  for (int i = 0; i < 3; ++i) ASSERT_GT(udp.Answer(message, client, out), 0u);
  ASSERT_GT(tcp.Answer(message, client, out), 0u);
  EXPECT_EQ(udp.Answer("short", client, out), 0u);

  const v1::GetTrafficResponse traffic = Traffic(backend, 1);
  EXPECT_EQ(traffic.instance(), "dns-7");
  EXPECT_EQ(traffic.zone(), "") << "no view yet";
  EXPECT_EQ(traffic.queries(), 5u);
  EXPECT_EQ(traffic.answers(), 4u);
  ASSERT_EQ(traffic.transports_size(), 2);
  EXPECT_EQ(traffic.transports(0).what(), "udp");
  EXPECT_EQ(traffic.transports(0).count(), 4u);
  ASSERT_EQ(traffic.rcodes_size(), 1);
  EXPECT_EQ(traffic.rcodes(0).what(), "SERVFAIL");
  ASSERT_EQ(traffic.drops_size(), 1);
  EXPECT_EQ(traffic.drops(0).what(), "unanswerable");
  ASSERT_EQ(traffic.names_size(), 1);
  EXPECT_EQ(traffic.names(0).what(), "hello.edge.test");
  EXPECT_NEAR(traffic.names(0).per_s(), 4, 0.01) << "in the first second";
}

}  // namespace
}  // namespace terrella::dns
