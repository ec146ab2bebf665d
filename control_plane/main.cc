// control_plane: registers nodes, stores versions, deploys them, and tells steering where to send
// clients. This file is only the wiring: store -> coordinator on one loop -> gRPC.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "absl/flags/flag.h"
#include "base/event_loop.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "base/tcp.h"
#include "control_plane/access/access_control.h"
#include "control_plane/actors/actor_registry.h"
#include "control_plane/api/server.h"
#include "control_plane/backup/backup.h"
#include "control_plane/backup/backup_state.h"
#include "control_plane/gateway/gateway.h"
#include "control_plane/identity/own_identity.h"
#include "control_plane/identity/registrar.h"
#include "control_plane/identity/revocations.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/lead/lead.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/store/sqlite_store.h"
#include "rpc/authority_folder.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7070",
          "address for nodes, steering and the CLI; port 0: any");
ABSL_FLAG(std::string, http, "",
          "address for the same over HTTP and JSON, with /metrics; empty: none");
ABSL_FLAG(std::string, web, "", "folder of the dashboard, served with --http; empty: none");
ABSL_FLAG(
    std::string, tls_cert, "",
    "PEM file to prove itself with: certificate, authority, private key; none: plain text, with "
    "whoever calls");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the private key; default: --tls-cert");
ABSL_FLAG(
    std::string, tls_ca, "",
    "PEM file of the cluster's authority, from which callers must have a certificate; default: "
    "--tls-cert");
ABSL_FLAG(
    bool, own_authority, false,
    "mutual TLS by an authority of its own, in the folder identity of --state, made when missing; "
    "identity/operator.pem there is for the CLI");
ABSL_FLAG(uint32_t, node_certificate_s, 86'400,
          "how long certificates of nodes that join are good, 10 to 31536000");
ABSL_FLAG(
    std::string, issue, "",
    "issue an identity file by the authority of --state for dns_router, ingress, control_plane "
    "or operator, write it to --out, and exit");
ABSL_FLAG(std::string, out, "", "with --issue: the file to write");
ABSL_FLAG(std::string, state, "", "folder of the state database; created when missing");
ABSL_FLAG(
    std::string, store, "",
    "etcd://HOST:PORT[,HOST:PORT...][/PREFIX]: where versions, deployments and routes are kept "
    "instead of the state database; the prefix is terrella/CLUSTER when none is given");
