// Goal: people find places by any reasonable name, and broken data files are refused with their
// line.
#include "sim/net/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/status.h"
#include "sim/net/city_block.h"
#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

const Places& World() {
  static const auto places = Places::Load(*FindDataDir());
  EXPECT_TRUE(places.ok()) << Message(places.status());
  return **places;
}

std::string FindOrError(std::string_view text) {
  auto place = World().Find(text);
  if (!place.ok()) return std::string(Message(place.status()));
  return place->name + "/" + place->country;
}

TEST(Places, FindsByForgivingNames) {
  struct Row {
    const char* text;
    const char* place;
  };
  const Row rows[] = {
      {"Lagos", "Lagos/NG"},
      {"lagos", "Lagos/NG"},
      {"  LAGOS ", "Lagos/NG"},
      {"São Paulo", "São Paulo/BR"},
      {"sao paulo", "São Paulo/BR"},
      {"sao-paulo", "São Paulo/BR"},
      {"saopaulo", "São Paulo/BR"},
      {"Sa\u0303o Paulo", "São Paulo/BR"},  // decomposed
      {"ŁÓDŹ", "Łódź/PL"},
      {"Frankfurt", "Frankfurt am Main/DE"},
      {"new york", "New York City/US"},
      {"Washington, D.C.", "Washington, D.C./US"},
      {"Washington", "Washington, D.C./US"},
      {"Birmingham", "Birmingham/GB"},
      {"Birmingham, US", "Birmingham/US"},
      {"birmingham, united states", "Birmingham/US"},
      {"Frankfurt, Germany", "Frankfurt am Main/DE"},
      {"GRU", "São Paulo/BR"},
      {"FRA", "Frankfurt/DE"},
      {"fra", "Frankfurt/DE"},
      {"BR", "São Paulo/BR"},
      {"br", "São Paulo/BR"},
      {"Japan", "Tokyo/JP"},
      {"Singapore", "Singapore/SG"},
      {"Cologne", "Köln/DE"},
      {"koln", "Köln/DE"},
      {"Bombay", "Mumbai/IN"},
      {"Xian", "Xi’an/CN"},
      {"12.9,77.6", "Bengaluru/IN"},
      {" -23.5 , -46.6", "São Paulo/BR"},
      {"0,-160", "0.00,-160.00/US"},
  };
  for (const Row& row : rows) EXPECT_EQ(FindOrError(row.text), row.place) << row.text;
}

TEST(Places, SuggestsWhatWasMeant) {
  EXPECT_EQ(FindOrError("Lagoss"), "no place called 'Lagoss': did you mean Lagos?");
  EXPECT_EQ(FindOrError("Sao Paolo"), "no place called 'Sao Paolo': did you mean São Paulo?");
  EXPECT_EQ(FindOrError("Germny"), "no place called 'Germny': did you mean Germany?");
  EXPECT_THAT(FindOrError("Paris, Japan"), HasSubstr("called 'Paris' in Japan"));
  EXPECT_THAT(FindOrError("xqzxqzxqzxqz"), HasSubstr("expected a city, an IATA code"));
  EXPECT_THAT(FindOrError(""), HasSubstr("got nothing"));
  EXPECT_THAT(FindOrError("91,0"), HasSubstr("latitude between -90 and 90, got 91"));
  EXPECT_THAT(FindOrError("0,nan"), HasSubstr("longitude"));
  EXPECT_THAT(FindOrError(std::string(129, 'a')), HasSubstr("at most 128 bytes"));
  EXPECT_THAT(FindOrError("\xff\xfe?,"), HasSubstr("no place called"));
}

TEST(Places, EveryCityIsFoundByItsOwnNameAndCountry) {
  for (CityId id = 0; id < World().cities().size(); ++id) {
    const City& city = World().cities()[id];
    auto place = World().Find(city.name + ", " + city.country);
    ASSERT_TRUE(place.ok()) << city.name << ": " << Message(place.status());
    // A namesake in the same country may be larger, never smaller.
    EXPECT_LE(place->city, id) << city.name;
    EXPECT_EQ(FoldName(World().cities()[place->city].name), FoldName(city.name));
  }
}

TEST(Places, NearestCityAgreesWithLookingAtAll) {
  CounterRandom random(1);
  for (int i = 0; i < 500; ++i) {
    Coordinates at{random.Uniform() * 180 - 90, random.Uniform() * 360 - 180};
    double best = 1e9;
    for (const City& city : World().cities()) best = std::min(best, GreatCircleKm(city.at, at));
    CityId nearest = World().NearestCity(at);
    EXPECT_DOUBLE_EQ(GreatCircleKm(World().cities()[nearest].at, at), best) << ToString(at);
  }
}

TEST(Places, BlocksOfCitiesAreDisjointAndReversible) {
  ASSERT_LE(World().cities().size(), kCityBlocksMax);
  EXPECT_EQ(CityBlockV4(0).ToString(), "127.128.0.0/24");
  EXPECT_EQ(CityBlockV4(516).ToString(), "127.130.4.0/24");
  EXPECT_EQ(CityBlockV6(516).ToString(), "fd74:6572:7265:204::/64");
  for (CityId id = 0; id < kCityBlocksMax; id += 97) {
    EXPECT_EQ(CityOfAddress(CityAddressV4(id, id)), id);
    EXPECT_TRUE(CityBlockV4(id).Contains(CityAddressV4(id, id)));
    EXPECT_EQ(CityOfAddress(CityBlockV6(id).address), id);
  }
  for (const char* other : {"127.0.0.1", "127.127.255.255", "127.255.0.0", "128.0.0.1", "8.8.8.8",
                            "fd74:6572:7266::1", "fd74:6572:7265:ffff::1", "::1"}) {
    EXPECT_EQ(CityOfAddress(*IpAddress::Parse(other)), std::nullopt) << other;
  }
}

