// Deployer: the life of a deploy, a rollback or a deletion, from the request to the committed
// change.
//
//   asked -> known request id? -> the answer it had
//         -> Prepare: names, version, routes  -> error
//         -> try on a READY node -> refused by it   -> INVALID_ARGUMENT, nothing changed
//                                -> no answer, gone -> try another one, at most twice more
//                                -> passed
//         -> Commit: one transaction with the version for the nodes, the deployment, the routes,
//         the
//            history and the answer to the request id; the control plane may die before or after it
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
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "control_plane/rollout/catalog.h"
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
  size_t routes_max = 32;      // of one script
  size_t message_bytes_max = 4096;
  size_t live_bytes_max = 8 << 20;  // of all resources together: a full push is one message
  uint64_t history_max = 1000;      // deployments remembered of one script
};

class Deployer {
 public:
  using Answer = std::function<void(const absl::StatusOr<v1::DeployResponse>&)>;

  // `committed` is called after each commit, when the table has it.
  Deployer(EventLoop& loop, StateStore& store, const ResourceTable& table, Catalog& catalog,
           Fleet& fleet, std::function<void(Revision)> committed, const DeployerOptions& options);
  ~Deployer();

  // Each answers through the callback, possibly before it returns.
  void Deploy(const v1::DeployRequest& request, Answer answer);
  void Rollback(const v1::RollbackRequest& request, Answer answer);
  void Delete(const v1::DeleteScriptRequest& request, Answer answer);

  // Answers everything that runs with `why`; it may be retried elsewhere or later.
  void AbortAll(const absl::Status& why);

 private:
  struct Operation;
  // What a commit writes, worked out against the state of now.
  struct Plan {
    TxnRequest txn;
    v1::DeployResponse response;  // without the revision
  };

  // Answers from memory, joins a running operation, or starts one.
  Operation* Begin(std::string request_id, std::string fingerprint, Answer& answer);
  absl::Status Prepare(Operation& operation);
  absl::StatusOr<std::vector<std::string>> PlanRoutes(const Operation& operation) const;
  absl::StatusOr<Plan> MakePlan(const Operation& operation) const;
  absl::StatusOr<Plan> MakeDeletePlan(const Operation& operation) const;
  void PlanRouteChanges(const std::string& script, const std::vector<std::string>& routes,
                        Plan& plan) const;
  void PlanOtherClasses(const std::map<std::string, v1::Deployment>& others, Plan& plan) const;
  void PlanDeletedActors(const std::string& script, const std::vector<std::string>& namespace_ids,
                         Plan& plan) const;
  void PlanHistory(const Operation& operation, uint64_t number, Plan& plan) const;
  void Try(Operation& operation);
  void OnTrial(Operation& operation, const TrialOutcome& outcome);
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
  std::map<std::string, std::unique_ptr<Operation>> running_;  // by request id
  uint64_t unnamed_ = 0;                                       // requests without an id
};

}  // namespace terrella::control
