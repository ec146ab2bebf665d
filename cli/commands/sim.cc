// sim run, sim check: scenarios against the running cluster.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/event_loop.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/sim/own_commands.h"
#include "cli/sim/report_text.h"
#include "sim/driver/driver.h"
#include "sim/net/city_block.h"
#include "sim/net/data_dir.h"
#include "sim/report/report.h"
#include "sim/resolver/stub_resolver.h"
#include "sim/scenario/parse.h"

namespace terrella::cli {
namespace {

using std::chrono::milliseconds;

constexpr Duration kProgressEvery = milliseconds(250);
constexpr Duration kSignalEvery = milliseconds(50);
constexpr int kNamesKnownTries = 100;  // x 50 ms until DNS knows the workers' names

absl::StatusOr<sim::Driver::World> LoadWorld() {
  sim::Driver::World world;
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(world.places, net::Places::Load(data));
  ASSIGN_OR_RETURN(world.latency, net::LatencyModel::Load(data));
  return world;
}

absl::StatusOr<sim::Scenario> LoadScenario(const std::string& file, const net::Places& places,
                                           std::string_view zone) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, 1 << 20));
  return sim::ParseScenario(text, file, places, zone);
}

absl::StatusOr<sim::DriverOptions> OptionsFor(const ClusterRecord& record,
                                              const net::Places& places) {
  sim::DriverOptions options;
  options.node_port = record.http_port;
  for (const Part& part : record.parts) {
    if (part.kind == PartKind::kControl) continue;
    ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Parse(part.address));
    if (part.kind == PartKind::kDns) options.dns = address;
    if (part.kind == PartKind::kIngress) options.ingress = address;
    const net::PopSite* site = places.pops().Find(part.name);
    if (part.kind == PartKind::kNode && site != nullptr) options.nodes.emplace(address.ip, *site);
  }
  return options;
}

// Waits until DNS has an address for every name the scenario asks for, so that a run does not begin
// with the errors of a deploy a moment ago.
absl::Status AwaitNames(const sim::Scenario& scenario, const sim::DriverOptions& options,
                        Interrupt& interrupt) {
  EventLoop loop;
  ASSIGN_OR_RETURN(const auto resolver, sim::StubResolver::Create(loop, {.server = options.dns}));
  const IpPrefix somewhere = net::CityBlockV4(scenario.clients.cities.front().city);
  for (const sim::RequestKind& request : scenario.requests) {
    absl::Status known;
    for (int tries = 0; tries < kNamesKnownTries; ++tries) {
      resolver->Resolve(request.host, somewhere, [&](const absl::StatusOr<sim::DnsAnswer>& answer) {
        known = answer.status();
        if (answer.ok() && answer->addresses.empty()) {
          known = NotFound("DNS has no address for {}: is there a [[worker]] of that name?",
                           request.host);
        }
        loop.Stop();
      });
      loop.Run();
      if (known.ok()) break;
      if (interrupt.Wait(50)) return Cancelled("interrupted");
    }
    RETURN_IF_ERROR(known);
  }
  return absl::OkStatus();
}

// Runs the driver on this thread until the scenario or Ctrl-C ends it.
sim::Results Drive(Invocation& in, EventLoop& loop, sim::Driver& driver,
                   const sim::Scenario& scenario, Interrupt& interrupt,
                   std::shared_ptr<const net::Places> places) {
  sim::Results results(std::move(places));
  Timer progress(loop, [&] {
    const sim::Progress now = driver.progress();
    in.out.Progress(fmt::format("{}: {:.0f} of {:.0f} s, {} requests, {} failed", scenario.name,
                                ToMs(now.elapsed) / 1000, ToMs(scenario.duration) / 1000,
                                now.started, now.failed));
    progress.Start(kProgressEvery);
  });
  Timer signals(loop, [&] {
    if (interrupt.Raised()) {
      driver.Stop();
    } else {
      signals.Start(kSignalEvery);
    }
  });
  progress.Start(kProgressEvery);
  signals.Start(kSignalEvery);
  driver.Start([&](sim::Results done) {
    results = std::move(done);
    loop.Stop();
  });
  loop.Run();
  in.out.ClearProgress();
  return results;
}

