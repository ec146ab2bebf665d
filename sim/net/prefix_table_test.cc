// Goal: known prefixes are in their countries, and the matched length is always a block whose every
// address has the same answer.
#include "sim/net/prefix_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "sim/net/city_block.h"
#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Places> World() {
  static const auto places = Places::Load(*FindDataDir());
  return *places;
}

const PrefixTable& Table() {
  static const auto table = PrefixTable::Load(*FindDataDir(), World());
  EXPECT_TRUE(table.ok()) << Message(table.status());
  return **table;
}

PlaceMatch Lookup(std::string_view address) {
  return Table().Lookup(*IpAddress::Parse(address));
}

TEST(PrefixTable, KnowsTheCountriesOfPublicPrefixes) {
  struct Row {
    const char *address, *country, *city;
  };
  const Row rows[] = {{"102.89.0.1", "NG", "Lagos"},     {"200.160.2.3", "BR", "São Paulo"},
                      {"133.11.0.1", "JP", "Tokyo"},     {"91.0.0.1", "DE", "Berlin"},
                      {"196.25.1.1", "ZA", "Cape Town"}, {"49.36.0.1", "IN", "Mumbai"},
                      {"2001:200::1", "JP", "Tokyo"},    {"2a02:2e0:3fe:1001::1", "DE", "Berlin"}};
  for (const Row& row : rows) {
    PlaceMatch match = Lookup(row.address);
    EXPECT_EQ(match.country, row.country) << row.address;
    ASSERT_TRUE(match.city) << row.address;
    EXPECT_EQ(World()->cities()[*match.city].name, row.city) << row.address;
    EXPECT_GT(match.prefix_bits, 7);
    EXPECT_LE(match.prefix_bits, 48);
  }
}

TEST(PrefixTable, KnowsTheBlocksOfCities) {
  PlaceMatch match = Lookup("127.130.4.7");
  EXPECT_EQ(match.city, 516u);
  EXPECT_EQ(match.prefix_bits, 24);
  match = Lookup("fd74:6572:7265:204::9");
  EXPECT_EQ(match.city, 516u);
  EXPECT_EQ(match.prefix_bits, 64);
  match = Lookup("127.200.1.1");  // a block without a city
  EXPECT_EQ(match.city, std::nullopt);
  EXPECT_EQ(match.prefix_bits, 24);
}

TEST(PrefixTable, KnowsNoPlaceForAddressesOfNobody) {
  for (const char* address : {"0.0.0.0", "127.0.0.1", "10.1.2.3", "192.168.1.1", "127.255.1.1",
                              "240.0.0.1", "255.255.255.255", "::1", "fe80::1", "ff02::1",
                              "fd74:6572:7266::1", "fd74:6572:7265:ff00::1"}) {
    EXPECT_EQ(Lookup(address).city, std::nullopt) << address;
  }
}

// A table as the file has it, of `keys` (the first is 0) with the two countries in turn.
std::string TableOf(const std::vector<uint32_t>& keys) {
  auto little = [](uint64_t value, size_t bytes) {
    std::string out;
    for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
  };
  std::string out =
      "TERRPFX1" + little(3, 4) + little(keys.size(), 4) + little(1, 4) + little(0, 4);
  out += std::string(2, '\0') + "NGBR";
  for (uint32_t key : keys) out += little(key, 3);
  for (size_t i = 0; i < keys.size(); ++i) out += static_cast<char>(1 + i % 2);
  return out + std::string(7, '\0');
}

// The index and the arithmetic of blocks against the obvious: a scan over all ranges, and blocks
// grown one bit at a time. Tables crowd around a few buckets, some span many.
TEST(PrefixTable, AnswersAsAScanOverAllRangesDoes) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    CounterRandom random(11, seed);
    std::vector<uint32_t> keys{0};
    for (int i = 0; i < 60; ++i) {
      uint32_t near = static_cast<uint32_t>(random.Below(4)) << 22;
      keys.push_back((near + static_cast<uint32_t>(random.Below(1 << (4 + i % 19)))) & 0xffffff);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    const auto table = PrefixTable::Parse(TableOf(keys), World());
    ASSERT_TRUE(table.ok()) << Message(table.status());
    for (int i = 0; i < 500; ++i) {
      uint32_t key = keys[random.Below(keys.size())] + static_cast<uint32_t>(random.Below(5)) - 2;
      if (key >> 23 == 0) key |= 1 << 23;  // clear of the cities' blocks: bits stay those of ranges
      key &= 0xffffff;
      size_t range = 0;
      while (range + 1 < keys.size() && keys[range + 1] <= key) ++range;
      uint64_t end = range + 1 < keys.size() ? keys[range + 1] : 1 << 24;
      int bits = 24;
      while (bits > 1) {
        uint64_t size = uint64_t{1} << (25 - bits), start = key & ~(size - 1);
        if (start < keys[range] || start + size > end) break;
        --bits;
      }
      PlaceMatch match = (*table)->Lookup(IpAddress::V4(key << 8 | 77));
      ASSERT_EQ(match.country, range % 2 == 0 ? "NG" : "BR") << key;
      ASSERT_EQ(match.prefix_bits, bits) << key;
    }
  }
}