ABSL_FLAG(std::string, cluster, "default", "name of the cluster; nodes of another one are refused");
ABSL_FLAG(std::string, zone, "edge.test", "DNS zone of default routes: SCRIPT.ZONE");
ABSL_FLAG(std::string, ready_file, "", "JSON file written when serving: pid and address");
ABSL_FLAG(int, lease_ms, 3000, "a node is DOWN after this long without a heartbeat");
ABSL_FLAG(int, trial_timeout_ms, 10'000, "how long one node may take to try a version");
ABSL_FLAG(bool, require_auth, false,
          "refuse callers with neither token nor certificate, also from this machine");
ABSL_FLAG(int, keep_revisions, 10'000,
          "changes kept in the log; a node that missed more gets everything");
ABSL_FLAG(
    int, leader_ttl_ms, 3000,
    "with --store etcd://: another control plane leads after this one was silent for so long");
ABSL_FLAG(std::string, backup, "",
          "writes the state into this file and ends; another control plane may be serving it");
ABSL_FLAG(
    std::string, restore, "",
    "puts the state in this file in the place of everything and ends; no control plane may be "
    "serving");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warn or error");

namespace terrella::control {
namespace {

constexpr int kDeposed = SIGUSR1;  // sent to itself
constexpr const char* kBuild = "terrella 0.1.0";

absl::StatusOr<LogLevel> ParseLogLevel(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return InvalidArgument("--log-level is debug, info, warn or error, got '{}'", name);
}

struct Settings {
  ApiServerOptions server;
  StoreLimits store;
  std::optional<SocketAddress> http;
  rpc::TlsFiles tls;
  bool own_authority = false;
  uint32_t node_certificate_s = 0;
  std::filesystem::path state;
  std::optional<EtcdAddress> etcd;
  LogLevel log_level;
  CoordinatorOptions coordinator;
};

absl::StatusOr<Settings> ReadFlags() {
  Settings settings;
  ASSIGN_OR_RETURN(settings.server.listen, SocketAddress::Parse(absl::GetFlag(FLAGS_listen)));
  if (const std::string http = absl::GetFlag(FLAGS_http); !http.empty()) {
    ASSIGN_OR_RETURN(settings.http, SocketAddress::Parse(http));
  }
  ASSIGN_OR_RETURN(settings.log_level, ParseLogLevel(absl::GetFlag(FLAGS_log_level)));
  settings.server.require_auth = absl::GetFlag(FLAGS_require_auth);
  settings.state = absl::GetFlag(FLAGS_state);
  if (settings.state.empty()) return InvalidArgument("--state is needed: the state's folder");
  settings.tls = rpc::TlsFiles::Of(absl::GetFlag(FLAGS_tls_cert), absl::GetFlag(FLAGS_tls_key),
                                   absl::GetFlag(FLAGS_tls_ca));
  RETURN_IF_ERROR(settings.tls.Check("--tls-cert"));
  settings.own_authority = absl::GetFlag(FLAGS_own_authority);
  if (settings.own_authority && !settings.tls.empty()) {
    return InvalidArgument("--own-authority and --tls-cert exclude each other");
  }
  settings.node_certificate_s = absl::GetFlag(FLAGS_node_certificate_s);
  if (settings.node_certificate_s < 10 || settings.node_certificate_s > 31'536'000) {
    return InvalidArgument("--node-certificate-s: expected 10 to 31536000, got {}",
                           settings.node_certificate_s);
  }
  if (std::string store = absl::GetFlag(FLAGS_store); !store.empty()) {
    ASSIGN_OR_RETURN(settings.etcd, EtcdAddress::Parse(store));
    if (settings.etcd->prefix.empty()) {
      settings.etcd->prefix = "terrella/" + absl::GetFlag(FLAGS_cluster);
    }
  }
  int lease_ms = absl::GetFlag(FLAGS_lease_ms), trial_ms = absl::GetFlag(FLAGS_trial_timeout_ms);
  if (int ttl_ms = absl::GetFlag(FLAGS_leader_ttl_ms); ttl_ms < 1000) {
    return InvalidArgument("--leader-ttl-ms is at least 1000, got {}", ttl_ms);
  }
  if (lease_ms < 100) return InvalidArgument("--lease-ms is at least 100, got {}", lease_ms);
  const int keep = absl::GetFlag(FLAGS_keep_revisions);
  if (keep < 1) return InvalidArgument("--keep-revisions is at least 1, got {}", keep);
  settings.store.log_revisions = static_cast<Revision>(keep);
  if (trial_ms < 1) return InvalidArgument("--trial-timeout-ms is at least 1, got {}", trial_ms);
  settings.coordinator = {.cluster = absl::GetFlag(FLAGS_cluster),
                          .zone = absl::GetFlag(FLAGS_zone),
                          .build = kBuild,
                          .lease = std::chrono::milliseconds(lease_ms),
                          .alone = !settings.etcd.has_value(),
                          .trial_timeout = std::chrono::milliseconds(trial_ms)};
  return settings;
}

absl::Status WriteReadyFile(const SocketAddress& address, const Gateway* gateway) {
  std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  const std::string http =
      gateway == nullptr ? "" : fmt::format(",\"http\":\"{}\"", gateway->address().ToString());
  return WriteFileAtomic(path, fmt::format("{{\"pid\":{},\"address\":\"{}\"{}}}\n", getpid(),
                                           address.ToString(), http));
}

// Null when there shall be none.
absl::StatusOr<std::unique_ptr<Gateway>> StartGateway(const Settings& settings, ApiServer& server,
                                                      const TokenBook& tokens) {
  if (!settings.http) return nullptr;
  ASSIGN_OR_RETURN(std::string token, LoadOrMakeToken(settings.state / "gateway.token"));
  PageFiles pages;
  if (const std::string folder = absl::GetFlag(FLAGS_web); !folder.empty()) {
    ASSIGN_OR_RETURN(pages, PageFiles::Load(folder));
  }
  return Gateway::Start({.address = *settings.http,
                         .services = ApiServer::ServiceNames(),
                         .token = std::move(token),
                         .pass = server.gateway_secret(),
                         .check =
                             [&tokens](std::string_view authorization) {
                               return tokens.CallerOf(authorization).status();
                             },
                         .pages = std::move(pages)},
                        server.InProcessChannel());
}

// An authority to sign nodes' certificates by is no need of a control plane.
absl::StatusOr<RegistrarOptions> RegistrationOf(const Settings& settings) {
  RegistrarOptions options{.cluster = settings.coordinator.cluster,
                           .authority = std::nullopt,
                           .mutual_tls = !settings.tls.empty(),
                           .node_lifetime = std::chrono::seconds(settings.node_certificate_s)};
  if (settings.tls.empty()) return options;
  auto authority = rpc::AuthorityFolder::Open(settings.state / "identity");
  if (authority.ok()) {
    options.authority = *std::move(authority);
  } else if (!absl::IsNotFound(authority.status())) {
    return authority.status();
  }
  return options;
}

// Serves until a signal of `signals`, which is blocked in every thread; returns it.
absl::StatusOr<int> ServeFrom(StateStore& store, Settings settings, const sigset_t& signals) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(std::unique_ptr<AccessControl> access, AccessControl::Open(store, clock));
  ASSIGN_OR_RETURN(std::unique_ptr<KvStore> kv, KvStore::Open(settings.state, clock));
  CoordinatorOptions options = settings.coordinator;
  options.stats_folder = settings.state / "stats";
  ASSIGN_OR_RETURN(options.secret_box, SecretBox::Open(settings.state / "secrets.key"));
  ASSIGN_OR_RETURN(std::unique_ptr<ActorRegistry> actors,
                   ActorRegistry::Open(settings.state, clock));
  EventLoop loop;
  std::optional<OwnIdentity> own;
  if (settings.own_authority) {
    const OwnIdentityPlace place{settings.state, options.cluster};
    ASSIGN_OR_RETURN(settings.tls, OwnIdentity::Ensure(place, clock.WallNow()));
    own.emplace(loop, place);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator,
                   Coordinator::Create(loop, access->store(), options));
  // Nobody is heard before the server is there, so that the coordinator outlives its listener.
  ASSIGN_OR_RETURN(std::unique_ptr<Revocations> revocations,
                   Revocations::Load(access->store(), [&](const std::string& node) {
                     loop.Post([&coordinator, node] {
                       coordinator->fleet().Evict(node,
                                                  PermissionDenied("node {} was revoked", node));
                     });
                   }));
  ASSIGN_OR_RETURN(RegistrarOptions registration, RegistrationOf(settings));
  Registrar registrar(clock, access->store(), *revocations, std::move(registration));
  settings.server.tls = settings.tls;
  settings.server.registrar = &registrar;
  settings.server.revocations = revocations.get();
  ASSIGN_OR_RETURN(std::unique_ptr<ApiServer> server,
                   ApiServer::Start(*coordinator, *kv, *actors, *access, settings.server));
  std::thread thread([&] { loop.Run(); });
  LogInfo("serving cluster {} on {}, by {}", settings.coordinator.cluster,
          server->address().ToString(), settings.tls.empty() ? "plain text" : "mutual TLS");
  absl::StatusOr<std::unique_ptr<Gateway>> gateway =
      StartGateway(settings, *server, access->tokens());
  absl::Status status = gateway.status();
  if (status.ok()) status = WriteReadyFile(server->address(), gateway->get());
  int signal = 0;
  if (status.ok()) sigwait(&signals, &signal);
  LogInfo("stopping");
  gateway = absl::CancelledError("stopping");  // before the server its calls go to
  server->Stop();
  loop.Stop();
  thread.join();
  RETURN_IF_ERROR(status);
  return signal;
}

absl::Status Serve(const Settings& settings, const sigset_t& signals) {
  const auto serve = [&](StateStore& store) -> absl::StatusOr<int> {
    RETURN_IF_ERROR(CheckNotRestoring(store));
    return ServeFrom(store, settings, signals);
  };
  if (!settings.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<StateStore> store,
                     SqliteStore::Open(settings.state, settings.store));
    return serve(*store).status();
  }
  RETURN_IF_ERROR(WriteReadyFile(settings.server.listen, nullptr));  // ready to stand by
  return ServeWhileLeading({.etcd = *settings.etcd,
                            .limits = settings.store,
                            .holder = settings.server.listen.ToString(),
                            .ttl = std::chrono::milliseconds(absl::GetFlag(FLAGS_leader_ttl_ms)),
                            .deposed = kDeposed,
                            .signals = signals},
                           serve);
}

absl::Status Print(const absl::StatusOr<BackupSummary>& summary) {
  if (summary.ok()) printf("%s\n", ToJson(*summary).c_str());
  return summary.status();
}

absl::Status Run(const Settings& settings, const sigset_t& signals) {
  const BackupPlace place{.etcd = settings.etcd,
                          .folder = settings.state,
                          .names = {.cluster = settings.coordinator.cluster, .build = kBuild}};
  if (const std::string file = absl::GetFlag(FLAGS_backup); !file.empty()) {
    return Print(BackupState(place, file));
  }
  if (const std::string file = absl::GetFlag(FLAGS_restore); !file.empty()) {
    return Print(RestoreState(place, file));
  }
  return Serve(settings, signals);
}

}  // namespace
}  // namespace terrella::control

int main(int argc, char** argv) {
  using namespace terrella;
  ParseFlags(argc, argv, __FILE__, "The control plane of one terrella cluster.");
  absl::StatusOr<control::Settings> settings = control::ReadFlags();
  if (!settings.ok()) {
    fprintf(stderr, "control_plane: %s\n", std::string(Message(settings.status())).c_str());
    return 2;
  }
  if (const std::string what = absl::GetFlag(FLAGS_issue); !what.empty()) {
    const absl::Status issued =
        control::IssueTo({settings->state, settings->coordinator.cluster}, what,
                         absl::GetFlag(FLAGS_out), SystemClock().WallNow());
    if (issued.ok()) return 0;
    fprintf(stderr, "control_plane: %s\n", std::string(Message(issued)).c_str());
    return 2;
  }
  InitLog({.process = "control_plane", .level = settings->log_level});
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // its errors reach us as statuses
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, control::kDeposed);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (absl::Status status = control::Run(*settings, signals); !status.ok()) {
    LogError("{}", Message(status));
    return 1;
  }
  return 0;
}
