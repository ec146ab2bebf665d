// sim: scenarios against the running cluster. Reading, driving and reporting are libraries of sim/;
// here they meet a cluster and a person.
#include <algorithm>
#include <thread>

#include "base/digest.h"
#include "base/event_loop.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_common.h"
#include "cli/commands/sim_setup.h"
#include "cli/sim/own_commands.h"
#include "cli/sim/report_html.h"
#include "cli/sim/report_svg.h"
#include "cli/sim/report_text.h"
#include "cli/sim/rollout_events.h"
#include "sim/driver/driver.h"
#include "sim/driver/origin_servers.h"
#include "sim/net/data_dir.h"
#include "sim/report/baseline.h"
#include "sim/report/event_log.h"
#include "sim/report/junit.h"
#include "sim/report/live_judge.h"
#include "sim/report/report.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/population.h"

namespace terrella::cli {

absl::StatusOr<sim::Scenario> ReadScenario(const Invocation& in, const World& world,
                                           std::string_view zone) {
  const std::string file = in.args.Text("FILE");
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, sim::ScenarioLimits().file_bytes_max));
  ASSIGN_OR_RETURN(sim::Scenario scenario, sim::ParseScenario(text, file, *world.places, zone));
  if (scenario.trace) {
    const std::string trace =
        (std::filesystem::path(file).parent_path() / scenario.trace->file).string();
    ASSIGN_OR_RETURN(const std::string lines, ReadFile(trace, sim::TraceLimits().file_bytes_max));
    RETURN_IF_ERROR(sim::ReadTrace(lines, trace, *world.places, scenario));
  }
  for (const std::string& warning : scenario.warnings) {
    in.out.Talk("{} {}", in.out.TalkStyled(Style::kYellow, "warning:"), warning);
  }
  scenario.sha256 = ToHex(Sha256(text));
  return scenario;
}

ExitCode FailReading(Invocation& in, const absl::Status& status) {
  const bool wrong = status.code() == absl::StatusCode::kInvalidArgument;
  return in.out.FailLine(wrong ? ExitCode::kUsage : ExitCode::kFailed, Message(status));
}

