#include "cli/study/report_difference.h"

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::json;
constexpr double kZ = 1.959964;  // 95 %, two-sided
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kRowsMax = 100'000;

// One group of a report.
struct Row {
  std::string name, country;
  uint64_t requests = 0, errors = 0;
  Bounded p50_ms, p95_ms;
  std::map<std::string, double> pops;
};

struct Parsed {
  std::string name;
  Row total;
  std::vector<Row> continents, cities;
};

absl::StatusOr<double> NumberOf(const Json& row, const char* key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end()) {
    return InvalidArgument("{}: no '{}'; expected a report of 'terrella sim run --json'", where,
                           key);
  }
  if (found->is_null()) return kNone;
  if (!found->is_number()) return InvalidArgument("{}: '{}' is no number", where, key);
  return found->get<double>();
}

absl::StatusOr<uint64_t> CountOf(const Json& row, const char* key, const std::string& where) {
  ASSIGN_OR_RETURN(const double value, NumberOf(row, key, where));
  if (!(value >= 0 && value <= 1e15)) return InvalidArgument("{}: '{}' is no count", where, key);
  return static_cast<uint64_t>(value);
}

absl::StatusOr<Bounded> BoundedOf(const Json& row, const std::string& key,
                                  const std::string& where) {
  Bounded out;
  ASSIGN_OR_RETURN(out.value, NumberOf(row, (key + "_ms").c_str(), where));
  ASSIGN_OR_RETURN(out.low, NumberOf(row, (key + "_low_ms").c_str(), where));
  ASSIGN_OR_RETURN(out.high, NumberOf(row, (key + "_high_ms").c_str(), where));
  return out;
}

std::string TextOf(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : "";
}

absl::StatusOr<Row> ReadRow(const Json& json, const std::string& where) {
  if (!json.is_object()) return InvalidArgument("{}: expected an object", where);
  Row row{.name = TextOf(json, "name"), .country = TextOf(json, "country")};
  ASSIGN_OR_RETURN(row.requests, CountOf(json, "requests", where));
  ASSIGN_OR_RETURN(row.errors, CountOf(json, "errors", where));
  if (row.errors > row.requests) return InvalidArgument("{}: more errors than requests", where);
  ASSIGN_OR_RETURN(row.p50_ms, BoundedOf(json, "p50", where));
  ASSIGN_OR_RETURN(row.p95_ms, BoundedOf(json, "p95", where));
  const auto pops = json.find("pops");
  if (pops == json.end() || !pops->is_object()) {
    return InvalidArgument("{}: no 'pops'; expected shares by PoP", where);
  }
  for (const auto& [pop, share] : pops->items()) {
    if (!share.is_number())
      return InvalidArgument("{}: the share of '{}' is no number", where, pop);
    row.pops[pop] = share.get<double>();
  }
  return row;
}

absl::StatusOr<std::vector<Row>> ReadRows(const Json& report, const char* key,
                                          const std::string& where) {
  const auto rows = report.find(key);
  if (rows == report.end() || !rows->is_array() || rows->size() > kRowsMax) {
    return InvalidArgument("{}: no list '{}'; expected a report of 'terrella sim run --json'",
                           where, key);
  }
  std::vector<Row> out;
  for (size_t i = 0; i < rows->size(); ++i) {
    ASSIGN_OR_RETURN(Row row, ReadRow((*rows)[i], fmt::format("{}: {}[{}]", where, key, i)));
    out.push_back(std::move(row));
  }
  return out;
}

absl::StatusOr<Parsed> ReadReport(std::string_view text, const std::string& where) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return InvalidArgument("{}: not JSON; expected a report of 'terrella sim run --json'", where);
  }
  const auto total = json.find("total");
  if (total == json.end()) {
    return InvalidArgument("{}: no 'total'; expected a report of 'terrella sim run --json'", where);
  }
  Parsed out{.name = TextOf(json, "name")};
  ASSIGN_OR_RETURN(out.total, ReadRow(*total, where + ": total"));
  ASSIGN_OR_RETURN(out.continents, ReadRows(json, "continents", where));
  ASSIGN_OR_RETURN(out.cities, ReadRows(json, "cities", where));
  return out;
}

std::string MainPop(const Row& row) {
  std::string main;
  double most = 0;
  for (const auto& [pop, share] : row.pops) {
    if (share > most) {
      most = share;
      main = pop;
    }
  }
  return main;
}

// Half of the sum of differences: what must move to make one distribution the other.
double MovedShare(const Row& before, const Row& after) {
  double sum = 0;
  for (const auto& [pop, share] : before.pops) {
    const auto other = after.pops.find(pop);
    sum += std::abs(share - (other == after.pops.end() ? 0 : other->second));
  }
  for (const auto& [pop, share] : after.pops) {
    if (!before.pops.contains(pop)) sum += share;
  }
  return sum / 2;
}

DifferenceRow Differ(const Row& before, const Row& after) {
  return {.name = before.name,
          .country = before.country,
          .requests_before = before.requests,
          .requests_after = after.requests,
          .p50_ms = ChangeOf(before.p50_ms, after.p50_ms),
          .p95_ms = ChangeOf(before.p95_ms, after.p95_ms),
          .error_share = ChangeOf(WilsonBounds(before.errors, before.requests),
                                  WilsonBounds(after.errors, after.requests)),
          .pop_before = MainPop(before),
          .pop_after = MainPop(after),
          .moved_share = MovedShare(before, after)};
}

std::vector<DifferenceRow> DifferAll(const std::vector<Row>& before,
                                     const std::vector<Row>& after) {
  std::map<std::pair<std::string, std::string>, const Row*> others;
  for (const Row& row : after) others[{row.name, row.country}] = &row;
  std::vector<DifferenceRow> out;
  for (const Row& row : before) {
    const auto other = others.find({row.name, row.country});
    if (other != others.end()) out.push_back(Differ(row, *other->second));
  }
  return out;
}

}  // namespace

Bounded WilsonBounds(uint64_t hits, uint64_t count) {
  if (count == 0) return {kNone, kNone, kNone};
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(hits) / n;
  const double middle = (share + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half =
      kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n)) / (1 + kZ * kZ / n);
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Change ChangeOf(const Bounded& before, const Bounded& after) {
  Change out{.before = before, .after = after};
  const double difference = after.value - before.value;
  out.difference = {difference,
                    difference - std::hypot(after.value - after.low, before.high - before.value),
                    difference + std::hypot(after.high - after.value, before.value - before.low)};
  return out;
}

absl::StatusOr<ReportDifference> CompareReports(std::string_view before, std::string_view after) {
  ASSIGN_OR_RETURN(const Parsed a, ReadReport(before, "the first report"));
  ASSIGN_OR_RETURN(const Parsed b, ReadReport(after, "the second report"));
  ReportDifference out{.name_before = a.name,
                       .name_after = b.name,
                       .total = Differ(a.total, b.total),
                       .continents = DifferAll(a.continents, b.continents),
                       .cities = DifferAll(a.cities, b.cities)};
  out.cities_only_before = a.cities.size() - out.cities.size();
  out.cities_only_after = b.cities.size() - std::min(b.cities.size(), out.cities.size());
  return out;
}

}  // namespace terrella::cli
