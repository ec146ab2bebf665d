#include "cli/sim/calibration.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/status.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/record.h"
#include "cli/sim/own_commands.h"
#include "sim/driver/origin_servers.h"
#include "sim/driver/service_meter.h"

namespace terrella::cli {
namespace {

// A cluster of one node, from here to the end of the block.
class OneNode {
 public:
  OneNode(const CalibrationOptions& options)
      : paths_{.home = options.home, .name = fmt::format("calibrate-{}", getpid())},
        commands_(paths_.name, options.folder) {}
  ~OneNode() {
    commands_.RunSelf({"down", "--purge"}).IgnoreError();
    std::error_code gone;
    std::filesystem::remove(paths_.lock(), gone);
  }

  absl::Status Start(const std::string& zone) {
    return commands_.RunSelf({"up", "--pops", "1", "--port", "0", "--dns-port", "0",
                              "--control-port", "0", "--no-tls", "--zone", zone});
  }
  OwnCommands& commands() { return commands_; }
  absl::StatusOr<sim::ServiceMeterOptions> Meter() const {
    ASSIGN_OR_RETURN(const ClusterRecord record, LoadRecord(paths_));
    if (record.nodes().empty()) return Internal("cluster {} has no node", paths_.name);
    const Part& node = *record.nodes().front();
    ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Parse(node.address));
    return sim::ServiceMeterOptions{.node = address, .pid = node.process.pid};
  }

 private:
  const ClusterPaths paths_;
  OwnCommands commands_;
};

class Calibrator {
 public:
  Calibrator(const sim::Scenario& scenario, const CalibrationOptions& options)
      : scenario_(scenario), options_(options), node_(options) {}

  absl::Status Start() {
    RETURN_IF_ERROR(Step("starting a node to measure the workers on"));
    RETURN_IF_ERROR(node_.Start(options_.zone));
    if (scenario_.origins.empty()) return absl::OkStatus();
    // Without a place and at once: what workers wait for origins is added in virtual time.
    ASSIGN_OR_RETURN(origins_, sim::OriginServers::Start(scenario_));
    std::vector<std::string> flags;
    const std::vector<SocketAddress> addresses = origins_->addresses();
    for (size_t i = 0; i < addresses.size(); ++i) {
      flags.push_back(fmt::format("{}={}", scenario_.origins[i].host, addresses[i].ToString()));
    }
    node_.commands().UseOrigins(std::move(flags));
    return absl::OkStatus();
  }
  absl::Status Deploy(const std::string& path, const std::string& name) {
    RETURN_IF_ERROR(Step(fmt::format("deploying {}", path)));
    return node_.commands().Deploy(path, name);
  }
  absl::StatusOr<std::vector<sim::ServiceProfile>> Measure() {
    ASSIGN_OR_RETURN(const sim::ServiceMeterOptions meter, node_.Meter());
    std::vector<sim::ServiceProfile> out;
    std::map<std::string, float> cold_ms;  // by host: whichever request came first made the isolate
    for (const sim::RequestKind& kind : scenario_.requests) {
      RETURN_IF_ERROR(Step(fmt::format("measuring {} {}{}", kind.method, kind.host, kind.path)));
      EventLoop loop;
      ASSIGN_OR_RETURN(sim::ServiceProfile profile, sim::MeasureService(loop, kind, meter));
      float& most_ms = cold_ms[kind.host];
      most_ms = std::max(most_ms, profile.cold_ms);
      if (!kind.origins.empty()) RETURN_IF_ERROR(MeasureFailures(kind, meter, profile));
      out.push_back(std::move(profile));
    }
    for (size_t i = 0; i < out.size(); ++i) out[i].cold_ms = cold_ms[scenario_.requests[i].host];
    return out;
  }

 private:
  absl::Status Step(const std::string& step) {
    if (options_.go_on && !options_.go_on()) return absl::CancelledError("interrupted");
    options_.on_step(step);
    return absl::OkStatus();
  }

  // What the worker makes of origins that answer with errors, and that refuse connections.
  absl::Status MeasureFailures(const sim::RequestKind& kind, sim::ServiceMeterOptions meter,
                               sim::ServiceProfile& profile) {
    using Mood = sim::OriginServers::Mood;
    meter.pid = 0;
    meter.rested = 1;
    for (const auto& [mood, failed] : {std::pair(Mood::kErrors, &profile.on_error),
                                       std::pair(Mood::kRefuse, &profile.on_refusal)}) {
      RETURN_IF_ERROR(origins_->Behave(mood));
      EventLoop loop;
      ASSIGN_OR_RETURN(const sim::ServiceProfile now, sim::MeasureService(loop, kind, meter));
      *failed = {.ms = now.service_ms[now.service_ms.size() / 2],
                 .response_bytes = now.response_bytes,
                 .status = now.status};
    }
    return origins_->Behave(Mood::kWell);
  }

  const sim::Scenario& scenario_;
  const CalibrationOptions& options_;
  OneNode node_;
  std::unique_ptr<sim::OriginServers> origins_;  // null: there are none
};

}  // namespace

absl::StatusOr<std::vector<std::vector<sim::ServiceProfile>>> Calibrate(
    const sim::Scenario& scenario, const CalibrationOptions& options) {
  Calibrator calibrator(scenario, options);
  RETURN_IF_ERROR(calibrator.Start());
  for (const sim::WorkerProject& worker : scenario.workers) {
    RETURN_IF_ERROR(calibrator.Deploy(worker.path, worker.name));
  }
  std::vector<std::vector<sim::ServiceProfile>> out(1);
  ASSIGN_OR_RETURN(out[0], calibrator.Measure());
  for (const sim::TimelineEvent& event : scenario.timeline) {
    if (event.action != sim::TimelineEvent::Action::kDeploy) continue;
    RETURN_IF_ERROR(calibrator.Deploy(event.target, event.script));
    ASSIGN_OR_RETURN(out.emplace_back(), calibrator.Measure());
    // The node replaced a warm isolate; a cold one is as it was at the start.
    for (size_t i = 0; i < out[0].size(); ++i) out.back()[i].cold_ms = out[0][i].cold_ms;
  }
  return out;
}

}  // namespace terrella::cli
