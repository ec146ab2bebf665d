#include "edge_node/prepare.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/file_limit.h"
#include "base/log.h"
#include "base/status.h"
#include "bundle/packed.h"

namespace terrella::edge {
namespace {

// Bodies of requests are freed by the dozen, when V8 collects garbage. With glibc's own thresholds
// (128 KiB until a large block happens to be freed) they go back to the kernel each time and are
// faulted in again: 55 us instead of 32 for a body of 64 KiB that a worker reads whole. What is
// kept here is given back once the workers have been idle for a while (WorkerPool).
void KeepFreedMemory() {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

// Sources that are watched are built again and again, by whatever their project says.
bool RunsBuilds(const NodeOptions& options) {
  return options.watch && !bundle::IsPacked(options.path);
}

// Below which the storage of Durable Objects is put that nobody asked to keep.
std::filesystem::path TemporaryActors() {
  return std::filesystem::temp_directory_path() / fmt::format("terrella-actors-{}", getpid());
}

bool HasActors(const NodeStart& start) {
  if (!start.worker.has_value()) return false;
  const auto& bindings = start.worker->version.bindings();
  return std::any_of(bindings.begin(), bindings.end(),
                     [](const v1::Binding& binding) { return binding.has_durable_object(); });
}

bool KeepsNothing(const NodeOptions& options) {
  return options.actors_dir.empty() && options.state_dir.empty();
}

}  // namespace

std::filesystem::path ActorsDirOf(const NodeOptions& options) {
  if (!options.actors_dir.empty()) return options.actors_dir;
  return KeepsNothing(options) ? TemporaryActors() / "actors" : options.state_dir / "actors";
}

void RemoveTemporary(const NodeOptions& options) {
  std::error_code error;
  if (KeepsNothing(options)) std::filesystem::remove_all(ActorsDirOf(options), error);
}

Reach ReachOf(const NodeOptions& options) {
  Reach reach;
  // What the libraries below us open late: a place for dropped connections (libuv), randomness and
  // settings (OpenSSL), the time zone (log, ICU), the cores there are (glibc), names (gRPC),
  // how memory is given (glibc). Ours are how many mappings a process may have, and how much memory
  // there is.
  reach.read = {"/dev/null",
                "/dev/urandom",
                "/etc/ssl/openssl.cnf",
                "/usr/lib/ssl/openssl.cnf",
                "/etc/localtime",
                "/usr/share/zoneinfo",
                "/sys/devices/system/cpu",
                "/etc/resolv.conf",
                "/etc/hosts",
                "/etc/nsswitch.conf",
                "/etc/host.conf",
                "/proc/meminfo",
                "/proc/sys/vm/max_map_count",
                "/proc/sys/vm/overcommit_memory"};
  if (!options.tls.key.empty()) {
    reach.read.push_back(options.tls.certificates.parent_path());
    reach.read.push_back(options.tls.key.parent_path());
  }
  if (!options.control_tls.empty()) {  // the folders: files are replaced
    for (const auto& file : {options.control_tls.certificates, options.control_tls.key,
                             options.control_tls.authority}) {
      reach.read.push_back(file.parent_path());
    }
  }
  if (options.watch) reach.read.push_back(options.path.parent_path());
  if (!options.state_dir.empty()) reach.write.push_back(options.state_dir);
  if (!KeepsNothing(options)) reach.write.push_back(ActorsDirOf(options));
  if (!options.ready_file.empty()) reach.publish.push_back(options.ready_file.parent_path());
  // gRPC finds out by a port of the kernel's choice whether there is IPv6.
  const std::vector<uint16_t> ports = {options.listen.port, 0};
  // Further shards listen on what the kernel chose for the first.
  if (options.listen.port != 0 || options.shards.max == 1) reach.tcp_ports = ports;
  return reach;
}

absl::StatusOr<NodeStart> PrepareNode(const NodeOptions& options) {
  RaiseFileLimit();
  KeepFreedMemory();
  NodeStart start;
  if (options.mode == NodeMode::kWorker) {
    bundle::LoadOptions load;
    load.vars = options.vars;
    ASSIGN_OR_RETURN(start.worker, bundle::LoadBundle(options.path, load));
  }
  if (RunsBuilds(options)) {
    constexpr std::string_view kWhy = "--watch on sources runs their builds";
    if (options.confine == ConfineMode::kRequire) {
      return FailedPrecondition("cannot be confined: {}", kWhy);
    }
    start.confined = fmt::format("nothing ({})", kWhy);
    return start;
  }
  Reach reach = ReachOf(options);
  if (start.worker && !start.worker->asset_folder.empty()) {
    reach.read.push_back(start.worker->asset_folder);
  }
  // Where SQLite puts what it sorts: elsewhere it could not.
  if (!options.state_dir.empty()) setenv("TMPDIR", options.state_dir.c_str(), /*replace=*/1);
  if (KeepsNothing(options) && HasActors(start)) reach.write.push_back(TemporaryActors());
  ASSIGN_OR_RETURN(start.confined, Confine(options.confine, reach));
  return start;
}

}  // namespace terrella::edge