TEST(PrefixTable, EveryAddressOfTheMatchedBlockHasTheSameAnswer) {
  CounterRandom random(3);
  for (int i = 0; i < 20000; ++i) {
    IpAddress address = IpAddress::V4(static_cast<uint32_t>(random.Next()));
    if (i % 3 == 1) address = IpAddress::V4(0x7f000000 | (random.Next() & 0xffffff));
    if (i % 3 == 2) {
      std::array<uint8_t, 16> bytes;
      for (uint8_t& b : bytes) b = static_cast<uint8_t>(random.Next());
      bytes[0] = i % 2 == 0 ? 0x20 : 0x2a;
      bytes[1] &= 0x0f;
      address = IpAddress::V6(bytes);
    }
    PlaceMatch match = Table().Lookup(address);
    ASSERT_GE(match.prefix_bits, 0);
    ASSERT_LE(match.prefix_bits, address.bits());
    IpAddress first = address.Masked(match.prefix_bits);
    for (int probe = 0; probe < 8; ++probe) {
      std::array<uint8_t, 16> bytes = first.bytes();
      for (int bit = match.prefix_bits; bit < address.bits(); ++bit) {
        bool one = probe == 0 ? false : probe == 1 ? true : (random.Next() & 1) != 0;
        if (one) bytes[static_cast<size_t>(bit / 8)] |= static_cast<uint8_t>(0x80 >> (bit % 8));
      }
      IpAddress other = IpAddress::V6(bytes);
      if (address.is_v4()) {
        other = IpAddress::V4(static_cast<uint32_t>(bytes[0]) << 24 | bytes[1] << 16 |
                              bytes[2] << 8 | bytes[3]);
      }
      PlaceMatch there = Table().Lookup(other);
      ASSERT_EQ(there.country, match.country) << address.ToString() << " " << other.ToString();
      ASSERT_EQ(there.city, match.city);
      ASSERT_EQ(there.prefix_bits, match.prefix_bits);
    }
  }
}

TEST(PrefixTable, RefusesWhatIsNoTable) {
  auto error = [](std::string bytes) {
    auto table = PrefixTable::Parse(std::move(bytes), World());
    EXPECT_FALSE(table.ok());
    return std::string(Message(table.status()));
  };
  auto number = [](uint32_t n) {
    return std::string{static_cast<char>(n), static_cast<char>(n >> 8), static_cast<char>(n >> 16),
                       static_cast<char>(n >> 24)};
  };
  auto head = [&](uint32_t countries, uint32_t v4, uint32_t v6) {
    return "TERRPFX1" + number(countries) + number(v4) + number(v6) + number(0);
  };
  const std::string zero4(4, '\0'), zero7(7, '\0');
  EXPECT_THAT(error(""), HasSubstr("begins with TERRPFX1"));
  EXPECT_THAT(error("TERRPFX1"), HasSubstr("begins with"));
  EXPECT_THAT(error(head(0, 1, 1)), HasSubstr("1 to 255 countries"));
  EXPECT_THAT(error(head(1, 0xffffffff, 1)), HasSubstr("ranges"));
  EXPECT_THAT(error(head(1, 1, 1) + "--" + zero4), HasSubstr("expected 37 bytes, got 30"));
  EXPECT_THAT(error(head(1, 0, 1) + "--" + zero7), HasSubstr("first IPv4 range to begin at 0"));
  EXPECT_THAT(error(head(1, 2, 1) + "--" + std::string(8, '\0') + zero7), HasSubstr("to ascend"));
  EXPECT_THAT(error(head(1, 1, 1) + "--" + std::string(3, '\0') + "\1" + zero7),
              HasSubstr("to name one of 1 countries, got 1"));
  EXPECT_TRUE(PrefixTable::Parse(head(1, 1, 1) + "--" + zero4 + zero7, World()).ok());
}

}  // namespace
}  // namespace terrella::net