TEST(Pops, PresetsAreNested) {
  const Pops& pops = World().pops();
  EXPECT_EQ(pops.sites().size(), 308u);
  EXPECT_EQ(pops.Preset("world-12")->size(), 12u);
  EXPECT_EQ(pops.Preset("world-30")->size(), 30u);
  EXPECT_EQ(pops.Preset("42")->data(), pops.Preset("world-308")->data());
  for (const char* code : {"FRA", "LOS", "JNB", "GRU", "NRT", "SIN", "IAD", "SYD", "BOM", "LHR"}) {
    const PopSite* site = pops.Find(code);
    ASSERT_NE(site, nullptr) << code;
    EXPECT_LT(site - pops.sites().data(), 30) << code;
  }
  for (const char* bad : {"0", "309", "world-31", "galaxy-12", "", "-3", "12x"}) {
    EXPECT_FALSE(pops.Preset(bad).ok()) << bad;
  }
}

TEST(Pops, SuggestsSites) {
  const Pops& pops = World().pops();
  EXPECT_EQ(pops.Find("fra"), pops.Find("FRA"));
  EXPECT_THAT(Message(pops.Get("Frankfur").status()), HasSubstr("did you mean FRA?"));
  EXPECT_THAT(Message(pops.Get("FRX").status()), HasSubstr("did you mean FR"));
}

TEST(Places, RefusesBrokenFilesWithTheirLine) {
  const std::string countries = "code,name,continent\nDE,Germany,EU\n";
  const std::string aliases = "alias,country,city\n";
  const std::string pops = "iata,city,country,latitude,longitude\n";
  const std::string head = "name,ascii_name,country,latitude,longitude,population\n";
  auto error = [&](const std::string& cities, const std::string& alias_rows = "",
                   const std::string& pop_rows = "") {
    auto places = Places::Parse({.cities_csv = cities,
                                 .countries_csv = countries,
                                 .aliases_csv = aliases + alias_rows,
                                 .pops_csv = pops + pop_rows});
    EXPECT_FALSE(places.ok());
    return std::string(Message(places.status()));
  };
  const std::string ok = head + "Bonn,,DE,50.7,7.1,300000\n";
  EXPECT_EQ(error(""),
            "cities.csv: expected the header line "
            "'name,ascii_name,country,latitude,longitude,population', got the end");
  EXPECT_THAT(error("a,b\n"), HasSubstr("cities.csv:1: expected the header line"));
  EXPECT_THAT(error(head), HasSubstr("cities.csv:1: expected at least one city"));
  EXPECT_THAT(error(head + "Bonn,,DE,50.7,7.1\n"), HasSubstr("cities.csv:2: expected 6 fields"));
  EXPECT_THAT(error(head + "Bonn,,DE,50.7,7.1,1,2\n"),
              HasSubstr("cities.csv:2: expected 6 fields"));
  EXPECT_THAT(error(head + "Bonn,,XX,50.7,7.1,3\n"), HasSubstr("cities.csv:2: expected a country"));
  EXPECT_THAT(error(head + "Bonn,,DE,97,7.1,3\n"), HasSubstr("number from -90 to 90 in field 4"));
  EXPECT_THAT(error(head + "Bonn,,DE,nan,7.1,3\n"), HasSubstr("got 'nan'"));
  EXPECT_THAT(error(head + "Bonn,,DE,1,7.1,-3\n"), HasSubstr("whole number"));
  EXPECT_THAT(error(ok + "Ulm,,DE,48,10,300001\n"),
              HasSubstr("cities.csv:3: expected cities sort"));
  EXPECT_THAT(error(head + "\"Bonn,DE\n"), HasSubstr("cities.csv:2: expected a closing quote"));
  EXPECT_THAT(error(head + "\"Bonn\"x,DE\n"), HasSubstr("expected a comma after a quote"));
  EXPECT_THAT(error(ok + std::string(5000, 'x')), HasSubstr("at most 4096 bytes"));
  EXPECT_THAT(error(ok, "Bonna,DE,Bonnn\n"), HasSubstr("aliases.csv:2: expected a city of"));
  EXPECT_THAT(error(ok, "", "FRAX,a,DE,1,1\n"), HasSubstr("pops.csv:2: expected three capital"));
  EXPECT_THAT(error(ok, "", "FRA,a,DE,1,1\nFRA,a,DE,1,1\n"),
              HasSubstr("pops.csv:3: expected each"));
}

TEST(FoldName, AgreesWithTheAsciiNamesOfTheData) {
  EXPECT_EQ(FoldName("São-Paulo"), "sao paulo");
  EXPECT_EQ(FoldName("Łódź"), "lodz");
  EXPECT_EQ(FoldName("Ðà Lạt"), "da lat");
  EXPECT_EQ(FoldName("  Xi’an!  "), "xian");
  EXPECT_EQ(FoldName("東京"), "東京");
  EXPECT_EQ(FoldName("\xc3"), FoldName("\xc3"));
}

}  // namespace
}  // namespace terrella::net