ExitCode Report(Invocation& in, const sim::Scenario& scenario, const sim::Results& results,
                const OwnCommands& commands) {
  const sim::Report report = sim::MakeReport(scenario, results);
  const std::string json = sim::ReportToJson(report) + "\n";
  if (const std::optional<std::string> file = in.args.Find("--report")) {
    if (const absl::Status written = WriteFileAtomic(*file, json); !written.ok())
      return in.out.Fail(written);
    in.out.Talk("wrote {}", *file);
  }
  if (in.out.json()) {
    in.out.Write(json);
  } else {
    const auto cities = static_cast<size_t>(in.args.Number("--cities", 40));
    in.out.Write(ReportText(report, in.out, {.cities_max = cities}));
  }
  for (const std::string& pop : commands.dead())
    in.out.Talk("{} is still dead: terrella start {}", pop, pop);
  return report.passed() ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode RunScenario(Invocation& in) {
  const std::string file = in.args.Text("FILE");
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<sim::Driver::World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  absl::StatusOr<sim::Scenario> scenario = LoadScenario(file, *world->places, record->zone);
  if (!scenario.ok()) return in.out.FailLine(ExitCode::kUsage, Message(scenario.status()));
  if (in.args.Has("--seed")) scenario->seed = static_cast<uint64_t>(in.args.Number("--seed", 1));
  const absl::StatusOr<sim::DriverOptions> options = OptionsFor(*record, *world->places);
  if (!options.ok()) return in.out.Fail(options.status());

  Interrupt interrupt;
  OwnCommands commands(record->name, std::filesystem::path(file).parent_path());
  for (const sim::WorkerProject& worker : scenario->workers) {
    in.out.Progress(fmt::format("deploying {}", worker.path));
    if (const absl::Status deployed = commands.Deploy(worker.path, worker.name); !deployed.ok()) {
      return in.out.FailLine(ExitCode::kFailed, Message(deployed));
    }
  }
  if (const absl::Status known = AwaitNames(*scenario, *options, interrupt); !known.ok())
    return in.out.Fail(known);
  in.out.Talk("{}: {}", scenario->name, scenario->description);

  EventLoop loop;
  absl::StatusOr<std::unique_ptr<sim::Driver>> driver =
      sim::Driver::Create(loop, *scenario, *world, *options, commands);
  if (!driver.ok()) return in.out.Fail(driver.status());
  const sim::Results results = Drive(in, loop, **driver, *scenario, interrupt, world->places);
  driver->reset();
  const ExitCode code = Report(in, *scenario, results, commands);
  if (interrupt.Raised()) {
    return in.out.Fail(ExitCode::kInterrupted,
                       "interrupted: the report covers what had run until then");
  }
  return code;
}

ExitCode CheckScenario(Invocation& in) {
  const absl::StatusOr<sim::Driver::World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  for (const std::string& file : in.args.All("FILE")) {
    const auto scenario = LoadScenario(file, *world->places, in.args.Text("--zone", "edge.test"));
    if (!scenario.ok()) return in.out.FailLine(ExitCode::kFailed, Message(scenario.status()));
    in.out.Talk("{}: {} cities, {:.0f} requests, {} events, {} assertions", file,
                scenario->clients.cities.size(),
                scenario->clients.rate_per_s * ToMs(scenario->duration) / 1000,
                scenario->timeline.size(), scenario->assertions.size());
  }
  return ExitCode::kOk;
}

}  // namespace

Command SimRunCommand() {
  return {.name = "sim run",
          .group = "Scenarios",
          .summary = "run a scenario against the running cluster",
          .details =
              "Deploys the scenario's workers, lets its people ask, performs its timeline, prints "
              "what\n"
              "they felt by city and region. Exit code 1 when an assertion does not hold.",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
          .flags = {{.name = "--report",
                     .value = "FILE",
                     .help = "also write the report as JSON",
                     .kind = ValueKind::kFile},
                    {.name = "--cities",
                     .value = "N",
                     .help = "how many cities the table shows (default 40)",
                     .kind = ValueKind::kNumber,
                     .min = 0,
                     .max = 10'000},
                    {.name = "--seed",
                     .value = "N",
                     .help = "other people, same scenario",
                     .kind = ValueKind::kNumber,
                     .min = 0}},
          .examples = {{"terrella sim run scenarios/world-tour.toml", "the hundred largest cities"},
                       {"terrella sim run scenarios/frankfurt-goes-dark.toml --report out.json",
                        "failover by DNS and by anycast"}},
          .run = RunScenario};
}

Command SimCheckCommand() {
  return {.name = "sim check",
          .group = "Scenarios",
          .summary = "say what is wrong with a scenario file, without running it",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile, .repeated = true}},
          .flags = {{.name = "--zone",
                     .value = "ZONE",
                     .help = "completes short host names (default edge.test)"}},
          .examples = {{"terrella sim check scenarios/*.toml", "needs no cluster"}},
          .run = CheckScenario};
}

}  // namespace terrella::cli