namespace {

// As a shell reads it back.
std::string ShellWord(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Without what changes nothing: where it is written, how many threads work.
sim::Replay ReplayOf(const Invocation& in, const sim::Scenario& scenario) {
  std::string command = "terrella sim run " + ShellWord(in.args.Text("FILE"));
  for (const char* flag : {"--virtual", "--sampled", "--declared"}) {
    if (in.args.Has(flag)) command += fmt::format(" {}", flag);
  }
  for (const char* flag : {"--preset", "--pops", "--baseline"}) {
    if (const auto value = in.args.Find(flag)) {
      command += fmt::format(" {} {}", flag, ShellWord(*value));
    }
  }
  return {.command = std::move(command), .scenario_sha256 = scenario.sha256};
}

absl::StatusOr<std::string> PageOf(const sim::Scenario& scenario, const sim::Report& report,
                                   const sim::Results& results, const std::string& how) {
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  return ReportHtml(report, results.places(),
                    {.description = scenario.description,
                     .how = how,
                     .keeps_requests = !results.samples().empty(),
                     .data_dir = data});
}

absl::StatusOr<std::optional<sim::Baseline>> ReadBaseline(const Invocation& in) {
  constexpr size_t kBytesMax = 64 << 20;
  const auto file = in.args.Find("--baseline");
  if (!file) return std::optional<sim::Baseline>();
  ASSIGN_OR_RETURN(const std::string text, ReadFile(*file, kBytesMax));
  const absl::StatusOr<sim::Baseline> baseline = sim::Baseline::Parse(text);
  if (!baseline.ok()) return InvalidArgument("{}: {}", *file, Message(baseline.status()));
  return std::optional<sim::Baseline>(*baseline);
}

// Those that flags name, but for --svg. `page`: the report as HTML.
absl::Status WriteFiles(const Invocation& in, const sim::Report& report,
                        const sim::Results& results, const std::string& page) {
  if (const auto file = in.args.Find("--out")) {
    RETURN_IF_ERROR(WriteFileAtomic(*file, sim::ReportToJson(report) + "\n"));
  }
  if (const auto file = in.args.Find("--log")) {
    RETURN_IF_ERROR(sim::WriteEventLog(results, *file));
  }
  if (const auto file = in.args.Find("--junit")) {
    RETURN_IF_ERROR(WriteFileAtomic(*file, sim::ReportToJunit(report)));
  }
  if (const auto file = in.args.Find("--html")) {
    RETURN_IF_ERROR(WriteFileAtomic(*file, page));
  }
  return absl::OkStatus();
}

}  // namespace

ExitCode ReportResults(Invocation& in, const sim::Scenario& scenario, const sim::Results& results,
                       const std::string& how, bool interrupted, RunFeed* feed) {
  const absl::StatusOr<std::optional<sim::Baseline>> baseline = ReadBaseline(in);
  if (!baseline.ok()) return in.out.FailLine(ExitCode::kUsage, Message(baseline.status()));
  sim::Report report = sim::MakeReport(scenario, results, *baseline ? &**baseline : nullptr);
  report.replay = ReplayOf(in, scenario);
  // Before files: one that cannot be written changes nothing about how the run ended.
  std::string page;
  if (in.args.Has("--html") || feed != nullptr) {
    absl::StatusOr<std::string> made = PageOf(scenario, report, results, how);
    if (!made.ok()) return in.out.Fail(made.status());
    page = *std::move(made);
  }
  if (feed != nullptr) {
    const absl::Status told = feed->End(report, interrupted, page);
    if (!told.ok()) in.out.Talk("the dashboard does not know how it ended: {}", Message(told));
  }
  if (const absl::Status written = WriteFiles(in, report, results, page); !written.ok()) {
    return in.out.Fail(written);
  }
  if (const auto folder = in.args.Find("--svg")) {
    const absl::StatusOr<std::filesystem::path> data = net::FindDataDir();
    if (!data.ok()) return in.out.Fail(data.status());
    const absl::Status written = WriteReportSvgs(report, results.places(), *data, *folder);
    if (!written.ok()) return in.out.Fail(written);
  }
  const ReportTextOptions text{.cities_max = static_cast<size_t>(
                                   in.args.Number("--cities", ReportTextOptions().cities_max))};
  in.out.Write(in.out.json() ? sim::ReportToJson(report) + "\n" : ReportText(report, in.out, text));
  if (interrupted) {
    return in.out.Fail(ExitCode::kInterrupted,
                       "interrupted: the figures are of what was done until then");
  }
  return report.passed() ? ExitCode::kOk : ExitCode::kFailed;
}

namespace {

constexpr Duration kProgressEvery = std::chrono::milliseconds(100);

sim::DriverOptions DriverOptionsFor(const ClusterRecord& record, const World& world) {
  const IpAddress loopback = IpAddress::V4(0x7f000001);
  sim::DriverOptions options{.ingress = {loopback, record.http_port},
                             .dns = {loopback, record.dns_port},
                             .node_port = record.http_port};
  for (const Part* node : record.nodes()) {
    const auto address = SocketAddress::Parse(node->address);
    const net::PopSite* site = world.places->pops().Find(node->name);
    if (address.ok() && site != nullptr) options.nodes.emplace(address->ip, *site);
  }
  return options;
}

struct Outcome {
  sim::Results results;
  bool interrupted = false;
};

// Caches count ages from dates of whole seconds: a run begins at one, live as in virtual time.
void AwaitWholeSecond() {
  const WallTime now = SystemClock().WallNow();
  std::this_thread::sleep_for(std::chrono::ceil<std::chrono::seconds>(now) - now);
}

bool HasCaches(const sim::Scenario& scenario) {
  return std::any_of(scenario.origins.begin(), scenario.origins.end(),
                     [](const sim::Origin& origin) { return origin.caching.has_value(); });
}

absl::StatusOr<Outcome> Drive(Invocation& in, const sim::Scenario& scenario, const World& world,
                              const sim::DriverOptions& options, sim::Actions& actions,
                              sim::OriginServers* origins, RunFeed& feed, Interrupt& interrupt) {
  EventLoop loop;
  ASSIGN_OR_RETURN(
      std::unique_ptr<sim::Driver> driver,
      sim::Driver::Create(loop, scenario, {world.places, world.latency}, options, actions));
  std::optional<sim::Results> results;
  if (HasCaches(scenario)) AwaitWholeSecond();
  if (origins != nullptr) origins->Begin(loop.Now());
  driver->Start([&](sim::Results done) {
    results.emplace(std::move(done));
    loop.Stop();
  });
  bool interrupted = false;
  Timer tick(loop, [&] {
    const sim::Progress now = driver->progress();
    in.out.Progress(fmt::format("{:.0f}/{:.0f} s, {} requests, {} answered, {} failed",
                                ToMs(now.elapsed) / 1000, ToMs(scenario.duration) / 1000,
                                now.started, now.answered, now.failed));
    if (!results) feed.Tell(*driver);
    if (!interrupted && interrupt.Raised()) {
      interrupted = true;
      driver->Stop();
    }
    tick.Start(kProgressEvery);
  });
  tick.Start(kProgressEvery);
  loop.Run();
  tick.Stop();
  in.out.ClearProgress();
  if (origins != nullptr) RETURN_IF_ERROR(origins->status());
  return Outcome{*std::move(results), interrupted};
}

// The scenario's origins, and what deploys are told of them; null: it has none.
absl::StatusOr<std::unique_ptr<sim::OriginServers>> StartOrigins(const sim::Scenario& scenario,
                                                                 const net::Places& places,
                                                                 OwnCommands& commands) {
  std::unique_ptr<sim::OriginServers> servers;
  if (scenario.origins.empty()) return servers;
  ASSIGN_OR_RETURN(servers, sim::OriginServers::Start(scenario));
  const std::vector<SocketAddress> addresses = servers->addresses();
  std::vector<std::string> flags;
  for (size_t i = 0; i < addresses.size(); ++i) {
    flags.push_back(fmt::format("{}={}@{}", scenario.origins[i].host, addresses[i].ToString(),
                                sim::DeployPlace(scenario.origins[i], places)));
  }
  commands.UseOrigins(std::move(flags));
  return servers;
}

// Stops between two workers when `interrupt` is raised.
absl::Status DeployWorkers(Invocation& in, const sim::Scenario& scenario, OwnCommands& commands,
                           Interrupt& interrupt) {
  for (const sim::WorkerProject& worker : scenario.workers) {
    if (interrupt.Raised()) return absl::OkStatus();
    in.out.Progress(fmt::format("deploying {}", worker.path));
    RETURN_IF_ERROR(commands.Deploy(worker.path, worker.name));
  }
  // An earlier run's answers are no part of this one's.
  if (!HasCaches(scenario)) return absl::OkStatus();
  for (const sim::WorkerProject& worker : scenario.workers) {
    RETURN_IF_ERROR(commands.PurgeCaches(worker.path, worker.name));
  }
  return absl::OkStatus();
}

// What a scenario killed comes back, so that the next run starts from the same network.
void Restore(Invocation& in, OwnCommands& commands) {
  const std::set<std::string> apart = commands.apart();
  for (const std::string& pop : apart) {
    const absl::Status rejoined =
        commands.Perform({.action = sim::TimelineEvent::Action::kRejoin, .target = pop});
    if (!rejoined.ok()) in.out.Talk("{} stays cut off: {}", pop, Message(rejoined));
  }
  using enum sim::TimelineEvent::Action;
  for (const sim::TimelineEvent::Action action : {kSlowDisk, kSkew}) {
    const std::set<std::string> wrong = action == kSlowDisk ? commands.slow() : commands.skewed();
    for (const std::string& pop : wrong) {
      const absl::Status ended = commands.Perform({.action = action, .target = pop});
      if (!ended.ok()) {
        in.out.Talk("the {} of {} stays wrong: {}", action == kSlowDisk ? "disk" : "clock", pop,
                    Message(ended));
      }
    }
  }
  const std::set<std::string> dead = commands.dead();
  for (const std::string& pop : dead) {
    const absl::Status started =
        commands.Perform({.action = sim::TimelineEvent::Action::kStart, .target = pop});
    if (!started.ok()) in.out.Talk("{} stays dead: {}", pop, Message(started));
  }
  if (!dead.empty())
    in.out.Talk("started again what the scenario killed: {}", fmt::join(dead, " "));
}

// A scenario with PoPs of its own needs a cluster that has these and no others.
absl::Status CheckPops(const ClusterRecord& record, const sim::Scenario& scenario,
                       const World& world) {
  if (scenario.network.pops.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto sites, world.places->pops().Select(scenario.network.pops));
  std::set<std::string> wanted, there;
  for (const net::PopSite& site : sites) wanted.insert(site.iata);
  for (const Part* node : record.nodes()) there.insert(node->name);
  if (wanted == there) return absl::OkStatus();
  return FailedPrecondition(
      "{} wants {} PoPs ({}), the cluster has other ones ({}): end it with 'terrella down' and "
      "start it with 'terrella up --pops {}'",
      scenario.name, wanted.size(), scenario.network.pops, there.size(), scenario.network.pops);
}

// A scenario of a network that BGP leads to needs a cluster that is one.
absl::Status CheckAnycast(const ClusterRecord& record, const sim::Scenario& scenario) {
  const std::string& wanted = scenario.network.anycast;
  const std::string is = record.network.anycast.empty() ? "nearest" : record.network.anycast;
  if (wanted.empty() || wanted == is) return absl::OkStatus();
  return FailedPrecondition(
      "{} wants anycast = \"{}\", the cluster has \"{}\": end it with 'terrella down' and start it "
      "with 'terrella up --anycast {}'",
      scenario.name, wanted, is, wanted);
}

bool HasRollouts(const sim::Scenario& scenario) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(),
                     [](const sim::TimelineEvent& event) { return event.rollout != nullptr; });
}

