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

#include "base/core_dump.h"
#include "base/event_loop.h"
#include "base/file.h"
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
#include "control_plane/kv/sqlite_kv_store.h"
#include "control_plane/launcher/launcher.h"
#include "control_plane/lead/lead.h"
#include "control_plane/options.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/rotate_key.h"
#include "control_plane/secrets/key_rotation.h"
#include "control_plane/secrets/master_key.h"
#include "control_plane/store/sqlite_store.h"
#include "control_plane/visits/visitor.h"
#include "rpc/authority_folder.h"
#include "rpc/lock_checks.h"

namespace terrella::control {
namespace {

constexpr int kDeposed = SIGUSR1;  // sent to itself

absl::Status WriteReadyFile(const ControlOptions& options, const SocketAddress& address,
                            const Gateway* gateway) {
  if (options.ready_file.empty()) return absl::OkStatus();
  const std::string http =
      gateway == nullptr ? "" : fmt::format(",\"http\":\"{}\"", gateway->address().ToString());
  return WriteFileAtomic(options.ready_file, fmt::format("{{\"pid\":{},\"address\":\"{}\"{}}}\n",
                                                         getpid(), address.ToString(), http));
}

// Null when there shall be none.
absl::StatusOr<std::unique_ptr<Gateway>> StartGateway(const ControlOptions& options,
                                                      ApiServer& server) {
  if (!options.http) return nullptr;
  ASSIGN_OR_RETURN(std::string token, LoadOrMakeToken(options.state / "gateway.token"));
  PageFiles pages;
  if (!options.web.empty()) {
    ASSIGN_OR_RETURN(pages, PageFiles::Load(options.web));
  }
  return Gateway::Start(
      {.address = *options.http,
       .services = ApiServer::ServiceNames(),
       .token = std::move(token),
       .pass = server.gateway_secret(),
       .check = [&server](
                    std::string_view authorization,
                    const std::string& peer) { return server.CheckAtGateway(authorization, peer); },
       .pages = std::move(pages),
       .report = [&server](std::string_view path) { return server.ReportOfRun(path); }},
      server.InProcessChannel());
}

// An authority to sign nodes' certificates by is no need of a control plane.
absl::StatusOr<RegistrarOptions> RegistrationOf(const ControlOptions& options) {
  RegistrarOptions registration{.cluster = options.coordinator.cluster,
                                .authority = std::nullopt,
                                .mutual_tls = !options.tls.empty(),
                                .node_lifetime = options.node_certificate};
  if (options.tls.empty()) return registration;
  auto authority = rpc::AuthorityFolder::Open(options.state / "identity");
  if (authority.ok()) {
    registration.authority = *std::move(authority);
  } else if (!absl::IsNotFound(authority.status())) {
    return authority.status();
  }
  return registration;
}

// Serves until a signal of `signals`, which is blocked in every thread; returns it.
absl::StatusOr<int> ServeFrom(StateStore& store, KvStore& kv, const Clock& clock,
                              ControlOptions options, const sigset_t& signals) {
  ASSIGN_OR_RETURN(std::unique_ptr<AccessControl> access,
                   AccessControl::Open(store, clock, options.state));
  options.coordinator.stats_folder = options.state / "stats";
  options.coordinator.logs_file = options.state / "logs.db";
  RETURN_IF_ERROR(FinishRotation(store, options.state).status());
  ASSIGN_OR_RETURN(options.coordinator.master_key, MasterKey::Open(options.state / kMasterKeyFile));
  ASSIGN_OR_RETURN(std::unique_ptr<ActorRegistry> actors,
                   ActorRegistry::Open(options.state, clock));
  EventLoop loop;
  std::optional<OwnIdentity> own;
  if (options.own_authority) {
    const OwnIdentityPlace place{options.state, options.coordinator.cluster};
    ASSIGN_OR_RETURN(options.tls, OwnIdentity::Ensure(place, clock.WallNow()));
    own.emplace(loop, place);
  }
  std::unique_ptr<Wan> wan;
  if (options.wan) {
    ASSIGN_OR_RETURN(wan, Wan::Load(*options.wan));
  }
  options.coordinator.wan = wan.get();
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator,
                   Coordinator::Create(loop, access->store(), options.coordinator));
  // Nobody is heard before the server is there, so that the coordinator outlives its listener.
  ASSIGN_OR_RETURN(std::unique_ptr<Revocations> revocations,
                   Revocations::Load(access->store(), [&](const std::string& node) {
                     loop.Post([&coordinator, node] {
                       coordinator->fleet().Evict(node,
                                                  PermissionDenied("node {} was revoked", node));
                     });
                   }));
  ASSIGN_OR_RETURN(RegistrarOptions registration, RegistrationOf(options));
  Registrar registrar(clock, access->store(), *revocations, std::move(registration));
  options.server.tls = options.tls;
  options.server.registrar = &registrar;
  options.server.revocations = revocations.get();
  std::optional<Visitor> visitor;
  if (options.visits) options.server.visitor = &visitor.emplace(*options.visits);
  std::optional<Launcher> launcher;
  if (options.launcher) options.server.launcher = &launcher.emplace(*options.launcher);
  ASSIGN_OR_RETURN(std::unique_ptr<ApiServer> server,
                   ApiServer::Start(*coordinator, kv, *actors, *access, options.server));
  std::thread thread([&] { loop.Run(); });
  LogInfo("serving cluster {} on {}, by {}", options.coordinator.cluster,
          server->address().ToString(), options.tls.empty() ? "plain text" : "mutual TLS");
  absl::StatusOr<std::unique_ptr<Gateway>> gateway = StartGateway(options, *server);
  absl::Status status = gateway.status();
  if (status.ok()) status = WriteReadyFile(options, server->address(), gateway->get());
  int signal = 0;
  if (status.ok()) sigwait(&signals, &signal);
  LogInfo("stopping");
  gateway = absl::CancelledError("stopping");  // before the server its calls go to
  if (visitor) visitor->Stop();                // its calls are ones the server waits for
  if (launcher) launcher->Stop();              // likewise
  server->Stop();
  loop.Stop();
  thread.join();
  RETURN_IF_ERROR(status);
  return signal;
}

absl::Status Serve(const ControlOptions& options, const sigset_t& signals) {
  const SystemClock clock;
  const auto serve = [&](StateStore& store, KvStore& kv) -> absl::StatusOr<int> {
    RETURN_IF_ERROR(CheckNotRestoring(store));
    return ServeFrom(store, kv, clock, options, signals);
  };
  if (!options.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<StateStore> store,
                     SqliteStore::Open(options.state, options.store));
    ASSIGN_OR_RETURN(std::unique_ptr<KvStore> kv, SqliteKvStore::Open(options.state, clock));
    return serve(*store, *kv).status();
  }
  RETURN_IF_ERROR(WriteReadyFile(options, options.server.listen, nullptr));  // ready to stand by
  return ServeWhileLeading({.etcd = *options.etcd,
                            .limits = options.store,
                            .holder = options.server.listen.ToString(),
                            .ttl = options.leader_ttl,
                            .deposed = kDeposed,
                            .signals = signals,
                            .clock = clock},
                           serve);
}

