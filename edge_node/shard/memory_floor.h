// MemoryFloor: whether the machine has less memory to give than a node wants to leave it.
//
// What counts is what the kernel calls available (MemAvailable of /proc/meminfo): free, or held by
// caches that would make room. A node that sees less than its floor gives up idle workers before
// the kernel ends somebody's process.
//
// Leaves out: limits of a control group, which the kernel does not count in here.
//
// Thread: any (immutable).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::edge {

class MemoryFloor {
 public:
  // A floor of 0 is never reached.
  explicit MemoryFloor(uint64_t floor_bytes, std::filesystem::path meminfo = "/proc/meminfo");

  // Reads the file. False also where there is nothing to read.
  bool IsReached() const;

  // Bytes available, of the file's text. InvalidArgument when it does not say.
  static absl::StatusOr<uint64_t> AvailableBytes(std::string_view meminfo);

 private:
  const uint64_t floor_bytes_;
  const std::filesystem::path meminfo_;
};

}  // namespace terrella::edge
