// dns_router: authoritative DNS that answers every client with the nearest healthy edge node.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "base/core_dump.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/file_limit.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/status.h"
#include "dns_router/dnssec/signing_key.h"
#include "dns_router/router.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/wire/name.h"
#include "rpc/upstream.h"
#include "sim/net/data_dir.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:5353",
          "address for UDP and TCP; port 0 picks a free one");
ABSL_FLAG(std::string, control, "127.0.0.1:7070", "the control plane to follow");
ABSL_FLAG(
    std::string, control_cert, "",
    "PEM file to prove itself to the control plane with: certificate, authority, private key; "
    "none: plain text");
ABSL_FLAG(std::string, control_key, "", "PEM file with the private key; default: --control-cert");
ABSL_FLAG(std::string, control_ca, "",
          "PEM file of the cluster's authority; default: --control-cert");
ABSL_FLAG(
    std::string, static_view, "",
    "serve the terrella.v1.View in this file (JSON or protobuf text) and follow nobody; SIGHUP "
    "reads it again");
ABSL_FLAG(std::string, admin, "127.0.0.1:0",
          "address of the gRPC service terrella.v1.Resolve: by mutual TLS with --control-cert, for "
          "operators and services of the cluster; without it on loopback only");
ABSL_FLAG(bool, admin_plaintext, false,
          "--admin speaks plain text with whoever reaches it, on any address");
ABSL_FLAG(std::string, metrics, "",
          "address of HTTP with /metrics for Prometheus and /healthz; empty: none");
ABSL_FLAG(std::string, explain_to, "127.0.0.0/8,::1/128",
          "networks whose clients may ask why: TXT of _explain.NAME; empty: nobody");
ABSL_FLAG(std::string, data, "", "folder of the world's data");
ABSL_FLAG(std::string, policies, "",
          "TOML file of steering policies by name (docs/dns.md); SIGHUP reads it again");
ABSL_FLAG(std::string, prefixes, "",
          "CSV file prefix,place: clients whose place you know better than the world's data");
ABSL_FLAG(bool, builtin_prefixes, true,
          "place clients by the world's data where --prefixes does not");
ABSL_FLAG(std::string, instance, "dns-1", "name of this instance, for NSID and id.server");
ABSL_FLAG(uint32_t, ttl_s, 5, "TTL of steered addresses, 0 to 86400");
ABSL_FLAG(uint32_t, negative_ttl_s, 5, "how long a negative answer may be cached, 0 to 86400");
ABSL_FLAG(uint32_t, addresses, 1, "how many nodes an answer names, nearest first, 1 to 64");
ABSL_FLAG(uint32_t, udp_threads, 1, "threads answering UDP, 1 to 64");
ABSL_FLAG(std::string, cookie_secrets, "",
          "file of secrets for DNS cookies that instances behind one address share: 32 hexadecimal "
          "digits a line, the first makes cookies, all are accepted; SIGHUP reads it again");
ABSL_FLAG(std::string, zone_file, "",
          "file of records beside the steered names (RFC 1035 section 5); SIGHUP reads it again");
ABSL_FLAG(std::string, query_log, "",
          "file that one in --query-log-every queries is written to, a JSON object a line; SIGHUP "
          "opens it again");
ABSL_FLAG(uint32_t, query_log_every, 100, "how many queries a line of the query log stands for");
ABSL_FLAG(std::string, listen_tls, "",
          "address for DNS over TLS (RFC 7858), with --tls-certificate and --tls-key; empty: none");
ABSL_FLAG(
    std::string, listen_https, "",
    "address for DNS over HTTPS (RFC 8484), with --tls-certificate and --tls-key; empty: none");
ABSL_FLAG(std::string, tls_certificate, "", "PEM file of the certificate chain, leaf first");
ABSL_FLAG(std::string, tls_key, "", "PEM file of its private key");
ABSL_FLAG(std::string, dnssec_keys, "",
          "PEM file of the keys that sign the zone, made when missing; empty: it is not signed");
