#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_holders.h"

namespace terrella::cli {
namespace {

constexpr Duration kWaitMax = std::chrono::seconds(5);
constexpr int kPercentLeft = 1;  // of those that held the node, when --wait ends

// The wish is durable at once; the node follows when it has been told. The state it ends up in.
std::string AwaitState(ControlClient& client, const v1::DrainNodeRequest& wish, v1::Node node) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + kWaitMax;
  const auto follows = [&] {
    return (node.state() == v1::NODE_STATE_DRAINING) == wish.drain() ||
           node.state() == v1::NODE_STATE_DOWN;
  };
  Interrupt interrupt;
  while (!follows() && clock.Now() < deadline && !interrupt.Wait(15)) {
    const auto status = client.GetStatus();
    if (!status.ok()) break;
    for (const v1::NodeStatus& n : status->nodes()) {
      if (n.node().info().id() == wish.node()) node = n.node();
    }
  }
  return StateName(node.state());
}

// What the DNS router knows of who may still come; with --wait until hardly anybody may.
ExitCode FollowHolders(Invocation& in, const std::string& node, nlohmann::ordered_json& json) {
  v1::GetHoldersResponse holders;
  absl::Status status;
  if (in.args.Has("--wait")) {
    status = AwaitHolders(in, node, kPercentLeft,
                          in.args.Time("--timeout", std::chrono::minutes(5)), &holders);
  } else {
    const auto asked = HoldersOf(in, node);
    if (!asked.ok()) return ExitCode::kOk;  // a network without its router drains all the same
    holders = *asked;
  }
  json["holders"] = holders.holders();
  json["gone_50_s"] = holders.gone_50_s();
  json["gone_99_s"] = holders.gone_99_s();
  if (!status.ok()) return in.out.Fail(status);
  in.out.Talk("{}", HoldersText(holders));
  return ExitCode::kOk;
}

// Until nothing is in flight and nobody came for a heartbeat.
absl::Status AwaitDrained(ControlClient& client, const std::string& node, MonotonicTime deadline) {
  const SystemClock clock;
  Interrupt interrupt;
  uint32_t in_flight = 0;
  while (clock.Now() < deadline) {
    const auto status = client.GetStatus();
    if (!status.ok()) return status.status();
    for (const v1::NodeStatus& n : status->nodes()) {
      if (n.node().info().id() != node) continue;
      if (n.drained() || n.node().state() == v1::NODE_STATE_DOWN) return absl::OkStatus();
      in_flight = n.in_flight();
    }
    if (interrupt.Wait(100)) return Cancelled("interrupted; {} goes on draining", node);
  }
  return DeadlineExceeded("{} still has {} requests in flight, or gets new ones", node, in_flight);
}

ExitCode SetDrain(Invocation& in, bool drain) {
  return ForEachPop(in, [&](ControlClient& client, const std::string& node) {
    v1::DrainNodeRequest request;
    request.set_node(node);
    request.set_drain(drain);
    const auto response = client.DrainNode(request);
    if (!response.ok()) return in.out.Fail(response.status());
    const std::string state = AwaitState(client, request, response->node());
    nlohmann::ordered_json json = {{"pop", request.node()}, {"state", state}};
    in.out.Talk("{} is {}{}", request.node(), state,
                drain ? fmt::format("; 'terrella undrain {}' takes it back", request.node()) : "");
    const MonotonicTime deadline =
        SystemClock().Now() + in.args.Time("--timeout", std::chrono::minutes(5));
    ExitCode waited = drain ? FollowHolders(in, request.node(), json) : ExitCode::kOk;
    if (waited == ExitCode::kOk && drain && in.args.Has("--wait")) {
      const absl::Status drained = AwaitDrained(client, request.node(), deadline);
      if (drained.ok()) {
        json["state"] = "drained";
        in.out.Talk("{} is drained", request.node());
      } else {
        waited = in.out.Fail(drained);
      }
    }
    if (in.out.json()) in.out.Data("{}", json.dump());
    return waited;
  });
}

ExitCode RunDrain(Invocation& in) {
  return SetDrain(in, true);
}
ExitCode RunUndrain(Invocation& in) {
  return SetDrain(in, false);
}

}  // namespace

Command DrainCommand() {
  return {
      .name = "drain",
      .group = "Faults",
      .summary = "steer clients away from a PoP; it finishes what it has",
      .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
      .flags = {{.name = "--wait",
                 .help = "until 99 % of the caches that held it for an answer have forgotten, and "
                         "nothing is in flight"},
                {.name = "--timeout",
                 .value = "T",
                 .help = "how long --wait waits (default 5m)",
                 .kind = ValueKind::kDuration}},
      .examples = {{"terrella drain FRA --wait", "then it may be stopped"}},
      .run = RunDrain};
}

Command UndrainCommand() {
  return {.name = "undrain",
          .group = "Faults",
          .summary = "take a drained PoP back",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella undrain FRA", "clients come again"}},
          .run = RunUndrain};
}

}  // namespace terrella::cli
