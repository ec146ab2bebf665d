// dns drain: who may still go to a node because of an answer that has not run out.
#include <nlohmann/json.hpp>

#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_holders.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<Part*> node = NodeOf(*record, in.args.Text("POP"));
  if (!node.ok()) return in.out.Fail(node.status());
  const absl::StatusOr<v1::GetHoldersResponse> holders = HoldersOf(in, (*node)->name);
  if (!holders.ok()) return in.out.Fail(holders.status());
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"node", holders->node()},
                                             {"state", StateName(holders->state())},
                                             {"holders", holders->holders()},
                                             {"holders_at_peak", holders->holders_at_peak()},
                                             {"gone_50_s", holders->gone_50_s()},
                                             {"gone_99_s", holders->gone_99_s()},
                                             {"gone_all_s", holders->gone_all_s()}}
                          .dump(2));
    return ExitCode::kOk;
  }
  in.out.Talk("{} is {}; {}", holders->node(), StateName(holders->state()), HoldersText(*holders));
  if (holders->holders_at_peak() > 0) {
    in.out.Talk("{:.0f} % of the {} at the beginning are left",
                100.0 * static_cast<double>(holders->holders()) /
                    static_cast<double>(holders->holders_at_peak()),
                holders->holders_at_peak());
  }
  return ExitCode::kOk;
}

}  // namespace

Command DnsDrainCommand() {
  return {
      .name = "dns drain",
      .group = "DNS",
      .summary = "who may still go to a PoP by an answer of before, and for how long",
      .details =
          "A cache asks again when what it holds has run out, so answers within their TTL count "
          "the caches that hold one. 'terrella drain POP --wait' waits for them.",
      .positionals = {{.name = "POP", .kind = ValueKind::kPop}},
      .examples = {{"terrella dns drain FRA",
                    "how long answers of before may still bring clients"}},
      .run = Run};
}

}  // namespace terrella::cli
