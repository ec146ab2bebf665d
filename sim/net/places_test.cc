// Goal: people find places by any reasonable name, and broken data files are refused with their
// line.
#include "sim/net/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

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

TEST(Places, FindsWhatPeopleType) {
  struct Row {
    const char *text, *place;
  };
  const Row rows[] = {{"São Paulo", "São Paulo/BR"},
                      {"sao paulo", "São Paulo/BR"},
                      {"SAO-PAULO", "São Paulo/BR"},
                      {"GRU", "São Paulo/BR"},
                      {"gru", "São Paulo/BR"},
                      {"BR", "São Paulo/BR"},
                      {"br", "São Paulo/BR"},
                      {"Brasil", "São Paulo/BR"},
                      {"12.9,77.6", "Bengaluru/IN"},
                      {"12.9 77.6", "Bengaluru/IN"},
                      {"12.9N, 77.6E", "Bengaluru/IN"},
                      {"33.9s 18.4e", "Cape Town/ZA"},
                      {"40.7, -74.0", "New York City/US"},
                      {"40.7N 74.0W", "New York City/US"},
                      {"New York", "New York City/US"},
                      {"New York, US", "New York City/US"},
                      {"new york, usa", "New York City/US"},
                      {"nyc", "New York City/US"},
                      {"London, UK", "London/GB"},
                      {"London, Canada", "London/CA"},
                      {"UK", "London/GB"},
                      {"England", "London/GB"},
                      {"usa", "New York City/US"},
                      {"Korea", "Seoul/KR"},
                      {"Holland", "Amsterdam/NL"},
                      {"München", "Munich/DE"},
                      {"muenchen", "Munich/DE"},
                      {"Duesseldorf", "Düsseldorf/DE"},
                      {"Koeln", "Köln/DE"},
                      {"Zuerich", "Zürich/CH"},
                      {"St. Louis", "St. Louis/US"},
                      {"Washington DC", "Washington, D.C./US"},
                      {"Frankfurt", "Frankfurt am Main/DE"},
                      {"  Lagos  ", "Lagos/NG"},
                      {"CBF", "Council Bluffs/US"},
                      {"cbf", "Council Bluffs/US"}};
  for (const Row& row : rows) EXPECT_EQ(FindOrError(row.text), row.place) << row.text;
}

