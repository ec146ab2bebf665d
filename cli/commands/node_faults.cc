#include "cli/commands/node_faults.h"

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/signed_duration.h"
#include "base/status.h"
#include "cli/commands/invocation.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {
namespace {

// What a node takes these two signals for (edge_node/faults/fault_signals.h).
int DiskSignal() {
  return SIGRTMIN + 1;
}
int ClockSignal() {
  return SIGRTMIN + 2;
}

// What a node is told, in milliseconds, and what is said of it.
struct Order {
  int signal = 0;
  Duration least{}, most{};
  std::string (*state)(Duration) = nullptr;
};

std::string DiskState(Duration by) {
  return by == Duration(0)
             ? "reads and writes as quickly as ever"
             : fmt::format("takes {} longer for each read and write", SignedDurationText(by));
}

std::string ClockState(Duration by) {
  if (by == Duration(0)) return "has the right time";
  return by > Duration(0) ? fmt::format("is {} ahead", SignedDurationText(by))
                          : fmt::format("is {} behind", SignedDurationText(-by));
}

ExitCode Tell(Invocation& in, const Order& order) {
  const absl::StatusOr<Duration> given = ParseSignedDuration(in.args.Text("BY"));
  if (!given.ok()) {
    return in.out.Fail(ExitCode::kUsage, "{}: BY: {}", in.command.name, Message(given.status()));
  }
  const auto by = std::chrono::floor<std::chrono::milliseconds>(*given);
  if (by < order.least || by > order.most) {
    return in.out.Fail(ExitCode::kUsage, "{}: BY: expected {} to {}, got {}", in.command.name,
                       SignedDurationText(order.least), SignedDurationText(order.most),
                       in.args.Text("BY"));
  }
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<Part*> node = NodeOf(*record, in.args.Text("POP"));
  if (!node.ok()) return in.out.Fail(node.status());
  if (!SendSignalWith((*node)->process, order.signal, static_cast<int>(by.count()))) {
    return in.out.Fail(ExitCode::kFailed, "{} is dead; 'terrella start {}' brings it back",
                       (*node)->name, (*node)->name);
  }
  const std::string state = order.state(by);
  in.out.Talk("{} {}", (*node)->name, state);
  if (in.out.json()) {
    in.out.Data(
        "{}",
        nlohmann::ordered_json{{"pop", (*node)->name}, {"by_ms", by.count()}, {"state", state}}
            .dump());
  }
  return ExitCode::kOk;
}

ExitCode RunSlowDisk(Invocation& in) {
  return Tell(in, {.signal = DiskSignal(),
                   .least = Duration(0),
                   .most = sim::kSlowDiskMax,
                   .state = &DiskState});
}

ExitCode RunSkew(Invocation& in) {
  return Tell(in, {.signal = ClockSignal(),
                   .least = -sim::kSkewMax,
                   .most = sim::kSkewMax,
                   .state = &ClockState});
}

}  // namespace

Command SlowDiskCommand() {
  return {
      .name = "slow-disk",
      .group = "Faults",
      .summary = "make each read and write of a PoP's disk take longer; 0 ends it",
      .details =
          "What the node has in its own memory it answers as ever. Large cached bodies, what\n"
          "memory had no room for, assets nobody asked for lately, deploys, and each commit of\n"
          "a Durable Object wait. BY is at most 10s. A node that is started again has a quick\n"
          "disk.",
      .positionals = {{.name = "POP", .kind = ValueKind::kPop}, {.name = "BY"}},
      .examples = {{"terrella slow-disk FRA 200ms", "end it: terrella slow-disk FRA 0"}},
      .run = RunSlowDisk};
}

Command SkewCommand() {
  return {.name = "skew",
          .group = "Faults",
          .summary = "set a PoP's clock ahead (+90s) or behind (-5m); 0 ends it",
          .details =
              "Workers' Date, ages in the cache, expiry of KV, alarms and the Date of answers go\n"
              "by it; timers, deadlines, certificates and the log do not. BY is at most an hour\n"
              "either way. A node that is started again has the right time.",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop}, {.name = "BY"}},
          .examples = {{"terrella skew FRA +90s", "what it cached for a minute is stale at once"},
                       {"terrella skew FRA 0", "it has the right time again"}},
          .run = RunSkew};
}

}  // namespace terrella::cli
