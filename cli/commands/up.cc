// up: makes a cluster run, whatever state it is in: new, stopped, half dead, or running already.
#include <algorithm>
#include <chrono>
#include <optional>

#include "base/event_loop.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/certificates.h"
#include "cli/cluster/file_lock.h"
#include "cli/cluster/identities.h"
#include "cli/cluster/launcher.h"
#include "cli/cluster/ports.h"
#include "cli/cluster/programs.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"
#include "cli/commands/shards_flag.h"
#include "sim/net/city_block.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/resolver/stub_resolver.h"

namespace terrella::cli {
namespace {

constexpr Duration kStopGrace = std::chrono::seconds(5);
constexpr Duration kJoinTimeout = std::chrono::seconds(20);
constexpr const char* kWanHome = "Frankfurt";
constexpr std::pair<const char*, const char*> kStoreFiles[] = {
    {"--store-ca", "ca"}, {"--store-cert", "cert"}, {"--store-key", "key"}};
// One of the largest sites of each continent.
constexpr const char* kWanRelays = "FRA,GRU,IAD,JNB,SIN,SYD";

std::string WantedPreset(const Arguments& args) {
  if (const auto pops = args.Find("--pops")) return *pops;
  return args.Text("--preset");
}

absl::StatusOr<std::vector<std::string>> PopsOf(const Programs& programs,
                                                const std::string& preset) {
  ASSIGN_OR_RETURN(const auto sites, programs.pops->Select(preset));
  std::vector<std::string> codes;
  for (const net::PopSite& site : sites) codes.push_back(site.iata);
  return codes;
}

PortWishes Wishes(const Arguments& args) {
  return {.http = static_cast<int>(args.Number("--port", -1)),
          .dns = static_cast<int>(args.Number("--dns-port", -1)),
          .control = static_cast<int>(args.Number("--control-port", -1)),
          .api = static_cast<int>(args.Number("--api-port", -1))};
}

// What --wan, --home and --relays say.
void ReadWan(const Arguments& args, NetworkSettings& network) {
  if (args.Has("--no-wan")) network.home = network.relays = "";
  if (args.Has("--wan") && network.home.empty()) {
    network.home = kWanHome;
    network.relays = kWanRelays;
  }
  network.home = args.Text("--home", network.home);
  network.relays = args.Text("--relays", network.relays);
  if (network.relays == "none") network.relays = "";
}

// What --access, --loss and --hour say; what is not said stays as it was.
absl::Status ReadNetwork(const Arguments& args, NetworkSettings& network) {
  network.access = args.Text("--access", network.access);
  network.loss = args.Text("--loss", network.loss);
  network.hour = args.Text("--hour", network.hour);
  network.anycast = args.Text("--anycast", network.anycast);
  if (args.Has("--smart-routing")) network.smart_routing = true;
  if (args.Has("--no-smart-routing")) network.smart_routing = false;
  ReadWan(args, network);
  const auto check = [&](const char* flag, const absl::Status& status) {
    return status.ok() || !args.Has(flag) ? absl::OkStatus()
                                          : InvalidArgument("up: {}: {}", flag, Message(status));
  };
  RETURN_IF_ERROR(check("--access", net::ParseAccessChoice(network.access).status()));
  RETURN_IF_ERROR(check("--loss", net::ParseLossRates(network.loss).status()));
  if (network.hour == "now" || network.hour == "off") return absl::OkStatus();
  return check("--hour", net::ParseHour(network.hour).status());
}

// Where --store says that the state is; what is not said stays as it was.
// Files of TLS become a part of it.
std::string StoreOf(const Arguments& args, const ClusterRecord& record) {
  std::string store = args.Text("--store", record.store.empty() ? "sqlite" : record.store);
  if (store == "sqlite") return "";
  for (const auto& [flag, key] : kStoreFiles) {
    if (!args.Has(flag)) continue;
    store += store.find('?') == std::string::npos ? '?' : '&';
    store += fmt::format("{}={}", key, std::filesystem::absolute(args.Text(flag)).string());
  }
  return store;
}

// Of the flags alone, whether a cluster runs or not: files of TLS belong to the store that is named
// beside them, and are no change of the one that a cluster has.
absl::Status CheckStore(const Arguments& args) {
  const std::string store = args.Text("--store", "sqlite");
  const bool encrypted = store.starts_with("etcds://");
  if (store != "sqlite" && !encrypted && !store.starts_with("etcd://")) {
    return InvalidArgument(
        "up: --store is sqlite, etcd://HOST:PORT[,...][/PREFIX] or etcds://..., got '{}'", store);
  }
  for (const auto& [flag, key] : kStoreFiles) {
    if (!args.Has(flag)) continue;
    if (!args.Has("--store")) {
      return InvalidArgument("up: {} needs --store etcds://... beside it", flag);
    }
    if (!encrypted) {
      return InvalidArgument("up: {} is for --store etcds://..., got '{}'", flag, store);
    }
    if (args.Text(flag).find_first_of("?&") != std::string::npos) {
      return InvalidArgument("up: {}: expected a path without '?' and '&'", flag);
    }
  }
  return absl::OkStatus();
}

// The flags of `up` that a running cluster contradicts.
absl::Status CheckSameShape(const ClusterRecord& record, const Arguments& args,
                            std::vector<std::string> wanted_pops) {
  const auto differs = [&](const char* flag, uint16_t have) {
    const int64_t wish = args.Number(flag, 0);
    return wish != 0 && wish != have;
  };
  std::string what;
  std::vector<std::string> pops;
  for (const Part* node : record.nodes()) pops.push_back(node->name);
  std::sort(pops.begin(), pops.end());
  std::sort(wanted_pops.begin(), wanted_pops.end());
  if (!wanted_pops.empty() && wanted_pops != pops) {
    what = fmt::format("with {} PoPs", record.nodes().size());
  }
  if (args.Has("--zone") && args.Text("--zone") != record.zone) what = "with zone " + record.zone;
  if (differs("--port", record.http_port)) what = fmt::format("on port {}", record.http_port);
  if (differs("--dns-port", record.dns_port))
    what = fmt::format("with DNS port {}", record.dns_port);
  if (differs("--control-port", record.control_port)) {
    what = fmt::format("with control port {}", record.control_port);
  }
  if (differs("--api-port", record.api_port)) {
    what = fmt::format("with API port {}", record.api_port);
  }
  if (StoreOf(args, record) != record.store) {
    what = record.store.empty() ? "with its own database" : "with its state in " + record.store;
  }
  if (args.Has("--replicas") && args.Number("--replicas", 1) != record.replicas) {
    what = fmt::format("with {} control plane{}", record.replicas, record.replicas == 1 ? "" : "s");
  }
  if (args.Has("--ingresses") && args.Number("--ingresses", 1) != record.ingresses) {
    what = fmt::format("with {} ingress{}", record.ingresses, record.ingresses == 1 ? "" : "es");
  }
  const std::string has_shards = record.shards.empty() ? "1" : record.shards;
  ASSIGN_OR_RETURN(const std::string shards, ReadShards(args, has_shards));
  if (shards != has_shards) what = "with --shards " + has_shards;
  NetworkSettings wanted = record.network;
  RETURN_IF_ERROR(ReadNetwork(args, wanted));
  if (wanted != record.network) {
    what = "with other settings of --access, --loss, --hour, --anycast, --smart-routing or --wan";
  }
  if (what.empty()) return absl::OkStatus();
  return FailedPrecondition(
      "cluster '{}' is running already, {}; end it first with 'terrella down'", record.name, what);
}

class Starter {
 public:
  Starter(Invocation& in, Programs programs) : in_(in), programs_(std::move(programs)) {}

