#include "control_plane/options.h"

#include <string_view>

#include "absl/flags/flag.h"
#include "base/flags.h"
#include "base/status.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7070",
          "address for nodes, steering and the CLI; port 0: any");
ABSL_FLAG(std::string, http, "",
          "address for the same over HTTP and JSON, with /metrics; empty: none");
ABSL_FLAG(std::string, web, "", "folder of the dashboard, served with --http; empty: none");
ABSL_FLAG(std::string, visit_ingress, "",
          "address of the ingress that the dashboard's visits go through, with --visit-dns; empty: "
          "nobody is sent");
ABSL_FLAG(std::string, visit_dns, "", "address of the DNS router they ask");
ABSL_FLAG(std::string, visit_ca, "",
          "PEM file of the authority that https:// of the visits trusts; empty: no https");
ABSL_FLAG(std::string, launcher, "",
          "program to kill and start nodes of this machine by: terrella, with --launcher-home; "
          "empty: nobody is killed or started");
ABSL_FLAG(std::string, launcher_home, "", "its TERRELLA_HOME");
ABSL_FLAG(std::string, data, "", "with --visit-ingress or --wan-home: folder of the world's data");
ABSL_FLAG(std::string, wan_home, "",
          "a city, or a PoP's code, that the control plane is taken to stand in: what it and its "
          "nodes say to each other takes as long as the model says, with --data; empty: no time");
ABSL_FLAG(
    std::string, wan_relays, "",
    "with --wan-home: codes of PoPs, divided by commas, that pass pushes on to the nodes near "
    "them; empty: none");
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
    "instead of the state database; the prefix is terrella/CLUSTER when none is given. "
    "etcds://...[?ca=FILE&cert=FILE&key=FILE]: the same by TLS");
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
ABSL_FLAG(
    bool, rotate_secrets_key, false,
    "makes a new key for secrets, wraps everything by it instead of the old one, and ends; no "
    "control plane may be serving");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warn or error");

