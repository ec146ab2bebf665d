// sim compare: what changed from one report to another, and what of it is more than chance.
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/sim_study.h"
#include "cli/study/report_difference.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kReportBytesMax = 256 << 20;

Json ToJson(const Change& change) {
  return {{"before", change.before.value},         {"after", change.after.value},
          {"difference", change.difference.value}, {"low", change.difference.low},
          {"high", change.difference.high},        {"sure", change.sure()}};
}

Json ToJson(const DifferenceRow& row) {
  Json out = {{"name", row.name}};
  if (!row.country.empty()) out["country"] = row.country;
  out.update({{"requests_before", row.requests_before},
              {"requests_after", row.requests_after},
              {"p50_ms", ToJson(row.p50_ms)},
              {"p95_ms", ToJson(row.p95_ms)},
              {"error_share", ToJson(row.error_share)},
              {"pop_before", row.pop_before},
              {"pop_after", row.pop_after},
              {"moved", row.moved()},
              {"moved_share", row.moved_share}});
  return out;
}

Json ToJson(const std::vector<DifferenceRow>& rows) {
  Json out = Json::array();
  for (const DifferenceRow& row : rows) out.push_back(ToJson(row));
  return out;
}

Json ToJson(const ReportDifference& difference) {
  return {{"name_before", difference.name_before},
          {"name_after", difference.name_after},
          {"total", ToJson(difference.total)},
          {"continents", ToJson(difference.continents)},
          {"cities", ToJson(difference.cities)},
          {"cities_only_before", difference.cities_only_before},
          {"cities_only_after", difference.cities_only_after}};
}

// "12.0 -> 14.1 (+1.8 to +2.4)", in bold when it is more than chance.
std::string ChangeText(const Invocation& in, const Change& change, double scale) {
  if (std::isnan(change.difference.value)) return "-";
  const std::string text = fmt::format(
      "{:.1f} -> {:.1f} ({:+.1f} to {:+.1f})", scale * change.before.value,
      scale * change.after.value, scale * change.difference.low, scale * change.difference.high);
  return change.sure() ? in.out.DataStyled(Style::kBold, text + " *") : text;
}

void PrintText(Invocation& in, const ReportDifference& difference, size_t cities_max) {
  TextTable table({{""}, {"P50 MS"}, {"P95 MS"}, {"ERRORS %"}, {"POP"}});
  const auto add = [&](const DifferenceRow& row, bool of_city) {
    table.AddRow(
        {of_city ? fmt::format("{}, {}", row.name, row.country) : row.name,
         ChangeText(in, row.p50_ms, 1), ChangeText(in, row.p95_ms, 1),
         ChangeText(in, row.error_share, 100),
         of_city && row.moved() ? fmt::format("{} -> {}", row.pop_before, row.pop_after) : ""});
  };
  add(difference.total, false);
  for (const DifferenceRow& row : difference.continents) add(row, false);
  size_t moved = 0, changed = 0, listed = 0;
  for (const DifferenceRow& row : difference.cities) {
    const bool sure = row.p50_ms.sure() || row.p95_ms.sure() || row.error_share.sure();
    moved += row.moved();
    changed += sure;
    if ((sure || row.moved()) && listed < cities_max) {
      add(row, true);
      ++listed;
    }
  }
  in.out.Write(table.ToString());
  in.out.Talk("of {} cities {} moved to another PoP, {} changed by more than chance (*)",
              difference.cities.size(), moved, changed);
}

bool Worse(const DifferenceRow& total) {
  return total.p50_ms.difference.low > 0 || total.p95_ms.difference.low > 0 ||
         total.error_share.difference.low > 0;
}

ExitCode Run(Invocation& in) {
  const auto before = ReadFile(in.args.Text("BEFORE"), kReportBytesMax);
  if (!before.ok()) return in.out.FailLine(ExitCode::kFailed, Message(before.status()));
  const auto after = ReadFile(in.args.Text("AFTER"), kReportBytesMax);
  if (!after.ok()) return in.out.FailLine(ExitCode::kFailed, Message(after.status()));
  const absl::StatusOr<ReportDifference> difference = CompareReports(*before, *after);
  if (!difference.ok()) {
    return in.out.Fail(ExitCode::kUsage, "sim compare: {}", Message(difference.status()));
  }
  if (in.out.json()) {
    in.out.Data("{}", ToJson(*difference).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    PrintText(in, *difference, static_cast<size_t>(in.args.Number("--cities", 40)));
  }
  if (in.args.Has("--fail-if-worse") && Worse(difference->total)) {
    return in.out.Fail(ExitCode::kFailed, "the second is worse by more than chance");
  }
  return ExitCode::kOk;
}

}  // namespace

Command SimCompareCommand() {
  return {
      .name = "sim compare",
      .group = "Scenarios",
      .summary = "say what changed between two reports of sim run",
      .details =
          "Both are what --out or --json wrote. A difference stands with the interval in which it\n"
          "truly is with 95 %, by order statistics for p50 and p95 and by Wilson's interval for\n"
          "errors; a star says that zero is not in it. Cities are listed that moved to another\n"
          "PoP or changed by more than chance; of many cities some will seem to by chance.",
      .positionals = {{.name = "BEFORE", .kind = ValueKind::kFile},
                      {.name = "AFTER", .kind = ValueKind::kFile}},
      .flags = {{.name = "--cities",
                 .value = "N",
                 .help = "how many cities to list (default 40)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 100000},
                {.name = "--fail-if-worse",
                 .help = "exit 1 when p50, p95 or errors of all are worse by more than chance"}},
      .examples = {{"terrella sim compare twelve-pops.json fifty-pops.json",
                    "who gained, and who is answered from elsewhere"},
                   {"terrella sim compare main.json branch.json --fail-if-worse",
                    "for CI: one version of a worker against another"}},
      .run = Run};
}

}  // namespace terrella::cli
