#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  for (const char* text :
       {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::42"}) {
    auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(IpAddress::V4(0x7f000001).ToString(), "127.0.0.1");
}

TEST(IpAddress, RefusesWhatIsNotAnAddress) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "::g", "localhost", "01.2.3.4"}) {
    EXPECT_FALSE(IpAddress::Parse(text).ok()) << text;
  }
}

TEST(IpAddress, MasksAnyLength) {
  IpAddress v4 = *IpAddress::Parse("255.255.255.255");
  EXPECT_EQ(v4.Masked(0).ToString(), "0.0.0.0");
  EXPECT_EQ(v4.Masked(9).ToString(), "255.128.0.0");
  EXPECT_EQ(v4.Masked(32), v4);
  IpAddress v6 = *IpAddress::Parse("ffff:ffff::1");
  EXPECT_EQ(v6.Masked(20).ToString(), "ffff:f000::");
}

TEST(IpPrefix, ContainsItsOwnAndNoOther) {
  IpPrefix prefix = *IpPrefix::Parse("102.89.0.0/16");
  EXPECT_TRUE(prefix.Contains(*IpAddress::Parse("102.89.255.1")));
  EXPECT_FALSE(prefix.Contains(*IpAddress::Parse("102.90.0.0")));
  EXPECT_FALSE(prefix.Contains(*IpAddress::Parse("::1")));
  EXPECT_TRUE(IpPrefix::Parse("0.0.0.0/0")->Contains(IpAddress::V4(0xffffffff)));
  EXPECT_EQ(prefix.ToString(), "102.89.0.0/16");
}

TEST(IpPrefix, RefusesHostBitsAndBadLengths) {
  for (const char* text :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "::/129"}) {
    EXPECT_FALSE(IpPrefix::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace terrella
