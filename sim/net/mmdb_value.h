// MmdbCursor: values of a MaxMind DB's data section, read one after the other.
//
// A value begins with a control byte: three bits of type, five of size, both with longer forms. A
// pointer stands for the value it points at. Nothing is trusted: sizes are checked against the
// section, pointers are followed once (the format forbids one to another), and nesting is limited.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::net {

enum class MmdbType : uint8_t {
  kPointer = 1,
  kString = 2,
  kDouble = 3,
  kBytes = 4,
  kUint16 = 5,
  kUint32 = 6,
  kMap = 7,
  kInt32 = 8,
  kUint64 = 9,
  kUint128 = 10,
  kArray = 11,
  kBoolean = 14,
  kFloat = 15
};

struct MmdbValue {
  MmdbType type = MmdbType::kMap;
  uint32_t size = 0;       // bytes of a string or number; entries of a map; elements of an array
  std::string_view bytes;  // of a string or number

  std::optional<uint64_t> Unsigned() const;
  std::optional<double> Real() const;  // of a double or float
};

class MmdbCursor {
 public:
  MmdbCursor(std::string_view section, size_t at) : section_(section), at_(at) {}

  // The next value. Of a map or array only its head, the members follow; one behind a pointer
  // cannot be entered, so its members do not.
  absl::StatusOr<MmdbValue> Next();
  // Passes over the next value, members included.
  absl::Status Skip() { return Skip(0); }

 private:
  struct Head {
    MmdbType type;
    uint32_t size;
  };
  absl::StatusOr<Head> ReadHead();
  absl::StatusOr<uint32_t> ReadPointer(uint32_t control);
  absl::StatusOr<uint64_t> ReadBytes(size_t count);
  absl::StatusOr<MmdbValue> ReadValue(const Head& head);
  absl::Status Skip(int depth);

  std::string_view section_;
  size_t at_;
};

}  // namespace terrella::net
