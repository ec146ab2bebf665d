// LastKnownGood: the state a node serves, on its disk, so that it can serve it again after a
// restart without a control plane.
//
// Three files take turns and are written in place: making and deleting files is what costs a deploy
// most on a machine with hundreds of nodes. A write goes to the oldest file that is not the one
// known to be durable.
//
// File: "TLKG", format number (u32), serial (u64, grows by one a write), payload length (u64),
// SHA-256 of serial, length and payload (32 bytes), payload: a full terrella.v1.Push without inline
// bytes (the blobs are in the BlobStore); integers little-endian.
//
// Thread: one (the control thread; Load also before it runs).
// Invariants: (1) the copy before the newest is whole: a torn write costs one step back; (2) the
// last copy that Sync made durable is not written over: neither does a loss of power cost
// everything.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edge_node/faults/disk_pace.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

class LastKnownGood {
 public:
  // Empty folder: nothing is kept. `pace` (null: that of the real disk) outlives it.
  explicit LastKnownGood(std::filesystem::path folder, const DiskPace* pace = nullptr)
      : folder_(std::move(folder)), pace_(pace) {}

  // The newest copy that is whole; later copies follow it. NotFound when there is none; DataLoss
  // when there is only rubbish.
  absl::StatusOr<v1::Push> Load();
  // Survives the process at once, and a loss of power after Sync.
  absl::Status Save(const v1::Push& state);
  void Sync();

  std::filesystem::path PathOf(size_t slot) const;
  size_t newest() const { return newest_; }
  // Of the last Save or Load.
  std::filesystem::path current_path() const { return PathOf(newest_); }

  static constexpr size_t kSlots = 3;

 private:
  size_t Oldest() const;

  const std::filesystem::path folder_;
  const DiskPace* const pace_;
  std::array<uint64_t, kSlots> serials_{};  // 0: empty, or rubbish
  size_t newest_ = 0;
  size_t durable_ = kSlots;  // none
};

struct Snapshot {
  uint64_t serial = 0;
  v1::Push state;
};

// The file's bytes, and back (DataLoss with the reason).
std::string EncodeSnapshot(const v1::Push& state, uint64_t serial);
absl::StatusOr<Snapshot> DecodeSnapshot(std::string_view bytes);

}  // namespace terrella::edge
