#include "sim/net/gilbert.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/status.h"

namespace terrella::net {

absl::StatusOr<LossRates> ParseLossRates(std::string_view text) {
  const size_t percent = std::min(text.find('%'), text.size());
  const std::string_view burst = text.substr(std::min(percent + 1, text.size()));
  const auto number = [](std::string_view digits, double min, double max, double* out) {
    return digits.size() <= 32 && absl::SimpleAtod({digits.data(), digits.size()}, out) &&
           *out >= min && *out <= max;
  };
  double share_percent = 0;
  LossRates rates;
  if (percent == text.size() ||
      !number(text.substr(0, percent), 0, 100 * kLossShareMax, &share_percent) ||
      (!burst.empty() &&
       (burst[0] != '/' || !number(burst.substr(1), 1, kLossBurstMax, &rates.burst)))) {
    return InvalidArgument(
        "expected a share of packets such as 1%, or 1%/4 when four in a row get lost, at most "
        "{:.0f}%, got '{}'",
        100 * kLossShareMax, text.substr(0, 64));
  }
  rates.share = share_percent / 100;
  return rates;
}

std::string LossRatesText(const LossRates& rates) {
  // 100 x 0.07 is 7.000000000000001: the fewest digits that divide back to the share.
  std::string percent;
  for (int digits = 1; digits <= 17; ++digits) {
    percent = fmt::format("{:.{}g}", 100 * rates.share, digits);
    double value = 0;
    if (absl::SimpleAtod(percent, &value) && value / 100 == rates.share) break;
  }
  return fmt::format("{}%/{}", percent, rates.burst);
}

LossRates PathLoss(const LossRates& a, const LossRates& b) {
  return {.share = std::min(1 - (1 - a.share) * (1 - b.share), kLossShareMax),
          .burst = std::max(a.burst, b.burst)};
}

}  // namespace terrella::net
