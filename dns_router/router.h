// Router: the DNS router as one object: sockets, view and administration, wired together.
//
//   view (gRPC thread, or a file) -> Publisher (main loop) -> SnapshotCell -> UdpServer (own
//   threads)
//                                                                         -> TcpServer (own thread)
//                                                                         -> AdminServer (gRPC
//                                                                         threads)
//
// Thread: Start, Reload and the destructor on the thread that made it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/policy/node_health.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/rate_limiter.h"
#include "dns_router/server/statistics.h"
#include "dns_router/transfer/notifier.h"
#include "dns_router/view/prober.h"
#include "rpc/tls_files.h"

namespace terrella::dns {

// Zone transfers to secondaries; offered when somebody is allowed.
struct TransferOptions {
  std::vector<IpPrefix> allow;      // empty: from anywhere, with a key
  std::filesystem::path tsig_keys;  // empty: without a key, from `allow`
  std::vector<NotifyTarget> notify;
  bool unsigned_zone = false;  // of a signed zone, the records without signatures
  bool offered() const { return !allow.empty() || !tsig_keys.empty(); }
};

struct RouterOptions {
  SocketAddress listen;
  SocketAddress admin;
  bool admin_plaintext = false;       // without TLS, whatever control_tls has
  std::string control;                // "127.0.0.1:7070"; not used with a static view
  rpc::TlsFiles control_tls;          // empty: plain text
  std::filesystem::path static_view;  // empty: follow `control`
  std::filesystem::path policies;     // as policy/steering_policy.h reads; empty: none
  std::filesystem::path data_dir;
  std::filesystem::path prefixes;  // places of prefixes, over those of data_dir; empty: none
  bool builtin_prefixes = true;    // whether those of data_dir count at all
  ServerIdentity identity;
  uint32_t ttl_s = 5;
  uint32_t negative_ttl_s = 5;
  size_t addresses_max = 1;
  int udp_threads = 1;
  std::vector<IpPrefix> explain_to;                // who may ask for _explain names
  std::optional<SocketAddress> metrics;            // HTTP for Prometheus
  std::filesystem::path query_log;                 // empty: none
  uint32_t query_log_every = 1;                    // one in so many queries
  std::filesystem::path cookie_secrets;            // empty: a secret of this process
  std::optional<SocketAddress> listen_tls;         // DNS over TLS, with the two files
  std::optional<SocketAddress> listen_https;       // DNS over HTTPS, with the same
  std::filesystem::path tls_certificate, tls_key;  // PEM
  std::filesystem::path zone_file;                 // empty: none
  std::filesystem::path dnssec_keys;  // made when missing; empty: the zone is not signed
  std::string https_alpn;             // see ZoneOptions
  RateLimits rate_limits;             // 0 a second: no limit
  TransferOptions transfers;
  NodeHealthOptions health;
  ProbeOptions probes;
  std::filesystem::path view_cache;  // the last view, for a start without a control plane
};

class Router {
 public:
  // Binds the sockets, loads the world and starts answering. Unavailable when a port is taken.
  static absl::StatusOr<std::unique_ptr<Router>> Start(const RouterOptions& options);
  ~Router();

  // Reads the static view, the zone file, the keys and all secrets again. What it has stays
  // in use when a file is bad.
  void Reload();
  SocketAddress address() const;
  // Where DNS over TLS is answered, when it is.
  std::optional<SocketAddress> tls_address() const;
  std::optional<SocketAddress> https_address() const;  // the same of DNS over HTTPS
  SocketAddress admin_address() const;
  bool admin_tls() const;
  // Where /metrics is, when it is.
  std::optional<SocketAddress> metrics_address() const;
  const Statistics& statistics() const;

 private:
  struct Impl;
  explicit Router(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
