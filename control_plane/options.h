// ControlOptions: the command line of control_plane.
//
// Thread: main, before others run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/tcp.h"
#include "control_plane/api/server.h"
#include "control_plane/launcher/launcher.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/store/etcd_address.h"
#include "control_plane/store/sqlite_store.h"
#include "control_plane/visits/visitor.h"
#include "control_plane/wan/wan.h"
#include "rpc/tls_files.h"

namespace terrella::control {

// What the process is asked to be.
enum class ControlMode {
  kServe,
  kIssue,      // signs an identity file and exits
  kBackup,     // writes the state into a file and exits
  kRestore,    // puts a file in the place of the state and exits
  kRotateKey,  // puts a new key for secrets in the place of the old one and exits
};

struct ControlOptions {
  ControlMode mode = ControlMode::kServe;
  ApiServerOptions server;
  StoreLimits store;
  std::optional<SocketAddress> http;
  std::filesystem::path web;                // empty: no dashboard
  std::optional<VisitorOptions> visits;     // none: nobody is sent
  std::optional<LauncherOptions> launcher;  // none: nobody is killed or started
  std::optional<WanOptions> wan;            // none: nodes are as near as they are
  rpc::TlsFiles tls;                        // empty: plain text, or what `own_authority` gives
  bool own_authority = false;
  std::chrono::seconds node_certificate{};
  std::filesystem::path state;
  std::optional<EtcdAddress> etcd;         // none: the database in `state`
  std::chrono::milliseconds leader_ttl{};  // with `etcd`
  std::filesystem::path ready_file;        // empty: none
  LogLevel log_level = LogLevel::kInfo;
  CoordinatorOptions coordinator;
  std::string issue;           // of kIssue: to whom
  std::filesystem::path file;  // of kIssue, kBackup and kRestore
};

// InvalidArgument names the flag and what it takes.
absl::StatusOr<ControlOptions> ParseOptions(int argc, char** argv);

}  // namespace terrella::control