namespace terrella::control {
namespace {

constexpr const char* kBuild = "terrella 0.1.0";

// Where the state is, and who is served there.
absl::Status ReadPlace(ControlOptions& options) {
  options.state = absl::GetFlag(FLAGS_state);
  if (options.state.empty()) return InvalidArgument("--state is needed: the state's folder");
  if (const std::string store = absl::GetFlag(FLAGS_store); !store.empty()) {
    ASSIGN_OR_RETURN(options.etcd, EtcdAddress::Parse(store));
    RETURN_IF_ERROR(options.etcd->CheckFiles());
    if (options.etcd->prefix.empty()) {
      options.etcd->prefix = "terrella/" + absl::GetFlag(FLAGS_cluster);
    }
  }
  const int leader_ttl_ms = absl::GetFlag(FLAGS_leader_ttl_ms);
  if (leader_ttl_ms < 1000) {
    return InvalidArgument("--leader-ttl-ms is at least 1000, got {}", leader_ttl_ms);
  }
  options.leader_ttl = std::chrono::milliseconds(leader_ttl_ms);
  const int keep = absl::GetFlag(FLAGS_keep_revisions);
  if (keep < 1) return InvalidArgument("--keep-revisions is at least 1, got {}", keep);
  options.store.log_revisions = static_cast<Revision>(keep);
  return absl::OkStatus();
}

absl::Status ReadIdentity(ControlOptions& options) {
  options.server.require_auth = absl::GetFlag(FLAGS_require_auth);
  options.tls = rpc::TlsFiles::Of(absl::GetFlag(FLAGS_tls_cert), absl::GetFlag(FLAGS_tls_key),
                                  absl::GetFlag(FLAGS_tls_ca));
  RETURN_IF_ERROR(options.tls.Check("--tls-cert"));
  options.own_authority = absl::GetFlag(FLAGS_own_authority);
  if (options.own_authority && !options.tls.empty()) {
    return InvalidArgument("--own-authority and --tls-cert exclude each other");
  }
  const uint32_t lifetime_s = absl::GetFlag(FLAGS_node_certificate_s);
  if (lifetime_s < 10 || lifetime_s > 31'536'000) {
    return InvalidArgument("--node-certificate-s: expected 10 to 31536000, got {}", lifetime_s);
  }
  options.node_certificate = std::chrono::seconds(lifetime_s);
  return absl::OkStatus();
}

absl::Status ReadServing(ControlOptions& options) {
  ASSIGN_OR_RETURN(options.server.listen, SocketAddress::Parse(absl::GetFlag(FLAGS_listen)));
  if (const std::string http = absl::GetFlag(FLAGS_http); !http.empty()) {
    ASSIGN_OR_RETURN(options.http, SocketAddress::Parse(http));
  }
  options.web = absl::GetFlag(FLAGS_web);
  options.ready_file = absl::GetFlag(FLAGS_ready_file);
  const int lease_ms = absl::GetFlag(FLAGS_lease_ms);
  if (lease_ms < 100) return InvalidArgument("--lease-ms is at least 100, got {}", lease_ms);
  const int trial_ms = absl::GetFlag(FLAGS_trial_timeout_ms);
  if (trial_ms < 1) return InvalidArgument("--trial-timeout-ms is at least 1, got {}", trial_ms);
  options.coordinator = {.cluster = absl::GetFlag(FLAGS_cluster),
                         .zone = absl::GetFlag(FLAGS_zone),
                         .build = kBuild,
                         .lease = std::chrono::milliseconds(lease_ms),
                         .alone = !options.etcd.has_value(),
                         .trial_timeout = std::chrono::milliseconds(trial_ms)};
  return absl::OkStatus();
}

absl::StatusOr<std::optional<VisitorOptions>> ReadVisits() {
  const std::string ingress = absl::GetFlag(FLAGS_visit_ingress);
  const std::string dns = absl::GetFlag(FLAGS_visit_dns);
  if (ingress.empty() != dns.empty()) {
    return InvalidArgument("--visit-ingress and --visit-dns need each other");
  }
  if (ingress.empty()) return std::nullopt;
  VisitorOptions options;
  ASSIGN_OR_RETURN(options.ingress, SocketAddress::Parse(ingress));
  ASSIGN_OR_RETURN(options.dns, SocketAddress::Parse(dns));
  options.data = absl::GetFlag(FLAGS_data);
  options.authority = absl::GetFlag(FLAGS_visit_ca);
  return options;
}

absl::StatusOr<std::optional<LauncherOptions>> ReadLauncher() {
  LauncherOptions options{.program = absl::GetFlag(FLAGS_launcher),
                          .home = absl::GetFlag(FLAGS_launcher_home),
                          .cluster = absl::GetFlag(FLAGS_cluster)};
  if (options.program.empty() != options.home.empty()) {
    return InvalidArgument("--launcher and --launcher-home need each other");
  }
  if (options.program.empty()) return std::nullopt;
  return options;
}

absl::StatusOr<std::optional<WanOptions>> ReadWan() {
  WanOptions options{.data = absl::GetFlag(FLAGS_data),
                     .home = absl::GetFlag(FLAGS_wan_home),
                     .relays = absl::GetFlag(FLAGS_wan_relays)};
  if (options.home.empty()) {
    if (!options.relays.empty()) return InvalidArgument("--wan-relays needs --wan-home");
    return std::nullopt;
  }
  if (options.data.empty()) return InvalidArgument("--wan-home needs --data: the world's");
  return options;
}

void ReadMode(ControlOptions& options) {
  options.issue = absl::GetFlag(FLAGS_issue);
  if (!options.issue.empty()) {
    options.mode = ControlMode::kIssue;
    options.file = absl::GetFlag(FLAGS_out);
  } else if (const std::string file = absl::GetFlag(FLAGS_backup); !file.empty()) {
    options.mode = ControlMode::kBackup;
    options.file = file;
  } else if (const std::string file = absl::GetFlag(FLAGS_restore); !file.empty()) {
    options.mode = ControlMode::kRestore;
    options.file = file;
  } else if (absl::GetFlag(FLAGS_rotate_secrets_key)) {
    options.mode = ControlMode::kRotateKey;
  }
}

}  // namespace

absl::StatusOr<ControlOptions> ParseOptions(int argc, char** argv) {
  ParseFlags(argc, argv, __FILE__, "The control plane of one terrella cluster.");
  ControlOptions options;
  const auto level = LogLevelOf(absl::GetFlag(FLAGS_log_level));
  if (!level) {
    return InvalidArgument("--log-level is debug, info, warn or error, got '{}'",
                           absl::GetFlag(FLAGS_log_level));
  }
  options.log_level = *level;
  RETURN_IF_ERROR(ReadPlace(options));
  RETURN_IF_ERROR(ReadIdentity(options));
  RETURN_IF_ERROR(ReadServing(options));
  ASSIGN_OR_RETURN(options.visits, ReadVisits());
  ASSIGN_OR_RETURN(options.launcher, ReadLauncher());
  ASSIGN_OR_RETURN(options.wan, ReadWan());
  ReadMode(options);
  return options;
}

}  // namespace terrella::control