ABSL_FLAG(std::string, print_ds, "",
          "print the DS records the parent of this zone needs for --dnssec-keys, and exit");
ABSL_FLAG(std::string, https_alpn, "",
          "the protocols HTTPS records of steered names offer, such as h2; empty: no such records");
ABSL_FLAG(
    uint32_t, rate_limit, 0,
    "answers of one kind a second over UDP to the clients of one /24 or /56 without a cookie, "
    "up to 1000000; 0: no limit");
ABSL_FLAG(uint32_t, rate_slip, 2,
          "every how many-th answer over the limit is a short one that tells how to get through, 0 "
          "to 1000; 0: none");
ABSL_FLAG(std::string, allow_transfer, "",
          "prefixes that zone transfers are for (AXFR and IXFR), '127.0.0.0/8,2001:db8::1'; empty: "
          "for all who have one of --tsig-keys; with both, both are asked for");
ABSL_FLAG(std::string, tsig_keys, "",
          "file of keys for zone transfers, ALGORITHM:NAME:SECRET a line as dig -y takes them "
          "(hmac-sha256, -384, -512); SIGHUP reads it again");
ABSL_FLAG(std::string, notify, "",
          "secondaries to tell of changes, '192.0.2.1:53,key@192.0.2.2:53'");
ABSL_FLAG(bool, transfer_unsigned, false,
          "transfer the records of a zone signed by --dnssec-keys, for secondaries that sign them");
ABSL_FLAG(
    std::string, view_cache, "",
    "file the last view is kept in: a router that starts without its control plane serves it");
ABSL_FLAG(std::string, probe, "none",
          "ask nodes itself whether they answer: none, tcp, or http (/.terrella/health)");
ABSL_FLAG(uint32_t, probe_interval_ms, 2000, "time between two probes of a node, 100 to 600000");
ABSL_FLAG(uint32_t, probe_timeout_ms, 1000, "how long a node may take, 10 to the interval");
ABSL_FLAG(uint32_t, probe_fall, 3, "failed probes in a row that take a node out, 1 to 100");
ABSL_FLAG(uint32_t, probe_rise, 2, "answered probes in a row that bring it back, 1 to 100");
ABSL_FLAG(uint32_t, warm_up_s, 0,
          "how long a node that is back takes to get all its clients, 0 to 86400; 0: at once");
ABSL_FLAG(uint32_t, ttl_min_s, 1, "TTL of addresses of a node in doubt, 0 to --ttl-s");
ABSL_FLAG(uint32_t, flap_half_life_s, 10,
          "how fast a fall of a node is forgotten, 1 to 3600; three falls in about that time keep "
          "it out for a while (RFC 2439)");
ABSL_FLAG(uint32_t, flap_out_max_s, 60, "for how long at most, 0 to 86400; 0: never");
ABSL_FLAG(std::string, ready_file, "", "file to write {pid, address, admin} to when serving");

namespace terrella::dns {
namespace {

absl::StatusOr<uint32_t> InRange(std::string_view flag, uint32_t value, uint32_t min,
                                 uint32_t max) {
  if (value >= min && value <= max) return value;
  return InvalidArgument("--{}: expected {} to {}, got {}", flag, min, max, value);
}

// "h2,http/1.1" as the list of RFC 9460 section 7.1.1.
absl::StatusOr<std::string> AlpnFromText(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view id = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (id.empty() || id.size() > 255 || wire.size() > 1000) {
      return InvalidArgument("--https-alpn: expected protocols such as 'h2,http/1.1'");
    }
    wire.push_back(static_cast<char>(id.size()));
    wire += id;
  }
  return wire;
}

absl::StatusOr<std::vector<IpPrefix>> PrefixesFromText(std::string_view flag,
                                                       std::string_view text) {
  std::vector<IpPrefix> out;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    auto prefix = IpPrefix::Parse(text.substr(0, comma));
    if (!prefix.ok()) return InvalidArgument("--{}: {}", flag, Message(prefix.status()));
    out.push_back(*prefix);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (out.size() > 64) return InvalidArgument("--{}: expected at most 64 networks", flag);
  }
  return out;
}

