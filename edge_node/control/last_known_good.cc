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
constexpr uint64_t kFormat = 1;
constexpr size_t kHeaderBytes = 4 + 4 + 8 + 32;
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

absl::StatusOr<v1::Push> LoadFile(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kFileBytesMax));
  absl::StatusOr<v1::Push> state = DecodeSnapshot(bytes);
  if (!state.ok()) return DataLoss("{}: {}", path.string(), Message(state.status()));
  return state;
}

}  // namespace

std::string EncodeSnapshot(const v1::Push& state) {
  const std::string payload = state.SerializeAsString();
  std::string out(kMagic);
  AppendInteger(out, kFormat, 4);
  AppendInteger(out, payload.size(), 8);
  return out + Sha256(payload) + payload;
}

absl::StatusOr<v1::Push> DecodeSnapshot(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes)
    return DataLoss("{} bytes are too few for a header", bytes.size());
  if (!bytes.starts_with(kMagic)) return DataLoss("does not begin with {}", kMagic);
  if (const uint64_t format = ReadInteger(bytes, 4, 4); format != kFormat) {
    return DataLoss("format {} is not {}", format, kFormat);
  }
  const uint64_t length = ReadInteger(bytes, 8, 8);
  const std::string_view payload = bytes.substr(kHeaderBytes);
  if (payload.size() != length) {
    return DataLoss("payload has {} bytes, its header says {}", payload.size(), length);
  }
  if (Sha256(payload) != bytes.substr(16, 32)) return DataLoss("checksum does not match");
  v1::Push state;
  if (!state.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return DataLoss("payload cannot be parsed");
  }
  return state;
}

absl::Status LastKnownGood::Save(const v1::Push& state) {
  if (folder_.empty()) return absl::OkStatus();
  std::error_code error;
  // Between the two renames there is only the previous copy, which Load accepts.
  fs::rename(current_path(), previous_path(), error);
  return ReplaceFile(current_path(), EncodeSnapshot(state), /*private_to_user=*/true);
}

void LastKnownGood::Sync() {
  if (!folder_.empty()) SyncFile(current_path());
}

absl::StatusOr<v1::Push> LastKnownGood::Load() const {
  if (folder_.empty()) return NotFound("this node keeps no state");
  absl::StatusOr<v1::Push> current = LoadFile(current_path());
  if (current.ok()) return current;
  absl::StatusOr<v1::Push> previous = LoadFile(previous_path());
  if (previous.ok()) {
    LogWarn("{}; going on with the copy before it, revision {}", Message(current.status()),
            previous->revision());
    return previous;
  }
  return absl::IsNotFound(current.status()) && !absl::IsNotFound(previous.status())
             ? previous.status()
             : current.status();
}

}  // namespace terrella::edge
