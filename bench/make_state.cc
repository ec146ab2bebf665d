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

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "bundle/version_id.h"
#include "edge_node/control/blob_store.h"
#include "edge_node/control/last_known_good.h"

namespace terrella {
namespace {

constexpr int kCountMax = 100'000;
constexpr size_t kSourceBytesMax = 10 << 20;

v1::Resource* AddResource(v1::Push& push, std::string name) {
  v1::Resource* resource = push.add_upsert();
  resource->set_name(std::move(name));
  resource->set_revision(push.revision());
  return resource;
}

absl::Status AddScript(v1::Push& push, edge::BlobStore& blobs, const std::string& script,
                       const std::string& code) {
  v1::Version version;
  version.set_script(script);
  version.set_main_module("index.js");
  version.set_compatibility_date("2026-01-01");
  v1::Module& module = *version.add_modules();
  module.set_name("index.js");
  module.set_kind(v1::MODULE_KIND_ESM);
  module.set_sha256(Sha256(code));
  module.set_size_bytes(code.size());
  version.set_id(bundle::VersionId(version));
  RETURN_IF_ERROR(blobs.Put(module.sha256(), code));
  v1::Deployment& deployment = *AddResource(push, "deployment/" + script)->mutable_deployment();
  deployment.set_script(script);
  deployment.set_version_id(version.id());
  const std::string pattern = script + ".edge.test/*";
  v1::Route& route = *AddResource(push, "route/" + pattern)->mutable_route();
  route.set_pattern(pattern);
  route.set_script(script);
  const std::string name = "version/" + script + "/" + version.id();
  *AddResource(push, name)->mutable_version() = std::move(version);
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
