// actors list: the Durable Objects there are, and where each of them lives.
#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  v1::ListActorsRequest request;
  request.set_script(in.args.Text("SCRIPT"));
  const auto response = client.ListActors(request);
  if (!response.ok()) return in.out.Fail(response.status());
  auto list = nlohmann::ordered_json::array();
  TextTable table({{"SCRIPT"}, {"CLASS"}, {"NAME"}, {"ID"}, {"NODE"}, {"EPOCH"}});
  for (const v1::ActorPlace& actor : response->actors()) {
    list.push_back({{"script", actor.script()},
                    {"class", actor.class_name()},
                    {"name", actor.name()},
                    {"id", actor.id()},
                    {"node", actor.node()},
                    {"epoch", actor.epoch()}});
    table.AddRow({actor.script(), actor.class_name(), actor.name(), actor.id(), actor.node(),
                  std::to_string(actor.epoch())});
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(2));
  } else if (table.rows() == 0) {
    in.out.Talk("there is no Durable Object yet: the first call of one makes it");
  } else {
    in.out.Write(table.ToString());
  }
  return ExitCode::kOk;
}

}  // namespace

Command ActorsListCommand() {
  return {
      .name = "actors list",
      .group = "Data",
      .summary = "list Durable Objects with the node each lives at",
      .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript, .required = false}},
      .examples = {{"terrella actors list shop", "which node each object of the script lives at"}},
      .run = Run};
}

}  // namespace terrella::cli
