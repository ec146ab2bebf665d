#include "edge_node/options.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/status.h"
#include "base/suggest.h"
#include "bundle/bundle.h"
#include "rpc/join_token.h"
#include "rpc/upstream.h"

ABSL_FLAG(std::string, id, "", "unique name of the node in its cluster; default: the PoP's code");
ABSL_FLAG(std::string, pop, "DEV", "IATA code of the site, e.g. FRA");
ABSL_FLAG(std::string, city, "", "where the node stands, for request.cf");
ABSL_FLAG(std::string, country, "", "ISO 3166-1 alpha-2");
ABSL_FLAG(std::string, continent, "", "AF AN AS EU NA OC SA");
ABSL_FLAG(double, lat, 0, "latitude in degrees");
ABSL_FLAG(double, lon, 0, "longitude in degrees");
ABSL_FLAG(std::string, listen, "127.0.0.1:8080", "address for HTTP; port 0 picks a free one");
ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file, leaf first: also serve HTTPS, on the same port; read when first asked for");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the private key of --tls_certificate");
ABSL_FLAG(std::string, control, "",
          "HOST:PORT of the control plane; none: serve what --state holds");
ABSL_FLAG(
    std::string, control_cert, "",
    "PEM file to prove itself to the control plane with: certificate, authority, private key; "
    "none: plain text");
ABSL_FLAG(std::string, control_key, "", "PEM file with the private key; default: --control-cert");
ABSL_FLAG(std::string, control_ca, "",
          "PEM file of the cluster's authority; default: --control-cert");
ABSL_FLAG(std::string, join, "",
          "token of 'terrella nodes join-token', or @FILE with one: become a node of --control's "
          "cluster; the certificate is kept in --state, and later starts need no token");
ABSL_FLAG(std::string, cluster, "default", "name of the cluster; a node that joined knows it");
ABSL_FLAG(std::string, state, "", "folder for the last known good state; none: keep nothing");
ABSL_FLAG(std::string, shards, "1",
          "serving threads, 1 to 64; MIN..MAX: as many as the load takes");
ABSL_FLAG(uint32_t, warm_workers, 128,
          "workers each shard keeps in memory, 1 to 30000; the one idle longest goes first");
ABSL_FLAG(uint32_t, memory_floor_mib, 256,
          "give up idle workers while the machine has less memory available, 0 to 16777216; 0: no");
ABSL_FLAG(std::string, ready_file, "", "file to write {pid, address} to when serving");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warn or error");
ABSL_FLAG(std::string, confine, "try",
          "give up files, system calls and ports that serving does not need: try (as far as the "
          "kernel has it), require or off");
ABSL_FLAG(uint32_t, drain_s, 10, "how long SIGTERM waits for requests in flight, 0 to 3600");
ABSL_FLAG(double, kv_rtt_ms, 0, "modelled round trip to where KV is kept, 0 to 2000");
ABSL_FLAG(
    std::string, actors, "",
    "folder for the storage of Durable Objects, the same for all nodes of a cluster; default: "
    "below --state, else one that goes with the process");
ABSL_FLAG(std::string, pop_rtts, "", "modelled round trips to the PoPs, FRA=12.5,NRT=230 in ms");
ABSL_FLAG(uint32_t, cache_memory_mib, 16, "memory for cached responses, 0 to 65536");
ABSL_FLAG(uint32_t, cache_disk_mib, 256,
          "disk for cached responses, in the --state folder, 0 to 16777216; 0: memory only");
ABSL_FLAG(std::string, worker, "", "serve this worker (file or folder) on every host");
ABSL_FLAG(bool, watch, false, "with --worker: load it again when it changes");
ABSL_FLAG(std::string, var, "", "with --worker or --check: a variable NAME=VALUE; may be repeated");
ABSL_FLAG(std::string, check, "", "validate this worker (file or folder) and exit: 0 or 3");
ABSL_FLAG(std::string, script, "", "run this classic script and exit");
ABSL_FLAG(std::string, origin, "",
          "with --script: fetch() may reach HOST[:PORT]=IP[:PORT]; may be repeated");

