#include "cli/commands/cluster_report.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands/version_shares.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

uint64_t TotalMemory(const ClusterReport& report) {
  uint64_t bytes = 0;
  for (const PartReport& part : report.parts) bytes += part.memory.proportional_bytes;
  return bytes;
}

uint64_t MedianNodePrivate(const ClusterReport& report) {
  std::vector<uint64_t> bytes;
  for (const PartReport& part : report.parts) {
    if (part.part.kind == PartKind::kNode && part.running)
      bytes.push_back(part.memory.private_bytes);
  }
  if (bytes.empty()) return 0;
  std::nth_element(bytes.begin(), bytes.begin() + bytes.size() / 2, bytes.end());
  return bytes[bytes.size() / 2];
}

std::string Uptime(int64_t started_unix_ms) {
  const SystemClock clock;
  const int64_t now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
          .count();
  const int64_t s = std::max<int64_t>(0, (now_ms - started_unix_ms) / 1000);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min", s / 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

}  // namespace

bool ClusterReport::running() const {
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.running; });
}

bool ClusterReport::healthy() const {
  return dead().empty() && status.has_value() && ready_nodes() == nodes();
}

size_t ClusterReport::nodes() const {
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [](const PartReport& part) {
    return part.part.kind == PartKind::kNode;
  }));
}

size_t ClusterReport::ready_nodes() const {
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [&](const PartReport& part) {
    return part.part.kind == PartKind::kNode && StateOf(part) == "ready";
  }));
}

size_t ClusterReport::running_nodes() const {
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [](const PartReport& part) {
    return part.part.kind == PartKind::kNode && part.running;
  }));
}

std::vector<std::string> ClusterReport::dead() const {
  std::vector<std::string> names;
  for (const PartReport& part : parts) {
    if (!part.running && !part.elsewhere) names.push_back(part.part.name);
  }
  return names;
}

std::string ClusterReport::StateOf(const PartReport& node) const {
  if (!node.running) return node.elsewhere ? "down" : "dead";
  if (!status) return "unknown";
  for (const v1::NodeStatus& n : status->nodes()) {
    if (n.node().info().id() != node.part.name) continue;
    if (n.drained()) return "drained";
    const std::string state = StateName(n.node().state());
    return n.cordoned() && state == "draining" ? "cordoned" : state;
  }
  return "unknown";
}

std::string ClusterReport::ConfinedBy(const PartReport& node) const {
  if (!node.running || !status) return "";
  for (const v1::NodeStatus& n : status->nodes()) {
    if (n.node().info().id() == node.part.name) return n.node().info().confined();
  }
  return "";
}

namespace {

// What joined from other machines.
void AddElsewhere(ClusterReport& report) {
  for (const v1::NodeStatus& node : report.status->nodes()) {
    const v1::NodeInfo& info = node.node().info();
    if (report.record.Find(info.id()) != nullptr) continue;
    report.parts.push_back({.part = {.kind = PartKind::kNode,
                                     .name = info.id(),
                                     .address = fmt::format("{}:{}", info.address(), info.port())},
                            .running = node.node().state() != v1::NODE_STATE_DOWN,
                            .elsewhere = true});
  }
}

}  // namespace

ClusterReport MakeReport(const ClusterRecord& record) {
  ClusterReport report{.record = record};
  for (const Part& part : record.parts) {
    report.parts.push_back(
        {.part = part, .running = IsRunning(part), .memory = MemoryOf(part.process)});
  }
  const auto controls = record.controls();
  const bool here = std::any_of(controls.begin(), controls.end(),
                                [](const Part* control) { return IsRunning(*control); });
  if (!here && record.remote_control.empty()) return report;
  ControlClient client(record.control_address(),
                       {.cluster = record.name,
                        .tls = rpc::TlsFiles::Of(record.operator_identity, {}, {}),
                        .timeout = std::chrono::seconds(2)});
  if (auto status = client.GetStatus(); status.ok()) report.status = *std::move(status);
  if (!report.status) return report;
  AddElsewhere(report);
  if (auto scripts = client.ListScripts(); scripts.ok()) {
    report.scripts.assign(scripts->scripts().begin(), scripts->scripts().end());
  }
  return report;
}

std::string StateName(v1::NodeState state) {
  switch (state) {
    case v1::NODE_STATE_READY:
      return "ready";
    case v1::NODE_STATE_SYNCING:
      return "syncing";
    case v1::NODE_STATE_DRAINING:
      return "draining";
    case v1::NODE_STATE_DOWN:
      return "down";
    default:
      return "unknown";
  }
}

namespace {

// A line for each way in which nodes are confined; one, mostly.
std::string ConfinedText(const ClusterReport& report) {
  std::map<std::string, size_t> nodes;
  for (const PartReport& part : report.parts) {
    if (part.part.kind != PartKind::kNode) continue;
    if (const std::string by = report.ConfinedBy(part); !by.empty()) ++nodes[by];
  }
  std::string text;
  for (const auto& [by, count] : nodes) {
    text += fmt::format("{}  {}/{} by {}\n", text.empty() ? "confined" : "        ", count,
                        report.nodes(), by);
  }
  return text;
}

}  // namespace

