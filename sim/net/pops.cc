#include "sim/net/pops.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "sim/net/csv.h"

namespace terrella::net {
namespace {

constexpr size_t kDataFileBytesMax = 16 << 20;

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

absl::StatusOr<std::map<std::string, Continent, std::less<>>> ReadContinents(std::string_view csv) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(csv, "countries.csv", "code,name,continent"));
  std::map<std::string, Continent, std::less<>> continents;
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return continents;
    std::optional<Continent> continent = ParseContinent(reader.Text(2));
    if (!continent) return reader.Error("expected a continent code such as EU");
    continents.emplace(reader.Text(0), *continent);
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Pops>> Pops::Load(const std::filesystem::path& data_dir) {
  ASSIGN_OR_RETURN(std::string pops, ReadFile(data_dir / "pops.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string countries, ReadFile(data_dir / "countries.csv", kDataFileBytesMax));
  return Parse(pops, countries);
}

absl::StatusOr<std::shared_ptr<const Pops>> Pops::Parse(std::string_view pops_csv,
                                                        std::string_view countries_csv) {
  ASSIGN_OR_RETURN(auto continents, ReadContinents(countries_csv));
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(pops_csv, "pops.csv", "iata,city,country,latitude,longitude"));
  std::shared_ptr<Pops> pops(new Pops);
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) break;
    PopSite site;
    site.iata = reader.Text(0);
    if (site.iata.size() != 3 || site.iata != Upper(site.iata)) {
      return reader.Error("expected three capital letters as the IATA code");
    }
    if (pops->Find(site.iata) != nullptr) return reader.Error("expected each site once");
    site.city = reader.Text(1);
    site.country = reader.Text(2);
    auto continent = continents.find(site.country);
    if (continent == continents.end()) return reader.Error("expected a country of countries.csv");
    site.continent = continent->second;
    ASSIGN_OR_RETURN(site.at.latitude_deg, reader.Number(3, -90, 90));
    ASSIGN_OR_RETURN(site.at.longitude_deg, reader.Number(4, -180, 180));
    pops->sites_.push_back(std::move(site));
  }
  return pops;
}

absl::StatusOr<std::span<const PopSite>> Pops::Preset(std::string_view name) const {
  std::string_view digits = name.starts_with("world-") ? name.substr(6) : name;
  size_t count = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  bool number = error == std::errc() && end == digits.data() + digits.size();
  bool preset = count == 12 || count == 30 || count == 100 || count == 308;
  if (!number || (digits.size() != name.size() && !preset)) {
    return NotFound(
        "no preset called '{}': expected world-12, world-30, world-100, world-308 or a count",
        name);
  }
  if (count == 0 || count > sites_.size()) {
    return OutOfRange("expected 1 to {} sites, got {}", sites_.size(), count);
  }
  return std::span<const PopSite>(sites_).first(count);
}

const PopSite* Pops::Find(std::string_view iata) const {
  if (iata.size() != 3) return nullptr;
  std::string code = Upper(iata);
  auto it = std::find_if(sites_.begin(), sites_.end(),
                         [&](const PopSite& site) { return site.iata == code; });
  return it == sites_.end() ? nullptr : &*it;
}

absl::StatusOr<const PopSite*> Pops::Get(std::string_view iata) const {
  if (const PopSite* site = Find(iata)) return site;
  std::vector<std::string> codes;
  for (const PopSite& site : sites_) codes.push_back(site.iata);
  for (const PopSite& site : sites_) codes.push_back(site.city);
  std::string near = iata.size() <= 64 ? Suggest(Upper(iata), codes) : "";
  for (const PopSite& site : sites_) {
    if (near == site.city) near = site.iata;
  }
  return NotFound("no site called '{}'{}", iata.substr(0, 64),
                  near.empty() ? "" : fmt::format(": did you mean {}?", near));
}

}  // namespace terrella::net
