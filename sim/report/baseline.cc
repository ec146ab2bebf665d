#include "sim/report/baseline.h"

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace terrella::sim {
namespace {

using Json = nlohmann::json;

// Metrics that a group of a report has by their own names.
constexpr const char* kMetrics[] = {"p50_ms", "p95_ms", "p99_ms", "requests"};

void AddGroup(const Json& group, const std::string& selector, std::map<std::string, double>& out) {
  const auto add = [&](const char* metric, const char* key) {
    const auto found = group.find(key);
    if (found == group.end() || !found->is_number()) return;
    out.emplace(selector.empty() ? metric : fmt::format("{}.{}", metric, selector),
                found->get<double>());
  };
  for (const char* metric : kMetrics) add(metric, metric);
  add("error_count", "errors");
  add("errors", "error_share");
}

}  // namespace

absl::StatusOr<Baseline> Baseline::Parse(std::string_view json) {
  const Json report = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto is = [&](const char* key, bool (Json::*kind)() const noexcept) {
    return report.is_object() && report.contains(key) && (report[key].*kind)();
  };
  if (!is("total", &Json::is_object) || !is("assertions", &Json::is_array)) {
    return InvalidArgument("expected the JSON of a run (sim run --out FILE, or --json)");
  }
  Baseline out;
  for (const Json& row : report["assertions"]) {
    if (!row.is_object() || !row.contains("subject") || !row.contains("actual")) continue;
    if (!row["subject"].is_string() || !row["actual"].is_number()) continue;
    out.values_.emplace(row["subject"].get<std::string>(), row["actual"].get<double>());
  }
  AddGroup(report["total"], "", out.values_);
  for (const char* list : {"steering", "cities"}) {
    if (!is(list, &Json::is_array)) continue;
    for (const Json& group : report[list]) {
      if (!group.is_object() || !group.contains("name") || !group["name"].is_string()) continue;
      AddGroup(group, group["name"].get<std::string>(), out.values_);
    }
  }
  return out;
}

std::optional<double> Baseline::Find(const std::string& subject) const {
  const auto found = values_.find(subject);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace terrella::sim
