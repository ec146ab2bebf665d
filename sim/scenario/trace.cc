#include "sim/scenario/trace.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/csv.h"
#include "sim/net/world_part.h"
#include "sim/scenario/population.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {
namespace {

constexpr char kHeader[] = "ms,place,path";
constexpr uint64_t kPlaceStream = 0x7472616365;
constexpr size_t kPathBytesMax = 8192;

class TraceReader {
 public:
  TraceReader(const net::Places& places, Scenario& scenario, const TraceLimits& limits)
      : places_(places), scenario_(scenario), limits_(limits) {
    for (size_t i = 0; i < scenario.requests.size(); ++i) {
      const RequestKind& kind = scenario.requests[i];
      if (kind.host == scenario.requests[0].host) kinds_.emplace(kind.path, i);
    }
  }

  absl::Status ReadRow(const net::CsvReader& reader) {
    constexpr double kMsMax = 25 * 3'600'000.0;
    ASSIGN_OR_RETURN(const double ms, reader.Number(0, 0, kMsMax));
    std::vector<TraceRow>& rows = scenario_.trace->rows;
    TraceRow row{.due = FromMs(ms)};
    if (!rows.empty() && row.due < rows.back().due) {
      return reader.Error("expected times in their order");
    }
    const auto city = CityOf(reader.Text(1), rows.size());
    if (!city.ok()) return reader.Error(Message(city.status()));
    row.city = *city;
    const auto request = RequestOf(reader.Text(2));
    if (!request.ok()) return reader.Error(Message(request.status()));
    row.request = *request;
    rows.push_back(row);
    ++asked_[row.city];
    return absl::OkStatus();
  }

  // As many as ask there.
  void SetCities() {
    for (const auto& [city, times] : asked_) {
      scenario_.clients.cities.push_back({city, static_cast<double>(times)});
    }
  }

 private:
  absl::StatusOr<net::CityId> CityOf(std::string_view place, uint64_t row) {
    if (const auto part = net::FindPart(places_, place)) {
      const Part& cities = PartOf(std::string(place), *part);
      if (cities.ids.empty()) return InvalidArgument("'{}' has no city", place);
      CounterRandom random(scenario_.seed, kPlaceStream, row);
      return cities.ids[cities.choice->Draw(random)];
    }
    ASSIGN_OR_RETURN(const net::Place found, places_.Find(place));
    return found.city;
  }

  struct Part {
    std::vector<net::CityId> ids;
    std::optional<WeightedChoice> choice;  // none: it has no city
  };
  const Part& PartOf(const std::string& name, const net::WorldPart& part) {
    const auto [known, is_new] = parts_.try_emplace(name);
    if (!is_new) return known->second;
    std::vector<double> weights;
    for (net::CityId id = 0; id < places_.cities().size(); ++id) {
      const net::City& city = places_.cities()[id];
      if (!part.Has(city.continent, city.country)) continue;
      known->second.ids.push_back(id);
      weights.push_back(std::max(1.0, static_cast<double>(city.users)));
    }
    if (!weights.empty()) known->second.choice.emplace(std::move(weights));
    return known->second;
  }

  absl::StatusOr<uint32_t> RequestOf(std::string_view path) {
    const auto known = kinds_.find(path);
    if (known != kinds_.end()) return static_cast<uint32_t>(known->second);
    const auto bad = [](char c) { return c <= ' ' || c >= 0x7f || c < 0; };
    if (!path.starts_with('/') || path.size() > kPathBytesMax ||
        std::any_of(path.begin(), path.end(), bad)) {
      return InvalidArgument("expected a path of ASCII that starts with '/', got '{}'",
                             path.substr(0, 64));
    }
    std::vector<RequestKind>& requests = scenario_.requests;
    if (requests.size() >= limits_.kinds_max) {
      return ResourceExhausted("expected at most {} different paths", limits_.kinds_max);
    }
    RequestKind kind = requests[0];
    kind.path = std::string(path);
    kind.objects = 0;
    requests.push_back(std::move(kind));
    kinds_.emplace(path, requests.size() - 1);
    return static_cast<uint32_t>(requests.size() - 1);
  }

  const net::Places& places_;
  Scenario& scenario_;
  const TraceLimits& limits_;
  std::map<std::string, size_t, std::less<>> kinds_;  // by path, of the first host
  std::map<std::string, Part> parts_;
  std::map<net::CityId, uint64_t> asked_;
};

}  // namespace

absl::Status ReadTrace(std::string_view text, std::string_view file_name, const net::Places& places,
                       Scenario& scenario, const TraceLimits& limits) {
  CHECK(scenario.trace && scenario.trace->rows.empty() && !scenario.requests.empty());
  if (text.size() > limits.file_bytes_max) {
    return ResourceExhausted("{} is larger than {} bytes", file_name, limits.file_bytes_max);
  }
  const net::CsvReader::Limits csv{.line_bytes_max = kPathBytesMax + 256,
                                   .records_max = limits.rows_max};
  ASSIGN_OR_RETURN(net::CsvReader reader, net::CsvReader::Open(text, file_name, kHeader, csv));
  TraceReader trace(places, scenario, limits);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) break;
    RETURN_IF_ERROR(trace.ReadRow(reader));
  }
  const std::vector<TraceRow>& rows = scenario.trace->rows;
  if (rows.empty())
    return InvalidArgument("{}: expected at least one line after '{}'", file_name, kHeader);
  trace.SetCities();
  const auto late = std::count_if(
      rows.begin(), rows.end(), [&](const TraceRow& row) { return row.due >= scenario.duration; });
  if (late > 0) {
    scenario.warnings.push_back(fmt::format("{}: {} of {} lines are after the scenario's end",
                                            file_name, late, rows.size()));
  }
  return absl::OkStatus();
}

}  // namespace terrella::sim
