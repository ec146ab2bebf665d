#include "dns_router/policy/address_ranges.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace terrella::dns {
namespace {

PlacedPrefix At(const char* prefix, LocationId location) {
  return {*IpPrefix::Parse(prefix), location};
}
uint64_t High(const char* address) {
  return HighBits(*IpAddress::Parse(address));
}

TEST(Overlay, LaysPrefixesOverARangeAndGoesBackToItBehindThem) {
  const PlacedPrefix prefixes[] = {At("10.0.0.0/8", 1), At("20.0.0.0/16", 2)};
  const AddressRanges expected = {{0, 9},
                                  {High("10.0.0.0"), 1},
                                  {High("11.0.0.0"), 9},
                                  {High("20.0.0.0"), 2},
                                  {High("20.1.0.0"), 9}};
  EXPECT_EQ(Overlay({{0, 9}}, prefixes, IpAddress::Family::kV4), expected);
}

TEST(Overlay, LetsTheLongestPrefixWinWhateverTheOrder) {
  const PlacedPrefix prefixes[] = {At("10.1.2.0/24", 3), At("10.0.0.0/8", 1), At("10.1.0.0/16", 2)};
  const auto ranges = Overlay({}, prefixes, IpAddress::Family::kV4);
  EXPECT_EQ(LocationIn(ranges, High("10.0.255.255")), 1u);
  EXPECT_EQ(LocationIn(ranges, High("10.1.1.255")), 2u);
  EXPECT_EQ(LocationIn(ranges, High("10.1.2.0")), 3u);
  EXPECT_EQ(LocationIn(ranges, High("10.1.3.0")), 2u);
  EXPECT_EQ(LocationIn(ranges, High("10.2.0.0")), 1u);
  EXPECT_EQ(LocationIn(ranges, High("9.255.255.255")), kUnplaced);
}

TEST(Overlay, ReachesBothEndsOfTheSpace) {
  const PlacedPrefix prefixes[] = {At("0.0.0.0/0", 1), At("255.255.255.255/32", 2),
                                   At("0.0.0.0/32", 3), At("::/0", 4), At("ffff::/16", 5)};
  const auto v4 = Overlay({}, prefixes, IpAddress::Family::kV4);
  EXPECT_EQ(LocationIn(v4, High("0.0.0.0")), 3u);
  EXPECT_EQ(LocationIn(v4, High("0.0.0.1")), 1u);
  EXPECT_EQ(LocationIn(v4, High("255.255.255.255")), 2u);
  const auto v6 = Overlay({}, prefixes, IpAddress::Family::kV6);
  EXPECT_EQ(LocationIn(v6, High("2001:db8::")), 4u);
  EXPECT_EQ(LocationIn(v6, High("ffff:ffff::")), 5u);
}

// Random nested prefixes over random ranges, against asking every prefix in turn.
TEST(Overlay, AgreesWithLongestPrefixMatchByHand) {
  CounterRandom random(301);
  for (int round = 0; round < 200; ++round) {
    AddressRanges base = {{0, 100}};
    std::vector<PlacedPrefix> prefixes;
    for (LocationId i = 0; i < 12; ++i) {
      const int bits = static_cast<int>(random.Below(9));  // crowded, so that they nest and touch
      const IpAddress address = IpAddress::V4(static_cast<uint32_t>(random.Below(256)) << 24);
      prefixes.push_back({{address.Masked(bits), bits}, i});
    }
    const auto ranges = Overlay(base, prefixes, IpAddress::Family::kV4);
    for (uint32_t top = 0; top < 256; ++top) {
      const IpAddress address = IpAddress::V4(top << 24 | 0x00345678);
      LocationId expected = 100;
      int longest = -1;
      for (const PlacedPrefix& p : prefixes) {
        if (p.prefix.Contains(address) && p.prefix.length_bits >= longest) {
          longest = p.prefix.length_bits;
          expected = p.location;
        }
      }
      ASSERT_EQ(LocationIn(ranges, HighBits(address)), expected) << address.ToString();
    }
  }
}

}  // namespace
}  // namespace terrella::dns
