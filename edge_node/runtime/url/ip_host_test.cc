#include "edge_node/runtime/url/ip_host.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

TEST(IpHost, KnowsWhatMustBeAnIpv4Address) {
  // URL Standard section 3.5, "ends in a number checker".
  for (const char* yes : {"1.2.3.4", "1.2.3.4.", "0x10", "a.1", "a.0x", "08", "1.2.3.08", "256"}) {
    EXPECT_TRUE(EndsInNumber(yes)) << yes;
  }
  for (const char* no : {"", ".", "a", "1.a", "0xg", "a..", "1.2.3.4..", "1e2"}) {
    EXPECT_FALSE(EndsInNumber(no)) << no;
  }
}

TEST(IpHost, ReadsEverySpellingOfAnIpv4Address) {
  struct Row {
    const char* text;
    const char* address;  // nullptr: refused
  };
  // Section 3.5, "IPv4 parser" and "IPv4 number parser".
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"127.0.0.1.", "127.0.0.1"},
      {"127.1", "127.0.0.1"},  // the last part fills what is left
      {"2130706433", "127.0.0.1"},
      {"0x7f.0.0.01", "127.0.0.1"},  // hexadecimal, octal
      {"0x", "0.0.0.0"},             // no digits after the prefix: 0
      {"0xffffffff", "255.255.255.255"},
      {"0x100000000", nullptr},  // one more than 32 bits
      {"99999999999999999999999", nullptr},
      {"256.0.0.1", nullptr},
      {"1.2.3.256", nullptr},
      {"1.2.65536", nullptr},
      {"1.2.65535", "1.2.255.255"},
      {"1.2.3.4.5", nullptr},
      {"1..2", nullptr},
      {"08", nullptr},  // not octal
      {"1.2.3.4..", nullptr},
  };
  for (const Row& row : rows) {
    const std::optional<uint32_t> address = ParseIpv4Host(row.text);
    ASSERT_EQ(address.has_value(), row.address != nullptr) << row.text;
    if (address) {
      EXPECT_EQ(FormatIpv4Host(*address), row.address) << row.text;
    }
  }
}

TEST(IpHost, ReadsAndCompressesIpv6) {
  struct Row {
    const char* text;
    const char* address;
  };
  // Section 3.5, "IPv6 parser"; section 3.6, "IPv6 serializer".
  const Row rows[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},       // the longest run
      {"1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},     // the first of two
      {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},  // one zero is not compressed
      {"ABCD:EF01::", "abcd:ef01::"},
      {"::ffff:1.2.3.4", "::ffff:102:304"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"", nullptr},
      {":", nullptr},
      {":1", nullptr},
      {":::", nullptr},
      {"1:", nullptr},
      {"1:2:3:4:5:6:7", nullptr},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"1:2:3:4:5:6:7:8::", nullptr},
      {"::1:2:3:4:5:6:7:8", nullptr},
      {"1::2::3", nullptr},
      {"12345::", nullptr},
      {"::1.2.3", nullptr},
      {"::1.2.3.4.5", nullptr},
      {"::01.2.3.4", nullptr},
      {"::256.2.3.4", nullptr},
      {"::1.2.3.4:5", nullptr},
      {"1:2:3:4:5:6:7:1.2.3.4", nullptr},
      {"::1:2:3:4:5:6:1.2.3.4", nullptr},
      {"::1%eth0", nullptr},
  };
  for (const Row& row : rows) {
    const std::optional<Ipv6Pieces> pieces = ParseIpv6Host(row.text);
    ASSERT_EQ(pieces.has_value(), row.address != nullptr) << row.text;
    if (pieces) {
      EXPECT_EQ(FormatIpv6Host(*pieces), row.address) << row.text;
    }
  }
}

}  // namespace
}  // namespace terrella::runtime
