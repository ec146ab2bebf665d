// Programs: which executable each part of a cluster is, and the flags it is started with.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/process.h"
#include "cli/cluster/record.h"
#include "sim/net/latency_model.h"
#include "sim/net/pops.h"

namespace terrella::cli {

struct Programs {
  std::filesystem::path bin;   // edge_node, control_plane, dns_router and ingress stand here
  std::filesystem::path data;  // cities, PoPs, latencies
  std::filesystem::path web;   // the dashboard; empty when it was not built
  // Of `data`; may be null in tests.
  std::shared_ptr<const net::Pops> pops;
  std::shared_ptr<const net::LatencyModel> latency;

  // Beside the running program. NOT_FOUND names what is missing and how it is built.
  static absl::StatusOr<Programs> Find();
};

// How `part` of the cluster is started.
SpawnOptions CommandFor(const ClusterRecord& record, const Part& part, const ClusterPaths& paths,
                        const Programs& programs);

// The flag every part of this cluster carries and no other process does.
std::string ReadyFlag(const ClusterPaths& paths, std::string_view part);
bool IsReadyFlagOf(const ClusterPaths& paths, std::string_view argument);

}  // namespace terrella::cli