  // Starts what the record asks for in `names`: the control plane first, because everything else
  // would only knock at its closed door.
  absl::Status Start(ClusterRecord& record, const std::vector<std::string>& names) {
    std::vector<std::string> first, rest;
    for (const std::string& name : names) {
      const Part* part = record.Find(name);
      (part->kind == PartKind::kControl ? first : rest).push_back(name);
    }
    StartOptions options{.interrupt = &interrupt_};
    options.progress = [&](size_t ready, size_t total) {
      in_.out.Progress(fmt::format("starting {}/{}", first.size() + ready, first.size() + total));
    };
    if (!first.empty()) RETURN_IF_ERROR(StartParts(record, in_.paths, programs_, first, options));
    if (!record.store.empty()) RETURN_IF_ERROR(AwaitLeader(record));
    if (!rest.empty()) RETURN_IF_ERROR(StartParts(record, in_.paths, programs_, rest, options));
    RETURN_IF_ERROR(AwaitJoined(record));
    return AwaitNamed(record);
  }

  const Programs& programs() const { return programs_; }

 private:
  // Over etcd a control plane is started when it stands by. Until one serves, there are no
  // certificates either.
  absl::Status AwaitLeader(const ClusterRecord& record) {
    const SystemClock clock;
    const MonotonicTime deadline = clock.Now() + kJoinTimeout;
    while (true) {
      const absl::Status status = ControlOf(in_, record).GetStatus().status();
      if (status.ok()) return absl::OkStatus();
      if (clock.Now() >= deadline) return status;
      if (interrupt_.Wait(50)) return Cancelled("interrupted");
    }
  }

