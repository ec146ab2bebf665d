#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

const v1::NodeStatus* StatusOf(const ClusterReport& report, const std::string& id) {
  if (!report.status) return nullptr;
  for (const v1::NodeStatus& node : report.status->nodes()) {
    if (node.node().info().id() == id) return &node;
  }
  return nullptr;
}

Json NodeJson(const PartReport& node, const std::string& state, const v1::NodeStatus* status) {
  Json json = {
      {"id", node.part.name},
      {"state", state},
      {"address", node.part.address},
      {"pid", node.running && !node.elsewhere ? Json(node.part.process.pid) : Json(nullptr)},
      {"private_bytes", node.memory.private_bytes}};
  if (status != nullptr) {
    const v1::NodeInfo& info = status->node().info();
    json["pop"] = info.pop();
    json["city"] = info.city();
    json["country"] = info.country();
    json["latitude_deg"] = info.latitude_deg();
    json["longitude_deg"] = info.longitude_deg();
    json["acked_revision"] = status->acked_revision();
    json["requests"] = status->requests();
    json["errors"] = status->errors();
    json["isolates"] = status->isolates();
    const auto ms = [](uint64_t us) {
      return us == 0 ? Json(nullptr) : Json(static_cast<double>(us) / 1000);
    };
    json["last_push_ms"] = ms(status->last_push_us());
    json["pushed_by"] = status->pushed_by();
    json["one_way_ms"] = ms(status->one_way_us());
    json["rejected"] =
        std::vector<std::string>(status->rejected().begin(), status->rejected().end());
  }
  return json;
}

std::string StyledState(const Output& out, const std::string& state) {
  if (state == "ready") return out.DataStyled(Style::kGreen, state);
  return out.DataStyled(state == "dead" || state == "down" ? Style::kRed : Style::kYellow, state);
}

// How long its last change took to it and its report back, and by whom: "298 ms by SIN".
std::string PushText(const v1::NodeStatus& status) {
  if (status.last_push_us() == 0)
    return status.pushed_by().empty() ? "" : "by " + status.pushed_by();
  return fmt::format("{:.0f} ms{}{}", static_cast<double>(status.last_push_us()) / 1000,
                     status.pushed_by().empty() ? "" : " by ", status.pushed_by());
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const ClusterReport report = MakeReport(*record);
  using enum TextTable::Align;
  TextTable table({{"POP"},
                   {"CITY"},
                   {"STATE"},
                   {"ADDRESS"},
                   {"REVISION", kRight},
                   {"PUSHED", kRight},
                   {"REQUESTS", kRight},
                   {"ERRORS", kRight},
                   {"ISOLATES", kRight},
                   {"PRIVATE", kRight},
                   {"PID", kRight}});
  Json list = Json::array();
  std::string rejected;
  for (const PartReport& node : report.parts) {
    if (node.part.kind != PartKind::kNode) continue;
    const std::string state = report.StateOf(node);
    const v1::NodeStatus* status = StatusOf(report, node.part.name);
    list.push_back(NodeJson(node, state, status));
    std::vector<std::string> row = {node.part.name, "", StyledState(in.out, state),
                                    node.part.address};
    if (status != nullptr) {
      const v1::NodeInfo& info = status->node().info();
      row[1] = fmt::format("{}, {}", info.city(), info.country());
      row.insert(row.end(),
                 {fmt::format("{}", status->acked_revision()), PushText(*status),
                  fmt::format("{}", status->requests()), fmt::format("{}", status->errors()),
                  fmt::format("{}", status->isolates())});
      for (const std::string& why : status->rejected()) {
        rejected += fmt::format("{} refused {}\n", node.part.name, why);
      }
    } else {
      row.resize(9);
    }
    row.push_back(FormatBytes(node.memory.private_bytes));
    const bool here = node.running && !node.elsewhere;
    row.push_back(here ? fmt::format("{}", node.part.process.pid) : "-");
    table.AddRow(std::move(row));
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(2));
    return ExitCode::kOk;
  }
  in.out.Write(table.ToString());
  if (!rejected.empty()) in.out.Talk("{}", rejected);
  if (!report.status)
    in.out.Talk("the control plane does not answer: revisions and requests are not known");
  return ExitCode::kOk;
}

}  // namespace

Command NodesCommand() {
  return {.name = "nodes",
          .group = "Cluster",
          .summary = "list the edge nodes with state, revision and traffic",
          .examples = {{"terrella nodes --json | jq '.[] | select(.state != \"ready\")'",
                        "those that take no clients"}},
          .run = Run};
}

}  // namespace terrella::cli
