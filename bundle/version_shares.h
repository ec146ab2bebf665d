// The versions that share a script's requests, as every part of the network reads a deployment.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

inline constexpr uint32_t kAllRequests = 10'000;  // in basis points
inline constexpr size_t kSharesMax = 4;

// "version/hello/1f2e...": the name of a version among resources, and of its row in the store.
std::string VersionName(std::string_view script, std::string_view version_id);

// A node's place, as scopes ask for it.
struct NodePlace {
  std::string_view pop;
  std::string_view continent;
};
bool Holds(const v1::Scope& scope, const NodePlace& place);

// Where nothing else is said for the place. One of all requests when the deployment is no split.
std::vector<v1::VersionShare> SharesOf(const v1::Deployment& deployment);
// On a node there.
std::vector<v1::VersionShare> SharesAt(const v1::Deployment& deployment, const NodePlace& place);
// Ids of all versions that answer somewhere, each once, be its share 0.
std::vector<std::string> VersionsOf(const v1::Deployment& deployment);

// Where a key stands among the requests of a script: [0, kAllRequests). Versions have ranges of it:
// the first share the lowest, as wide as it is. The place is the same on every node and for every
// split, so while the first version's share grows, a key that has come to it never goes back.
uint32_t PlaceOfKey(std::string_view script, std::string_view key);

// Whether the version answers somewhere.
bool Answers(const v1::Deployment& deployment, std::string_view version_id);
// Whether several versions answer somewhere.
bool IsSplit(const v1::Deployment& deployment);

// InvalidArgument unless there are 1 to kSharesMax versions, all different, whose shares add up to
// kAllRequests.
absl::Status CheckShares(const std::vector<v1::VersionShare>& shares);
// The same of every place's.
absl::Status CheckShares(const v1::Deployment& deployment);

}  // namespace terrella::bundle
