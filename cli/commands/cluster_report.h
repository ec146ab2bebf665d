// ClusterReport: how a cluster is, asked of the kernel (who runs) and of its control plane (who
// serves).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cluster/record.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

struct PartReport {
  Part part;
  bool running = false;    // of a node elsewhere: connected
  bool elsewhere = false;  // a node that is no process of this machine's cluster: it joined
  MemoryUse memory;
};

struct ClusterReport {
  ClusterRecord record;
  std::vector<PartReport> parts;                // as in the record, then nodes elsewhere
  std::optional<v1::GetStatusResponse> status;  // none: the control plane does not answer
  std::vector<v1::ScriptSummary> scripts;

  bool running() const;  // anything runs
  bool healthy() const;  // everything runs and every node is ready
  size_t nodes() const;
  size_t ready_nodes() const;
  size_t running_nodes() const;
  std::vector<std::string> dead() const;
  // Of a running node: "ready", "syncing", "draining", "down", or "dead" / "unknown".
  std::string StateOf(const PartReport& node) const;
  // By what the node's process is confined, in its words; "" when the control plane did not hear.
  std::string ConfinedBy(const PartReport& node) const;
};

ClusterReport MakeReport(const ClusterRecord& record);

// For people, one fact a line; and the same as one JSON object.
std::string ReportText(const ClusterReport& report, const Output& out);
std::string ReportJson(const ClusterReport& report);

// Prints it and returns 0 when healthy, kFailed when half dead, kUnreachable when nothing runs.
ExitCode PrintReport(Invocation& in, const ClusterReport& report);

// "ready" for NODE_STATE_READY.
std::string StateName(v1::NodeState state);

}  // namespace terrella::cli
