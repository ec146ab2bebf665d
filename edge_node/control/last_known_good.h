// LastKnownGood: the state a node serves, on its disk, so that it can serve it again after a
// restart without a control plane.
//
// File: "TLKG", format number (u32), payload length (u64), SHA-256 of the payload (32 bytes),
// payload: a full terrella.v1.Push without inline bytes (the blobs are in the BlobStore); integers
// little-endian. The copy before it is kept as lkg.prev.pb: a torn file costs one step back, not
// everything.
//
// Thread: one (the control thread; Load also before it runs).
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

class LastKnownGood {
 public:
  // Empty folder: nothing is kept.
  explicit LastKnownGood(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Survives the process at once, and a loss of power after Sync.
  absl::Status Save(const v1::Push& state);
  void Sync();
  // The newest copy that is whole. NotFound when there is none; DataLoss when there is only
  // rubbish.
  absl::StatusOr<v1::Push> Load() const;

  std::filesystem::path current_path() const { return folder_ / "lkg.pb"; }
  std::filesystem::path previous_path() const { return folder_ / "lkg.prev.pb"; }

 private:
  const std::filesystem::path folder_;
};

// The file's bytes, and back (DataLoss with the reason).
std::string EncodeSnapshot(const v1::Push& state);
absl::StatusOr<v1::Push> DecodeSnapshot(std::string_view bytes);

}  // namespace terrella::edge
