// deployments list and view: what answered when, and why it changed.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/version_shares.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string ScopeText(const v1::Scope& scope) {
  std::vector<std::string> names(scope.pops().begin(), scope.pops().end());
  names.insert(names.end(), scope.continents().begin(), scope.continents().end());
  return names.empty() ? "all" : fmt::format("{}", fmt::join(names, "+"));
}

// "90ac5b6a7788", "1f2e... 10 %, 90ac... 90 %", "MAD: 1f2e... 5 %, ..., elsewhere 90ac...".
std::string AnswersText(const v1::DeploymentSummary& one) {
  if (one.version_id().empty()) return "(deleted)";
  std::string text;
  for (const v1::PlacedShares& placed : one.placed()) {
    text += fmt::format("{}: {}; ", ScopeText(placed.scope()), SharesText(placed.shares()));
  }
  if (!text.empty()) text += "elsewhere ";
  return text + (one.shares().empty() ? one.version_id().substr(0, 12) : SharesText(one.shares()));
}

Json ToJson(const v1::DeploymentSummary& one) {
  Json placed = Json::array();
  for (const v1::PlacedShares& p : one.placed()) {
    placed.push_back(
        {{"pops", std::vector<std::string>(p.scope().pops().begin(), p.scope().pops().end())},
         {"continents",
          std::vector<std::string>(p.scope().continents().begin(), p.scope().continents().end())},
         {"shares", SharesJson(p.shares())}});
  }
  return {{"id", one.id()},
          {"live", one.live()},
          {"version", one.version_id()},
          {"shares", SharesJson(one.shares())},
          {"placed", std::move(placed)},
          {"routes", std::vector<std::string>(one.routes().begin(), one.routes().end())},
          {"message", one.message()},
          {"note", one.note()},
          {"rollout", one.rollout_id()},
          {"validated_by", one.validated_by()},
          {"created_unix_ms", one.created_unix_ms()}};
}

std::string WhyText(const v1::DeploymentSummary& one) {
  const bool both = !one.message().empty() && !one.note().empty();
  return one.message() + (both ? " (" : "") + one.note() + (both ? ")" : "");
}

ExitCode RunList(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto all = client.ListDeployments(in.args.Text("NAME"));
    if (!all.ok()) return in.out.Fail(all.status());
    const auto most = static_cast<int>(in.args.Number("--limit", 20));
    Json list = Json::array();
    TextTable table({{"DEPLOYMENT"}, {"LIVE"}, {"CREATED"}, {"ANSWERS"}, {"WHY"}});
    for (int i = 0; i < std::min(most, all->deployments_size()); ++i) {
      const v1::DeploymentSummary& one = all->deployments(i);
      list.push_back(ToJson(one));
      table.AddRow({one.id(), one.live() ? "yes" : "", FormatTime(one.created_unix_ms()),
                    AnswersText(one), WhyText(one)});
    }
    if (in.out.json()) {
      in.out.Data("{}", list.dump(2));
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

ExitCode RunView(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const std::string script = in.args.Text("NAME");
    const auto all = client.ListDeployments(script);
    if (!all.ok()) return in.out.Fail(all.status());
    const auto id = in.args.Find("ID");
    for (const v1::DeploymentSummary& one : all->deployments()) {
      // "7" means "shop-7".
      if (id ? one.id() != *id && one.id() != script + "-" + *id : !one.live()) continue;
      if (in.out.json()) {
        in.out.Data("{}", ToJson(one).dump(2));
        return ExitCode::kOk;
      }
      auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) in.out.Data("{:<14}{}", name, value);
      };
      line("deployment", one.id() + (one.live() ? " (live)" : ""));
      line("created", FormatTime(one.created_unix_ms()));
      line("answers", AnswersText(one));
      line("version", one.version_id());
      line("routes", fmt::format("{}", fmt::join(one.routes(), " ")));
      line("message", one.message());
      line("note", one.note());
      line("rollout", one.rollout_id());
      line("tried first by", one.validated_by());
      return ExitCode::kOk;
    }
    if (!id) return in.out.Fail(ExitCode::kFailed, "'{}' is not deployed now", script);
    return in.out.Fail(ExitCode::kFailed,
                       "'{}' has no deployment '{}'; 'terrella deployments list {}' lists them",
                       script, *id, script);
  });
}

}  // namespace

Command DeploymentsListCommand() {
  return {.name = "deployments list",
          .group = "Code",
          .summary = "what answered for a script when, and why it changed, newest first",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript}},
          .flags = {{.name = "--limit",
                     .value = "N",
                     .help = "at most this many (default 20)",
                     .kind = ValueKind::kNumber,
                     .min = 1,
                     .max = 100'000}},
          .examples = {{"terrella deployments list shop --limit 5",
                        "the last five, and who or what changed them"}},
          .run = RunList};
}

Command DeploymentsViewCommand() {
  return {.name = "deployments view",
          .group = "Code",
          .summary = "one deployment of a script, or the one of now",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript},
                          {.name = "ID", .required = false}},
          .examples = {{"terrella deployments view shop", "the one of now"},
                       {"terrella deployments view shop 7", "shop-7"}},
          .run = RunView};
}

}  // namespace terrella::cli