template <typename Summary>
absl::Status Print(const absl::StatusOr<Summary>& summary) {
  if (summary.ok()) printf("%s\n", ToJson(*summary).c_str());
  return summary.status();
}

int Fail(const absl::Status& status, int exit_code) {
  fprintf(stderr, "control_plane: %s\n", std::string(Message(status)).c_str());
  return exit_code;
}

// Blocked in every thread that comes: they are waited for.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, kDeposed);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

absl::Status Run(const ControlOptions& options) {
  const BackupPlace place{
      .etcd = options.etcd,
      .folder = options.state,
      .names = {.cluster = options.coordinator.cluster, .build = options.coordinator.build}};
  switch (options.mode) {
    case ControlMode::kIssue:
      return IssueTo({options.state, options.coordinator.cluster}, options.issue, options.file,
                     SystemClock().WallNow());
    case ControlMode::kBackup:
      RETURN_IF_ERROR(CheckNotRotating(options.state));
      return Print(BackupState(place, options.file));
    case ControlMode::kRestore:
      return Print(RestoreState(place, options.file));
    case ControlMode::kRotateKey:
      return Print(RotateKey(options));
    case ControlMode::kServe:
      break;
  }
  return Serve(options, BlockSignals());
}

}  // namespace
}  // namespace terrella::control

int main(int argc, char** argv) {
  using namespace terrella;
  ForbidCoreDumps();
  rpc::DropLockChecks();
  const absl::StatusOr<control::ControlOptions> options = control::ParseOptions(argc, argv);
  if (!options.ok()) return control::Fail(options.status(), 2);
  const bool issues = options->mode == control::ControlMode::kIssue;
  if (!issues) InitLog({.process = "control_plane", .level = options->log_level});
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // its errors reach us as statuses
  const absl::Status status = control::Run(*options);
  if (status.ok()) return 0;
  if (issues) return control::Fail(status, 2);
  LogError("{}", Message(status));
  return 1;
}
