#include "bundle/version_shares.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::bundle {

std::string VersionName(std::string_view script, std::string_view version_id) {
  return fmt::format("version/{}/{}", script, version_id);
}

std::vector<v1::VersionShare> SharesOf(const v1::Deployment& deployment) {
  std::vector<v1::VersionShare> shares(deployment.shares().begin(), deployment.shares().end());
  if (!shares.empty()) return shares;
  shares.emplace_back();
  shares.back().set_version_id(deployment.version_id());
  shares.back().set_basis_points(kAllRequests);
  return shares;
}

// The first eight bytes of SHA-256 over script, NUL, key, big-endian, modulo kAllRequests.
uint32_t PlaceOfKey(std::string_view script, std::string_view key) {
  const std::string digest = Sha256(std::string(script).append(1, '\0').append(key));
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
  return static_cast<uint32_t>(number % kAllRequests);
}

bool Holds(const v1::Scope& scope, const NodePlace& place) {
  if (scope.pops().empty() && scope.continents().empty()) return true;
  const auto& pops = scope.pops();
  const auto& continents = scope.continents();
  return std::find(pops.begin(), pops.end(), place.pop) != pops.end() ||
         std::find(continents.begin(), continents.end(), place.continent) != continents.end();
}

std::vector<v1::VersionShare> SharesAt(const v1::Deployment& deployment, const NodePlace& place) {
  for (const v1::PlacedShares& placed : deployment.placed()) {
    if (Holds(placed.scope(), place)) return {placed.shares().begin(), placed.shares().end()};
  }
  return SharesOf(deployment);
}

std::vector<std::string> VersionsOf(const v1::Deployment& deployment) {
  std::vector<std::string> ids;
  auto add = [&](const auto& shares) {
    for (const v1::VersionShare& share : shares) {
      const std::string& id = share.version_id();
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
  };
  add(SharesOf(deployment));
  for (const v1::PlacedShares& placed : deployment.placed()) add(placed.shares());
  return ids;
}

bool Answers(const v1::Deployment& deployment, std::string_view version_id) {
  const std::vector<std::string> ids = VersionsOf(deployment);
  return deployment.version_id() == version_id ||
         std::find(ids.begin(), ids.end(), version_id) != ids.end();
}

bool IsSplit(const v1::Deployment& deployment) {
  return deployment.shares_size() > 1 || !deployment.placed().empty();
}

absl::Status CheckShares(const std::vector<v1::VersionShare>& shares) {
  if (shares.empty() || shares.size() > kSharesMax) {
    return InvalidArgument("1 to {} versions share a script's requests, got {}", kSharesMax,
                           shares.size());
  }
  std::set<std::string> seen;
  uint64_t sum = 0;
  for (const v1::VersionShare& share : shares) {
    if (!seen.insert(share.version_id()).second) {
      return InvalidArgument("version {} has two shares", share.version_id());
    }
    sum += share.basis_points();
  }
  if (sum != kAllRequests) {
    return InvalidArgument("the shares add up to {:.2f} %, expected 100 %",
                           static_cast<double>(sum) / 100);
  }
  return absl::OkStatus();
}

absl::Status CheckShares(const v1::Deployment& deployment) {
  RETURN_IF_ERROR(CheckShares(SharesOf(deployment)));
  for (const v1::PlacedShares& placed : deployment.placed()) {
    RETURN_IF_ERROR(
        CheckShares(std::vector<v1::VersionShare>(placed.shares().begin(), placed.shares().end())));
  }
  return absl::OkStatus();
}

}  // namespace terrella::bundle