absl::Status ReadProbeFlags(RouterOptions& options) {
  const std::string kind = absl::GetFlag(FLAGS_probe);
  if (kind == "tcp") {
    options.probes.kind = ProbeOptions::Kind::kTcp;
  } else if (kind == "http") {
    options.probes.kind = ProbeOptions::Kind::kHttp;
  } else if (kind != "none") {
    return InvalidArgument("--probe: expected none, tcp or http, got '{}'", kind);
  }
  ASSIGN_OR_RETURN(
      const uint32_t interval_ms,
      InRange("probe-interval-ms", absl::GetFlag(FLAGS_probe_interval_ms), 100, 600'000));
  ASSIGN_OR_RETURN(
      const uint32_t timeout_ms,
      InRange("probe-timeout-ms", absl::GetFlag(FLAGS_probe_timeout_ms), 10, interval_ms));
  ASSIGN_OR_RETURN(const uint32_t fall,
                   InRange("probe-fall", absl::GetFlag(FLAGS_probe_fall), 1, 100));
  ASSIGN_OR_RETURN(const uint32_t rise,
                   InRange("probe-rise", absl::GetFlag(FLAGS_probe_rise), 1, 100));
  options.probes.interval = std::chrono::milliseconds(interval_ms);
  options.probes.timeout = std::chrono::milliseconds(timeout_ms);
  options.health.probing = options.probes.kind != ProbeOptions::Kind::kNone;
  options.health.probe_interval = options.probes.interval;
  options.health.probes = {.rise = static_cast<int>(rise), .fall = static_cast<int>(fall)};
  return absl::OkStatus();
}

absl::Status ReadHealthFlags(RouterOptions& options) {
  RETURN_IF_ERROR(ReadProbeFlags(options));
  ASSIGN_OR_RETURN(const uint32_t warm_up_s,
                   InRange("warm-up-s", absl::GetFlag(FLAGS_warm_up_s), 0, 86'400));
  options.health.warm_up = std::chrono::seconds(warm_up_s);
  ASSIGN_OR_RETURN(options.health.ttl_s_min,
                   InRange("ttl-min-s", absl::GetFlag(FLAGS_ttl_min_s), 0, 86'400));
  ASSIGN_OR_RETURN(const uint32_t half_life_s,
                   InRange("flap-half-life-s", absl::GetFlag(FLAGS_flap_half_life_s), 1, 3600));
  ASSIGN_OR_RETURN(const uint32_t out_max_s,
                   InRange("flap-out-max-s", absl::GetFlag(FLAGS_flap_out_max_s), 0, 86'400));
  options.health.damping.half_life = std::chrono::seconds(half_life_s);
  options.health.damping.out_max = std::chrono::seconds(out_max_s);
  options.view_cache = absl::GetFlag(FLAGS_view_cache);
  return absl::OkStatus();
}

bool IsLoopback(const IpAddress& ip) {
  const auto own = PrefixesFromText("admin", "127.0.0.0/8,::1/128");
  return std::any_of(own->begin(), own->end(), [&](const IpPrefix& p) { return p.Contains(ip); });
}

absl::Status ReadAdminFlags(RouterOptions& options) {
  ASSIGN_OR_RETURN(options.admin, SocketAddress::Parse(absl::GetFlag(FLAGS_admin)));
  options.admin_plaintext = absl::GetFlag(FLAGS_admin_plaintext);
  if (!options.control_tls.empty() || options.admin_plaintext || IsLoopback(options.admin.ip)) {
    return absl::OkStatus();
  }
  return InvalidArgument(
      "--admin: {} would speak plain text with whoever reaches it: give --control-cert, or say so "
      "by --admin-plaintext",
      options.admin.ToString());
}

absl::StatusOr<RouterOptions> OptionsFromFlags() {
  constexpr uint32_t kDayS = 86400;
  RouterOptions options;
  ASSIGN_OR_RETURN(options.listen, SocketAddress::Parse(absl::GetFlag(FLAGS_listen)));
  options.control = absl::GetFlag(FLAGS_control);
  if (const absl::Status target = rpc::CheckTarget(options.control); !target.ok()) {
    return InvalidArgument("--control: {}", Message(target));
  }
  options.control_tls =
      rpc::TlsFiles::Of(absl::GetFlag(FLAGS_control_cert), absl::GetFlag(FLAGS_control_key),
                        absl::GetFlag(FLAGS_control_ca));
  RETURN_IF_ERROR(options.control_tls.Check("--control-cert"));
  RETURN_IF_ERROR(ReadAdminFlags(options));
  options.static_view = absl::GetFlag(FLAGS_static_view);
  options.policies = absl::GetFlag(FLAGS_policies);
  options.prefixes = absl::GetFlag(FLAGS_prefixes);
  options.builtin_prefixes = absl::GetFlag(FLAGS_builtin_prefixes);
  options.identity = {.instance = absl::GetFlag(FLAGS_instance), .version = "terrella 0.1.0"};
  ASSIGN_OR_RETURN(options.ttl_s, InRange("ttl-s", absl::GetFlag(FLAGS_ttl_s), 0, kDayS));
  ASSIGN_OR_RETURN(options.negative_ttl_s,
                   InRange("negative-ttl-s", absl::GetFlag(FLAGS_negative_ttl_s), 0, kDayS));
  ASSIGN_OR_RETURN(options.addresses_max,
                   InRange("addresses", absl::GetFlag(FLAGS_addresses), 1, 64));
  ASSIGN_OR_RETURN(const uint32_t threads,
                   InRange("udp-threads", absl::GetFlag(FLAGS_udp_threads), 1, 64));
  options.udp_threads = static_cast<int>(threads);
  if (const std::string tls = absl::GetFlag(FLAGS_listen_tls); !tls.empty()) {
    ASSIGN_OR_RETURN(options.listen_tls, SocketAddress::Parse(tls));
  }
  if (const std::string metrics = absl::GetFlag(FLAGS_metrics); !metrics.empty()) {
    ASSIGN_OR_RETURN(options.metrics, SocketAddress::Parse(metrics));
  }
  if (const std::string https = absl::GetFlag(FLAGS_listen_https); !https.empty()) {
    ASSIGN_OR_RETURN(options.listen_https, SocketAddress::Parse(https));
  }
  ASSIGN_OR_RETURN(options.explain_to,
                   PrefixesFromText("explain-to", absl::GetFlag(FLAGS_explain_to)));
  RETURN_IF_ERROR(ReadHealthFlags(options));
  options.tls_certificate = absl::GetFlag(FLAGS_tls_certificate);
  options.tls_key = absl::GetFlag(FLAGS_tls_key);
  options.query_log = absl::GetFlag(FLAGS_query_log);
  ASSIGN_OR_RETURN(
      options.query_log_every,
      InRange("query-log-every", absl::GetFlag(FLAGS_query_log_every), 1, 1'000'000'000));
  options.dnssec_keys = absl::GetFlag(FLAGS_dnssec_keys);
  ASSIGN_OR_RETURN(options.transfers.allow, ParsePrefixes(absl::GetFlag(FLAGS_allow_transfer)));
  ASSIGN_OR_RETURN(options.transfers.notify, ParseNotifyTargets(absl::GetFlag(FLAGS_notify)));
  options.transfers.tsig_keys = absl::GetFlag(FLAGS_tsig_keys);
  options.transfers.unsigned_zone = absl::GetFlag(FLAGS_transfer_unsigned);
  options.zone_file = absl::GetFlag(FLAGS_zone_file);
  ASSIGN_OR_RETURN(options.https_alpn, AlpnFromText(absl::GetFlag(FLAGS_https_alpn)));
  options.cookie_secrets = absl::GetFlag(FLAGS_cookie_secrets);
  ASSIGN_OR_RETURN(options.rate_limits.answers_per_s,
                   InRange("rate-limit", absl::GetFlag(FLAGS_rate_limit), 0, 1'000'000));
  ASSIGN_OR_RETURN(options.rate_limits.slip,
                   InRange("rate-slip", absl::GetFlag(FLAGS_rate_slip), 0, 1000));
  if (const std::string data = absl::GetFlag(FLAGS_data); !data.empty()) {
    options.data_dir = data;
  } else {
    ASSIGN_OR_RETURN(options.data_dir, net::FindDataDir());
  }
  return options;
}

absl::Status WriteReadyFile(const Router& router) {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  nlohmann::json ready = {{"pid", getpid()},
                          {"address", router.address().ToString()},
                          {"admin", router.admin_address().ToString()},
                          {"admin_tls", router.admin_tls()}};
  if (const auto tls = router.tls_address()) ready["tls"] = tls->ToString();
  if (const auto https = router.https_address()) ready["https"] = https->ToString();
  if (const auto metrics = router.metrics_address()) ready["metrics"] = metrics->ToString();
  return WriteFileAtomic(path, ready.dump() + "\n");
}

absl::Status PrintDs(const std::string& zone) {
  ASSIGN_OR_RETURN(const Name apex, Name::Parse(zone));
  ASSIGN_OR_RETURN(const std::string text, ReadFile(absl::GetFlag(FLAGS_dnssec_keys), 64 << 10));
  ASSIGN_OR_RETURN(const SigningKeys keys, SigningKeys::FromPem(text));
  for (const SigningKey& key : keys.keys) {
    fmt::print("{}. IN DS {} {} 2 {}\n", apex.ToString(), key.tag(), kEcdsaP256Sha256,
               ToHex(key.Ds(apex.wire()).substr(4)));
  }
  return absl::OkStatus();
}

// Until SIGTERM or SIGINT.
absl::Status Serve(const sigset_t& signals) {
  ASSIGN_OR_RETURN(const RouterOptions options, OptionsFromFlags());
  RaiseFileLimit();
  ASSIGN_OR_RETURN(const auto router, Router::Start(options));
  RETURN_IF_ERROR(WriteReadyFile(*router));
  LogInfo("answering at {} (UDP and TCP), administration at {}", router->address().ToString(),
          router->admin_address().ToString());
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) router->Reload();
  const Statistics& done = router->statistics();
  LogInfo("stopping; answered {} over UDP and {} over TCP, left {} datagrams unanswered",
          done.udp_answers.load(), done.tcp_answers.load(), done.udp_dropped.load());
  if (const uint64_t over = done.rate_dropped.load() + done.rate_slipped.load(); over > 0) {
    LogInfo("{} answers were over the rate limit, {} of them sent short", over,
            done.rate_slipped.load());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace terrella::dns

int main(int argc, char** argv) {
  terrella::ForbidCoreDumps();
  terrella::ParseFlags(argc, argv, __FILE__,
                       "dns_router: answers DNS with the nearest healthy node");
  terrella::InitLog({.process = "dns_router"});
  // Waited for with sigwait, so every thread must leave them alone.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const std::string print_ds = absl::GetFlag(FLAGS_print_ds);
  const absl::Status status =
      print_ds.empty() ? terrella::dns::Serve(signals) : terrella::dns::PrintDs(print_ds);
  if (status.ok()) return 0;
  terrella::LogError("{}", terrella::Message(status));
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}
