// Where a node's assets come from: the folder a person works in, or the control plane by way of the
// node's disk.
//
// Thread: the control loop's.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "edge_node/assets/asset_store.h"
#include "edge_node/control/blob_store.h"
#include "edge_node/control/sync_transport.h"

namespace terrella::edge {

// Files of a project, read anew each time: they change under one's hands, so they are copied and
// not mapped.
class FolderAssets final : public AssetLoader {
 public:
  void SetFiles(std::map<std::string, std::filesystem::path> files) { files_ = std::move(files); }
  void Load(const std::string& sha256, uint64_t size_bytes, Done done) override;

 private:
  std::map<std::string, std::filesystem::path> files_;  // by raw hash
};

// From the disk when they are there, else by their hash from the control plane, which leaves them
// on the disk. `blobs` outlives it; `transport` may be null: there is no control plane.
std::unique_ptr<AssetLoader> MakeSyncedAssets(BlobStore& blobs,
                                              std::unique_ptr<SyncTransport> transport);

}  // namespace terrella::edge