std::string ReportText(const ClusterReport& report, const Output& out) {
  const ClusterRecord& r = report.record;
  const bool counted = r.preset.find_first_not_of("0123456789") == std::string::npos;
  std::string text = fmt::format("cluster   {} ({}{}, up {})\n", r.name, r.preset,
                                 counted ? " PoPs" : "", Uptime(r.started_unix_ms));
  if (report.status) {
    const bool all = report.ready_nodes() == report.nodes();
    const std::string ready = fmt::format("{}/{} ready", report.ready_nodes(), report.nodes());
    text +=
        fmt::format("nodes     {}\n", out.DataStyled(all ? Style::kGreen : Style::kYellow, ready));
  } else {
    text += fmt::format("nodes     {}/{} running; whether they are ready is not known\n",
                        report.running_nodes(), report.nodes());
  }
  if (const std::vector<std::string> dead = report.dead(); !dead.empty()) {
    text += fmt::format("dead      {}  ('terrella up' restarts them)\n",
                        out.DataStyled(Style::kRed, fmt::format("{}", fmt::join(dead, " "))));
  }
  for (const PartReport& part : report.parts) {
    if (part.part.kind != PartKind::kNode || !part.running) continue;
    if (const std::string state = report.StateOf(part); state != "ready" && report.status) {
      text += fmt::format("          {} is {}\n", part.part.name, state);
    }
  }
  text += ConfinedText(report);
  if (report.status) {
    text += fmt::format("revision  {}\n", report.status->revision());
  } else {
    text += "control   does not answer\n";
  }
  for (size_t i = 0; i < report.scripts.size(); ++i) {
    const v1::ScriptSummary& script = report.scripts[i];
    text += fmt::format(
        "{}  {} {} {}{}\n", i == 0 ? "scripts " : "        ", script.name(),
        script.shares().empty() ? script.version_id().substr(0, 12) : SharesText(script.shares()),
        fmt::join(script.routes(), " "),
        script.rollout_id().empty() ? "" : fmt::format(" (rollout {})", script.rollout_id()));
  }
  text += fmt::format("http      http://127.0.0.1:{} (anycast)\n", r.http_port);
  text += fmt::format("dns       127.0.0.1:{}, zone {}\n", r.dns_port, r.zone);
  if (r.api_port != 0) {
    text +=
        fmt::format("api       http://127.0.0.1:{} (/v1, /openapi.json, /metrics)\n", r.api_port);
  }
  text += fmt::format("memory    {}, {} private a node\n", FormatBytes(TotalMemory(report)),
                      FormatBytes(MedianNodePrivate(report)));
  return text;
}

std::string ReportJson(const ClusterReport& report) {
  const ClusterRecord& r = report.record;
  Json parts = Json::array(), scripts = Json::array();
  for (const PartReport& part : report.parts) {
    Json entry = {
        {"name", part.part.name},
        {"address", part.part.address},
        {"running", part.running},
        {"pid", part.running && !part.elsewhere ? Json(part.part.process.pid) : Json(nullptr)},
        {"memory_bytes", part.memory.proportional_bytes},
        {"private_bytes", part.memory.private_bytes}};
    if (part.part.kind == PartKind::kNode) {
      entry["state"] = report.StateOf(part);
      entry["confined"] = report.ConfinedBy(part);
    }
    parts.push_back(std::move(entry));
  }
  for (const v1::ScriptSummary& script : report.scripts) {
    scripts.push_back(
        {{"name", script.name()},
         {"version", script.version_id()},
         {"shares", SharesJson(script.shares())},
         {"rollout", script.rollout_id()},
         {"routes", std::vector<std::string>(script.routes().begin(), script.routes().end())},
         {"deployed_unix_ms", script.deployed_unix_ms()}});
  }
  const Json json = {{"cluster", r.name},
                     {"running", report.running()},
                     {"healthy", report.healthy()},
                     {"preset", r.preset},
                     {"zone", r.zone},
                     {"nodes", {{"total", report.nodes()}, {"ready", report.ready_nodes()}}},
                     {"dead", report.dead()},
                     {"control_reachable", report.status.has_value()},
                     {"revision", report.status ? Json(report.status->revision()) : Json(nullptr)},
                     {"scripts", std::move(scripts)},
                     {"ports",
                      {{"http", r.http_port},
                       {"dns", r.dns_port},
                       {"control", r.control_port},
                       {"api", r.api_port}}},
                     {"memory_bytes", TotalMemory(report)},
                     {"node_private_bytes_median", MedianNodePrivate(report)},
                     {"started_unix_ms", r.started_unix_ms},
                     {"parts", std::move(parts)}};
  return json.dump(2) + "\n";
}

ExitCode PrintReport(Invocation& in, const ClusterReport& report) {
  in.out.Write(in.out.json() ? ReportJson(report) : ReportText(report, in.out));
  if (!report.running()) return ExitCode::kUnreachable;
  return report.healthy() ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace terrella::cli
