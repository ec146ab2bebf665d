// Invocation: what a command gets when it runs, and the steps many commands share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/app/arguments.h"
#include "cli/app/command.h"
#include "cli/app/output.h"
#include "cli/client/control_client.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/record.h"

namespace terrella::cli {

struct Invocation {
  const Command& command;
  const Arguments& args;
  Output& out;
  std::span<const Command> table;
  ClusterPaths paths;  // of the cluster that --cluster names
  std::string token;   // that calls show; empty: none
};

// The record of a cluster of which at least one process runs. Otherwise UNAVAILABLE, with the
// command that starts it and the names of the clusters that do run. With TERRELLA_CONTROL=HOST:PORT
// in the environment, a record without parts of the cluster there; TERRELLA_IDENTITY is the file to
// prove oneself with.
absl::StatusOr<ClusterRecord> RunningCluster(const Invocation& in);

// A client of the cluster's control plane.
ControlClient ControlOf(const Invocation& in, const ClusterRecord& record);

// Runs `act` with a client of the running cluster.
template <class Act>
ExitCode WithControl(Invocation& in, Act act) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  return act(client);
}

// The node that POP names; NOT_FOUND with a suggestion.
absl::StatusOr<Part*> NodeOf(ClusterRecord& record, const std::string& pop);

// Runs `act` with a client of the running cluster and the id of every node that POP... names, in
// order, until it fails or there is no such node.
template <class Act>
ExitCode ForEachPop(Invocation& in, Act act) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  for (const std::string& name : in.args.All("POP")) {
    const absl::StatusOr<Part*> node = NodeOf(*record, name);
    if (!node.ok()) return in.out.Fail(node.status());
    if (const ExitCode code = act(client, (*node)->name); code != ExitCode::kOk) return code;
  }
  return ExitCode::kOk;
}

// Ids of all nodes of the record.
std::vector<std::string> NodeNames(const ClusterRecord& record);

// "30/30 acknowledged in 41 ms" as it goes, then the final word. Shared by deploy, rollback,
// delete. kRejected when a node refused the revision; kTimedOut and kInterrupted leave it
// converging.
ExitCode FollowConvergence(Invocation& in, ControlClient& client, uint64_t revision,
                           v1::Convergence* last);

// `--detach` and `--timeout` of the commands that wait for nodes.
std::vector<Flag> ConvergenceFlags();

// "2026-11-23 19:40:06" local time.
std::string FormatTime(int64_t unix_ms);
// "812 B", "3.4 KiB", "11.9 MiB".
std::string FormatBytes(uint64_t bytes);

}  // namespace terrella::cli
