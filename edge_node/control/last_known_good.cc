#include "edge_node/control/last_known_good.h"

#include <cstdint>
#include <string>
#include <system_error>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "edge_node/control/blob_store.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "TLKG";
constexpr uint64_t kFormat = 2;
constexpr size_t kSerialAt = 8, kLengthAt = 16, kChecksumAt = 24;
constexpr size_t kHeaderBytes = kChecksumAt + 32;
constexpr size_t kFileBytesMax = 64u << 20;

void AppendInteger(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t ReadInteger(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + static_cast<size_t>(i)]))
             << (8 * i);
  }
  return value;
}

absl::StatusOr<Snapshot> LoadFile(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kFileBytesMax));
  absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(bytes);
  if (!snapshot.ok()) return DataLoss("{}: {}", path.string(), Message(snapshot.status()));
  return snapshot;
}

}  // namespace

std::string EncodeSnapshot(const v1::Push& state, uint64_t serial) {
  const std::string payload = state.SerializeAsString();
  std::string out(kMagic);
  AppendInteger(out, kFormat, 4);
  AppendInteger(out, serial, 8);
  AppendInteger(out, payload.size(), 8);
  return out + Sha256(out.substr(kSerialAt) + payload) + payload;
}

absl::StatusOr<Snapshot> DecodeSnapshot(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes)
    return DataLoss("{} bytes are too few for a header", bytes.size());
  if (!bytes.starts_with(kMagic)) return DataLoss("does not begin with {}", kMagic);
  if (const uint64_t format = ReadInteger(bytes, 4, 4); format != kFormat) {
    return DataLoss("format {} is not {}", format, kFormat);
  }
  const uint64_t length = ReadInteger(bytes, kLengthAt, 8);
  const std::string_view payload = bytes.substr(kHeaderBytes);
  if (payload.size() != length) {
    return DataLoss("payload has {} bytes, its header says {}", payload.size(), length);
  }
  std::string covered(bytes.substr(kSerialAt, kChecksumAt - kSerialAt));
  covered += payload;
  if (Sha256(covered) != bytes.substr(kChecksumAt, 32)) {
    return DataLoss("checksum does not match");
  }
  Snapshot snapshot{.serial = ReadInteger(bytes, kSerialAt, 8), .state = {}};
  if (!snapshot.state.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return DataLoss("payload cannot be parsed");
  }
  return snapshot;
}

fs::path LastKnownGood::PathOf(size_t slot) const {
  return folder_ / fmt::format("lkg.{}.pb", slot);
}

absl::Status LastKnownGood::Save(const v1::Push& state) {
  if (folder_.empty()) return absl::OkStatus();
  const size_t slot = Oldest();
  const uint64_t serial = serials_[newest_] + 1;
  serials_[slot] = 0;
  WaitFor(pace_);
  RETURN_IF_ERROR(OverwriteFile(PathOf(slot), EncodeSnapshot(state, serial),
                                /*private_to_user=*/true));
  serials_[slot] = serial;
  newest_ = slot;
  return absl::OkStatus();
}

// Of those that may be written over.
size_t LastKnownGood::Oldest() const {
  size_t oldest = kSlots;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (slot == durable_ || (slot == newest_ && serials_[slot] != 0)) continue;
    if (oldest == kSlots || serials_[slot] < serials_[oldest]) oldest = slot;
  }
  return oldest;
}

void LastKnownGood::Sync() {
  if (folder_.empty() || serials_[newest_] == 0) return;
  WaitFor(pace_);
  SyncFile(current_path());
  durable_ = newest_;
}

absl::StatusOr<v1::Push> LastKnownGood::Load() {
  if (folder_.empty()) return NotFound("this node keeps no state");
  absl::Status rubbish;
  Snapshot newest;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    absl::StatusOr<Snapshot> copy = LoadFile(PathOf(slot));
    serials_[slot] = copy.ok() ? copy->serial : 0;
    if (!copy.ok() && !absl::IsNotFound(copy.status())) rubbish = copy.status();
    if (!copy.ok() || copy->serial <= newest.serial) continue;
    newest = *std::move(copy);
    newest_ = slot;
  }
  if (newest.serial == 0) return rubbish.ok() ? NotFound("no copy is kept yet") : rubbish;
  durable_ = newest_;  // what was read is what there is
  if (!rubbish.ok()) {
    LogWarn("{}; going on with the newest whole copy, revision {}", Message(rubbish),
            newest.state.revision());
  }
  return std::move(newest.state);
}

}  // namespace terrella::edge
