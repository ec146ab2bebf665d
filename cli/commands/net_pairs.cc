#include "cli/commands/net_pairs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"
#include "sim/net/csv.h"

namespace terrella::cli {
namespace {

constexpr std::string_view kHeader = "lat1,lon1,country1,lat2,lon2,country2";
constexpr size_t kPairsMax = 10'000'000;

struct PairEnd {
  net::Coordinates at;
  std::string country;
  bool operator==(const PairEnd&) const = default;
};

// Tables are usually sorted by one end: the endpoint made last is kept.
class EndCache {
 public:
  explicit EndCache(const net::LatencyModel& model) : model_(model) {}
  const net::Endpoint& Of(const PairEnd& end) {
    if (!made_ || end != last_) {
      endpoint_ = model_.SiteAt(end.country, end.at);
      last_ = end;
      made_ = true;
    }
    return endpoint_;
  }

 private:
  const net::LatencyModel& model_;
  bool made_ = false;
  PairEnd last_;
  net::Endpoint endpoint_;
};

absl::StatusOr<PairEnd> ReadEnd(const net::CsvReader& reader, size_t field) {
  PairEnd end;
  ASSIGN_OR_RETURN(end.at.latitude_deg, reader.Number(field, -90, 90));
  ASSIGN_OR_RETURN(end.at.longitude_deg, reader.Number(field + 1, -180, 180));
  end.country = reader.Text(field + 2);
  bool letters = std::all_of(end.country.begin(), end.country.end(),
                             [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!letters || (!end.country.empty() && end.country.size() != 2)) {
    return reader.Error(
        fmt::format("expected a country such as NG or nothing in field {}, got "
                    "'{}'",
                    field + 3, end.country));
  }
  return end;
}

// With line feeds alone.
std::string WithoutCarriageReturns(std::string_view csv) {
  std::string out;
  out.reserve(csv.size());
  for (size_t i = 0; i < csv.size(); ++i) {
    if (csv[i] == '\r' && i + 1 < csv.size() && csv[i + 1] == '\n') continue;
    out += csv[i];
  }
  return out;
}

// Calls `each(a, b, rtt_ms)` for every row.
template <class Each>
absl::Status ForEachPair(std::string_view csv, std::string_view file,
                         const net::LatencyModel& model, Each each) {
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);  // as spreadsheets write it
  const std::string lines = WithoutCarriageReturns(csv);
  ASSIGN_OR_RETURN(net::CsvReader reader,
                   net::CsvReader::Open(lines, file, kHeader, {.records_max = kPairsMax}));
  EndCache first(model), second(model);
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    ASSIGN_OR_RETURN(PairEnd a, ReadEnd(reader, 0));
    ASSIGN_OR_RETURN(PairEnd b, ReadEnd(reader, 3));
    each(a, b, model.RttMs(first.Of(a), second.Of(b)));
  }
}

}  // namespace

absl::StatusOr<std::string> PredictPairs(std::string_view csv, std::string_view file,
                                         const net::LatencyModel& model) {
  std::string out = fmt::format("{},predicted_rtt_ms\n", kHeader);
  RETURN_IF_ERROR(
      ForEachPair(csv, file, model, [&](const PairEnd& a, const PairEnd& b, double rtt_ms) {
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{:.3f}\n", a.at.latitude_deg,
                       a.at.longitude_deg, a.country, b.at.latitude_deg, b.at.longitude_deg,
                       b.country, rtt_ms);
      }));
  return out;
}

absl::StatusOr<std::string> PredictPairsJson(std::string_view csv, std::string_view file,
                                             const net::LatencyModel& model) {
  auto list = nlohmann::ordered_json::array();
  RETURN_IF_ERROR(
      ForEachPair(csv, file, model, [&](const PairEnd& a, const PairEnd& b, double rtt_ms) {
        list.push_back({{"lat1", a.at.latitude_deg},
                        {"lon1", a.at.longitude_deg},
                        {"country1", a.country},
                        {"lat2", b.at.latitude_deg},
                        {"lon2", b.at.longitude_deg},
                        {"country2", b.country},
                        {"predicted_rtt_ms", rtt_ms}});
      }));
  return list.dump(1) + "\n";
}

}  // namespace terrella::cli
