// Deployer: the life of a deploy, a rollback or a deletion, from the request to the committed
// change.
//
//   asked -> known request id? -> the answer it had
//         -> Prepare: names, version, routes, what it may bind  -> error
//         -> try on a READY node -> refused by it   -> INVALID_ARGUMENT, nothing changed
//                                -> no answer, gone -> try another one, at most twice more
//                                -> passed
//         -> Commit: one transaction (deploy_plan.h); the control plane may die before or after it
//
// The same request id asked twice at once runs once and answers both.
//
// Thread: one (the event loop's).
// Invariants: (1) a request is answered exactly once; (2) nothing that nodes hold changes but by
// Commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "control_plane/rollout/catalog.h"
#include "control_plane/rollout/deploy_plan.h"
#include "control_plane/rollout/fleet.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

struct DeployerOptions {
  std::string zone;  // for default routes
  Duration trial_timeout = std::chrono::seconds(10);
  size_t trial_nodes_max = 3;
  // A version that takes this many nodes with it is not tried on a further one.
  size_t trial_nodes_lost_max = 2;
  size_t operations_max = 64;  // at once
  size_t message_bytes_max = 4096;
  DeployPlanLimits plan;
};

// What rollouts have to say about deploys.
class RolloutRules {
 public:
  virtual ~RolloutRules() = default;
  // Completes a wish for a rollout with its first wave, and one that ends a rollout with its end.
  // FailedPrecondition when a rollout of the script runs that the wish does not end.
  virtual absl::Status Complete(DeployWish& wish) = 0;
  // The wish is done, at this revision; its rollout is the row that was written.
  virtual void Committed(const RolloutRow& row, const v1::DeployResponse& done) = 0;
  // What a rollout that runs would go back to; empty: none runs.
  virtual std::string WayBack(const std::string& script) const = 0;
};

class Deployer {
 public:
  using Answer = std::function<void(const absl::StatusOr<v1::DeployResponse>&)>;

  // `committed` is called after each commit, when the table has it.
  Deployer(EventLoop& loop, StateStore& store, const ResourceTable& table, Catalog& catalog,
           Fleet& fleet, std::function<void(Revision)> committed, const DeployerOptions& options);
  ~Deployer();
  // Before the first request; they outlive the deployer's last one.
  void set_rollout_rules(RolloutRules* rules) { rules_ = rules; }

  // Each answers through the callback, possibly before it returns.
  void Deploy(const v1::DeployRequest& request, Answer answer);
  void Rollback(const v1::RollbackRequest& request, Answer answer);
  void Delete(const v1::DeleteScriptRequest& request, Answer answer);

  // Does at once what needs no trial: its versions have been tried. Errors are the planner's and
  // the store's.
  absl::StatusOr<v1::DeployResponse> Carry(const DeployWish& wish);

  // Answers everything that runs with `why`; it may be retried elsewhere or later.
  void AbortAll(const absl::Status& why);

 private:
  struct Operation;
  // Answers from memory, joins a running operation, or starts one.
  Operation* Begin(std::string request_id, std::string fingerprint, Answer& answer);
  absl::Status Prepare(Operation& operation);
  absl::Status FindVersions(Operation& operation);
  absl::Status RequireBindings(const Operation& operation) const;
  void Try(Operation& operation);
  void OnTrial(Operation& operation, const TrialOutcome& outcome);
  void Remember(const v1::Version& version, const std::optional<v1::Rejected>& rejected);
  void OnTrialTimeout(Operation& operation);
  void Commit(Operation& operation);
  void Finish(Operation& operation, const absl::StatusOr<v1::DeployResponse>& result);

  EventLoop& loop_;
  StateStore& store_;
  const ResourceTable& table_;
  Catalog& catalog_;
  Fleet& fleet_;
  std::function<void(Revision)> committed_;
  const DeployerOptions options_;
  SystemClock clock_;
  const DeployPlanner planner_;
  RolloutRules* rules_ = nullptr;
  std::map<std::string, std::unique_ptr<Operation>> running_;  // by request id
  uint64_t unnamed_ = 0;                                       // requests without an id
};

}  // namespace terrella::control