namespace terrella::edge {
namespace {

[[noreturn]] void Refuse(std::string_view why) {
  fmt::print(stderr, "error: {}\nTry --help.\n", why);
  std::exit(2);
}

// Takes every `--NAME VALUE` out of the arguments: absl's flags keep only the last of several.
std::vector<std::string> TakeRepeated(std::string_view name, std::vector<char*>& arguments) {
  std::vector<std::string> values;
  std::vector<char*> rest;
  const std::string flag = fmt::format("--{}", name), assigned = flag + "=";
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with(assigned)) {
      values.emplace_back(argument.substr(assigned.size()));
    } else if (argument == flag && i + 1 < arguments.size()) {
      values.emplace_back(arguments[++i]);
    } else {
      rest.push_back(arguments[i]);
    }
  }
  arguments = std::move(rest);
  return values;
}

// The values of a repeated flag, each through `parse`.
template <class Parse>
auto ParseRepeated(std::string_view name, std::vector<char*>& arguments, Parse parse) {
  std::vector<std::decay_t<decltype(*parse(""))>> parsed;
  for (const std::string& value : TakeRepeated(name, arguments)) {
    auto one = parse(value);
    if (!one.ok()) Refuse(fmt::format("--{}: {}", name, Message(one.status())));
    parsed.push_back(*std::move(one));
  }
  return parsed;
}

LogLevel ParseLogLevel(const std::string& text) {
  if (const auto level = LogLevelOf(text)) return *level;
  Refuse(fmt::format("--log-level: expected debug, info, warn or error, found '{}'", text));
}

ConfineMode ParseConfineMode(const std::string& text) {
  if (text == "try") return ConfineMode::kTry;
  if (text == "require") return ConfineMode::kRequire;
  if (text == "off") return ConfineMode::kOff;
  Refuse(fmt::format("--confine: expected try, require or off, found '{}'", text));
}

std::map<std::string, Duration> ParseRtts(const std::string& text) {
  std::map<std::string, Duration> rtts;
  for (const absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(item, absl::MaxSplits('=', 1));
    double rtt_ms = 0;
    if (!absl::SimpleAtod(pair.second, &rtt_ms) || !(rtt_ms >= 0 && rtt_ms <= 2000)) {
      Refuse(fmt::format("--pop-rtts: expected PoPs with 0 to 2000 ms, found '{}'", ToStd(item)));
    }
    rtts[pair.first] = FromMs(rtt_ms);
  }
  return rtts;
}

// The file is read now: a confined process could not.
void ReadJoin(NodeOptions& options) {
  constexpr size_t kTokenBytesMax = 4096;
  options.join_token = absl::GetFlag(FLAGS_join);
  if (options.join_token.empty()) return;
  if (options.control.empty() || absl::GetFlag(FLAGS_state).empty()) {
    Refuse("--join needs --control and --state");
  }
  if (!options.control_tls.empty()) Refuse("--join and --control-cert exclude each other");
  if (options.join_token.front() == '@') {
    const auto text = ReadFile(options.join_token.substr(1), kTokenBytesMax);
    if (!text.ok()) Refuse(fmt::format("--join: {}", Message(text.status())));
    options.join_token = std::string(ToStd(absl::StripAsciiWhitespace(*text)));
  }
  const auto token = rpc::JoinToken::Parse(options.join_token);
  if (!token.ok()) Refuse(fmt::format("--join: {}", Message(token.status())));
}

uint32_t InRange(std::string_view flag, uint32_t value, uint32_t min, uint32_t max) {
  if (value < min || value > max) {
    Refuse(fmt::format("--{}: expected {} to {}, found {}", flag, min, max, value));
  }
  return value;
}

void SetMode(NodeOptions& options) {
  int modes = 0;
  auto consider = [&](const std::string& path, NodeMode mode) {
    if (path.empty()) return;
    options.mode = mode;
    options.path = path;
    ++modes;
  };
  consider(absl::GetFlag(FLAGS_worker), NodeMode::kWorker);
  consider(absl::GetFlag(FLAGS_check), NodeMode::kCheck);
  consider(absl::GetFlag(FLAGS_script), NodeMode::kScript);
  if (modes > 1) Refuse("--worker, --check and --script exclude each other");
  const bool from_disk = options.mode == NodeMode::kWorker || options.mode == NodeMode::kCheck;
  if (!options.vars.empty() && !from_disk) Refuse("--var goes with --worker or --check");
  if (!options.origins.empty() && options.mode != NodeMode::kScript) {
    Refuse("--origin goes with --script");
  }
  if (options.watch && options.mode != NodeMode::kWorker) Refuse("--watch goes with --worker");
  if (modes > 0 && !options.control.empty()) {
    Refuse("--control does not go with --worker, --check or --script");
  }
}

}  // namespace

