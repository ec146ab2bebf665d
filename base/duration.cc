#include "base/duration.h"

#include <charconv>
#include <cmath>

#include "base/status.h"

namespace terrella {
namespace {

constexpr double kNsMax = 365 * 24 * 3600e9;

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  double ns = unit == "us"   ? 1e3
              : unit == "ms" ? 1e6
              : unit == "s"  ? 1e9
              : unit == "m"  ? 60e9
              : unit == "h"  ? 3600e9
              : unit == "d"  ? 24 * 3600e9
                             : 0;
  if (error != std::errc() || ns == 0 || !(value >= 0)) {
    return InvalidArgument(
        "'{}' is not a duration; expected e.g. \"250ms\", \"10s\", \"1.5m\" or \"2h\"", text);
  }
  if (value * ns > kNsMax) return InvalidArgument("'{}' is longer than a year", text);
  return Duration(static_cast<int64_t>(std::llround(value * ns)));
}

}  // namespace terrella