ExitCode RunRun(Invocation& in) {
  if (in.args.Has("--virtual")) return RunVirtualScenario(in);
  Interrupt interrupt;  // before all threads: one that takes signals would end the run with them
  if (in.args.Has("--watch")) {
    return in.out.Fail(ExitCode::kUsage,
                       "sim run: --watch needs --virtual: the dashboard shows every live run");
  }
  for (const char* flag :
       {"--preset", "--pops", "--threads", "--calibrate", "--declared", "--sampled"}) {
    if (in.args.Has(flag)) {
      return in.out.Fail(ExitCode::kUsage, "sim run: {} needs --virtual: the cluster is what it is",
                         flag);
    }
  }
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<sim::Scenario> scenario = ReadScenario(in, *world, record->zone);
  if (!scenario.ok()) return FailReading(in, scenario.status());
  if (const absl::Status same = CheckAnycast(*record, *scenario); !same.ok()) {
    return in.out.Fail(same);
  }
  if (const absl::Status same = CheckPops(*record, *scenario, *world); !same.ok()) {
    return in.out.Fail(same);
  }
  absl::StatusOr<std::optional<sim::Baseline>> baseline = ReadBaseline(in);
  if (!baseline.ok()) return in.out.FailLine(ExitCode::kUsage, Message(baseline.status()));
  OwnCommands commands(in.paths.name, std::filesystem::path(in.args.Text("FILE")).parent_path());
  const auto origins = StartOrigins(*scenario, *world->places, commands);
  if (!origins.ok()) return in.out.FailLine(ExitCode::kFailed, Message(origins.status()));
  const absl::Status deployed = DeployWorkers(in, *scenario, commands, interrupt);
  if (!deployed.ok()) return in.out.FailLine(ExitCode::kFailed, Message(deployed));
  if (interrupt.Raised()) {
    return in.out.Fail(ExitCode::kInterrupted, "interrupted: nobody has asked for anything yet");
  }
  in.out.Talk("{}: {:.0f} s, {} cities, {:.0f} requests/s", scenario->name,
              ToMs(scenario->duration) / 1000, scenario->clients.cities.size(),
              sim::ExpectedRequests(*scenario, *world->places) / (ToMs(scenario->duration) / 1000));
  const std::string how = fmt::format("{} PoPs, live", record->nodes().size());
  sim::LiveJudge judge(*scenario, world->places, *std::move(baseline), {});
  RunFeed feed(in, *record, *scenario, how);
  feed.Use(judge);
  const WallTime began = SystemClock().WallNow();
  absl::StatusOr<Outcome> outcome = Drive(in, *scenario, *world, DriverOptionsFor(*record, *world),
                                          commands, origins->get(), feed, interrupt);
  absl::Status known;
  if (outcome.ok() && HasRollouts(*scenario)) {
    const auto rollouts = ControlOf(in, *record).ListRollouts("");
    if (rollouts.ok()) AddRolloutEvents(*rollouts, began, outcome->results);
    known = rollouts.status();
  }
  Restore(in, commands);
  if (!known.ok()) return in.out.Fail(known);
  if (!outcome.ok()) return in.out.FailLine(ExitCode::kFailed, Message(outcome.status()));
  return ReportResults(in, *scenario, outcome->results, how, outcome->interrupted, &feed);
}

}  // namespace

