#include "edge_node/shard/shard_scaler.h"

#include "absl/strings/numbers.h"
#include "base/check.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr size_t kShardsMax = 64;

bool ParseCount(std::string_view text, size_t* count) {
  return absl::SimpleAtoi(ToAbsl(text), count) && *count >= 1 && *count <= kShardsMax;
}

}  // namespace

absl::StatusOr<ShardRange> ShardRange::Parse(std::string_view text) {
  ShardRange range;
  const size_t dots = text.find("..");
  const bool fixed = dots == std::string_view::npos;
  const bool is_good = ParseCount(text.substr(0, dots), &range.min) &&
                       ParseCount(fixed ? text : text.substr(dots + 2), &range.max);
  if (is_good && range.min <= range.max) return range;
  return InvalidArgument("expected a number from 1 to {} or MIN..MAX, found '{}'", kShardsMax,
                         text);
}

Duration ShardScaler::Spell::Note(MonotonicTime now, bool holds) {
  if (!holds) {
    since_.reset();
    return Duration(-1);
  }
  if (!since_.has_value()) since_ = now;
  return now - *since_;
}

ShardScaler::ShardScaler(ShardRange range, ScalerLimits limits) : range_(range), limits_(limits) {
  CHECK(limits_.shrink_below < limits_.grow_above);
}

ShardScaler::Step ShardScaler::Take(Step step) {
  busy_.Forget();
  quiet_.Forget();
  return step;
}

ShardScaler::Step ShardScaler::Look(MonotonicTime now, size_t shards, double busy) {
  CHECK(shards >= range_.min && shards <= range_.max);
  const auto count = static_cast<double>(shards);
  const Duration busy_for =
      busy_.Note(now, shards < range_.max && busy / count >= limits_.grow_above);
  const Duration quiet_for =
      quiet_.Note(now, shards > range_.min && busy / (count - 1) <= limits_.shrink_below);
  if (now >= not_before_ && busy_for >= limits_.grow_after) return Take(Step::kGrow);
  if (quiet_for >= limits_.shrink_after) return Take(Step::kShrink);
  return Step::kStay;
}

}  // namespace terrella::edge
