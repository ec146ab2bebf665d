#include "sim/net/measured.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/status.h"
#include "sim/net/csv.h"

namespace terrella::net {
namespace {

constexpr std::string_view kSitesHeader = "id,name,country,lat,lon,population";
constexpr std::string_view kPathsHeader = "src_id,dst_id,min_ms,avg_ms,max_ms,mdev_ms";
constexpr size_t kFileBytesMax = 256 << 20;
constexpr uint64_t kIdMax = 1'000'000;
constexpr size_t kSitesMax = 2000;
constexpr double kMsMax = 60'000;

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

absl::StatusOr<Measured> Measured::Load(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(const std::string sites, ReadFile(folder / "cities.csv", kFileBytesMax));
  ASSIGN_OR_RETURN(const std::string paths, ReadFile(folder / "rtt_ms.csv", kFileBytesMax));
  return Parse(sites, paths);
}

absl::StatusOr<Measured> Measured::Parse(std::string_view cities_csv, std::string_view rtt_csv) {
  Measured out;
  ASSIGN_OR_RETURN(CsvReader sites, CsvReader::Open(cities_csv, "cities.csv", kSitesHeader,
                                                    {.records_max = kSitesMax}));
  std::map<uint64_t, uint32_t> index;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, sites.Next());
    if (!more) break;
    ASSIGN_OR_RETURN(const uint64_t id, sites.Count(0, kIdMax));
    MeasuredSite site{.id = static_cast<uint32_t>(id),
                      .name = std::string(sites.Text(1)),
                      .country = std::string(sites.Text(2))};
    if (!out.sites.empty() && out.sites.back().id >= site.id) {
      return sites.Error("expected sites by rising id");
    }
    ASSIGN_OR_RETURN(site.at.latitude_deg, sites.Number(3, -90, 90));
    ASSIGN_OR_RETURN(site.at.longitude_deg, sites.Number(4, -180, 180));
    index.emplace(id, static_cast<uint32_t>(out.sites.size()));
    out.sites.push_back(std::move(site));
  }
  ASSIGN_OR_RETURN(CsvReader paths, CsvReader::Open(rtt_csv, "rtt_ms.csv", kPathsHeader,
                                                    {.records_max = kSitesMax * kSitesMax}));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, paths.Next());
    if (!more) return out;
    MeasuredPath path;
    uint32_t* const ends[] = {&path.from, &path.to};
    for (size_t i = 0; i < 2; ++i) {
      ASSIGN_OR_RETURN(const uint64_t id, paths.Count(i, kIdMax));
      const auto it = index.find(id);
      if (it == index.end())
        return paths.Error(fmt::format("expected a site of cities.csv, got {}", id));
      *ends[i] = it->second;
    }
    if (path.from == path.to) return paths.Error("expected two sites");
    double* const times[] = {&path.min_ms, &path.avg_ms, &path.max_ms, &path.mdev_ms};
    for (size_t i = 0; i < 4; ++i) {
      ASSIGN_OR_RETURN(*times[i], paths.Number(2 + i, 0, kMsMax));
    }
    out.paths.push_back(path);
  }
}

absl::Status Measured::Save(const std::filesystem::path& folder) const {
  std::string cities = std::string(kSitesHeader) + "\n", rtts = std::string(kPathsHeader) + "\n";
  for (const MeasuredSite& site : sites) {
    cities += fmt::format("{},{},{},{:.4f},{:.4f},\n", site.id, CsvField(site.name), site.country,
                          site.at.latitude_deg, site.at.longitude_deg);
  }
  for (const MeasuredPath& path : paths) {
    rtts += fmt::format("{},{},{:.3f},{:.3f},{:.3f},{:.3f}\n", sites[path.from].id,
                        sites[path.to].id, path.min_ms, path.avg_ms, path.max_ms, path.mdev_ms);
  }
  RETURN_IF_ERROR(WriteFileAtomic(folder / "cities.csv", cities));
  return WriteFileAtomic(folder / "rtt_ms.csv", rtts);
}

std::vector<Measured::Pair> Measured::Pairs() const {
  std::map<std::pair<uint32_t, uint32_t>, double> base;
  for (const MeasuredPath& path : paths) {
    const auto key = std::minmax(path.from, path.to);
    const auto [it, fresh] = base.try_emplace({key.first, key.second}, path.min_ms);
    if (!fresh) it->second = std::min(it->second, path.min_ms);
  }
  std::vector<Pair> out;
  for (const auto& [ends, ms] : base) out.push_back({ends.first, ends.second, ms});
  return out;
}

}  // namespace terrella::net
