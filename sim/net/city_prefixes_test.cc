// Goal: a database of cities becomes a table that answers as the database does, in the model's
// cities and whole /24 and /48.
#include "sim/net/city_prefixes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/net/prefix_table.h"
#include "sim/net/test_mmdb.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Places> World() {
  static const auto places = Places::Load(*FindDataDir());
  return *places;
}

std::string Compile(const std::vector<TestBlock>& v4, const std::vector<TestBlock>& v6 = {}) {
  const auto compiled =
      CompileCityPrefixes(TestMmdb(4, 28).Build(v4), TestMmdb(6, 24).Build(v6), *World());
  EXPECT_TRUE(compiled.ok()) << Message(compiled.status());
  return compiled->bytes;
}

std::string PlaceOf(const PrefixTable& table, std::string_view address) {
  const PlaceMatch match = table.Lookup(*IpAddress::Parse(address));
  return fmt::format("{}/{}/{}", match.city ? World()->cities()[*match.city].name : "-",
                     match.country, match.prefix_bits);
}

TEST(CityPrefixes, BlocksAreAtTheNearestCityOfTheirCountry) {
  const auto table = *PrefixTable::Parse(
      Compile({{"23.0.0.0/16", "US", 47.7, -122.3},  // near Seattle
               {"23.1.0.0/16", "US", 40.7, -74.1},   // near New York, nearer Jersey City
               {"23.2.0.0/16", "CA", 42.3, -83.1},   // over the river from Detroit
               {"23.3.0.0/16", "LI", 47.1, 9.5},     // no city of 100,000
               {"23.4.0.0/16", "ZZ", 0, 0}},         // no country
              {{"2a02:2e0::/32", "DE", 48.1, 11.6}, {"2a02:2e1::/32", "DE", 53.5, 10}}),
      World());
  EXPECT_EQ(PlaceOf(*table, "23.0.200.1"), "Seattle/US/16");
  EXPECT_EQ(PlaceOf(*table, "23.1.0.1"), "Jersey City/US/16");
  EXPECT_EQ(PlaceOf(*table, "23.2.0.1"), "Windsor/CA/16");
  EXPECT_EQ(PlaceOf(*table, "23.3.0.1"), "-/LI/16");
  EXPECT_EQ(PlaceOf(*table, "23.4.0.1"), "-//16");
  EXPECT_EQ(PlaceOf(*table, "2a02:2e0:1::1"), "Munich/DE/32");
  EXPECT_EQ(PlaceOf(*table, "2a02:2e1:ffff::1"), "Hamburg/DE/32");
  EXPECT_EQ(PlaceOf(*table, "127.130.4.7").substr(0, 1),
            PlaceOf(*table, "127.130.4.9").substr(0, 1));
  EXPECT_TRUE(table->by_city());
  EXPECT_EQ(table->built_unix_s(), 1'700'000'000u);
}

TEST(CityPrefixes, ASplitUnitBelongsToItsFirstAddressAndNeighboursAreJoined) {
  const auto table = *PrefixTable::Parse(
      Compile({{"23.0.0.0/25", "DE", 48.1, 11.6},    // Munich has the first half of a /24
               {"23.0.0.128/25", "DE", 53.5, 10},    // Hamburg the second: nothing
               {"23.0.1.128/25", "DE", 53.5, 10},    // a second half alone: nothing
               {"23.0.4.0/24", "DE", 48.1, 11.6},    // a gap nobody announces, then
               {"23.0.9.0/24", "DE", 48.1, 11.6},    // Munich again: joined
               {"9.255.0.0/16", "DE", 48.1, 11.6},   // a private block between
               {"11.0.0.0/16", "DE", 48.1, 11.6}}),  // stays nobody's
      World());
  EXPECT_EQ(PlaceOf(*table, "23.0.0.200"), "Munich/DE/21");
  EXPECT_EQ(PlaceOf(*table, "23.0.1.200"), "Munich/DE/21");
  EXPECT_EQ(PlaceOf(*table, "23.0.6.1"), "Munich/DE/21");
  EXPECT_EQ(PlaceOf(*table, "23.0.9.1"), "Munich/DE/23");
  EXPECT_EQ(PlaceOf(*table, "10.1.2.3").substr(0, 2), "-/");
  EXPECT_EQ(PlaceOf(*table, "11.0.0.1"), "Munich/DE/16");
}

TEST(CityPrefixes, RangesSayWhatLookupsSay) {
  const auto table = *PrefixTable::Parse(
      Compile({{"23.0.0.0/16", "US", 47.7, -122.3}, {"102.89.0.0/20", "NG", 6.5, 3.4}},
              {{"2a02:2e0::/32", "DE", 48.1, 11.6}}),
      World());
  for (const IpAddress::Family family : {IpAddress::Family::kV4, IpAddress::Family::kV6}) {
    std::vector<std::pair<uint64_t, std::optional<CityId>>> ranges;
    table->ForEachRange(family, [&](uint64_t first, std::optional<CityId> city) {
      EXPECT_TRUE(ranges.empty() ? first == 0 : first > ranges.back().first);
      ranges.emplace_back(first, city);
    });
    EXPECT_GE(ranges.size(), family == IpAddress::Family::kV4 ? 5u : 4u);
    for (const auto& [first, city] : ranges) {
      std::array<uint8_t, 16> bytes{};
      for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(first >> (56 - 8 * i));
      const IpAddress address = family == IpAddress::Family::kV4
                                    ? IpAddress::V4(static_cast<uint32_t>(first >> 32))
                                    : IpAddress::V6(bytes);
      EXPECT_EQ(table->Lookup(address).city, city) << address.ToString();
    }
  }
}

TEST(CityPrefixes, RefusesDatabasesInTheWrongOrder) {
  const std::string v4 = TestMmdb(4, 24).Build({{"23.0.0.0/16", "US", 47.7, -122.3}});
  const std::string v6 = TestMmdb(6, 24).Build({{"2a02::/16", "US", 47.7, -122.3}});
  EXPECT_THAT(Message(CompileCityPrefixes(v6, v4, *World()).status()), HasSubstr("got 6 and 4"));
  EXPECT_FALSE(CompileCityPrefixes(v4, "", *World()).ok());
}

TEST(CityPrefixes, ATableOfOtherCitiesIsPassedOver) {
  const std::filesystem::path home =
      std::filesystem::temp_directory_path() / fmt::format("city_prefixes_test.{}", getpid());
  setenv("TERRELLA_HOME", home.c_str(), 1);
  const auto choose = [] { return *ChoosePrefixes(*FindDataDir(), World()); };
  EXPECT_FALSE(choose().table->by_city());  // nothing is kept
  EXPECT_EQ(choose().passed_over, "");
  std::string bytes = Compile({{"23.0.0.0/16", "US", 47.7, -122.3}});
  const std::filesystem::path kept = *KeptDataDir() / kCityPrefixesFile;
  ASSERT_TRUE(WriteFileAtomic(kept, bytes).ok());
  EXPECT_TRUE(choose().table->by_city());
  bytes[20] = static_cast<char>(bytes[20] ^ 1);  // the fingerprint
  ASSERT_TRUE(WriteFileAtomic(kept, bytes).ok());
  EXPECT_FALSE(choose().table->by_city());
  EXPECT_THAT(choose().passed_over, HasSubstr("terrella data pull"));
  unsetenv("TERRELLA_HOME");
  std::filesystem::remove_all(home);
}

// The index is checked beforehand, the ranges are not: damage there stays within bounds.
TEST(CityPrefixes, DamagedRangesAnswerWithinBounds) {
  const std::string good = Compile({{"23.0.0.0/16", "US", 47.7, -122.3},
                                    {"23.1.128.0/17", "US", 40.7, -74.1},
                                    {"102.89.0.0/20", "NG", 6.5, 3.4}},
                                   {{"2a02:2e0::/32", "DE", 48.1, 11.6}});
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CounterRandom random(31, seed);
    std::string bytes = good;
    for (int i = 0; i < 8; ++i) {
      // Around the index's ends, where the ranges are.
      const size_t at = bytes.size() - 1 - random.Below(i % 2 == 0 ? 60 : bytes.size() - 1);
      bytes[at] = static_cast<char>(random.Below(256));
    }
    const auto table = PrefixTable::Parse(bytes, World());
    if (!table.ok()) continue;
    for (const char* text : {"23.0.0.1", "23.1.200.1", "102.89.0.1", "255.255.255.255",
                             "2a02:2e0::1", "3fff::1", "::", "ffff::"}) {
      const PlaceMatch match = (*table)->Lookup(*IpAddress::Parse(text));
      EXPECT_TRUE(!match.city || *match.city < World()->cities().size());
      EXPECT_TRUE(match.prefix_bits >= 0 && match.prefix_bits <= 48) << text;
    }
    for (const IpAddress::Family family : {IpAddress::Family::kV4, IpAddress::Family::kV6}) {
      (*table)->ForEachRange(family, [](uint64_t, std::optional<CityId> city) {
        EXPECT_TRUE(!city || *city < World()->cities().size());
      });
    }
  }
}

TEST(CityPrefixes, BrokenTablesAreRefused) {
  const std::string good = Compile({{"23.0.0.0/16", "US", 47.7, -122.3}});
  for (size_t length = 0; length < good.size(); length += 1 + length / 50) {
    EXPECT_FALSE(PrefixTable::Parse(good.substr(0, length), World()).ok()) << length;
  }
  std::string bytes = good;
  bytes[kCityPrefixesHeadBytes + 4 + 2] = bytes[kCityPrefixesHeadBytes + 4 + 3] = '\xfe';
  EXPECT_THAT(Message(PrefixTable::Parse(bytes, World()).status()), HasSubstr("to be one of"));
}

}  // namespace
}  // namespace terrella::net
