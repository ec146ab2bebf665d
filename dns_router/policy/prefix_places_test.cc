#include "dns_router/policy/prefix_places.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "dns_router/policy/client_map.h"
#include "dns_router/policy/world_geography.h"
#include "sim/net/city_prefixes.h"
#include "sim/net/data_dir.h"

namespace terrella::dns {
namespace {

const net::Places& World() {
  static const auto places = *net::Places::Load(*net::FindDataDir());
  return *places;
}

TEST(PrefixPlaces, ReadsCitiesCodesAndCoordinates) {
  const auto placed = ParsePrefixPlaces(
      "prefix,place\n11.1.0.0/16,Lagos\n11.1.2.0/24,NRT\n2001:db8::/32,\"6.5,3.4\"\n", "own.csv",
      World());
  ASSERT_TRUE(placed.ok()) << placed.status();
  ASSERT_EQ(placed->size(), 3u);
  EXPECT_EQ(World().cities()[(*placed)[0].location - 1].name, "Lagos");
  EXPECT_EQ((*placed)[0].prefix.ToString(), "11.1.0.0/16");
  EXPECT_EQ((*placed)[2].location, (*placed)[0].location);
}

TEST(PrefixPlaces, NamesFileAndLineOfWhatItRefuses) {
  const struct {
    const char* text;
    const char* complaint;
  } cases[] = {
      {"prefix,place\n11.1.0.0/16,Atlantis-on-Sea\n", "own.csv:2"},
      {"prefix,place\n11.1.0.0/16,Lagos\n11.1.0.1/16,Lagos\n", "own.csv:3"},
      {"prefix,place\n2001:db8::/65,Lagos\n", "at most 64 bits"},
      {"prefix,place\n11.1.0.0/16\n", "own.csv:2"},
      {"place,prefix\n", "own.csv:1"},
  };
  for (const auto& c : cases) {
    const auto placed = ParsePrefixPlaces(c.text, "own.csv", World());
    ASSERT_FALSE(placed.ok()) << c.text;
    EXPECT_NE(Message(placed.status()).find(c.complaint), std::string::npos) << placed.status();
  }
}

// Every range of the real world, at both ends: Ranges and Locate are two ways to the same answer.
TEST(WorldGeography, RangesAndLocateAgree) {
  const auto world = *WorldGeography::Load({.data_dir = *net::FindDataDir()});
  const AddressRanges ranges = world->Ranges(IpAddress::Family::kV4);
  ASSERT_GT(ranges.size(), 10'000u);
  const size_t step = ranges.size() / 2000;
  for (size_t i = 0; i + 1 < ranges.size(); i += step) {
    for (uint64_t key : {ranges[i].first, ranges[i + 1].first - 1}) {
      const IpAddress address = IpAddress::V4(static_cast<uint32_t>(key >> 32));
      ASSERT_EQ(world->Locate(address), ranges[i].location) << address.ToString();
    }
  }
}

// Only the index of a table by city is checked beforehand: whatever its ranges say, a router
// starts.
TEST(WorldGeography, RangesOfADamagedTableByCityAscend) {
  const auto data_dir = *net::FindDataDir();
  const std::filesystem::path home =
      std::filesystem::temp_directory_path() / fmt::format("world_geography_test.{}", getpid());
  setenv("TERRELLA_HOME", home.c_str(), 1);
  // The first ranges begin late, others go back. Place 0 is nowhere, 3 the second city.
  const std::string bytes = net::PackCityPrefixes(
      {.places = {{"DE", 0xffff}, {"DE", 0}, {"DE", 1}},
       .v4 = {{5, 1}, {0x170080, 3}, {0x170010, 2}, {0x170090, 3}, {0x800000, 0}},
       .v6 = {{(uint64_t{1} << 45) + 7, 1}, {0x2a0202e00005, 3}, {0x2a0202e00001, 2}}},
      World());
  ASSERT_TRUE(WriteFileAtomic(*net::KeptDataDir() / net::kCityPrefixesFile, bytes).ok());
  const auto world = *WorldGeography::Load({.data_dir = data_dir});
  for (const auto family : {IpAddress::Family::kV4, IpAddress::Family::kV6}) {
    const AddressRanges ranges = world->Ranges(family);
    EXPECT_EQ(ranges.front().first, 0u);
    for (size_t i = 1; i < ranges.size(); ++i) EXPECT_GT(ranges[i].first, ranges[i - 1].first);
  }
  EXPECT_EQ(LocationIn(world->Ranges(IpAddress::Family::kV4), uint64_t{0x17008123} << 32), 2u);
  const auto map = ClientMap::BuildByLocation(*world);
  EXPECT_EQ(map->Find(IpAddress::V4(0x17009001)).location, 2u);
  unsetenv("TERRELLA_HOME");
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace terrella::dns
