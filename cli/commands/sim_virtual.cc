// sim run --virtual: a scenario without a cluster.
#include <atomic>
#include <thread>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/programs.h"
#include "cli/commands/as_data.h"
#include "cli/commands/sim_common.h"
#include "cli/sim/calibration.h"
#include "cli/sim/service_store.h"
#include "sim/bgp/load_internet.h"
#include "sim/engine/engine.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

constexpr char kZone[] = "edge.test";

using Services = std::vector<std::vector<sim::ServiceProfile>>;  // as EngineOptions::services

std::optional<Services> FindAll(const ServiceStore& store, const std::vector<std::string>& stages,
                                const sim::Scenario& scenario) {
  Services out;
  for (const std::string& stage : stages) {
    out.emplace_back();
    for (const sim::RequestKind& kind : scenario.requests) {
      auto known = store.Find(stage, kind);
      if (!known) return std::nullopt;
      out.back().push_back(*std::move(known));
    }
  }
  return out;
}

// The profiles kept from earlier, measured now when one is missing.
absl::StatusOr<Services> ServicesOf(Invocation& in, const sim::Scenario& scenario,
                                    const std::atomic<bool>& stop) {
  const std::filesystem::path folder = std::filesystem::path(in.args.Text("FILE")).parent_path();
  ASSIGN_OR_RETURN(const Programs programs, Programs::Find());
  ASSIGN_OR_RETURN(const std::vector<std::string> stages,
                   ServiceStore::StagesOf(scenario, folder, programs.bin / "edge_node"));
  const ServiceStore store(in.paths.home / "services");
  if (!in.args.Has("--calibrate")) {
    if (auto known = FindAll(store, stages, scenario)) return *std::move(known);
  }
  absl::StatusOr<Services> measured =
      Calibrate(scenario, {.home = in.paths.home,
                           .folder = folder,
                           .zone = kZone,
                           .on_step = [&](const std::string& step) { in.out.Progress(step); },
                           .go_on = [&] { return !stop; }});
  in.out.ClearProgress();
  RETURN_IF_ERROR(measured.status());
  for (size_t stage = 0; stage < measured->size(); ++stage) {
    for (size_t i = 0; i < scenario.requests.size(); ++i) {
      const sim::ServiceProfile& profile = (*measured)[stage][i];
      const sim::RequestKind& kind = scenario.requests[i];
      RETURN_IF_ERROR(store.Save(stages[stage], kind, profile));
      in.out.Talk(
          "measured {} {}{}{}: status {}, {} bytes, {:.2f} ms in the median, {:.3f} ms of a "
          "processor, {:.1f} ms more when cold",
          kind.method, kind.host, kind.path,
          stage == 0 ? "" : fmt::format(" after deploy {}", stage), profile.status,
          profile.response_bytes, profile.service_ms[profile.service_ms.size() / 2], profile.cpu_ms,
          profile.cold_ms);
    }
  }
  return measured;
}

absl::StatusOr<std::vector<net::PopSite>> PopsOf(const Invocation& in, const World& world) {
  const std::string preset = in.args.Text("--pops", in.args.Text("--preset", "world-30"));
  ASSIGN_OR_RETURN(const auto sites, world.places->pops().Preset(preset));
  return std::vector<net::PopSite>(sites.begin(), sites.end());
}

// As `up --anycast` would.
absl::Status LetBgpLead(const World& world, const sim::Scenario& scenario,
                        sim::EngineOptions* options) {
  if (scenario.network.anycast.empty() || scenario.network.anycast == "nearest") {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(options->anycast, bgp::FindPreset(scenario.network.anycast));
  ASSIGN_OR_RETURN(auto hubs, bgp::Hubs::Make(world.places, world.latency));
  ASSIGN_OR_RETURN(const std::filesystem::path graph, ImportedGraphPath());
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(
      options->internet,
      bgp::LoadInternet(std::move(hubs), {.graph = graph, .footprint = data / "as_footprint.bin"}));
  return absl::OkStatus();
}

// Sets a flag while Ctrl-C was pressed.
class StopOnInterrupt {
 public:
  StopOnInterrupt() : thread_([this] { Watch(); }) {}
  ~StopOnInterrupt() {
    over_ = true;
    thread_.join();
  }
  const std::atomic<bool>& raised() const { return raised_; }

 private:
  void Watch() {
    while (!over_) {
      if (interrupt_.Raised()) raised_ = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Interrupt interrupt_;
  std::atomic<bool> raised_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace

ExitCode RunVirtualScenario(Invocation& in) {
  if (in.args.Has("--pops") && in.args.Has("--preset")) {
    return in.out.Fail(ExitCode::kUsage, "sim run: --pops and --preset exclude each other");
  }
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const absl::StatusOr<sim::Scenario> scenario = ReadScenario(in, *world, kZone);
  if (!scenario.ok()) return FailReading(in, scenario.status());
  const auto pops = PopsOf(in, *world);
  if (!pops.ok()) return in.out.Fail(ExitCode::kUsage, "sim run: {}", Message(pops.status()));
  sim::EngineOptions options{.pops = *pops,
                             .threads = static_cast<int>(in.args.Number("--threads", 0))};
  if (const absl::Status led = LetBgpLead(*world, *scenario, &options); !led.ok()) {
    return in.out.FailLine(ExitCode::kFailed, Message(led));
  }
  const StopOnInterrupt stop;
  auto services = ServicesOf(in, *scenario, stop.raised());
  if (!services.ok()) {
    return in.out.FailLine(stop.raised() ? ExitCode::kInterrupted : ExitCode::kFailed,
                           Message(services.status()));
  }
  options.services = *std::move(services);
  in.out.Talk("{}: {:.0f} s in virtual time, {} PoPs, {} cities, {:.0f} requests/s", scenario->name,
              ToMs(scenario->duration) / 1000, pops->size(), scenario->clients.cities.size(),
              scenario->clients.rate_per_s);
  for (const sim::Assertion& assertion : scenario->assertions) {
    if (assertion.metric == sim::Metric::kMixedVersions) {
      in.out.Talk("note: in virtual time no answer is mixed from two versions; '{}' says nothing",
                  assertion.text);
    }
  }
  const auto results =
      sim::RunVirtually(*scenario, {world->places, world->latency}, options, &stop.raised());
  if (!results.ok()) return in.out.FailLine(ExitCode::kFailed, Message(results.status()));
  return ReportResults(in, *scenario, *results,
                       fmt::format("{} PoPs, in virtual time", pops->size()), stop.raised());
}

}  // namespace terrella::cli
