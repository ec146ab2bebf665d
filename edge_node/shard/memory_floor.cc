#include "edge_node/shard/memory_floor.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr size_t kMeminfoBytesMax = 64 << 10;
constexpr uint64_t kKibMax = uint64_t{1} << 50;  // beyond any machine, and no overflow in bytes

}  // namespace

MemoryFloor::MemoryFloor(uint64_t floor_bytes, std::filesystem::path meminfo)
    : floor_bytes_(floor_bytes), meminfo_(std::move(meminfo)) {}

bool MemoryFloor::IsReached() const {
  if (floor_bytes_ == 0) return false;
  const auto text = ReadFile(meminfo_, kMeminfoBytesMax);
  if (!text.ok()) return false;
  const auto available = AvailableBytes(*text);
  return available.ok() && *available < floor_bytes_;
}

absl::StatusOr<uint64_t> MemoryFloor::AvailableBytes(std::string_view meminfo) {
  for (absl::string_view line : absl::StrSplit(ToAbsl(meminfo), '\n')) {
    if (!absl::ConsumePrefix(&line, "MemAvailable:")) continue;
    uint64_t kib = 0;
    const bool is_good = absl::ConsumeSuffix(&line, " kB") &&
                         absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &kib) && kib <= kKibMax;
    if (!is_good) return InvalidArgument("expected 'MemAvailable: NUMBER kB'");
    return kib << 10;
  }
  return InvalidArgument("expected a line of MemAvailable");
}

}  // namespace terrella::edge
