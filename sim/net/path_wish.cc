#include "sim/net/path_wish.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/status.h"

namespace terrella::net {
namespace {

bool ReadNumber(std::string_view digits, double* out) {
  const bool plain = !digits.empty() && digits.size() <= 32 &&
                     digits.find_first_not_of("0123456789.e-") == std::string_view::npos;
  return plain && absl::SimpleAtod({digits.data(), digits.size()}, out) && *out >= 0;
}

template <class T>
absl::Status Store(std::string_view key, absl::StatusOr<T> value, std::optional<T>* out) {
  if (!value.ok()) return InvalidArgument("{}: {}", key, Message(value.status()));
  *out = *value;
  return absl::OkStatus();
}

}  // namespace

bool PathWish::operator==(const PathWish& other) const {
  const auto same_loss = [](const LossRates& a, const LossRates& b) {
    return a.share == b.share && a.burst == b.burst;
  };
  return access == other.access && hour_utc == other.hour_utc && faults == other.faults &&
         loss.has_value() == other.loss.has_value() && (!loss || same_loss(*loss, *other.loss));
}

absl::StatusOr<double> ParseHour(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  double hour = 0, minute = 0;
  const bool good =
      ReadNumber(text.substr(0, colon), &hour) &&
      (colon == text.size() || (ReadNumber(text.substr(colon + 1), &minute) && minute < 60));
  hour += minute / 60;
  if (!good || hour >= 24) {
    return InvalidArgument("expected an hour of UTC from 0 to 24, such as 20 or 20:30, got '{}'",
                           text.substr(0, 64));
  }
  return hour;
}

absl::Status ReadPathWish(std::string_view key, std::string_view value, PathWish* out) {
  if (key == "access") return Store(key, ParseAccessChoice(value), &out->access);
  if (key == "loss") return Store(key, ParseLossRates(value), &out->loss);
  if (key == "hour") return Store(key, ParseHour(value), &out->hour_utc);
  if (key == kPathFaultKey) {
    if (out->faults.size() == kPathFaultsMax) {
      return InvalidArgument("{}: expected at most {}", key, kPathFaultsMax);
    }
    const auto fault = ParsePathFault(value);
    if (!fault.ok()) return InvalidArgument("{}: {}", key, Message(fault.status()));
    out->faults.push_back(*fault);
    return absl::OkStatus();
  }
  return InvalidArgument("expected access, loss or hour, got '{}'", key.substr(0, 64));
}

absl::StatusOr<PathWish> ParsePathWish(std::string_view text) {
  if (text.size() > kPathWishBytesMax) {
    return InvalidArgument("expected at most {} bytes, got {}", kPathWishBytesMax, text.size());
  }
  PathWish out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    RETURN_IF_ERROR(
        ReadPathWish(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())), &out));
  }
  return out;
}

std::vector<std::pair<std::string_view, std::string>> PathWishFields(const PathWish& wish) {
  std::vector<std::pair<std::string_view, std::string>> out;
  if (wish.access) out.emplace_back("access", AccessChoiceName(*wish.access));
  if (wish.loss) out.emplace_back("loss", LossRatesText(*wish.loss));
  if (wish.hour_utc) out.emplace_back("hour", fmt::format("{}", *wish.hour_utc));
  return out;
}

std::string PathWishText(const PathWish& wish) {
  std::string out;
  for (const auto& [key, value] : PathWishFields(wish)) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ";", key, value);
  }
  for (const PathFault& fault : wish.faults) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ";", kPathFaultKey, PathFaultText(fault));
  }
  return out;
}

}  // namespace terrella::net
