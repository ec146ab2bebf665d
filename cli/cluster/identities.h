// Identities: what the parts of a cluster of this machine prove to each other that they are by.
//
// The cluster's authority is made with its first part. Each part gets one file, certificates and
// key, when it is started; it is valid for 90 days and issued anew when a third of that is left, so
// that `terrella up` on a running cluster renews what runs without a restart.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/record.h"

namespace terrella::cli {

// Where the part's own is.
std::filesystem::path IdentityFileOf(const ClusterPaths& paths, const Part& part);

// Sees to it that these parts, and this program, have what they need. Nothing for a cluster that
// speaks plain text.
absl::Status EnsureIdentities(const ClusterPaths& paths, const ClusterRecord& record,
                              const std::vector<std::string>& names, WallTime now);

}  // namespace terrella::cli
