#include "sim/net/places.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "sim/net/city_block.h"
#include "sim/net/csv.h"

namespace terrella::net {
namespace {

constexpr size_t kDataFileBytesMax = 16 << 20;
constexpr size_t kTextBytesMax = 128;
// Beyond this a point is named by its coordinates, not by a city it is not in.
constexpr double kNamedAfterCityKm = 100;
constexpr double kKmPerDegree = 111.195;  // of latitude

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool IsUpper(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::optional<double> ParseDouble(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number of degrees, its sign perhaps as a letter behind: "-33.9", "33.9S".
std::optional<double> ParseDegrees(std::string_view text, char positive, char negative) {
  text = Trim(text);
  double sign = 1;
  if (!text.empty()) {
    const char letter = static_cast<char>(text.back() & ~0x20);
    if (letter == positive || letter == negative) {
      sign = letter == negative ? -1 : 1;
      text.remove_suffix(1);
    }
  }
  const std::optional<double> value = ParseDouble(text);
  if (!value) return std::nullopt;
  return sign * *value;
}

// "12.9,77.6", "12.9 77.6", "33.9S, 18.4E"; nothing when it does not look like two numbers.
std::optional<Coordinates> ParseCoordinates(std::string_view text) {
  size_t gap = text.find(',');
  if (gap == std::string_view::npos) gap = text.find(' ');
  if (gap == std::string_view::npos) return std::nullopt;
  const std::optional<double> lat = ParseDegrees(text.substr(0, gap), 'N', 'S');
  const std::optional<double> lon = ParseDegrees(text.substr(gap + 1), 'E', 'W');
  if (!lat || !lon) return std::nullopt;
  return Coordinates{*lat, *lon};
}

// What people call countries beside their names and codes.
struct CountryAlias {
  std::string_view folded, code;
};
constexpr CountryAlias kCountryAliases[] = {{"america", "US"},
                                            {"usa", "US"},
                                            {"uk", "GB"},
                                            {"britain", "GB"},
                                            {"great britain", "GB"},
                                            {"england", "GB"},
                                            {"scotland", "GB"},
                                            {"wales", "GB"},
                                            {"holland", "NL"},
                                            {"the netherlands", "NL"},
                                            {"korea", "KR"},
                                            {"north korea", "KP"},
                                            {"uae", "AE"},
                                            {"emirates", "AE"},
                                            {"czech republic", "CZ"},
                                            {"burma", "MM"},
                                            {"ivory coast", "CI"},
                                            {"russian federation", "RU"},
                                            {"viet nam", "VN"},
                                            {"brasil", "BR"},
                                            {"deutschland", "DE"},
                                            {"espana", "ES"},
                                            {"turkiye", "TR"},
                                            {"drc", "CD"},
                                            {"congo", "CD"},
                                            {"macau", "MO"},
                                            {"swaziland", "SZ"},
                                            {"macedonia", "MK"},
                                            {"united states of america", "US"}};

// "muenchen" as "munchen": how people write umlauts who have none on their keys.
std::string WithoutUmlautDigraphs(std::string_view folded) {
  std::string out;
  for (size_t i = 0; i < folded.size(); ++i) {
    out += folded[i];
    const bool vowel = folded[i] == 'a' || folded[i] == 'o' || folded[i] == 'u';
    if (vowel && i + 1 < folded.size() && folded[i + 1] == 'e') ++i;
  }
  return out;
}

std::string WithoutSpaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Places>> Places::Load(const std::filesystem::path& data_dir) {
  ASSIGN_OR_RETURN(std::string cities, ReadFile(data_dir / "cities.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string countries, ReadFile(data_dir / "countries.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string aliases, ReadFile(data_dir / "aliases.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string pops, ReadFile(data_dir / "pops.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string networks, ReadFile(data_dir / "networks.csv", kDataFileBytesMax));
  return Parse({.cities_csv = cities,
                .countries_csv = countries,
                .aliases_csv = aliases,
                .pops_csv = pops,
                .networks_csv = networks});
}

absl::StatusOr<std::shared_ptr<const Places>> Places::Parse(const Files& files) {
  std::shared_ptr<Places> places(new Places);
  RETURN_IF_ERROR(places->ReadCountries(files.countries_csv));
  RETURN_IF_ERROR(places->ReadCities(files.cities_csv));
  std::sort(places->index_.begin(), places->index_.end());
  RETURN_IF_ERROR(places->ReadAliases(files.aliases_csv));
  places->SortByLatitude();
  ASSIGN_OR_RETURN(places->pops_, Pops::Parse({.pops_csv = files.pops_csv,
                                               .countries_csv = files.countries_csv,
                                               .networks_csv = files.networks_csv}));
  return places;
}

absl::Status Places::ReadCountries(std::string_view csv) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(csv, "countries.csv", kCountriesHeader));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    Country country{.code = std::string(reader.Text(0)), .name = std::string(reader.Text(1))};
    if (country.code.size() != 2 || !IsUpper(country.code)) {
      return reader.Error("expected two capital letters as the country code");
    }
    if (!countries_.empty() && countries_.back().code >= country.code) {
      return reader.Error("expected countries sorted by code, each once");
    }
    std::optional<Continent> continent = ParseContinent(reader.Text(2));
    if (!continent) return reader.Error("expected a continent code such as EU");
    country.continent = *continent;
    ASSIGN_OR_RETURN(country.internet_users_percent, reader.Number(3, 0, 100));
    countries_.push_back(std::move(country));
  }
}

absl::Status Places::ReadCities(std::string_view csv) {
  ASSIGN_OR_RETURN(
      CsvReader reader,
      CsvReader::Open(csv, "cities.csv", "name,ascii_name,country,latitude,longitude,population"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) break;
    CityId id = static_cast<CityId>(cities_.size());
    if (id == kCityBlocksMax) return reader.Error(fmt::format("expected at most {} cities", id));
    City city;
    city.name = reader.Text(0);
    if (city.name.empty()) return reader.Error("expected a name");
    city.country = reader.Text(2);
    Country* country = const_cast<Country*>(FindCountry(city.country));
    if (country == nullptr) return reader.Error("expected a country of countries.csv");
    if (!country->largest_city) country->largest_city = id;
    city.continent = country->continent;
    ASSIGN_OR_RETURN(city.at.latitude_deg, reader.Number(3, -90, 90));
    ASSIGN_OR_RETURN(city.at.longitude_deg, reader.Number(4, -180, 180));
    ASSIGN_OR_RETURN(uint64_t population, reader.Count(5, 100'000'000));
    city.population = static_cast<uint32_t>(population);
    double users = std::round(city.population * country->internet_users_percent / 100);
    city.users = std::max(static_cast<uint32_t>(users), 1U);
    if (!cities_.empty() && cities_.back().population < city.population) {
      return reader.Error("expected cities sorted by population, largest first");
    }
    std::string_view ascii = reader.Text(1).empty() ? reader.Text(0) : reader.Text(1);
    index_.push_back({.folded = FoldName(ascii), .alias = false, .city = id});
    cities_.push_back(std::move(city));
  }
  if (cities_.empty()) return reader.Error("expected at least one city");
  return absl::OkStatus();
}

absl::Status Places::ReadAliases(std::string_view csv) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(csv, "aliases.csv", "alias,country,city"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    std::optional<CityId> city = FindCity(FoldName(reader.Text(2)), reader.Text(1));
    if (!city) return reader.Error("expected a city of cities.csv");
    Key alias{.folded = FoldName(reader.Text(0)), .alias = true, .city = *city};
    index_.insert(std::lower_bound(index_.begin(), index_.end(), alias), std::move(alias));
  }
}

void Places::SortByLatitude() {
  by_latitude_.resize(cities_.size());
  for (CityId id = 0; id < cities_.size(); ++id) by_latitude_[id] = id;
  std::stable_sort(by_latitude_.begin(), by_latitude_.end(), [this](CityId a, CityId b) {
    return cities_[a].at.latitude_deg < cities_[b].at.latitude_deg;
  });
}

const Country* Places::FindCountry(std::string_view code) const {
  auto it = std::lower_bound(countries_.begin(), countries_.end(), code,
                             [](const Country& c, std::string_view key) { return c.code < key; });
  return it != countries_.end() && it->code == code ? &*it : nullptr;
}

std::optional<CityId> Places::FindCity(std::string_view folded, std::string_view country) const {
  auto it = std::lower_bound(index_.begin(), index_.end(), folded,
                             [](const Key& k, std::string_view key) { return k.folded < key; });
  for (; it != index_.end() && it->folded == folded; ++it) {
    if (country.empty() || cities_[it->city].country == country) return it->city;
  }
  return std::nullopt;
}

// "frankfurt" for "Frankfurt am Main", "saopaulo" for "São Paulo": the most populous that fits.
std::optional<CityId> Places::FindCityLoosely(std::string_view folded,
                                              std::string_view country) const {
  std::optional<CityId> best;
  std::string joined = WithoutSpaces(std::string(folded));
  if (joined.size() < 3) return best;
  for (const Key& key : index_) {
    if (best && *best <= key.city) continue;
    if (!country.empty() && cities_[key.city].country != country) continue;
    bool first_words = key.folded.size() > folded.size() && key.folded.starts_with(folded) &&
                       key.folded[folded.size()] == ' ';
    if (first_words || WithoutSpaces(key.folded) == joined) best = key.city;
  }
  return best;
}

const Country* Places::FindCountryByText(std::string_view text, std::string_view folded) const {
  if (text.size() == 2) {
    std::string code;
    for (char c : text) code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (const Country* country = FindCountry(code)) return country;
  }
  for (const Country& country : countries_) {
    if (FoldName(country.name) == folded) return &country;
  }
  for (const CountryAlias& alias : kCountryAliases) {
    if (alias.folded == folded) return FindCountry(alias.code);
  }
  return nullptr;
}

absl::StatusOr<Place> Places::Find(std::string_view text) const {
  text = Trim(text);
  if (text.empty()) return InvalidArgument("expected a place, got nothing");
  if (text.size() > kTextBytesMax) {
    return InvalidArgument("expected a place of at most {} bytes, got {}", kTextBytesMax,
                           text.size());
  }
  if (std::optional<Coordinates> at = ParseCoordinates(text)) {
    RETURN_IF_ERROR(CheckCoordinates(*at));
    return PlaceAt(*at);
  }
  if (text.size() == 3 && IsUpper(text)) {
    if (const PopSite* site = pops_->Find(text)) return PlaceOfSite(*site);
  }
  std::string folded = FoldName(text);
  if (folded.empty()) return NoSuchPlace(text, folded);
  if (std::optional<CityId> city = FindCity(folded, "")) return PlaceOf(*city);
  // "city, country" before looser readings; "Washington, D.C." was found above.
  if (size_t comma = text.rfind(','); comma != std::string_view::npos) {
    std::string_view country_text = Trim(text.substr(comma + 1));
    if (const Country* country = FindCountryByText(country_text, FoldName(country_text))) {
      std::string city_folded = FoldName(text.substr(0, comma));
      std::optional<CityId> city = FindCity(city_folded, country->code);
      if (!city) city = FindCityLoosely(city_folded, country->code);
      if (city) return PlaceOf(*city);
      return NotFound("no city of at least 100,000 people called '{}' in {}",
                      Trim(text.substr(0, comma)), country->name);
    }
  }
  if (const Country* country = FindCountryByText(text, folded)) {
    if (country->largest_city) return PlaceOf(*country->largest_city);
    return NotFound("{} has no city of at least 100,000 people: give coordinates \"lat,lon\"",
                    country->name);
  }
  if (const PopSite* site = pops_->Find(text)) return PlaceOfSite(*site);
  if (std::optional<CityId> city = FindCityLoosely(folded, "")) return PlaceOf(*city);
  for (const PopSite& site : pops_->sites()) {
    if (FoldName(site.city) == folded) return PlaceOfSite(site);
  }
  const std::string plain = WithoutUmlautDigraphs(folded);
  if (std::optional<CityId> city = FindCity(plain, "")) return PlaceOf(*city);
  return NoSuchPlace(text, folded);
}

absl::Status Places::NoSuchPlace(std::string_view text, std::string_view folded) const {
  std::vector<std::string> names;
  std::vector<const std::string*> shown;
  names.reserve(cities_.size() + countries_.size());
  for (const City& city : cities_) {
    names.push_back(FoldName(city.name));
    shown.push_back(&city.name);
  }
  for (const Country& country : countries_) {
    names.push_back(FoldName(country.name));
    shown.push_back(&country.name);
  }
  // Two or three letters are a code, and near to any short name.
  std::string near = folded.size() > 3 ? Suggest(folded, names) : "";
  auto it = std::find(names.begin(), names.end(), near);
  if (near.empty() || it == names.end()) {
    return NotFound("no place called '{}': expected a city, an IATA code, a country or \"lat,lon\"",
                    text);
  }
  return NotFound("no place called '{}': did you mean {}?", text,
                  *shown[static_cast<size_t>(it - names.begin())]);
}

Place Places::PlaceOf(CityId id) const {
  const City& city = cities_.at(id);
  return {.name = city.name,
          .country = city.country,
          .continent = city.continent,
          .at = city.at,
          .city = id};
}

Place Places::PlaceOfSite(const PopSite& site) const {
  return {.name = site.city,
          .country = site.country,
          .continent = site.continent,
          .at = site.at,
          .city = NearestCity(site.at)};
}

Place Places::PlaceAt(const Coordinates& at) const {
  Place place = PlaceOf(NearestCity(at));
  if (GreatCircleKm(place.at, at) > kNamedAfterCityKm) place.name = ToString(at);
  place.at = at;
  return place;
}

CityId Places::NearestCity(const Coordinates& at) const {
  // Outwards from the point's latitude, until latitude alone is further than the best.
  auto middle = std::lower_bound(
      by_latitude_.begin(), by_latitude_.end(), at.latitude_deg,
      [this](CityId id, double latitude) { return cities_[id].at.latitude_deg < latitude; });
  CityId best = 0;
  double best_km = GreatCircleKm(cities_[0].at, at);
  auto consider = [&](CityId id) {
    if (std::abs(cities_[id].at.latitude_deg - at.latitude_deg) * kKmPerDegree > best_km + 0.1) {
      return false;
    }
    double km = GreatCircleKm(cities_[id].at, at);
    if (km < best_km || (km == best_km && id < best)) {
      best = id;
      best_km = km;
    }
    return true;
  };
  auto up = middle, down = middle;
  bool more_up = true, more_down = true;
  while (more_up || more_down) {
    more_up = more_up && up != by_latitude_.end() && consider(*up++);
    more_down = more_down && down != by_latitude_.begin() && consider(*--down);
  }
  return best;
}

}  // namespace terrella::net
