// Goal: what was written comes back, anything else is refused.
#include "sim/bgp/as_footprint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/status.h"
#include "sim/bgp/as_footprint_file.h"

namespace terrella::bgp {
namespace {

TEST(AsFootprint, GivesBackItsCellsAndRefusesDamage) {
  const Asn asn[] = {5, 9};
  const std::vector<Cell> cells[] = {
      {{.latitude_cdeg = -3392, .longitude_cdeg = 15121, .country = {'A', 'U'}, .users = 7}},
      {{.latitude_cdeg = 9000, .longitude_cdeg = -18000, .country = {'U', 'S'}, .users = 1},
       {.country = {'G', 'H'}, .users = 2}}};
  const std::vector<uint32_t> words = FootprintWords(asn, cells);
  const auto footprint = AsFootprint::FromWords(words);
  ASSERT_TRUE(footprint.ok()) << footprint.status();
  EXPECT_EQ((*footprint)->CellsOf(9).size(), 2u);
  EXPECT_EQ((*footprint)->CellsOf(5)[0].country_code(), "AU");
  EXPECT_NEAR((*footprint)->CellsOf(5)[0].at().latitude_deg, -33.92, 1e-9);
  EXPECT_TRUE((*footprint)->CellsOf(6).empty());
  const struct {
    size_t word;
    uint32_t value;
  } damages[] = {{0, 1},
                 {2, 3},
                 {3, 2},
                 {8, 9},
                 {9, 5},
                 {10, 1},
                 {11, 0},
                 {12, 4},
                 {13, 9001},
                 {14, 0x10000 | 'A'},
                 {14, 'a' | 'U' << 8},
                 {13, 0x8000u << 16},
                 {2, 0xffffffffu},
                 {3, 0xffffffffu}};
  for (const auto& damage : damages) {
    std::vector<uint32_t> bad = words;
    bad[damage.word] = damage.value;
    EXPECT_FALSE(AsFootprint::FromWords(bad).ok()) << damage.word << " " << damage.value;
  }
  for (size_t size = 0; size < words.size(); ++size) {
    EXPECT_FALSE(
        AsFootprint::FromWords({words.begin(), words.begin() + static_cast<long>(size)}).ok());
  }
}

// Two places, three ASes.
std::string PackedSample() {
  std::string out("TERRAFP2\3\0\0\0\4\0\0\0\2\0\0\0\0\0\0\0", 24);
  out += std::string(
      "\xc0\xf2\x11\x3b"
      "AU",
      6);  // -33.92, 151.21
  out += std::string(
      "\x28\x23\xb0\xb9"
      "US",
      6);                                     // 90, -180
  out += std::string("\5\1\4\2\xac\2\1", 7);  // AS5, AS9, AS309
  out += std::string("\0\0\1\0\0\0\1\0", 8);
  return out + std::string("\1\0\x31\xff", 4);
}

TEST(AsFootprint, UnpacksWhatTheDataScriptWrites) {
  const auto footprint = AsFootprint::Unpack(PackedSample());
  ASSERT_TRUE(footprint.ok()) << footprint.status();
  EXPECT_EQ((*footprint)->as_count(), 3u);
  ASSERT_EQ((*footprint)->CellsOf(5).size(), 1u);
  EXPECT_EQ((*footprint)->CellsOf(5)[0].users, 1u);
  EXPECT_NEAR((*footprint)->CellsOf(5)[0].at().latitude_deg, -33.92, 1e-9);
  ASSERT_EQ((*footprint)->CellsOf(9).size(), 2u);
  EXPECT_EQ((*footprint)->CellsOf(9)[0].users, 0u);
  EXPECT_EQ((*footprint)->CellsOf(9)[0].country_code(), "US");
  EXPECT_EQ((*footprint)->CellsOf(9)[1].users, 40u) << "1.08 to the 48th";
  EXPECT_NEAR((*footprint)->CellsOf(309)[0].users, 3.1e8, 0.1e8);
}

TEST(AsFootprint, RefusesDamagedFiles) {
  const std::string whole = PackedSample();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(UnpackFootprint(whole.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(UnpackFootprint(whole + "x").ok());
  const struct {
    size_t byte;
    char value;
  } damages[] = {{0, 'X'},   {8, 4},  {8, 2},     {11, 0x7f}, {12, 5},
                 {15, 0x7f}, {16, 1}, {19, 0x7f}, {37, 2},    {37, 0},
                 {39, 3},    {43, 9}, {25, 0x7f}, {28, 'u'},  {38, 0}};
  for (const auto& damage : damages) {
    std::string bad = whole;
    bad[damage.byte] = damage.value;
    EXPECT_FALSE(AsFootprint::Unpack(bad).ok()) << damage.byte << " " << int{damage.value};
  }
}

TEST(AsFootprint, OfTheTreeHoldsTheNetworksOfTheWorld) {
  const char* root = std::getenv("TERRELLA_SOURCE_DIR");
  const auto footprint = AsFootprint::Load(std::filesystem::path(root == nullptr ? "." : root) /
                                           "data/as_footprint.bin");
  ASSERT_TRUE(footprint.ok()) << footprint.status();
  EXPECT_GT((*footprint)->as_count(), 80'000u);
  const auto users = [&](Asn asn) {
    double sum = 0;
    for (const Cell& cell : (*footprint)->CellsOf(asn)) sum += cell.users;
    return sum;
  };
  EXPECT_GT((*footprint)->CellsOf(3356).size(), 50u) << "a carrier is all over the world";
  EXPECT_GT(users(7922), 1e6) << "Comcast";
  EXPECT_EQ(users(16509), 0) << "a cloud has no people";
  EXPECT_EQ((*footprint)->CellsOf(29465)[0].country_code(), "NG");
}

}  // namespace
}  // namespace terrella::bgp
