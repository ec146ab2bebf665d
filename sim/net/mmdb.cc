#include "sim/net/mmdb.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.h"
#include "sim/net/mmdb_value.h"

namespace terrella::net {
namespace {

constexpr std::string_view kMetadataMark = "\xab\xcd\xefMaxMind.com";
constexpr size_t kMetadataBytesMax = 128 << 10;  // it begins within the last 128 KiB
constexpr size_t kSeparatorBytes = 16;           // between the tree and the data
constexpr uint32_t kMembersMax = 1000;           // of a record
constexpr int kBitsKept = 64;

uint64_t BigEndian(const unsigned char* bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

struct Metadata {
  uint64_t major = 0, ip_version = 0, node_count = 0, record_size = 0, build_epoch = 0;
};

absl::StatusOr<Metadata> ReadMetadata(std::string_view section) {
  MmdbCursor cursor(section, 0);
  ASSIGN_OR_RETURN(const MmdbValue map, cursor.Next());
  if (map.type != MmdbType::kMap || map.size > kMembersMax) {
    return DataLoss("expected a map of metadata");
  }
  Metadata out;
  const std::pair<std::string_view, uint64_t*> wanted[] = {
      {"binary_format_major_version", &out.major},
      {"ip_version", &out.ip_version},
      {"node_count", &out.node_count},
      {"record_size", &out.record_size},
      {"build_epoch", &out.build_epoch}};
  for (uint32_t i = 0; i < map.size; ++i) {
    ASSIGN_OR_RETURN(const MmdbValue name, cursor.Next());
    uint64_t* target = nullptr;
    for (const auto& [key, field] : wanted) {
      if (name.type == MmdbType::kString && name.bytes == key) target = field;
    }
    if (target == nullptr) {
      RETURN_IF_ERROR(cursor.Skip());
      continue;
    }
    ASSIGN_OR_RETURN(const MmdbValue value, cursor.Next());
    if (!value.Unsigned()) return DataLoss("expected a number as {}", name.bytes);
    *target = *value.Unsigned();
  }
  return out;
}

}  // namespace

absl::StatusOr<Mmdb> Mmdb::Open(std::string_view bytes) {
  const size_t tail = bytes.size() - std::min(bytes.size(), kMetadataBytesMax);
  const size_t mark = bytes.rfind(kMetadataMark);
  if (mark == std::string_view::npos || mark < tail) {
    return DataLoss("expected a MaxMind DB with its metadata at the end");
  }
  ASSIGN_OR_RETURN(const Metadata metadata,
                   ReadMetadata(bytes.substr(mark + kMetadataMark.size())));
  if (metadata.major != 2) return DataLoss("expected format 2, got {}", metadata.major);
  if (metadata.ip_version != 4 && metadata.ip_version != 6) {
    return DataLoss("expected addresses of version 4 or 6, got {}", metadata.ip_version);
  }
  if (metadata.record_size != 24 && metadata.record_size != 28 && metadata.record_size != 32) {
    return DataLoss("expected records of 24, 28 or 32 bits, got {}", metadata.record_size);
  }
  const uint64_t node_bytes = metadata.record_size / 4;
  if (metadata.node_count == 0 || metadata.node_count >= uint64_t{1} << metadata.record_size ||
      metadata.node_count > (mark - std::min(mark, kSeparatorBytes)) / node_bytes) {
    return DataLoss("expected 1 or more nodes within {} bytes, got {}", mark, metadata.node_count);
  }
  Mmdb out;
  out.node_count_ = static_cast<uint32_t>(metadata.node_count);
  out.record_bits_ = static_cast<int>(metadata.record_size);
  out.ip_version_ = static_cast<int>(metadata.ip_version);
  out.built_unix_s_ = metadata.build_epoch;
  out.tree_ = bytes.substr(0, out.node_count_ * node_bytes);
  out.data_ =
      bytes.substr(out.tree_.size() + kSeparatorBytes, mark - out.tree_.size() - kSeparatorBytes);
  return out;
}

uint32_t Mmdb::Child(uint32_t node, int bit) const {
  const int node_bytes = record_bits_ / 4;
  const auto* bytes =
      reinterpret_cast<const unsigned char*>(tree_.data()) + size_t{node} * node_bytes;
  if (record_bits_ == 28) {
    const uint32_t low = static_cast<uint32_t>(BigEndian(bytes + (bit != 0 ? 4 : 0), 3));
    return low | uint32_t{bit != 0 ? bytes[3] & 15u : bytes[3] >> 4u} << 24;
  }
  const int record_bytes = record_bits_ / 8;
  return static_cast<uint32_t>(BigEndian(bytes + bit * record_bytes, record_bytes));
}

absl::Status Mmdb::ForEach(const std::function<absl::Status(const Network&)>& visit) const {
  struct Step {
    uint32_t node;
    int bits;
    uint64_t first;
  };
  const int bits_max = ip_version_ == 4 ? 32 : 128;
  std::vector<Step> stack = {{0, 0, 0}};
  // In a tree every node is met once; one that is met more often would not end.
  uint64_t left = node_count_;
  while (!stack.empty()) {
    const Step step = stack.back();
    stack.pop_back();
    if (step.node >= node_count_) {
      if (step.node == node_count_ || step.bits > kBitsKept) continue;  // nothing known
      if (step.node - node_count_ < kSeparatorBytes) {
        return DataLoss("expected a record behind the tree, got {}", step.node);
      }
      const uint32_t record = step.node - node_count_ - static_cast<uint32_t>(kSeparatorBytes);
      RETURN_IF_ERROR(visit({step.first, step.bits, record}));
      continue;
    }
    if (left-- == 0 || step.bits == bits_max) {
      return DataLoss("expected a tree of {} nodes and {} bits", node_count_, bits_max);
    }
    const uint64_t half = step.bits < kBitsKept ? uint64_t{1} << (kBitsKept - 1 - step.bits) : 0;
    stack.push_back({Child(step.node, 1), step.bits + 1, step.first | half});
    stack.push_back({Child(step.node, 0), step.bits + 1, step.first});
  }
  return absl::OkStatus();
}

absl::StatusOr<Mmdb::Location> Mmdb::ReadLocation(uint32_t record) const {
  MmdbCursor cursor(data_, record);
  ASSIGN_OR_RETURN(const MmdbValue map, cursor.Next());
  if (map.type != MmdbType::kMap || map.size > kMembersMax) {
    return DataLoss("expected a map as the record at {}", record);
  }
  Location out;
  bool has_latitude = false, has_longitude = false;
  for (uint32_t i = 0; i < map.size; ++i) {
    ASSIGN_OR_RETURN(const MmdbValue name, cursor.Next());
    const bool latitude = name.bytes == "latitude", longitude = name.bytes == "longitude";
    if (name.type != MmdbType::kString ||
        !(latitude || longitude || name.bytes == "country_code")) {
      RETURN_IF_ERROR(cursor.Skip());
      continue;
    }
    ASSIGN_OR_RETURN(const MmdbValue value, cursor.Next());
    if (!latitude && !longitude) {
      if (value.type == MmdbType::kString) out.country = value.bytes;
      continue;
    }
    if (!value.Real()) return DataLoss("expected a number as {} of record {}", name.bytes, record);
    (latitude ? out.latitude_deg : out.longitude_deg) = *value.Real();
    (latitude ? has_latitude : has_longitude) = true;
  }
  if (!has_latitude || !has_longitude) return DataLoss("record {} has no coordinates", record);
  return out;
}

}  // namespace terrella::net