TEST(Places, ShortNonsenseGetsNoSuggestion) {
  for (const char* text : {"SF", "qq", "x", "zzz"}) {
    EXPECT_THAT(FindOrError(text), HasSubstr("expected a city, an IATA code")) << text;
  }
  for (const char* text : {"91 0", "0 181", "95N 10E"}) {
    EXPECT_THAT(FindOrError(text), HasSubstr("expected")) << text;
  }
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

TEST(Pops, OperatorsHaveSitesOfTheirOwn) {
  const Pops& pops = World().pops();
  for (const auto& [name, count] : std::map<std::string, size_t>{
           {"aws-regions", 34}, {"cloudfront", 85}, {"fastly", 79}, {"google-dns", 17}}) {
    ASSERT_TRUE(pops.Preset(name).ok()) << name;
    EXPECT_EQ(pops.Preset(name)->size(), count) << name;
  }
  // Council Bluffs is no site of the world's presets.
  ASSERT_NE(pops.Find("CBF"), nullptr);
  EXPECT_EQ(pops.Find("CBF")->city, "Council Bluffs");
  EXPECT_EQ(World().Find("CBF")->name, "Council Bluffs");
  // A site of both is the world's.
  EXPECT_EQ(pops.Find("FRA"), &pops.sites()[0]);
  EXPECT_THAT(Message(pops.Preset("fastlly").status()), HasSubstr("did you mean fastly?"));
}

TEST(Pops, RefusesBrokenNetworksWithTheirLine) {
  const std::string countries = std::string(kCountriesHeader) + "\nDE,Germany,EU,91.6,2022,ITU\n";
  const std::string head = "network,iata,city,country,latitude,longitude\n";
  auto error = [&](const std::string& rows) {
    return std::string(Message(Pops::Parse({.pops_csv = "iata,city,country,latitude,longitude\n",
                                            .countries_csv = countries,
                                            .networks_csv = head + rows})
                                   .status()));
  };
  EXPECT_EQ(error("n,FRA,Frankfurt,DE,50,8\n"), "");
  EXPECT_THAT(error("n,FRA,Frankfurt,DE,50,8\nn,FRA,Frankfurt,DE,50,8\n"),
              HasSubstr("networks.csv:3: expected each site of a network once"));
  EXPECT_THAT(error("7,FRA,Frankfurt,DE,50,8\n"), HasSubstr("networks.csv:2: expected the name"));
  EXPECT_THAT(error("world-9,FRA,Frankfurt,DE,50,8\n"), HasSubstr("expected the name"));
  EXPECT_THAT(error("n,FRA,Frankfurt,DE,50,8\na,FRA,Frankfurt,DE,50,8\n"),
              HasSubstr("networks.csv:3: expected networks sorted"));
  EXPECT_THAT(error("n,fra,Frankfurt,DE,50,8\n"), HasSubstr("three capital letters"));
  EXPECT_THAT(error("n,FRA,Frankfurt,XX,50,8\n"), HasSubstr("a country of countries.csv"));
  EXPECT_THAT(error("n,FRA,Frankfurt,DE,91,8\n"), HasSubstr("networks.csv:2"));
}

TEST(Pops, SuggestsSites) {
  const Pops& pops = World().pops();
  EXPECT_EQ(pops.Find("fra"), pops.Find("FRA"));
  EXPECT_THAT(Message(pops.Get("Frankfur").status()), HasSubstr("did you mean FRA?"));
  EXPECT_THAT(Message(pops.Get("FRX").status()), HasSubstr("did you mean FR"));
}

TEST(Places, RefusesBrokenFilesWithTheirLine) {
  const std::string countries = std::string(kCountriesHeader) + "\nDE,Germany,EU,91.6,2022,ITU\n";
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

TEST(Places, RefusesBrokenCountriesWithTheirLine) {
  const std::string head = std::string(kCountriesHeader) + "\n";
  auto error = [&](const std::string& countries) {
    auto places = Places::Parse(
        {.cities_csv = "name,ascii_name,country,latitude,longitude,population\nBonn,,DE,50,7,300\n",
         .countries_csv = countries,
         .aliases_csv = "alias,country,city\n",
         .pops_csv = "iata,city,country,latitude,longitude\n"});
    EXPECT_FALSE(places.ok());
    return std::string(Message(places.status()));
  };
  EXPECT_THAT(error("code,name,continent\n"), HasSubstr("countries.csv:1: expected the header"));
  EXPECT_THAT(error(head + "de,Germany,EU,90,2022,ITU\n"),
              HasSubstr("countries.csv:2: expected two capital letters"));
  EXPECT_THAT(error(head + "FR,France,EU,90,2022,ITU\nDE,Germany,EU,90,2022,ITU\n"),
              HasSubstr("countries.csv:3: expected countries sorted by code"));
  EXPECT_THAT(error(head + "DE,Germany,XX,90,2022,ITU\n"),
              HasSubstr("countries.csv:2: expected a continent"));
  for (const char* percent : {"", "-1", "100.5", "nan", "many"}) {
    EXPECT_THAT(error(head + "DE,Germany,EU," + percent + ",2022,ITU\n"),
                HasSubstr("countries.csv:2: expected a number from 0 to 100 in field 4"));
  }
}

TEST(Places, WeighCitiesByTheirInternetUsers) {
  const auto city_of = [](const char* name) {
    return World().cities()[World().Find(name).value().city];
  };
  const City lagos = city_of("Lagos"), berlin = city_of("Berlin");
  EXPECT_GT(lagos.population, 2.5 * berlin.population);
  EXPECT_LT(lagos.users, 1.2 * berlin.users);  // a third and nine of ten are online
  for (const City& city : World().cities()) {
    EXPECT_GE(city.users, 1U) << city.name;
    EXPECT_LE(city.users, city.population) << city.name;
  }
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
