// Uploads: a worker from disk to the control plane, as `deploy` and `versions upload` do it.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bundle/bundle.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// --name, --var, --env, --smart-routing and --origin of the commands that read a worker.
std::vector<Flag> BundleFlags();
// PATH with those flags; warnings are said.
absl::StatusOr<bundle::Bundle> LoadBundleOf(Invocation& in);
// Says why it could not be read, with the exit code for it.
ExitCode FailLoad(Invocation& in, const absl::Status& status);

// Completes the version for this cluster: its origins get their round-trip times from the PoPs, so
// that nodes need not know the map, and it its id.
absl::Status FillForCluster(Invocation& in, const ClusterRecord& record, v1::Version& version);

// The assets the control plane lacks, then the version.
absl::StatusOr<v1::UploadResponse> UploadBundle(Invocation& in, ControlClient& client,
                                                const bundle::Bundle& code);

// For calls that may be repeated: the same content has the same id, the same request id the same
// answer.
template <class Call>
auto WithRetries(const Call& call) {
  auto result = call();
  for (int retry = 0; retry < 2 && result.status().code() == absl::StatusCode::kUnavailable;
       ++retry) {
    result = call();
  }
  return result;
}

// Whether the code is at fault, and not the network.
bool IsRejection(const absl::Status& status);

}  // namespace terrella::cli
