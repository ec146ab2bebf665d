// audit list, verify: who changed what, and whether the record of it is whole.
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const v1::AuditEntry& entry) {
  const v1::AuditRow& row = entry.row();
  return {{"seq", row.seq()},
          {"unix_ms", row.unix_ms()},
          {"caller", row.caller()},
          {"peer", row.peer()},
          {"method", row.method()},
          {"resource", row.resource()},
          {"request_id", row.request_id()},
          {"outcome", row.outcome()},
          {"summary", row.summary()},
          {"detail", row.detail()},
          {"unseen", row.unseen()},
          {"revision", entry.revision()}};
}

ExitCode RunList(Invocation& in) {
  v1::ListAuditRequest request;
  if (in.args.Has("--since")) {
    const auto since =
        std::chrono::system_clock::now() - in.args.Time("--since", std::chrono::seconds(0));
    request.set_since_unix_ms(
        std::chrono::duration_cast<std::chrono::milliseconds>(since.time_since_epoch()).count());
  }
  request.set_caller(in.args.Text("--caller"));
  if (in.args.Has("--script")) request.set_resource("script:" + in.args.Text("--script"));
  request.set_limit(static_cast<uint32_t>(in.args.Number("--limit", 100)));
  return WithControl(in, [&](ControlClient& client) {
    const auto response = client.ListAudit(request);
    if (!response.ok()) return in.out.Fail(response.status());
    Json rows = Json::array();
    TextTable table(
        {{"WHEN"}, {"CALLER"}, {"METHOD"}, {"RESOURCE"}, {"OUTCOME"}, {"WHAT"}, {"WHY"}});
    for (const v1::AuditEntry& entry : response->entries()) {
      const v1::AuditRow& row = entry.row();
      rows.push_back(ToJson(entry));
      table.AddRow({FormatTime(row.unix_ms()), row.caller(), row.method(), row.resource(),
                    row.outcome(), row.summary(), row.detail()});
    }
    if (in.out.json()) {
      in.out.Data("{}", rows.dump(2));
    } else if (rows.empty()) {
      in.out.Talk("no rows");
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

ExitCode RunVerify(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto verified = client.VerifyAudit();
    if (!verified.ok()) return in.out.Fail(verified.status());
    const std::string head = ToHex(verified->head().sha256());
    if (in.out.json()) {
      in.out.Data("{}", Json{{"intact", verified->intact()},
                             {"rows", verified->rows()},
                             {"first_seq", verified->head().first_seq()},
                             {"last_seq", verified->head().seq()},
                             {"head_sha256", head},
                             {"fault", verified->fault()},
                             {"fault_seq", verified->fault_seq()}}
                            .dump(2));
      return verified->intact() ? ExitCode::kOk : ExitCode::kFailed;
    }
    if (!verified->intact()) {
      return in.out.Fail(ExitCode::kFailed, "the audit log was tampered with: row {}: {}",
                         verified->fault_seq(), verified->fault());
    }
    in.out.Data("intact: {} rows, {} to {}, the last has SHA-256 {}", verified->rows(),
                verified->head().first_seq(), verified->head().seq(), head);
    return ExitCode::kOk;
  });
}

}  // namespace

Command AuditListCommand() {
  return {.name = "audit list",
          .group = "Access",
          .summary = "list who changed what, and who was refused, the newest first",
          .flags = {{.name = "--since",
                     .value = "TIME",
                     .help = "of the last TIME only",
                     .kind = ValueKind::kDuration},
                    {.name = "--caller", .value = "TEXT", .help = "whose name has TEXT"},
                    {.name = "--script",
                     .value = "SCRIPT",
                     .help = "of one script",
                     .kind = ValueKind::kScript},
                    {.name = "--limit",
                     .value = "N",
                     .help = "at most N rows (default 100)",
                     .kind = ValueKind::kNumber,
                     .min = 1,
                     .max = 10'000}},
          .examples = {{"terrella audit list --since 1h --script shop", "who touched the shop"},
                       {"terrella audit list --caller 'token ci' --json", "all that a token did"}},
          .run = RunList};
}

Command AuditVerifyCommand() {
  return {.name = "audit verify",
          .group = "Access",
          .summary = "check that no row of the audit log was changed, removed or moved",
          .details =
              "Every row holds the SHA-256 of the one before. The last one's is printed: noted "
              "elsewhere, it also shows a log that was rewritten from end to end.",
          .examples = {{"terrella audit verify", "exit code 1 when something is wrong"}},
          .run = RunVerify};
}

}  // namespace terrella::cli
