// stats: what workers were asked, what it took, and what it would cost elsewhere.
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/prices.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

const std::map<std::string, v1::StatsRequest::By, std::less<>> kBy = {
    {"version", v1::StatsRequest::VERSION}, {"pop", v1::StatsRequest::POP},
    {"country", v1::StatsRequest::COUNTRY}, {"minute", v1::StatsRequest::MINUTE},
    {"script", v1::StatsRequest::SCRIPT},
};

double Ms(uint64_t us) {
  return static_cast<double>(us) / 1000;
}

Json RowJson(const v1::StatsRow& row) {
  Json failures = Json::object();
  for (const auto& [kind, count] : std::map(row.failures().begin(), row.failures().end())) {
    failures[kind] = count;
  }
  return {{"requests", row.requests()},
          {"errors", row.errors()},
          {"responses_5xx", row.responses_5xx()},
          {"failures", failures},
          {"cpu_ms", Ms(row.cpu_us())},
          {"cpu_p50_ms", Ms(row.cpu_p50_us())},
          {"cpu_p99_ms", Ms(row.cpu_p99_us())},
          {"latency_p50_ms", Ms(row.latency_p50_us())},
          {"latency_p99_ms", Ms(row.latency_p99_us())},
          {"body_bytes", row.body_bytes()},
          {"cold_starts", row.cold_starts()},
          {"subrequests", row.subrequests()},
          {"scheduled_runs", row.scheduled_runs()},
          {"scheduled_failures", row.scheduled_failures()}};
}

std::string KeyText(const v1::StatsRow& row, v1::StatsRequest::By by) {
  if (by == v1::StatsRequest::VERSION) return row.key().substr(0, 12);
  if (by == v1::StatsRequest::MINUTE)
    return FormatTime(std::strtoll(row.key().c_str(), nullptr, 10));
  return row.key();
}

void PrintJson(Invocation& in, const v1::StatsResponse& stats,
               const std::vector<PricePlan>& plans) {
  Json rows = Json::array();
  for (const v1::StatsRow& row : stats.rows()) {
    Json one = {{"key", row.key()}};
    one.update(RowJson(row));
    rows.push_back(std::move(one));
  }
  Json costs = Json::array();
  for (const PricePlan& plan : plans) {
    costs.push_back({{"plan", plan.name},
                     {"currency", plan.currency},
                     {"cost", plan.CostOf(stats.total())},
                     {"source", plan.source},
                     {"read", plan.read}});
  }
  in.out.Data("{}", Json{{"from_unix_ms", stats.from_unix_ms()},
                         {"to_unix_ms", stats.to_unix_ms()},
                         {"total", RowJson(stats.total())},
                         {"rows", rows},
                         {"costs", costs}}
                        .dump(2));
}

void PrintText(Invocation& in, const v1::StatsResponse& stats, v1::StatsRequest::By by,
               const std::vector<PricePlan>& plans) {
  using enum TextTable::Align;
  TextTable table({{""},
                   {"REQUESTS", kRight},
                   {"ERRORS", kRight},
                   {"CPU P50", kRight},
                   {"P99 MS", kRight},
                   {"TIME P50", kRight},
                   {"P99 MS", kRight},
                   {"BYTES", kRight},
                   {"COLD", kRight},
                   {"FETCHES", kRight},
                   {"CRONS", kRight}});
  const auto add = [&](const std::string& key, const v1::StatsRow& row) {
    table.AddRow({key, std::to_string(row.requests()), std::to_string(row.errors()),
                  fmt::format("{:.2f}", Ms(row.cpu_p50_us())),
                  fmt::format("{:.2f}", Ms(row.cpu_p99_us())),
                  fmt::format("{:.2f}", Ms(row.latency_p50_us())),
                  fmt::format("{:.2f}", Ms(row.latency_p99_us())), FormatBytes(row.body_bytes()),
                  std::to_string(row.cold_starts()), std::to_string(row.subrequests()),
                  std::to_string(row.scheduled_runs())});
  };
  for (const v1::StatsRow& row : stats.rows()) add(KeyText(row, by), row);
  add("all", stats.total());
  in.out.Write(table.ToString());
  for (const auto& [kind, count] :
       std::map(stats.total().failures().begin(), stats.total().failures().end())) {
    in.out.Talk("{} errors: {}", count, kind);
  }
  for (const PricePlan& plan : plans) {
    in.out.Talk("{}: {:.6f} {} at the rates of {} ({})", plan.name, plan.CostOf(stats.total()),
                plan.currency, plan.read, plan.source);
    if (!plan.note.empty()) in.out.Talk("  {}", plan.note);
  }
}

absl::StatusOr<std::vector<PricePlan>> PricesOf(const Invocation& in) {
  if (const auto path = in.args.Find("--price-table")) return ReadPrices(*path);
  ASSIGN_OR_RETURN(const std::filesystem::path folder, net::FindDataDir());
  return ReadPrices(folder / "prices.toml");
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<std::vector<PricePlan>> plans = PricesOf(in);
  if (!plans.ok()) return in.out.Fail(plans.status());
  v1::StatsRequest request;
  request.set_script(in.args.Text("SCRIPT"));
  const std::string by = in.args.Text("--by", request.script().empty() ? "script" : "");
  if (!by.empty()) request.set_by(kBy.find(by)->second);
  const auto since = in.args.Time("--since", Duration(0));
  request.set_since_s(
      static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count()));
  return WithControl(in, [&](ControlClient& client) {
    const auto stats = client.QueryStats(request);
    if (!stats.ok()) return in.out.Fail(stats.status());
    if (in.out.json()) {
      PrintJson(in, *stats, *plans);
    } else {
      PrintText(in, *stats, request.by(), *plans);
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command StatsCommand() {
  return {
      .name = "stats",
      .group = "Code",
      .summary = "requests, errors, CPU time and what it would cost",
      .details =
          "Of one script, or of all. By the minute, for a day at most; quantiles are within 2 %. "
          "CPU\n"
          "time is that of the isolates. The cost is an estimate by data/prices.toml, without what "
          "a\n"
          "plan includes. By country only requests and errors are known.",
      .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript, .required = false}},
      .flags = {{.name = "--since",
                 .value = "TIME",
                 .help = "how far back: 10m (default: as far as is known)",
                 .kind = ValueKind::kDuration},
                {.name = "--by",
                 .value = "WHAT",
                 .help = "a row for each pop, version, country, minute or script",
                 .kind = ValueKind::kChoice,
                 .choices = {"pop", "version", "country", "minute", "script"}},
                {.name = "--price-table",
                 .value = "FILE",
                 .help = "prices of your own, in the form of data/prices.toml",
                 .kind = ValueKind::kFile}},
      .examples = {{"terrella stats shop --since 10m --by pop", "where the requests come in"},
                   {"terrella stats --json | jq .costs", "of all scripts"}},
      .run = Run};
}

}  // namespace terrella::cli
