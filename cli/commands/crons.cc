// crons list: when scheduled() of workers runs next, and how the last runs went.
#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string StateText(v1::CronRun::State state) {
  switch (state) {
    case v1::CronRun::WAITING:
      return "waiting";
    case v1::CronRun::RUNNING:
      return "running";
    case v1::CronRun::OK:
      return "ok";
    case v1::CronRun::FAILED:
      return "failed";
    case v1::CronRun::SKIPPED:
      return "skipped";
    default:
      return "unknown";
  }
}

Json RunJson(const v1::CronRun& run) {
  return {{"id", run.fire_id()},
          {"state", StateText(run.state())},
          {"scheduled_unix_ms", run.scheduled_unix_ms()},
          {"began_unix_ms", run.began_unix_ms()},
          {"ended_unix_ms", run.ended_unix_ms()},
          {"attempts", run.attempts()},
          {"node", run.node()},
          {"version", run.version_id()},
          {"cpu_ms", static_cast<double>(run.cpu_us()) / 1000},
          {"no_retry", run.no_retry()},
          {"detail", run.detail()}};
}

// "ok 01:05:00 on FRA", "failed 01:05:00 on FRA, attempt 2".
std::string LastText(const v1::CronTrigger& trigger) {
  if (trigger.runs().empty()) return "-";
  const v1::CronRun& run = trigger.runs(0);
  std::string text =
      fmt::format("{} {}", StateText(run.state()), FormatTime(run.scheduled_unix_ms()));
  if (!run.node().empty()) text += fmt::format(" on {}", run.node());
  if (run.attempts() > 1) text += fmt::format(", attempt {}", run.attempts());
  return text;
}

ExitCode Run(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::ListCronsRequest request;
    request.set_script(in.args.Text("SCRIPT", ""));
    const auto response = client.ListCrons(request);
    if (!response.ok()) return in.out.Fail(response.status());
    if (in.out.json()) {
      Json list = Json::array();
      for (const v1::CronTrigger& trigger : response->triggers()) {
        Json runs = Json::array();
        for (const v1::CronRun& run : trigger.runs()) runs.push_back(RunJson(run));
        list.push_back({{"script", trigger.script()},
                        {"cron", trigger.cron()},
                        {"next_unix_ms", trigger.next_unix_ms()},
                        {"missed", trigger.missed()},
                        {"runs", runs}});
      }
      in.out.Data("{}", list.dump(2));
      return ExitCode::kOk;
    }
    TextTable table({{"SCRIPT"}, {"CRON"}, {"NEXT"}, {"LAST"}});
    for (const v1::CronTrigger& trigger : response->triggers()) {
      table.AddRow({trigger.script(), trigger.cron(),
                    trigger.next_unix_ms() == 0 ? "never" : FormatTime(trigger.next_unix_ms()),
                    LastText(trigger)});
    }
    if (table.rows() == 0) {
      in.out.Talk("there are no triggers; [triggers] crons of a wrangler.toml makes some");
    } else {
      in.out.Write(table.ToString());
    }
    for (const v1::CronTrigger& trigger : response->triggers()) {
      if (trigger.runs().empty() || trigger.runs(0).detail().empty()) continue;
      in.out.Talk("{} '{}': {}", trigger.script(), trigger.cron(), trigger.runs(0).detail());
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command CronsListCommand() {
  return {
      .name = "crons list",
      .group = "Code",
      .summary = "when scheduled() runs next, and how it went",
      .details =
          "Expressions are in UTC; the moments shown are local time. A run that failed is tried "
          "again\n"
          "twice, after 10 s and a minute, unless the handler called controller.noRetry(). "
          "After an\n"
          "outage the latest moment that passed is run, when it is no older than an hour.",
      .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript, .required = false}},
      .examples = {{"terrella crons list shop", "next and last runs of one script"},
                   {"terrella crons list --json | jq '.[].runs[0]'", "the newest run of each"}},
      .run = Run};
}

}  // namespace terrella::cli
