// Goal: whoever writes "SA" learns that it is two places, and can say which one they mean.
#include "sim/net/world_part.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

const Places& TheWorld() {
  static const auto places = [] {
    const auto dir = FindDataDir();
    CHECK(dir.ok());
    return *Places::Load(*dir);
  }();
  return *places;
}

TEST(WorldPart, ACodeOfBothIsTheContinentUnlessOneSaysCountry) {
  struct Row {
    const char* part;
    const char* country;
    bool is_in;
  };
  const Row rows[] = {
      {"SA", "BR", true},           {"SA", "SA", false},
      {"continent:SA", "BR", true}, {"continent:SA", "SA", false},
      {"country:SA", "SA", true},   {"country:SA", "BR", false},
      {"NA", "US", true},           {"country:NA", "NA", true},
      {"country:NA", "US", false},  {"EU", "DE", true},
      {"DE", "DE", true},           {"country:DE", "DE", true},
      {"continent:AS", "SA", true}, {"continent:EU", "XX", false},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(CheckPart(TheWorld(), row.part).ok()) << row.part;
    EXPECT_EQ(IsInPart(TheWorld(), row.part, row.country), row.is_in)
        << row.part << " " << row.country;
  }
}

TEST(WorldPart, RefusesWhatIsNone) {
  for (const char* text : {"", "Europe", "continent:DE", "country:EU", "country:", "continent:eu",
                           "country:country:SA", "planet:SA"}) {
    EXPECT_FALSE(CheckPart(TheWorld(), text).ok()) << text;
    EXPECT_FALSE(IsInPart(TheWorld(), text, "DE")) << text;
  }
  EXPECT_NE(Message(CheckPart(TheWorld(), "Europe")).find("continent:SA or country:SA"),
            std::string_view::npos);
}

TEST(WorldPart, SaysWhichCodesAreBoth) {
  for (const char* text : {"SA", "NA", "AS", "AF"}) {
    EXPECT_TRUE(IsAmbiguousPart(TheWorld(), text)) << text;
  }
  for (const char* text : {"EU", "OC", "DE", "continent:SA", "country:SA", "", "Lagos"}) {
    EXPECT_FALSE(IsAmbiguousPart(TheWorld(), text)) << text;
  }
  const std::string text = AmbiguousPartText(TheWorld(), "SA");
  EXPECT_NE(text.find("Saudi Arabia"), std::string::npos) << text;
  EXPECT_NE(text.find("write continent:SA, or country:SA"), std::string::npos) << text;
}

TEST(WorldPart, EndsWhereTheNextWordBegins) {
  EXPECT_EQ(PartLength("EU-NA"), 2u);
  EXPECT_EQ(PartLength("country:SA-NA:5%"), 10u);
  EXPECT_EQ(PartLength("continent:SA"), 12u);
  for (const char* text : {"", "E", "eu", "country:", "country:s", "continent"}) {
    EXPECT_EQ(PartLength(text), 0u) << text;
  }
}

}  // namespace
}  // namespace terrella::net