Command SimRunCommand() {
  Command command{
      .name = "sim run",
      .group = "Scenarios",
      .summary = "run a scenario on the cluster and report what people felt",
      .details =
          "Deploys the scenario's workers, sends its clients through DNS and ingress, performs\n"
          "its timeline, and prints figures by region and city. Exits 1 when an assertion does\n"
          "not hold. What the scenario killed is started again at the end.\n"
          "\n"
          "With --virtual there is no cluster: the workers are measured once on a node that is\n"
          "started for it, then every request goes through the models of the network and the\n"
          "policies of DNS router and ingress as fast as processors allow.",
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
      .flags = {{.name = "--cities",
                 .value = "N",
                 .help = "how many cities to list (default 40)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 100000},
                {.name = "--out",
                 .value = "FILE",
                 .help = "also write the report there as JSON",
                 .kind = ValueKind::kFile},
                {.name = "--html",
                 .value = "FILE",
                 .help = "also write it there as a page: map, curves, tables",
                 .kind = ValueKind::kFile},
                {.name = "--svg",
                 .value = "DIR",
                 .help = "also write its maps and charts there, a file of SVG each",
                 .kind = ValueKind::kFile},
                {.name = "--junit",
                 .value = "FILE",
                 .help = "also write the assertions there as JUnit XML",
                 .kind = ValueKind::kFile},
                {.name = "--baseline",
                 .value = "FILE",
                 .help = "the JSON of an earlier run, for assertions that name the baseline",
                 .kind = ValueKind::kFile},
                {.name = "--log",
                 .value = "FILE",
                 .help = "also write every request and event there, a line of CSV each",
                 .kind = ValueKind::kFile},
                {.name = "--virtual",
                 .help = "in virtual time: no cluster, nobody waits, the same models and policies"},
                {.name = "--sampled",
                 .help = "with --virtual: draw every request by itself, five times as fast: no "
                         "queues, no cold isolates"},
                {.name = "--watch",
                 .help = "with --virtual: show the run on the running cluster's dashboard"}},
      .examples = {{"terrella sim run scenarios/world-tour.toml",
                    "a hundred cities for some seconds"},
                   {"terrella sim run --virtual scenarios/frankfurt-goes-dark.toml",
                    "the same question without a cluster, in a moment"}},
      .run = RunRun};
  for (Flag& flag : VirtualFlags()) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace terrella::cli
