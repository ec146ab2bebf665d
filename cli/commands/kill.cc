// kill and start: one PoP goes dark and comes back; or the control plane does.
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/file_lock.h"
#include "cli/cluster/launcher.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

void SayJson(Invocation& in, const std::string& pop, const char* state) {
  if (in.out.json())
    in.out.Data("{}", nlohmann::ordered_json{{"pop", pop}, {"state", state}}.dump());
}

// A PoP's node, or a control plane by the name of its part.
absl::StatusOr<Part*> VictimOf(ClusterRecord& record, const std::string& name) {
  Part* part = record.Find(name);
  if (part != nullptr && part->kind == PartKind::kControl) return part;
  return NodeOf(record, name);
}

ExitCode RunKill(Invocation& in) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  for (const std::string& name : in.args.All("POP")) {
    const absl::StatusOr<Part*> node = VictimOf(*record, name);
    if (!node.ok()) return in.out.Fail(node.status());
    if (!SendSignal((*node)->process, SIGKILL)) {
      in.out.Talk("{} is dead already", (*node)->name);
    } else {
      Terminate(std::span(&(*node)->process, 1),
                std::chrono::seconds(1));  // waits until it is gone
      in.out.Talk("killed {} (pid {}); 'terrella start {}' brings it back", (*node)->name,
                  (*node)->process.pid, (*node)->name);
    }
    SayJson(in, (*node)->name, "dead");
  }
  return ExitCode::kOk;
}

absl::Status AwaitReady(Invocation& in, const ClusterRecord& record, const std::string& id,
                        Interrupt& interrupt) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + in.args.Time("--timeout", std::chrono::seconds(20));
  ControlClient client = ControlOf(in, record);
  while (true) {
    const auto status = client.GetStatus();
    if (!status.ok()) return status.status();
    for (const v1::NodeStatus& node : status->nodes()) {
      if (node.node().info().id() == id && node.node().state() == v1::NODE_STATE_READY) {
        return absl::OkStatus();
      }
    }
    if (clock.Now() >= deadline) {
      return DeadlineExceeded("{} serves, but the control plane does not call it ready yet", id);
    }
    if (interrupt.Wait(15)) return Cancelled("interrupted; {} goes on starting", id);
  }
}

ExitCode RunStart(Invocation& in) {
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(in.paths.lock(), "terrella start");
  if (!lock.ok()) return in.out.Fail(lock.status());
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  std::vector<std::string> names, nodes;
  for (const std::string& name : in.args.All("POP")) {
    const absl::StatusOr<Part*> node = VictimOf(*record, name);
    if (!node.ok()) return in.out.Fail(node.status());
    if (IsRunning(**node)) {
      in.out.Talk("{} is running already", (*node)->name);
    } else {
      names.push_back((*node)->name);
      if ((*node)->kind == PartKind::kNode) nodes.push_back((*node)->name);
    }
    SayJson(in, (*node)->name, "starting");
  }
  Interrupt interrupt;
  StartOptions options{.interrupt = &interrupt};
  absl::Status status = StartParts(*record, in.paths, *programs, names, options);
  for (size_t i = 0; status.ok() && i < nodes.size(); ++i) {
    status = AwaitReady(in, *record, nodes[i], interrupt);
  }
  if (!status.ok()) return in.out.Fail(status);
  if (!names.empty()) in.out.Talk("{} is ready", fmt::join(names, " "));
  return ExitCode::kOk;
}

}  // namespace

Command KillCommand() {
  return {.name = "kill",
          .group = "Faults",
          .summary = "end a PoP at once, as a power cut would (SIGKILL)",
          .details =
              "'terrella kill control' ends the control plane: nodes serve on, and nobody\n"
              "hears what becomes of them until 'terrella start control'.",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella kill FRA",
                        "then: terrella fetch --from Berlin http://hello.edge.test/"}},
          .run = RunKill};
}

Command StartCommand() {
  return {.name = "start",
          .group = "Faults",
          .summary = "start a dead PoP again and wait until it is ready",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .flags = {{.name = "--timeout",
                     .value = "TIME",
                     .help = "how long to wait until it is ready (default 20s)",
                     .kind = ValueKind::kDuration}},
          .examples = {{"terrella start FRA", "returns when it is ready"}},
          .run = RunStart};
}

}  // namespace terrella::cli
