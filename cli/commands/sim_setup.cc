#include "cli/commands/sim_setup.h"

#include "base/status.h"
#include "cli/cluster/programs.h"
#include "cli/commands/as_data.h"
#include "cli/commands/sim_common.h"
#include "cli/sim/calibration.h"
#include "cli/sim/declared_services.h"
#include "cli/sim/service_store.h"
#include "sim/bgp/load_internet.h"
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
  if (in.args.Has("--declared")) return DeclaredServices(scenario);
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
          "measured {} {}{}{}: status {}, {} bytes, {:.2f} ms in the median, {:.2f} ms after a "
          "rest, "
          "{:.3f} ms of a processor, {:.1f} ms more when cold",
          kind.method, kind.host, kind.path,
          stage == 0 ? "" : fmt::format(" after deploy {}", stage), profile.status,
          profile.response_bytes, profile.service_ms[profile.service_ms.size() / 2],
          profile.TimesMs(true)[profile.TimesMs(true).size() / 2], profile.cpu_ms, profile.cold_ms);
    }
  }
  return measured;
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

absl::StatusOr<std::vector<net::PopSite>> PopsOf(const Invocation& in, const World& world,
                                                 const sim::Scenario& scenario,
                                                 const std::string& preset) {
  const std::string& own = scenario.network.pops;
  return world.places->pops().Select(
      in.args.Text("--pops", in.args.Text("--preset", own.empty() ? preset : own)));
}

}  // namespace

std::optional<VirtualSetup> PrepareVirtual(Invocation& in, const std::atomic<bool>& stop,
                                           ExitCode* code, const std::string& preset) {
  const auto fail = [&](ExitCode with) -> std::optional<VirtualSetup> {
    *code = with;
    return std::nullopt;
  };
  if (in.args.Has("--pops") && in.args.Has("--preset")) {
    return fail(in.out.Fail(ExitCode::kUsage, "{}: --pops and --preset exclude each other",
                            in.command.name));
  }
  if (in.args.Has("--declared") && in.args.Has("--calibrate")) {
    return fail(in.out.Fail(ExitCode::kUsage, "{}: --declared and --calibrate exclude each other",
                            in.command.name));
  }
  absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return fail(in.out.Fail(world.status()));
  absl::StatusOr<sim::Scenario> scenario = ReadScenario(in, *world, kZone);
  if (!scenario.ok()) return fail(FailReading(in, scenario.status()));
  auto pops = PopsOf(in, *world, *scenario, preset);
  if (!pops.ok()) {
    return fail(in.out.Fail(ExitCode::kUsage, "{}: {}", in.command.name, Message(pops.status())));
  }
  sim::EngineOptions options{.pops = *std::move(pops),
                             .threads = static_cast<int>(in.args.Number("--threads", 0))};
  if (const absl::Status led = LetBgpLead(*world, *scenario, &options); !led.ok()) {
    return fail(in.out.FailLine(ExitCode::kFailed, Message(led)));
  }
  auto services = ServicesOf(in, *scenario, stop);
  if (!services.ok()) {
    return fail(in.out.FailLine(stop ? ExitCode::kInterrupted : ExitCode::kFailed,
                                Message(services.status())));
  }
  options.services = *std::move(services);
  return VirtualSetup{*std::move(world), *std::move(scenario), std::move(options)};
}

std::vector<Flag> VirtualFlags(const std::string& preset) {
  return {{.name = "--preset",
           .value = "NAME",
           .help = fmt::format("which PoPs a virtual network has (default the scenario's, or {})",
                               preset),
           .kind = ValueKind::kChoice,
           .choices = {"world-12", "world-30", "world-100", "world-308"}},
          {.name = "--pops",
           .value = "SITES",
           .help = "how many it has, the largest places first, or codes: FRA,GRU,..."},
          {.name = "--threads",
           .value = "N",
           .help = "of a virtual run (default one a core); they do not change its outcome",
           .kind = ValueKind::kNumber,
           .min = 1,
           .max = 256},
          {.name = "--declared",
           .help = "take what the scenario declares workers to need; nothing is started"},
          {.name = "--calibrate",
           .help = "measure the workers anew; without, once for every content they have"}};
}

}  // namespace terrella::cli
