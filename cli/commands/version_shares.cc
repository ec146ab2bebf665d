#include "cli/commands/version_shares.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/status.h"
#include "bundle/version_shares.h"

namespace terrella::cli {
namespace {

constexpr double kPointsPerPercent = 100;

absl::StatusOr<uint32_t> ParsePercent(std::string_view word, std::string_view text) {
  double percent = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const double points = percent * kPointsPerPercent;
  const bool whole = std::abs(points - std::round(points)) < 1e-6;
  if (error != std::errc() || end != text.data() + text.size() || !(percent >= 0) ||
      percent > 100 || !whole) {
    return InvalidArgument("'{}': expected ID@PERCENT with 0 to 100, at most two decimals", word);
  }
  return static_cast<uint32_t>(std::round(points));
}

}  // namespace

absl::StatusOr<std::vector<v1::VersionShare>> ParseShares(const std::vector<std::string>& words,
                                                          const std::string& now) {
  std::vector<v1::VersionShare> shares;
  std::optional<size_t> rest;
  uint32_t sum = 0;
  for (const std::string& word : words) {
    const size_t at = word.find('@');
    shares.emplace_back();
    shares.back().set_version_id(word.substr(0, at));
    if (at == 0 || word.empty()) return InvalidArgument("'{}': expected ID@PERCENT", word);
    if (at == std::string::npos) {
      if (rest) return InvalidArgument("'{}': only one version may go without its @PERCENT", word);
      rest = shares.size() - 1;
      continue;
    }
    ASSIGN_OR_RETURN(const uint32_t points,
                     ParsePercent(word, std::string_view(word).substr(at + 1)));
    shares.back().set_basis_points(points);
    sum += points;
  }
  const bool named = std::any_of(shares.begin(), shares.end(), [&](const v1::VersionShare& share) {
    return now.starts_with(share.version_id());
  });
  if (!rest && !shares.empty() && !now.empty() && !named && sum < bundle::kAllRequests) {
    rest = shares.size();
    shares.emplace_back();
    shares.back().set_version_id(now);
  }
  if (rest && sum <= bundle::kAllRequests) {
    shares[*rest].set_basis_points(bundle::kAllRequests - sum);
  }
  RETURN_IF_ERROR(bundle::CheckShares(shares));
  return shares;
}

std::string PercentText(uint32_t basis_points) {
  return fmt::format("{} %", basis_points / kPointsPerPercent);
}

std::string SharesText(const google::protobuf::RepeatedPtrField<v1::VersionShare>& shares) {
  std::string text;
  for (const v1::VersionShare& share : shares) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", share.version_id().substr(0, 12),
                        PercentText(share.basis_points()));
  }
  return text;
}

nlohmann::ordered_json SharesJson(
    const google::protobuf::RepeatedPtrField<v1::VersionShare>& shares) {
  auto list = nlohmann::ordered_json::array();
  for (const v1::VersionShare& share : shares) {
    list.push_back(
        {{"version", share.version_id()}, {"percent", share.basis_points() / kPointsPerPercent}});
  }
  return list;
}

}  // namespace terrella::cli
