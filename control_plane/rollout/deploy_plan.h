// DeployPlanner: what a deploy or a deletion writes, worked out against the state of now.
//
// One transaction carries the versions for the nodes, the deployment, the routes, the history and
// the answer to the request id; it compares all it was worked out from, so that a change in between
// aborts it.
//
// Thread: one. Borrows: all it is given, which outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/rollout/catalog.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/rollouts.pb.h"

namespace terrella::control {

struct DeployPlanLimits {
  size_t routes_max = 32;           // of one script
  size_t live_bytes_max = 8 << 20;  // of all resources together: a full push is one message
  uint64_t history_max = 1000;      // deployments remembered of one script
};

// A version and its part of the script's requests.
struct DeployedVersion {
  v1::Version version;
  uint32_t basis_points = 0;
};

// The row of a rollout that begins, goes on or ends with a deployment. Its newest event gets the
// deployment's id.
struct RolloutRow {
  std::string key;
  Revision modified = 0;    // what is replaced; 0: it begins
  std::string expired_key;  // a row that is too old to be kept; empty: none
  v1::Rollout rollout;
};

// What somebody wants to answer from now on.
struct DeployWish {
  std::string script;
  std::vector<DeployedVersion> versions;  // the newest first; none: the script goes away
  std::vector<v1::PlacedShares> placed;   // of the same versions, at some places
  std::vector<std::string> routes;        // normalized; empty: those it has
  std::string message;
  std::string note;                // beside the message, the control plane's own
  Revision expected_revision = 0;  // when not 0: of the deployment this replaces
  bool migrate = true;             // false: a way back changes no class of Durable Objects
  bool end_split = false;          // one version may take the place of several
  std::optional<v1::RolloutPlan> rollout_plan;  // come in these waves
  bool immediate = false;                       // end a rollout that runs
  bool way_back = false;                        // a rollback: a rollout that runs is aborted by it
  std::optional<RolloutRow> rollout;
  std::string validated_by;  // the node that tried it
  std::string request_id;    // empty when none was given
  std::string fingerprint;   // of the request
};

struct DeployPlan {
  TxnRequest txn;
  v1::DeployResponse response;  // without the revision
};

class DeployPlanner {
 public:
  DeployPlanner(const ResourceTable& table, const Catalog& catalog, const Clock& clock,
                std::string zone, const DeployPlanLimits& limits)
      : table_(table), catalog_(catalog), clock_(clock), zone_(std::move(zone)), limits_(limits) {}

  // Aborted: expected_revision does not hold. FailedPrecondition: a split would end unasked.
  // InvalidArgument, AlreadyExists, ResourceExhausted: what cannot be, and why.
  absl::StatusOr<DeployPlan> Plan(const DeployWish& wish) const;
  // NotFound when the script is not deployed.
  absl::StatusOr<DeployPlan> PlanDeletion(const DeployWish& wish) const;

 private:
  absl::Status CheckAgainst(const v1::Resource* live, const DeployWish& wish) const;
  absl::StatusOr<std::vector<std::string>> PlanRoutes(const DeployWish& wish) const;
  absl::Status PlanVersions(const v1::Resource* live, const DeployWish& wish,
                            DeployPlan& plan) const;
  absl::Status PlanDeployment(const v1::Resource* live, const DeployWish& wish, uint64_t number,
                              DeployPlan& plan) const;
  absl::Status PlanClassesOf(const v1::Resource* live, const DeployWish& wish, uint64_t number,
                             v1::Deployment& deployment, DeployPlan& plan) const;
  void PlanRouteChanges(const std::string& script, const std::vector<std::string>& routes,
                        DeployPlan& plan) const;
  void PlanOtherClasses(const std::map<std::string, v1::Deployment>& others,
                        DeployPlan& plan) const;
  void PlanDeletedActors(const std::string& script, const std::vector<std::string>& namespace_ids,
                         DeployPlan& plan) const;
  void PlanRollout(const DeployWish& wish, uint64_t number, DeployPlan& plan) const;
  void PlanHistory(const DeployWish& wish, uint64_t number, DeployPlan& plan) const;

  const ResourceTable& table_;
  const Catalog& catalog_;
  const Clock& clock_;
  const std::string zone_;
  const DeployPlanLimits limits_;
};

}  // namespace terrella::control
