#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/version_shares.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

ExitCode ListScripts(Invocation& in, ControlClient& client) {
  const auto scripts = client.ListScripts();
  if (!scripts.ok()) return in.out.Fail(scripts.status());
  if (in.out.json()) {
    Json list = Json::array();
    for (const v1::ScriptSummary& s : scripts->scripts()) {
      list.push_back({{"name", s.name()},
                      {"version", s.version_id()},
                      {"shares", SharesJson(s.shares())},
                      {"routes", std::vector<std::string>(s.routes().begin(), s.routes().end())},
                      {"deployed_unix_ms", s.deployed_unix_ms()}});
    }
    in.out.Data("{}", list.dump(2));
    return ExitCode::kOk;
  }
  if (scripts->scripts_size() == 0) {
    in.out.Talk("nothing is deployed; 'terrella deploy FILE' does it");
    return ExitCode::kOk;
  }
  TextTable table({{"SCRIPT"}, {"VERSION"}, {"DEPLOYED"}, {"ROUTES"}});
  for (const v1::ScriptSummary& s : scripts->scripts()) {
    table.AddRow({s.name(), s.shares().empty() ? s.version_id() : SharesText(s.shares()),
                  FormatTime(s.deployed_unix_ms()), fmt::format("{}", fmt::join(s.routes(), " "))});
  }
  in.out.Write(table.ToString());
  return ExitCode::kOk;
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  const auto name = in.args.Find("NAME");
  if (!name) return ListScripts(in, client);
  const auto versions = client.ListVersions(*name);
  if (!versions.ok()) return in.out.Fail(versions.status());
  if (in.out.json()) {
    Json list = Json::array();
    for (const v1::VersionSummary& v : versions->versions()) {
      list.push_back({{"id", v.id()},
                      {"script", v.script()},
                      {"live", v.live()},
                      {"percent", v.basis_points() / 100.0},
                      {"created_unix_ms", v.created_unix_ms()},
                      {"size_bytes", v.size_bytes()},
                      {"modules", v.modules()},
                      {"message", v.message()},
                      {"rejected", v.rejected()}});
    }
    in.out.Data("{}", list.dump(2));
    return ExitCode::kOk;
  }
  if (versions->versions_size() == 0) {
    return in.out.Fail(ExitCode::kFailed,
                       "no versions of '{}'; 'terrella versions' lists the scripts", *name);
  }
  TextTable table(
      {{"VERSION"}, {"LIVE"}, {"CREATED"}, {"SIZE", kRight}, {"MODULES", kRight}, {"MESSAGE"}});
  for (const v1::VersionSummary& v : versions->versions()) {
    const std::string live = v.live() ? PercentText(v.basis_points()) : "";
    table.AddRow(
        {v.id(), live.empty() && !v.rejected().empty() ? "rejected" : live,
         FormatTime(v.created_unix_ms()), FormatBytes(v.size_bytes()),
         fmt::format("{}", v.modules()),
         v.rejected().empty() ? v.message() : v.rejected().substr(0, v.rejected().find('\n'))});
  }
  in.out.Write(table.ToString());
  return ExitCode::kOk;
}

}  // namespace

Command VersionsCommand() {
  return {
      .name = "versions",
      .group = "Code",
      .summary = "list scripts, or the versions of one, newest first",
      .details =
          "A version that a node refused when it was to be deployed is listed as rejected, with "
          "the reason.",
      .positionals = {{.name = "NAME", .kind = ValueKind::kScript, .required = false}},
      .examples = {{"terrella versions shop", "those of one script, with their shares"}},
      .run = Run};
}

}  // namespace terrella::cli
