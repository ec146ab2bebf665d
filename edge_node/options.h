// NodeOptions: the command line of edge_node.
//
// Thread: main, before others run.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/tcp.h"
#include "edge_node/confine/confine.h"
#include "edge_node/script_origins.h"
#include "edge_node/shard/serving_state.h"
#include "edge_node/shard/shard_scaler.h"
#include "http/tls/context.h"
#include "rpc/tls_files.h"

namespace terrella::edge {

// What the process is asked to be.
enum class NodeMode {
  kNode,    // follows a control plane, or serves what its disk holds
  kWorker,  // serves one worker from the disk on every host
  kCheck,   // validates a worker and exits
  kScript,  // runs a classic script and exits
};

struct NodeOptions {
  NodeMode mode = NodeMode::kNode;
  NodeIdentity node;
  SocketAddress listen;
  http::LazyTls::Files tls;   // empty: no TLS
  std::string control;        // "HOST:PORT"; empty: none
  rpc::TlsFiles control_tls;  // empty: plain text, or what joining gave
  std::string join_token;     // empty: none
  std::string cluster;
  std::filesystem::path state_dir;  // empty: nothing is kept
  ShardRange shards;
  size_t warm_workers = 0;           // of each shard
  uint64_t memory_floor_bytes = 0;   // of the machine's; below it idle workers go
  std::filesystem::path ready_file;  // empty: none
  LogLevel log_level = LogLevel::kInfo;
  std::filesystem::path path;  // of the worker or script
  bool watch = false;
  std::vector<std::pair<std::string, std::string>> vars;
  std::vector<ScriptOrigin> origins;        // of a script
  ConfineMode confine = ConfineMode::kTry;  // of a node that serves
  Duration drain_deadline{};
  Duration kv_rtt{};                         // modelled, to where KV is kept
  std::filesystem::path actors_dir;          // storage of Durable Objects; empty: see node.cc
  std::map<std::string, Duration> pop_rtts;  // modelled, to the nodes of each PoP
  uint64_t cache_memory_bytes = 0;
  uint64_t cache_disk_bytes = 0;  // used where there is a state folder
};

// What the certificates of `control_tls` are called.
inline constexpr std::string_view kControlCertFlag = "--control-cert";

// Exits 0 on --help and 2 on a flag that is wrong, with the reason on standard error.
NodeOptions ParseOptions(int argc, char** argv);

}  // namespace terrella::edge
