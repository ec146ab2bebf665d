#include "edge_node/runtime/log_limit.h"

#include <algorithm>
#include <utility>

namespace terrella::runtime {
namespace {

constexpr double kBurstSeconds = 2;

}  // namespace

LogLimit::LogLimit(uint32_t lines_per_s, uint32_t bytes_per_s)
    : lines_per_s_(lines_per_s),
      bytes_per_s_(bytes_per_s),
      lines_(kBurstSeconds * lines_per_s),
      bytes_(kBurstSeconds * bytes_per_s) {}

void LogLimit::Fill(MonotonicTime now) {
  const double seconds = ToMs(now - filled_) / 1000;
  filled_ = now;
  if (seconds <= 0) return;
  lines_ = std::min(kBurstSeconds * lines_per_s_, lines_ + seconds * lines_per_s_);
  bytes_ = std::min(kBurstSeconds * bytes_per_s_, bytes_ + seconds * bytes_per_s_);
}

LogLimit::Verdict LogLimit::Admit(MonotonicTime now, size_t bytes) {
  if (lines_per_s_ == 0 && bytes_per_s_ == 0) return Verdict::kWrite;
  Fill(now);
  // While lines are being dropped it takes a tenth of a second's worth to begin again: otherwise
  // every line at the limit would be followed by a note.
  const double lines_needed = dropped_ > 0 ? lines_per_s_ / 10 : 1;
  const double bytes_needed =
      std::max(static_cast<double>(bytes), dropped_ > 0 ? bytes_per_s_ / 10 : 0);
  const bool has_lines = lines_per_s_ == 0 || lines_ >= lines_needed;
  const bool has_bytes =
      bytes_per_s_ == 0 || bytes_ >= std::min(bytes_needed, kBurstSeconds * bytes_per_s_);
  if (!has_lines || !has_bytes) return dropped_++ == 0 ? Verdict::kFirstDropped : Verdict::kDrop;
  lines_ -= 1;
  bytes_ -= static_cast<double>(bytes);
  return Verdict::kWrite;
}

uint64_t LogLimit::TakeDropped() {
  return std::exchange(dropped_, 0);
}

}  // namespace terrella::runtime
