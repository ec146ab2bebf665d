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

// The site of five fields from `first` on: code, city, country, latitude, longitude.
absl::StatusOr<PopSite> ReadSite(const CsvReader& reader, size_t first,
                                 const std::map<std::string, Continent, std::less<>>& continents) {
  PopSite site;
  site.iata = reader.Text(first);
  if (site.iata.size() != 3 || site.iata != Upper(site.iata)) {
    return reader.Error("expected three capital letters as the IATA code");
  }
  site.city = reader.Text(first + 1);
  site.country = reader.Text(first + 2);
  auto continent = continents.find(site.country);
  if (continent == continents.end()) return reader.Error("expected a country of countries.csv");
  site.continent = continent->second;
  ASSIGN_OR_RETURN(site.at.latitude_deg, reader.Number(first + 3, -90, 90));
  ASSIGN_OR_RETURN(site.at.longitude_deg, reader.Number(first + 4, -180, 180));
  return site;
}

const PopSite* FindIn(std::span<const PopSite> sites, std::string_view code) {
  auto it = std::find_if(sites.begin(), sites.end(),
                         [&](const PopSite& site) { return site.iata == code; });
  return it == sites.end() ? nullptr : &*it;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Pops>> Pops::Load(const std::filesystem::path& data_dir) {
  ASSIGN_OR_RETURN(std::string pops, ReadFile(data_dir / "pops.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string countries, ReadFile(data_dir / "countries.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string networks, ReadFile(data_dir / "networks.csv", kDataFileBytesMax));
  return Parse({.pops_csv = pops, .countries_csv = countries, .networks_csv = networks});
}

absl::StatusOr<std::shared_ptr<const Pops>> Pops::Parse(const Files& files) {
  ASSIGN_OR_RETURN(const Continents continents, ReadContinents(files.countries_csv));
  std::shared_ptr<Pops> pops(new Pops);
  RETURN_IF_ERROR(pops->ReadSites(files.pops_csv, continents));
  if (!files.networks_csv.empty()) {
    RETURN_IF_ERROR(pops->ReadNetworks(files.networks_csv, continents));
  }
  return pops;
}

absl::StatusOr<Pops::Continents> Pops::ReadContinents(std::string_view csv) {
  ASSIGN_OR_RETURN(CsvReader reader, CsvReader::Open(csv, "countries.csv", kCountriesHeader));
  Continents continents;
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return continents;
    std::optional<Continent> continent = ParseContinent(reader.Text(2));
    if (!continent) return reader.Error("expected a continent code such as EU");
    continents.emplace(reader.Text(0), *continent);
  }
}

absl::Status Pops::ReadSites(std::string_view csv, const Continents& continents) {
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(csv, "pops.csv", "iata,city,country,latitude,longitude"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    ASSIGN_OR_RETURN(PopSite site, ReadSite(reader, 0, continents));
    if (FindIn(sites_, site.iata) != nullptr) return reader.Error("expected each site once");
    sites_.push_back(std::move(site));
  }
}

absl::Status Pops::ReadNetworks(std::string_view csv, const Continents& continents) {
  ASSIGN_OR_RETURN(
      CsvReader reader,
      CsvReader::Open(csv, "networks.csv", "network,iata,city,country,latitude,longitude"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    const std::string_view name = reader.Text(0);
    if (networks_.empty() || networks_.back().name != name) {
      // Letters first, so that no name is a count.
      if (name.empty() || name[0] < 'a' || name[0] > 'z' || name.starts_with("world-")) {
        return reader.Error("expected the name of a network such as fastly");
      }
      if (!networks_.empty() && networks_.back().name > name) {
        return reader.Error("expected networks sorted by name");
      }
      networks_.push_back({.name = std::string(name), .sites = {}});
    }
    std::vector<PopSite>& sites = networks_.back().sites;
    ASSIGN_OR_RETURN(PopSite site, ReadSite(reader, 1, continents));
    if (FindIn(sites, site.iata) != nullptr) {
      return reader.Error("expected each site of a network once");
    }
    sites.push_back(std::move(site));
  }
}

absl::StatusOr<std::vector<PopSite>> Pops::Select(std::string_view text) const {
  std::vector<PopSite> out;
  const bool codes = text.find(',') != std::string_view::npos || Find(text) != nullptr;
  if (!codes) {
    ASSIGN_OR_RETURN(const auto sites, Preset(text));
    out.assign(sites.begin(), sites.end());
    return out;
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    ASSIGN_OR_RETURN(const PopSite* site, Get(text.substr(at, end - at)));
    for (const PopSite& known : out) {
      if (known.iata == site->iata) return InvalidArgument("'{}' stands there twice", site->iata);
    }
    out.push_back(*site);
    at = end + 1;
  }
  return out;
}

std::vector<std::string> Pops::PresetNames() const {
  std::vector<std::string> names = {"world-12", "world-30", "world-100", "world-308"};
  for (const Network& network : networks_) names.push_back(network.name);
  return names;
}

absl::StatusOr<std::span<const PopSite>> Pops::Preset(std::string_view name) const {
  for (const Network& network : networks_) {
    if (network.name == name) return std::span<const PopSite>(network.sites);
  }
  std::string_view digits = name.starts_with("world-") ? name.substr(6) : name;
  size_t count = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  bool number = error == std::errc() && end == digits.data() + digits.size();
  bool preset = count == 12 || count == 30 || count == 100 || count == 308;
  if (!number || (digits.size() != name.size() && !preset)) {
    const std::vector<std::string> names = PresetNames();
    const std::string near = name.size() <= 64 ? Suggest(name, names) : "";
    return NotFound("no preset called '{}': expected {} or a count{}", name.substr(0, 64),
                    fmt::join(names, ", "),
                    near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }
  if (count == 0 || count > sites_.size()) {
    return OutOfRange("expected 1 to {} sites, got {}", sites_.size(), count);
  }
  return std::span<const PopSite>(sites_).first(count);
}

const PopSite* Pops::Find(std::string_view iata) const {
  if (iata.size() != 3) return nullptr;
  const std::string code = Upper(iata);
  if (const PopSite* site = FindIn(sites_, code)) return site;
  for (const Network& network : networks_) {
    if (const PopSite* site = FindIn(network.sites, code)) return site;
  }
  return nullptr;
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