  // Until the control plane calls every node ready.
  absl::Status AwaitJoined(const ClusterRecord& record) {
    const SystemClock clock;
    const MonotonicTime deadline = clock.Now() + kJoinTimeout;
    ControlClient client = ControlOf(in_, record);
    int awaited = 0;
    while (true) {
      const auto status = client.GetStatus();
      if (status.ok()) {
        std::vector<std::string> missing = NodeNames(record);
        for (const v1::NodeStatus& node : status->nodes()) {
          const v1::NodeState state = node.node().state();
          if (state == v1::NODE_STATE_READY || state == v1::NODE_STATE_DRAINING) {
            std::erase(missing, node.node().info().id());
          }
        }
        in_.out.Progress(fmt::format("joining {}/{}", record.nodes().size() - missing.size(),
                                     record.nodes().size()));
        if (missing.empty()) return absl::OkStatus();
        awaited = static_cast<int>(missing.size());
        if (clock.Now() >= deadline) {
          return DeadlineExceeded("{} did not become ready within {:.0f} s; see {}",
                                  fmt::join(missing, ", "), ToMs(kJoinTimeout) / 1000,
                                  in_.paths.log(missing.front()).string());
        }
      } else if (clock.Now() >= deadline) {
        return status.status();
      }
      // The more are to come, the less they shall be disturbed by who asks for them.
      if (interrupt_.Wait(15 + awaited / 2)) return Cancelled("interrupted");
    }
  }

  // Until the DNS router has heard of them: before its first view it answers SERVFAIL.
  absl::Status AwaitNamed(const ClusterRecord& record) {
    constexpr int kServerFailure = 2;
    EventLoop loop;
    const MonotonicTime deadline = loop.Now() + kJoinTimeout;
    const SocketAddress dns{*IpAddress::Parse("127.0.0.1"), record.dns_port};
    ASSIGN_OR_RETURN(const auto resolver, sim::StubResolver::Create(loop, {.server = dns}));
    while (loop.Now() < deadline) {
      std::optional<absl::StatusOr<sim::DnsAnswer>> answer;
      resolver->Resolve("ns1." + record.zone, net::CityBlockV4(0),
                        [&](absl::StatusOr<sim::DnsAnswer> came) { answer = std::move(came); });
      while (!answer.has_value()) loop.RunOnce();
      if (answer->ok() && (*answer)->rcode != kServerFailure) return absl::OkStatus();
      if (interrupt_.Wait(15)) return Cancelled("interrupted");
    }
    return DeadlineExceeded("the DNS router did not hear of the nodes within {:.0f} s; see {}",
                            ToMs(kJoinTimeout) / 1000, in_.paths.log("dns").string());
  }

