#include "sim/net/mmdb_value.h"

#include <bit>

#include "base/status.h"

namespace terrella::net {
namespace {

constexpr int kDepthMax = 16;

bool IsContainer(MmdbType type) {
  return type == MmdbType::kMap || type == MmdbType::kArray;
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::optional<uint64_t> MmdbValue::Unsigned() const {
  const bool is_one =
      type == MmdbType::kUint16 || type == MmdbType::kUint32 || type == MmdbType::kUint64;
  if (!is_one || size > 8) return std::nullopt;
  return BigEndian(bytes);
}

std::optional<double> MmdbValue::Real() const {
  if (type == MmdbType::kDouble && size == 8) return std::bit_cast<double>(BigEndian(bytes));
  if (type == MmdbType::kFloat && size == 4) {
    return std::bit_cast<float>(static_cast<uint32_t>(BigEndian(bytes)));
  }
  return std::nullopt;
}

absl::StatusOr<uint64_t> MmdbCursor::ReadBytes(size_t count) {
  if (at_ > section_.size() || count > section_.size() - at_) {
    return DataLoss("expected {} bytes at {} of the data section of {}", count, at_,
                    section_.size());
  }
  const uint64_t value = BigEndian(section_.substr(at_, count));
  at_ += count;
  return value;
}

absl::StatusOr<MmdbCursor::Head> MmdbCursor::ReadHead() {
  ASSIGN_OR_RETURN(const uint64_t control, ReadBytes(1));
  Head head{static_cast<MmdbType>(control >> 5), static_cast<uint32_t>(control & 31)};
  if (head.type == MmdbType::kPointer) return head;
  if (control >> 5 == 0) {
    ASSIGN_OR_RETURN(const uint64_t more, ReadBytes(1));
    if (more > 8) return DataLoss("expected a type at {}, got {}", at_ - 1, more + 7);
    head.type = static_cast<MmdbType>(more + 7);
  }
  if (head.size >= 29) {
    const size_t count = head.size - 28;
    constexpr uint32_t kLeast[] = {0, 29, 285, 65821};
    ASSIGN_OR_RETURN(const uint64_t more, ReadBytes(count));
    head.size = kLeast[count] + static_cast<uint32_t>(more);
  }
  return head;
}

absl::StatusOr<uint32_t> MmdbCursor::ReadPointer(uint32_t control) {
  const size_t size = control >> 3 & 3;
  ASSIGN_OR_RETURN(const uint64_t low, ReadBytes(size + 1));
  if (size == 3) return static_cast<uint32_t>(low);
  constexpr uint32_t kFrom[] = {0, 2048, 526336};
  return kFrom[size] + static_cast<uint32_t>((control & 7) << (8 * (size + 1)) | low);
}

absl::StatusOr<MmdbValue> MmdbCursor::ReadValue(const Head& head) {
  MmdbValue value{.type = head.type, .size = head.size, .bytes = {}};
  // A boolean is its size.
  if (IsContainer(head.type) || head.type == MmdbType::kBoolean) return value;
  if (head.size > section_.size() - at_) {
    return DataLoss("expected {} bytes at {} of the data section of {}", head.size, at_,
                    section_.size());
  }
  value.bytes = section_.substr(at_, head.size);
  at_ += head.size;
  return value;
}

absl::StatusOr<MmdbValue> MmdbCursor::Next() {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  if (head.type != MmdbType::kPointer) return ReadValue(head);
  ASSIGN_OR_RETURN(const uint32_t target, ReadPointer(head.size));
  MmdbCursor there(section_, target);
  ASSIGN_OR_RETURN(const Head pointed, there.ReadHead());
  if (pointed.type == MmdbType::kPointer) return DataLoss("a pointer to a pointer at {}", target);
  return there.ReadValue(pointed);
}

absl::Status MmdbCursor::Skip(int depth) {
  if (depth == kDepthMax) return DataLoss("values nested more than {} deep", kDepthMax);
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  if (head.type == MmdbType::kPointer) return ReadPointer(head.size).status();
  if (!IsContainer(head.type)) return ReadValue(head).status();
  const uint64_t members = uint64_t{head.size} * (head.type == MmdbType::kMap ? 2 : 1);
  // Every member has a byte at least, so a size that lies soon meets the end.
  for (uint64_t i = 0; i < members; ++i) RETURN_IF_ERROR(Skip(depth + 1));
  return absl::OkStatus();
}

}  // namespace terrella::net
