// The families of the control plane's /metrics, and their samples out of a status.
//
// Everything comes from GetStatus, which people and pages see, too: one truth. docs/gateway.md has
// the table; a test compares them.
//
// Thread: any.
#pragma once

#include <array>

#include "base/exposition.h"
#include "base/process_usage.h"
#include "terrella/v1/admin.pb.h"

namespace terrella::control {

namespace metric {

using enum MetricFamily::Type;

inline constexpr MetricFamily kBuild{"terrella_control_build_info", kGauge, "version, cluster",
                                     "1, with the program's version and the cluster's name"};
inline constexpr MetricFamily kRevision{"terrella_control_revision", kGauge, "",
                                        "The state's revision, which nodes should hold"};
inline constexpr MetricFamily kNodes{"terrella_control_nodes", kGauge, "state",
                                     "Nodes that are or were connected, by state"};
inline constexpr MetricFamily kAcked{"terrella_control_node_acked_revision", kGauge, "node",
                                     "The last revision a node reported on"};
inline constexpr MetricFamily kRejected{"terrella_control_node_rejected_resources", kGauge, "node",
                                        "Resources of that revision that the node refused"};
inline constexpr MetricFamily kHeartbeat{"terrella_control_node_heartbeat_age_seconds", kGauge,
                                         "node", "How long ago the node was last heard of"};
inline constexpr MetricFamily kRequests{"terrella_node_requests_total", kCounter, "node",
                                        "Requests answered since the node registered"};
inline constexpr MetricFamily kErrors{"terrella_node_errors_total", kCounter, "node",
                                      "Answers 5xx made by the node since it registered"};
inline constexpr MetricFamily kMemory{"terrella_node_resident_memory_bytes", kGauge, "node",
                                      "Resident memory of the node's process"};
inline constexpr MetricFamily kIsolates{"terrella_node_isolates", kGauge, "node",
                                        "Isolates of the node's workers"};
inline constexpr MetricFamily kLoad{"terrella_node_load_ratio", kGauge, "node",
                                    "How busy the node is, in coarse steps; 1 is full"};

inline constexpr auto kFamilies = std::to_array<const MetricFamily*>(
    {&kBuild, &kRevision, &kNodes, &kAcked, &kRejected, &kHeartbeat, &kRequests, &kErrors, &kMemory,
     &kIsolates, &kLoad, &process_metric::kCpu, &process_metric::kResident, &process_metric::kFds,
     &process_metric::kStarted});

}  // namespace metric

// `now_unix_ms` is what ages are counted from.
void WriteMetrics(const v1::GetStatusResponse& status, const ProcessUsage& usage,
                  int64_t now_unix_ms, Exposition& out);

}  // namespace terrella::control