NodeOptions ParseOptions(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  NodeOptions options;
  options.vars = ParseRepeated("var", arguments, bundle::ParseVar);
  options.origins = ParseRepeated("origin", arguments, ParseScriptOrigin);
  ParseFlags(static_cast<int>(arguments.size()), arguments.data(), __FILE__,
             "edge_node: one node of an edge network: HTTP in, workers, HTTP out.");
  options.node = {.id = absl::GetFlag(FLAGS_id),
                  .pop = absl::GetFlag(FLAGS_pop),
                  .city = absl::GetFlag(FLAGS_city),
                  .country = absl::GetFlag(FLAGS_country),
                  .continent = absl::GetFlag(FLAGS_continent),
                  .latitude_deg = absl::GetFlag(FLAGS_lat),
                  .longitude_deg = absl::GetFlag(FLAGS_lon)};
  if (options.node.id.empty()) options.node.id = options.node.pop;
  auto listen = SocketAddress::Parse(absl::GetFlag(FLAGS_listen));
  if (!listen.ok()) Refuse(fmt::format("--listen: {}", Message(listen.status())));
  options.listen = *listen;
  options.tls = {absl::GetFlag(FLAGS_tls_certificate), absl::GetFlag(FLAGS_tls_key)};
  if (options.tls.certificates.empty() != options.tls.key.empty()) {
    Refuse("--tls_certificate and --tls_key go together");
  }
  options.control = absl::GetFlag(FLAGS_control);
  if (!options.control.empty()) {
    const absl::Status control = rpc::CheckTarget(options.control);
    if (!control.ok()) Refuse(fmt::format("--control: {}", Message(control)));
  }
  options.control_tls =
      rpc::TlsFiles::Of(absl::GetFlag(FLAGS_control_cert), absl::GetFlag(FLAGS_control_key),
                        absl::GetFlag(FLAGS_control_ca));
  if (const absl::Status tls = options.control_tls.Check(kControlCertFlag); !tls.ok()) {
    Refuse(Message(tls));
  }
  ReadJoin(options);
  options.cluster = absl::GetFlag(FLAGS_cluster);
  const double kv_rtt_ms = absl::GetFlag(FLAGS_kv_rtt_ms);
  if (!(kv_rtt_ms >= 0 && kv_rtt_ms <= 2000)) Refuse("--kv-rtt-ms: expected 0 to 2000");
  options.kv_rtt = FromMs(kv_rtt_ms);
  options.state_dir = absl::GetFlag(FLAGS_state);
  options.actors_dir = absl::GetFlag(FLAGS_actors);
  options.pop_rtts = ParseRtts(absl::GetFlag(FLAGS_pop_rtts));
  const auto shards = ShardRange::Parse(absl::GetFlag(FLAGS_shards));
  if (!shards.ok()) Refuse(fmt::format("--shards: {}", Message(shards.status())));
  options.shards = *shards;
  options.warm_workers = InRange("warm-workers", absl::GetFlag(FLAGS_warm_workers), 1, 30'000);
  options.memory_floor_bytes =
      uint64_t{InRange("memory_floor_mib", absl::GetFlag(FLAGS_memory_floor_mib), 0, 1 << 24)}
      << 20;
  options.ready_file = absl::GetFlag(FLAGS_ready_file);
  options.log_level = ParseLogLevel(absl::GetFlag(FLAGS_log_level));
  options.watch = absl::GetFlag(FLAGS_watch);
  options.confine = ParseConfineMode(absl::GetFlag(FLAGS_confine));
  options.drain_deadline =
      std::chrono::seconds(InRange("drain-s", absl::GetFlag(FLAGS_drain_s), 0, 3600));
  options.cache_memory_bytes =
      uint64_t{InRange("cache_memory_mib", absl::GetFlag(FLAGS_cache_memory_mib), 0, 65536)} << 20;
  options.cache_disk_bytes =
      uint64_t{InRange("cache_disk_mib", absl::GetFlag(FLAGS_cache_disk_mib), 0, 1 << 24)} << 20;
  SetMode(options);
  return options;
}

}  // namespace terrella::edge
