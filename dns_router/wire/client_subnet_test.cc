// EDNS Client Subnet in queries: RFC 7871 section 6 and 7.1.1, a row a clause.
#include "dns_router/wire/client_subnet.h"

#include <gtest/gtest.h>

#include <string>

namespace terrella::dns {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (int b : bytes) out.push_back(static_cast<char>(b));
  return out;
}

TEST(ClientSubnet, AcceptsWhatResolversSend) {
  const struct {
    std::string option;
    const char* address;
  } cases[] = {
      {Bytes({0, 1, 24, 0, 102, 89, 3}), "102.89.3.0"},
      {Bytes({0, 1, 32, 0, 1, 2, 3, 4}), "1.2.3.4"},
      {Bytes({0, 1, 9, 0, 10, 0x80}), "10.128.0.0"},
      {Bytes({0, 1, 0, 0}), "0.0.0.0"},
      {Bytes({0, 2, 0, 0}), "::"},
      {Bytes({0, 2, 48, 0, 0x20, 1, 0xd, 0xb8, 0, 5}), "2001:db8:5::"},
  };
  for (const auto& c : cases) {
    const auto subnet = ParseClientSubnet(c.option);
    ASSERT_TRUE(subnet.has_value()) << c.address;
    EXPECT_EQ(subnet->Address().ToString(), c.address);
  }
  // `dig +subnet=0`: no family, no address.
  ASSERT_TRUE(ParseClientSubnet(Bytes({0, 0, 0, 0})).has_value());
}

TEST(ClientSubnet, RefusesWhatTheRfcForbids) {
  const struct {
    const char* what;
    std::string option;
  } cases[] = {
      {"empty", ""},
      {"cut in the fixed part", Bytes({0, 1, 24})},
      {"scope set in a query", Bytes({0, 1, 24, 1, 1, 2, 3})},
      {"IPv4 source over 32", Bytes({0, 1, 33, 0, 1, 2, 3, 4, 0})},
      {"IPv6 source over 128",
       Bytes({0, 2, 129, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0})},
      {"address too short", Bytes({0, 1, 24, 0, 1, 2})},
      {"address too long", Bytes({0, 1, 24, 0, 1, 2, 3, 4})},
      {"address with source 0", Bytes({0, 1, 0, 0, 0})},
      {"set bit past the source", Bytes({0, 1, 23, 0, 1, 2, 3})},
      {"set bit past the source, IPv6", Bytes({0, 2, 47, 0, 0x20, 1, 0xd, 0xb8, 0, 5})},
      {"unknown family", Bytes({0, 3, 8, 0, 1})},
      {"family 0 with a source", Bytes({0, 0, 8, 0, 1})},
      {"family 256", Bytes({1, 0, 0, 0})},
  };
  for (const auto& c : cases) EXPECT_FALSE(ParseClientSubnet(c.option).has_value()) << c.what;
}

}  // namespace
}  // namespace terrella::dns
