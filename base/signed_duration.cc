#include "base/signed_duration.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/status.h"

namespace terrella {

absl::StatusOr<Duration> ParseSignedDuration(std::string_view text) {
  if (text == "0") return Duration(0);
  const bool is_signed = text.starts_with('+') || text.starts_with('-');
  const absl::StatusOr<Duration> duration = ParseDuration(text.substr(is_signed ? 1 : 0));
  if (!duration.ok()) {
    return InvalidArgument("'{}' is not a duration; expected e.g. \"90s\", \"-5m\" or \"0s\"",
                           text);
  }
  return text.starts_with('-') ? -*duration : *duration;
}

std::string SignedDurationText(Duration duration) {
  const int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  constexpr struct {
    int64_t ms;
    std::string_view name;
  } kUnits[] = {{3'600'000, "h"}, {60'000, "m"}, {1000, "s"}};
  for (const auto& unit : kUnits) {
    if (ms != 0 && ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
  }
  return ms == 0 ? "0s" : fmt::format("{}ms", ms);
}

}  // namespace terrella
