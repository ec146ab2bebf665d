// Catalog: scripts, their versions and their history, as rows of the store.
//
// Thread: one (writes); what it reads is committed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/rollout/resource_table.h"
#include "control_plane/rollout/state.pb.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/deployments.pb.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::control {

using VersionRecord = ::terrella::control_state::VersionRecord;
using DeploymentRecord = ::terrella::control_state::DeploymentRecord;

int64_t UnixMs(WallTime time);

class Catalog {
 public:
  Catalog(StateStore& store, const ResourceTable& table) : store_(store), table_(table) {}

  static std::string HistoryKey(std::string_view script, uint64_t number);

  // Stores a checked version whose contents are stored; `existed` when the same is there already.
  absl::StatusOr<v1::UploadResponse> Add(const v1::Version& version, WallTime now);
  // A node refuses the version, or takes it after all.
  absl::Status Reject(const v1::Version& version, const v1::Rejected& rejected, WallTime now);
  absl::Status Clear(const v1::Version& version);
  // By id or by a beginning of one that is unique. NotFound says what is there instead.
  absl::StatusOr<VersionRecord> FindVersion(std::string_view script, std::string_view id) const;
  // Oldest first, as far as it is kept.
  absl::StatusOr<std::vector<DeploymentRecord>> History(std::string_view script) const;
  // The version that last had all requests before the current deployment. FailedPrecondition when
  // there was none.
  absl::StatusOr<std::string> PreviousVersion(std::string_view script) const;
  // Number of the script's next deployment.
  absl::StatusOr<uint64_t> NextNumber(std::string_view script) const;
  // Routes of the script now, sorted.
  std::vector<std::string> RoutesOf(std::string_view script) const;
  // The script's deployment; null when it is not deployed.
  const v1::Resource* DeploymentOf(std::string_view script) const;

  absl::StatusOr<v1::ListVersionsResponse> ListVersions(std::string_view script) const;
  absl::StatusOr<v1::ListDeploymentsResponse> ListDeployments(std::string_view script) const;
  absl::StatusOr<v1::ListScriptsResponse> ListScripts() const;

 private:
  StateStore& store_;
  const ResourceTable& table_;
};

}  // namespace terrella::control
