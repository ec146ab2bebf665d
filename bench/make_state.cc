// make_state FOLDER COUNT WORKER: what a node's disk holds when it was given COUNT scripts.
//
// Benches that want thousands of workers in one node write its last-known-good state with this and
// start it without a control plane: the node reads, verifies and serves it as after any restart.
// Script wN answers the host wN.edge.test; its source is the file WORKER and a comment with N, so
// no two share code.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "bundle/version_id.h"
#include "edge_node/control/blob_store.h"
#include "edge_node/control/last_known_good.h"
#include "edge_node/control/test_push.h"

namespace terrella {
namespace {

constexpr int kCountMax = 100'000;
constexpr size_t kSourceBytesMax = 10 << 20;

absl::Status AddScript(v1::Push& push, edge::BlobStore& blobs, const std::string& script,
                       const std::string& code) {
  v1::Resource resource =
      edge::VersionOf(script, "", code, push.revision(), /*inline_bytes=*/false);
  v1::Version& version = *resource.mutable_version();
  version.set_compatibility_date("2026-01-01");
  version.set_id(bundle::VersionId(version));
  resource.set_name(bundle::VersionName(script, version.id()));
  RETURN_IF_ERROR(blobs.Put(version.modules(0).sha256(), code));
  *push.add_upsert() = edge::DeploymentOf(script, version.id(), push.revision());
  *push.add_upsert() = edge::RouteOf(script + ".edge.test/*", script, push.revision());
  *push.add_upsert() = std::move(resource);
  return absl::OkStatus();
}

absl::Status Write(const std::filesystem::path& folder, int count,
                   const std::filesystem::path& worker) {
  ASSIGN_OR_RETURN(const std::string source, ReadFile(worker, kSourceBytesMax));
  edge::BlobStore blobs(folder / "cas", 2 * kSourceBytesMax);
  v1::Push push;
  push.set_full(true);
  push.set_revision(1);
  for (int n = 0; n < count; ++n) {
    const std::string script = "w" + std::to_string(n);
    RETURN_IF_ERROR(AddScript(push, blobs, script, source + "// " + script + "\n"));
  }
  return edge::LastKnownGood(folder).Save(push);
}

int Main(int argc, char** argv) {
  const int count = argc == 4 ? std::atoi(argv[2]) : 0;
  if (count < 1 || count > kCountMax) {
    fmt::print(stderr, "usage: make_state FOLDER COUNT WORKER\nCOUNT is 1 to {}\n", kCountMax);
    return 2;
  }
  if (absl::Status written = Write(argv[1], count, argv[3]); !written.ok()) {
    fmt::print(stderr, "make_state: {}\n", Message(written));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace terrella

int main(int argc, char** argv) {
  return terrella::Main(argc, argv);
}
