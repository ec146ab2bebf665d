// BlobStore: contents of modules and assets on the node's disk, named by their SHA-256
// (cas/<sha>; one folder, because making folders costs more than finding a name in a large one).
//
// A blob is checked against its name when it is written and again when it is read, so a torn or
// tampered file is the same as a missing one: it is deleted and fetched again. That check is also
// why Put need not wait for the disk: Sync makes what was written durable later, off the path to an
// acknowledgement.
//
// Thread: one (the control thread).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edge_node/assets/asset_store.h"
#include "edge_node/faults/disk_pace.h"

namespace terrella::edge {

class BlobStore {
 public:
  // `folder` is made on the first Put. Empty: nothing is kept (a node without state). `pace` (null:
  // that of the real disk) outlives it.
  BlobStore(std::filesystem::path folder, size_t blob_bytes_max, const DiskPace* pace = nullptr)
      : folder_(std::move(folder)), blob_bytes_max_(blob_bytes_max), pace_(pace) {}

  // `sha256` is 32 raw bytes. DataLoss when the content does not match; ResourceExhausted when it
  // is too large or the disk is full.
  absl::Status Put(std::string_view sha256, std::string_view content);
  bool Has(std::string_view sha256) const;
  // NotFound, or DataLoss (and the file is gone) when what is on the disk does not match.
  absl::StatusOr<std::string> Get(std::string_view sha256);
  // The content as a view of the file's pages, which the kernel shares and takes back. Errors as
  // Get.
  absl::StatusOr<AssetBytes> Map(std::string_view sha256);
  // Makes earlier Puts survive a loss of power.
  void Sync();
  // Nobody needs this content any more, unless it is put again. A few of such files are written
  // over by later Puts: on a machine with hundreds of nodes, making files is most of what a deploy
  // costs. One that was mapped is left to Prune, since its pages may still be on their way to a
  // client.
  void Retire(std::string_view sha256);
  // Deletes every blob whose raw hash is not in `keep`; returns how many.
  size_t Prune(const std::set<std::string>& keep);

 private:
  std::filesystem::path PathOf(std::string_view sha256) const;
  absl::Status Write(const std::filesystem::path& path, std::string_view content);

  static constexpr size_t kSparesMax = 4;

  const std::filesystem::path folder_;
  const size_t blob_bytes_max_;
  const DiskPace* const pace_;
  std::vector<std::filesystem::path> unsynced_;
  std::vector<std::filesystem::path> spares_;  // retired files
  uint64_t spares_made_ = 0;
  std::set<std::string, std::less<>> mapped_;  // hashes
};

// Writes `content` beside `path` and renames it over; durable only after SyncFile.
// `private_to_user`: nobody else may read it (0600).
absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view content,
                         bool private_to_user = false);
// Writes `content` over what is there: a crash may leave a part of it.
absl::Status OverwriteFile(const std::filesystem::path& path, std::string_view content,
                           bool private_to_user = false);
void SyncFile(const std::filesystem::path& path);

}  // namespace terrella::edge
