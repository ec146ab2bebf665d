// control_plane: registers nodes, stores versions, deploys them, and tells steering where to send
// clients. This file is only the wiring: store -> coordinator on one loop -> gRPC.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/flags/flag.h"
#include "base/event_loop.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "base/tcp.h"
#include "control_plane/actors/actor_registry.h"
#include "control_plane/api/server.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/store/sqlite_store.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7070",
          "address for nodes, steering and the CLI; port 0: any");
ABSL_FLAG(std::string, state, "", "folder of the state database; created when missing");
ABSL_FLAG(std::string, cluster, "default", "name of the cluster; nodes of another one are refused");
ABSL_FLAG(std::string, zone, "edge.test", "DNS zone of default routes: SCRIPT.ZONE");
ABSL_FLAG(std::string, ready_file, "", "JSON file written when serving: pid and address");
ABSL_FLAG(int, lease_ms, 3000, "a node is DOWN after this long without a heartbeat");
ABSL_FLAG(int, trial_timeout_ms, 10'000, "how long one node may take to try a version");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warn or error");

namespace terrella::control {
namespace {

constexpr const char* kBuild = "terrella 0.1.0";

absl::StatusOr<LogLevel> ParseLogLevel(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return InvalidArgument("--log-level is debug, info, warn or error, got '{}'", name);
}

struct Settings {
  SocketAddress listen;
  std::filesystem::path state;
  LogLevel log_level;
  CoordinatorOptions coordinator;
};

absl::StatusOr<Settings> ReadFlags() {
  Settings settings;
  ASSIGN_OR_RETURN(settings.listen, SocketAddress::Parse(absl::GetFlag(FLAGS_listen)));
  ASSIGN_OR_RETURN(settings.log_level, ParseLogLevel(absl::GetFlag(FLAGS_log_level)));
  settings.state = absl::GetFlag(FLAGS_state);
  if (settings.state.empty()) return InvalidArgument("--state is needed: the state's folder");
  int lease_ms = absl::GetFlag(FLAGS_lease_ms), trial_ms = absl::GetFlag(FLAGS_trial_timeout_ms);
  if (lease_ms < 100) return InvalidArgument("--lease-ms is at least 100, got {}", lease_ms);
  if (trial_ms < 1) return InvalidArgument("--trial-timeout-ms is at least 1, got {}", trial_ms);
  settings.coordinator = {.cluster = absl::GetFlag(FLAGS_cluster),
                          .zone = absl::GetFlag(FLAGS_zone),
                          .build = kBuild,
                          .lease = std::chrono::milliseconds(lease_ms),
                          .trial_timeout = std::chrono::milliseconds(trial_ms)};
  return settings;
}

absl::Status WriteReadyFile(const SocketAddress& address) {
  std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  return WriteFileAtomic(
      path, fmt::format("{{\"pid\":{},\"address\":\"{}\"}}\n", getpid(), address.ToString()));
}

// Serves until SIGTERM or SIGINT, which `signals` holds blocked in every thread.
absl::Status Serve(const Settings& settings, const sigset_t& signals) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store, SqliteStore::Open(settings.state));
  const SystemClock clock;
  ASSIGN_OR_RETURN(std::unique_ptr<KvStore> kv, KvStore::Open(settings.state, clock));
  CoordinatorOptions options = settings.coordinator;
  ASSIGN_OR_RETURN(options.secret_box, SecretBox::Open(settings.state / "secrets.key"));
  ASSIGN_OR_RETURN(std::unique_ptr<ActorRegistry> actors,
                   ActorRegistry::Open(settings.state, clock));
  EventLoop loop;
  ASSIGN_OR_RETURN(std::unique_ptr<Coordinator> coordinator,
                   Coordinator::Create(loop, *store, options));
  ASSIGN_OR_RETURN(std::unique_ptr<ApiServer> server,
                   ApiServer::Start(*coordinator, *kv, *actors, settings.listen));
  std::thread thread([&] { loop.Run(); });
  LogInfo("serving cluster {} on {}", settings.coordinator.cluster, server->address().ToString());
  absl::Status status = WriteReadyFile(server->address());
  int signal = 0;
  if (status.ok()) sigwait(&signals, &signal);
  LogInfo("stopping");
  server->Stop();
  loop.Stop();
  thread.join();
  return status;
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
  InitLog({.process = "control_plane", .level = settings->log_level});
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // its errors reach us as statuses
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (absl::Status status = control::Serve(*settings, signals); !status.ok()) {
    LogError("{}", Message(status));
    return 1;
  }
  return 0;
}