  Invocation& in_;
  Programs programs_;
  Interrupt interrupt_;
};

ExitCode Repair(Invocation& in, Starter& starter, ClusterRecord& record) {
  std::vector<std::string> dead = Names(DeadParts(record)), all;
  for (const Part& part : record.parts) all.push_back(part.name);
  if (dead.empty()) {
    const absl::Status known = EnsureIdentities(in.paths, record, all, SystemClock().WallNow());
    if (!known.ok()) return in.out.Fail(known);
    const ClusterReport report = MakeReport(record);
    // Looked at once more: one that was killed just now takes a moment to go.
    dead = Names(DeadParts(record));
    if (dead.empty()) {
      in.out.Talk("cluster '{}' is already running", record.name);
      return PrintReport(in, report) == ExitCode::kUnreachable ? ExitCode::kUnreachable
                                                               : ExitCode::kOk;
    }
  }
  in.out.Talk("cluster '{}' is half dead: restarting {}", record.name, fmt::join(dead, " "));
  const absl::Status started = starter.Start(record, dead);
  if (!started.ok()) {
    // What ran before keeps running: this command ends only what it started itself.
    StopParts(record, dead, kStopGrace);
    (void)SaveRecord(in.paths, record);
    return in.out.Fail(started);
  }
  // Last: hundreds of certificates are read, and what is dead should not wait for that.
  const absl::Status known = EnsureIdentities(in.paths, record, all, SystemClock().WallNow());
  if (!known.ok()) return in.out.Fail(known);
  return PrintReport(in, MakeReport(record));
}

// Said before anything is started.
absl::Status CheckWan(const Programs& programs, const Arguments& args,
                      const NetworkSettings& network) {
  if (args.Has("--wan") && args.Has("--no-wan")) {
    return InvalidArgument("up: --wan and --no-wan exclude each other");
  }
  if (network.home.empty()) {
    if (network.relays.empty()) return absl::OkStatus();
    return InvalidArgument("up: --relays needs --wan");
  }
  ASSIGN_OR_RETURN(const auto places, net::Places::Load(programs.data));
  if (programs.pops->Find(network.home) == nullptr) {
    if (const auto home = places->Find(network.home); !home.ok()) {
      return InvalidArgument("up: --home: {}", Message(home.status()));
    }
  }
  if (network.relays.empty()) return absl::OkStatus();
  const auto relays = programs.pops->Select(network.relays);
  if (!relays.ok()) return InvalidArgument("up: --relays: {}", Message(relays.status()));
  return absl::OkStatus();
}

absl::Status Prepare(Invocation& in, const Programs& programs, ClusterRecord& record) {
  const std::string preset = WantedPreset(in.args);
  if (!preset.empty()) record.preset = preset;
  if (record.preset.empty()) record.preset = "world-30";
  record.zone = in.args.Text("--zone", record.zone.empty() ? "edge.test" : record.zone);
  record.store = StoreOf(in.args, record);
  record.replicas = static_cast<int>(in.args.Number("--replicas", record.replicas));
  if (record.replicas > 1 && record.store.empty()) {
    return InvalidArgument(
        "up: --replicas needs --store etcd://...: a database of its own is for one");
  }
  record.ingresses = static_cast<int>(in.args.Number("--ingresses", record.ingresses));
  ASSIGN_OR_RETURN(record.shards, ReadShards(in.args, record.shards));
  RETURN_IF_ERROR(ReadNetwork(in.args, record.network));
  RETURN_IF_ERROR(CheckWan(programs, in.args, record.network));
  record.mtls = !in.args.Has("--plaintext");
  record.operator_identity = record.mtls ? in.paths.operator_identity() : "";
  ASSIGN_OR_RETURN(const std::vector<std::string> pops, PopsOf(programs, record.preset));
  RETURN_IF_ERROR(AllocateAddresses(record, Wishes(in.args), static_cast<int>(pops.size()),
                                    LoadAllRecords(in.paths.home)));
  LayOut(record, pops);
  record.boot_id = BootId();
  const SystemClock clock;
  record.started_unix_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
          .count();
  return SaveRecord(in.paths, record);
}

// A cluster without HTTPS is better than none.
void PrepareHttps(Invocation& in, const ClusterRecord& record) {
  absl::Status status = Cancelled("switched off by --no-tls");
  if (!in.args.Has("--no-tls")) {
    status = EnsureCertificate(in.paths, record, SystemClock().WallNow());
    if (!status.ok()) in.out.Talk("no HTTPS: {}", Message(status));
  }
  if (status.ok()) return;
  std::error_code error;
  std::filesystem::remove(in.paths.certificate(), error);
  std::filesystem::remove(in.paths.certificate_key(), error);
}

ExitCode StartFresh(Invocation& in, Starter& starter, ClusterRecord record) {
  const SystemClock clock;
  const MonotonicTime began = clock.Now();
  if (const auto strays = FindStrays(record, in.paths); !strays.empty()) {
    in.out.Talk("ending {} process{} left over from an earlier run", strays.size(),
                strays.size() == 1 ? "" : "es");
    Terminate(strays, kStopGrace);
  }
  absl::Status status = Prepare(in, starter.programs(), record);
  if (!status.ok()) return in.out.Fail(status);
  PrepareHttps(in, record);
  std::vector<std::string> names;
  for (const Part& part : record.parts) names.push_back(part.name);
  status = starter.Start(record, names);
  if (!status.ok()) {
    in.out.Progress("cleaning up");
    StopCluster(record, in.paths, kStopGrace);
    (void)SaveRecord(in.paths, record);
    return in.out.Fail(ExitCodeFor(status), "{}; everything started was ended again",
                       Message(status));
  }
  in.out.Talk("{} nodes, control plane, DNS router and ingress are up in {:.0f} ms",
              record.nodes().size(), ToMs(clock.Now() - began));
  return PrintReport(in, MakeReport(record));
}

ExitCode Run(Invocation& in) {
  if (in.args.Has("--pops") && in.args.Has("--preset")) {
    return in.out.Fail(ExitCode::kUsage, "up: --pops and --preset exclude each other");
  }
  if (const absl::Status fits = CheckStore(in.args); !fits.ok()) {
    return in.out.Fail(ExitCode::kUsage, "{}", Message(fits));
  }
  if (const auto shards = ReadShards(in.args, ""); !shards.ok()) {
    return in.out.Fail(ExitCode::kUsage, "up: {}", Message(shards.status()));
  }
  absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(in.paths.lock(), "terrella up");
  if (!lock.ok()) return in.out.Fail(lock.status());
  absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok() && record.status().code() != absl::StatusCode::kNotFound) {
    return in.out.Fail(record.status());
  }
  std::vector<std::string> wanted_pops;
  if (const std::string preset = WantedPreset(in.args); !preset.empty()) {
    const auto pops = PopsOf(*programs, preset);
    if (!pops.ok()) return in.out.Fail(ExitCode::kUsage, "up: {}", Message(pops.status()));
    wanted_pops = *pops;
  }
  Starter starter(in, *std::move(programs));
  if (record.ok() && AnyRunning(*record)) {
    const absl::Status same = CheckSameShape(*record, in.args, wanted_pops);
    return same.ok() ? Repair(in, starter, *record) : in.out.Fail(same);
  }
  if (!record.ok()) record = ClusterRecord{.name = in.paths.name};
  return StartFresh(in, starter, *std::move(record));
}

// What people have between themselves and the network, and how they reach it.
std::vector<Flag> NetworkFlags() {
  return {{.name = "--access",
           .value = "TYPE",
           .help = "people's last mile: wired (default), mix by country, or one type",
           .kind = ValueKind::kChoice,
           .choices = {"wired", "mix", "fibre", "cable", "dsl", "5g", "4g", "leo", "geo"}},
          {.name = "--loss",
           .value = "SHARE",
           .help = "packets lost: 1%, or 1%/4 in runs of four (default: as the access "
                   "loses them)"},
          {.name = "--hour",
           .value = "UTC",
           .help = "hour for evening queues: 20:30, now, or off (default)"},
          {.name = "--anycast",
           .value = "HOW",
           .help = "where the anycast address leads: nearest (default), or as BGP does "
                   "for a cdn, root, startup or regional network",
           .kind = ValueKind::kChoice,
           .choices = {"nearest", "cdn", "root", "startup", "regional"}},
          {.name = "--smart-routing",
           .help = "requests to origins may go by way of another PoP, from the next "
                   "deploy on"},
          {.name = "--no-smart-routing", .help = "they go the direct way (default)"},
          {.name = "--wan",
           .help = "pushes, reports and heartbeats take the time of their way to the control "
                   "plane's city"},
          {.name = "--no-wan", .help = "they take no more than this machine needs (default)"},
          {.name = "--home",
           .value = "CITY",
           .help = "with --wan: where the control plane stands, a city or a PoP (default "
                   "Frankfurt)"},
          {.name = "--relays",
           .value = "SITES",
           .help = "with --wan: PoPs that pass pushes on to the nodes near them, or none "
                   "(default FRA,GRU,IAD,JNB,SIN,SYD)"}};
}

std::vector<Flag> Flags() {
  std::vector<Flag> flags = {
      {.name = "--pops",
       .value = "SITES",
       .help = "how many PoPs, the largest places first, or which: FRA,GRU,..."},
      {.name = "--preset",
       .value = "NAME",
       .help = "which PoPs (default world-30)",
       .kind = ValueKind::kChoice,
       .choices = {"world-12", "world-30", "world-100", "world-308"}},
      {.name = "--port",
       .value = "PORT",
       .help = "HTTP port of ingress and nodes (default 8080; 0: any free one)",
       .kind = ValueKind::kNumber,
       .min = 0,
       .max = 32767},
      {.name = "--dns-port",
       .value = "PORT",
       .help = "port of the DNS router (default 5353; 0: any free one)",
       .kind = ValueKind::kNumber,
       .min = 0,
       .max = 32767},
      {.name = "--control-port",
       .value = "PORT",
       .help = "port of the control plane (default 7070; 0: any free one)",
       .kind = ValueKind::kNumber,
       .min = 0,
       .max = 32767},
      {.name = "--api-port",
       .value = "PORT",
       .help = "port of the control plane's HTTP (default 7090 where it is free; 0: any free one)",
       .kind = ValueKind::kNumber,
       .min = 0,
       .max = 32767},
      {.name = "--no-tls", .help = "no HTTPS beside HTTP on the same port"},
      {.name = "--plaintext",
       .help = "the cluster's parts do not prove to each other who they are (mutual TLS)"},
      {.name = "--zone", .value = "ZONE", .help = "DNS zone of the network (default edge.test)"},
      {.name = "--store",
       .value = "STORE",
       .help = "where the control plane keeps its state: sqlite (default), or "
               "etcd://HOST:PORT[,HOST:PORT...][/PREFIX]; etcds://...: by TLS"},
      {.name = "--store-ca",
       .value = "FILE",
       .help = "with --store etcds://: the authority of its members, PEM (default: the system's)",
       .kind = ValueKind::kFile},
      {.name = "--store-cert",
       .value = "FILE",
       .help = "with --store etcds://: what to prove itself with, PEM",
       .kind = ValueKind::kFile},
      {.name = "--store-key",
       .value = "FILE",
       .help = "the private key of --store-cert",
       .kind = ValueKind::kFile},
      {.name = "--replicas",
       .value = "N",
       .help = "control planes over etcd, of which one leads (default 1)",
       .kind = ValueKind::kNumber,
       .min = 1,
       .max = 5},
      {.name = "--ingresses",
       .value = "N",
       .help = "processes that share the anycast address: each holds as many connections as it may "
               "have pairs of descriptors (default 1)",
       .kind = ValueKind::kNumber,
       .min = 1,
       .max = kIngressesMax},
      ShardsFlag()};
  for (Flag& flag : NetworkFlags()) flags.push_back(std::move(flag));
  return flags;
}

}  // namespace

Command UpCommand() {
  return {.name = "up",
          .group = "Cluster",
          .summary = "start a cluster, or repair one that is half dead",
          .details =
              "Starts the control plane, the DNS router, the ingress and one edge node a PoP, and "
              "waits\n"
              "until all are ready. On a running cluster it changes nothing and shows the status; "
              "dead\n"
              "parts are restarted. A cluster keeps its ports, PoPs and deployed code when it is "
              "ended\n"
              "and started again. Ctrl-C ends everything it started.",
          .flags = Flags(),
          .examples = {{"terrella up", "30 PoPs on port 8080"},
                       {"terrella up --access mix --hour now",
                        "people as their countries have "
                        "them, at this time of day"},
                       {"terrella up --wan --home Chicago --relays none",
                        "pushes come from there, straight to every node"},
                       {"terrella up --pops 3 --port 0 --dns-port 0 --control-port 0 --cluster ci",
                        "a small one beside it, on free ports"}},
          .run = Run};
}

}  // namespace terrella::cli
