#include "sim/net/region.h"

#include <algorithm>
#include <array>

namespace terrella::net {
namespace {

constexpr std::array<std::string_view, kContinentCount> kContinentCodes = {"AF", "AN", "AS", "EU",
                                                                           "NA", "OC", "SA"};
constexpr std::array<std::string_view, kContinentCount> kContinentNames = {
    "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"};
// In the order of the enum.
constexpr std::array<std::string_view, kRegionCount> kRegionCodes = {"AF", "CIS", "CN", "EA", "EU",
                                                                     "LA", "ME",  "NA", "OC", "SA"};

// Countries by region: every code is followed by one space.
struct CountryList {
  Region region;
  std::string_view codes;
};
constexpr CountryList kCountries[] = {
    {Region::kAfrica,
     "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG "
     "ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW "},
    // Central Asia hangs on Russian transit, so it goes with the rest of the CIS.
    {Region::kCis, "BY KG KZ MD RU TJ TM UA UZ "},
    {Region::kChina, "CN "},
    {Region::kEastAsia, "BN CC CX HK ID JP KH KP KR LA MM MN MO MY PH SG TH TL TW VN "},
    {Region::kEurope,
     "AD AL AT AX BA BE BG CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV "
     "MC ME MK MT NL NO PL PT RO RS SE SI SJ SK SM VA XK "},
    {Region::kLatinAmerica,
     "AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GS GT GY HN HT JM KN KY "
     "LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI "},
    {Region::kMiddleEast, "AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE "},
    {Region::kNorthAmerica, "BM CA GL PM US "},
    {Region::kOceania,
     "AQ AS AU BV CK FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TF TK TO TV UM VU WF WS "},
    {Region::kSouthAsia, "AF BD BT IN LK MV NP PK "},
};

bool Lists(std::string_view codes, std::string_view country) {
  for (size_t i = 0; i + 2 <= codes.size(); i += 3) {
    if (codes.substr(i, 2) == country) return true;
  }
  return false;
}

// Rough boxes for points of no known country: seas and unlisted places. Total.
Region RegionOfPoint(const Coordinates& at) {
  double lat = at.latitude_deg, lon = at.longitude_deg;
  if (lon < -30) {
    if (lon < -120 && lat < 15) return Region::kOceania;
    return lat > 30 ? Region::kNorthAmerica : Region::kLatinAmerica;
  }
  if (lat > 34 && lon < 30) return Region::kEurope;
  if (lon > 110 && lat < -9) return Region::kOceania;
  if (lon > 150 && lat < 20) return Region::kOceania;
  if (lat > 42) return lon > 120 && lat < 48 ? Region::kEastAsia : Region::kCis;
  if (lon >= 30 && lon < 62 && lat > 13) return Region::kMiddleEast;
  if (lon < 60) return Region::kAfrica;
  if (lon < 92) return Region::kSouthAsia;
  return lat > 22 && lon < 120 ? Region::kChina : Region::kEastAsia;
}

template <class Enum, size_t N>
std::optional<Enum> Parse(const std::array<std::string_view, N>& codes, std::string_view code) {
  auto it = std::find(codes.begin(), codes.end(), code);
  if (it == codes.end()) return std::nullopt;
  return static_cast<Enum>(it - codes.begin());
}

}  // namespace

std::string_view ContinentCode(Continent continent) {
  return kContinentCodes[static_cast<size_t>(continent)];
}
std::string_view ContinentName(Continent continent) {
  return kContinentNames[static_cast<size_t>(continent)];
}

std::optional<Continent> ParseContinent(std::string_view code) {
  return Parse<Continent>(kContinentCodes, code);
}

std::string_view RegionCode(Region region) {
  return kRegionCodes[static_cast<size_t>(region)];
}

std::optional<Region> ParseRegion(std::string_view code) {
  return Parse<Region>(kRegionCodes, code);
}

Region RegionOf(std::string_view country_iso2, const Coordinates& at) {
  if (country_iso2.size() == 2) {
    for (const CountryList& list : kCountries) {
      if (!Lists(list.codes, country_iso2)) continue;
      bool split = country_iso2 == "RU" || country_iso2 == "UA" || country_iso2 == "BY" ||
                   country_iso2 == "MD";
      // The west of these is wired into Europe; Russia's easternmost tip has negative longitudes.
      if (split && at.longitude_deg > 0 && at.longitude_deg < 30) return Region::kEurope;
      return list.region;
    }
  }
  return RegionOfPoint(at);
}

}  // namespace terrella::net
