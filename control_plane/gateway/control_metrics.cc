#include "control_plane/gateway/control_metrics.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace terrella::control {
namespace {

constexpr auto kStates = std::to_array<std::pair<v1::NodeState, std::string_view>>({
    {v1::NODE_STATE_READY, "ready"},
    {v1::NODE_STATE_SYNCING, "syncing"},
    {v1::NODE_STATE_DRAINING, "draining"},
    {v1::NODE_STATE_DOWN, "down"},
});

void WriteNodes(const v1::GetStatusResponse& status, int64_t now_unix_ms, Exposition& out) {
  const auto each = [&](const MetricFamily& family, auto value_of) {
    out.Begin(family);
    for (const v1::NodeStatus& node : status.nodes()) {
      out.Sample({{"node", node.node().info().id()}}, value_of(node));
    }
  };
  each(metric::kAcked, [](const v1::NodeStatus& n) -> uint64_t { return n.acked_revision(); });
  each(metric::kRejected, [](const v1::NodeStatus& n) -> uint64_t { return n.rejected().size(); });
  each(metric::kHeartbeat, [&](const v1::NodeStatus& n) {
    return static_cast<double>(std::max<int64_t>(0, now_unix_ms - n.last_heartbeat_unix_ms())) /
           1000;
  });
  each(metric::kRequests, [](const v1::NodeStatus& n) -> uint64_t { return n.requests(); });
  each(metric::kErrors, [](const v1::NodeStatus& n) -> uint64_t { return n.errors(); });
  each(metric::kMemory, [](const v1::NodeStatus& n) -> uint64_t { return n.rss_bytes(); });
  each(metric::kIsolates, [](const v1::NodeStatus& n) -> uint64_t { return n.isolates(); });
  each(metric::kLoad, [](const v1::NodeStatus& n) { return n.node().load(); });
}

}  // namespace

void WriteMetrics(const v1::GetStatusResponse& status, const ProcessUsage& usage,
                  int64_t now_unix_ms, Exposition& out) {
  out.Begin(metric::kBuild);
  out.Sample({{"version", status.build()}, {"cluster", status.cluster()}}, uint64_t{1});
  out.Begin(metric::kRevision);
  out.Sample({}, uint64_t{status.revision()});
  out.Begin(metric::kNodes);
  for (const auto& [of, name] : kStates) {
    const v1::NodeState state = of;  // clang 14 does not let lambdas capture bindings
    out.Sample({{"state", name}},
               static_cast<uint64_t>(std::count_if(
                   status.nodes().begin(), status.nodes().end(),
                   [&](const v1::NodeStatus& node) { return node.node().state() == state; })));
  }
  WriteNodes(status, now_unix_ms, out);
  WriteProcessUsage(usage, out);
}

}  // namespace terrella::control
