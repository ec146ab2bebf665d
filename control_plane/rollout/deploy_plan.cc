#include "control_plane/rollout/deploy_plan.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "bundle/version_shares.h"
#include "control_plane/rollout/class_migrations.h"
#include "control_plane/rollout/purger.h"
#include "control_plane/rollout/secret_keeper.h"

namespace terrella::control {
namespace {

using RequestRecord = ::terrella::control_state::RequestRecord;

Op PutResource(const std::string& name, const v1::Resource& body) {
  return Op::Put(ResourceTable::Key(name), body.SerializeAsString());
}

bool IsSplit(const v1::Resource* live) {
  return live != nullptr && bundle::IsSplit(live->deployment());
}

// "2b1f... 10 %, 90ac... 90 %"
std::string SharesText(const v1::Deployment& deployment) {
  std::string text;
  for (const v1::VersionShare& share : bundle::SharesOf(deployment)) {
    text += fmt::format("{}{} {} %", text.empty() ? "" : ", ", share.version_id().substr(0, 12),
                        static_cast<double>(share.basis_points()) / 100);
  }
  if (!deployment.placed().empty()) text += ", and others at some places";
  return text;
}

const DeployedVersion& MainOf(const DeployWish& wish) {
  return *std::max_element(
      wish.versions.begin(), wish.versions.end(),
      [](const auto& a, const auto& b) { return a.basis_points < b.basis_points; });
}

// Whether a deploy of this version would leave the script's classes as they are.
bool SameClasses(const ClassPlan& plan, const v1::Deployment& live) {
  const auto& classes = live.actor_classes();
  return plan.others.empty() && plan.deleted.empty() &&
         std::equal(plan.tags.begin(), plan.tags.end(), live.migrations().begin(),
                    live.migrations().end()) &&
         std::equal(plan.classes.begin(), plan.classes.end(), classes.begin(), classes.end(),
                    [](const v1::ActorClass& a, const v1::ActorClass& b) {
                      return a.class_name() == b.class_name() &&
                             a.namespace_id() == b.namespace_id() && a.forwarded() == b.forwarded();
                    });
}

// Whether the version was written with the script's classes in mind: it declares the last migration
// that was applied, or binds them all where none was. Objects of a class it does not export would
// fail.
bool KnowsClasses(const v1::Version& version, const v1::Deployment& live) {
  if (!live.migrations().empty()) {
    const std::string& last = *live.migrations().rbegin();
    return std::any_of(version.migrations().begin(), version.migrations().end(),
                       [&](const v1::Migration& one) { return one.tag() == last; });
  }
  return std::all_of(
      live.actor_classes().begin(), live.actor_classes().end(), [&](const v1::ActorClass& one) {
        return one.forwarded() ||
               std::any_of(version.bindings().begin(), version.bindings().end(),
                           [&](const v1::Binding& binding) {
                             return binding.has_durable_object() &&
                                    binding.durable_object().script().empty() &&
                                    binding.durable_object().class_name() == one.class_name();
                           });
      });
}

}  // namespace

absl::StatusOr<DeployPlan> DeployPlanner::Plan(const DeployWish& wish) const {
  const v1::Resource* live = catalog_.DeploymentOf(wish.script);
  RETURN_IF_ERROR(CheckAgainst(live, wish));
  ASSIGN_OR_RETURN(std::vector<std::string> routes, PlanRoutes(wish));
  ASSIGN_OR_RETURN(uint64_t number, catalog_.NextNumber(wish.script));
  DeployPlan plan;
  plan.response.set_deployment_id(fmt::format("{}-{}", wish.script, number));
  plan.response.set_version_id(MainOf(wish).version.id());
  plan.response.set_validated_by(wish.validated_by);
  plan.response.mutable_routes()->Assign(routes.begin(), routes.end());
  plan.txn.compares.push_back(
      {ResourceTable::Key("deployment/" + wish.script), live != nullptr ? live->revision() : 0});
  RETURN_IF_ERROR(PlanVersions(live, wish, plan));
  RETURN_IF_ERROR(PlanDeployment(live, wish, number, plan));
  PlanRouteChanges(wish.script, routes, plan);
  PlanRollout(wish, number, plan);
  PlanHistory(wish, number, plan);
  return plan;
}

absl::Status DeployPlanner::CheckAgainst(const v1::Resource* live, const DeployWish& wish) const {
  const Revision at = live != nullptr ? live->revision() : 0;
  if (wish.expected_revision != 0 && wish.expected_revision != at) {
    return Aborted("script '{}' was deployed meanwhile: version {} at revision {}, expected {}",
                   wish.script, live != nullptr ? live->deployment().version_id() : "none", at,
                   wish.expected_revision);
  }
  if (IsSplit(live) && wish.versions.size() == 1 && !wish.end_split) {
    return FailedPrecondition("several versions of script '{}' share its requests ({})",
                              wish.script, SharesText(live->deployment()));
  }
  const v1::Resource* secrets = table_.Find(SecretsName(wish.script));
  for (const DeployedVersion& one : wish.versions) {
    RETURN_IF_ERROR(CheckSecretNames(one.version, secrets ? &secrets->secrets() : nullptr));
  }
  return absl::OkStatus();
}

// The routes the script will have. A route belongs to one script: two that want the same would
// steal each other's requests.
absl::StatusOr<std::vector<std::string>> DeployPlanner::PlanRoutes(const DeployWish& wish) const {
  std::vector<std::string> routes =
      wish.routes.empty() ? catalog_.RoutesOf(wish.script) : wish.routes;
  if (routes.empty()) routes.push_back(wish.script + "." + zone_ + "/*");
  if (routes.size() > limits_.routes_max) {
    return ResourceExhausted("{} routes are over the limit of {} a script", routes.size(),
                             limits_.routes_max);
  }
  for (const std::string& route : routes) {
    const v1::Resource* taken = table_.Find("route/" + route);
    if (taken != nullptr && taken->route().script() != wish.script) {
      return AlreadyExists("route {} belongs to script '{}'", route, taken->route().script());
    }
  }
  return routes;
}

// Those that come and those that go.
absl::Status DeployPlanner::PlanVersions(const v1::Resource* live, const DeployWish& wish,
                                         DeployPlan& plan) const {
  size_t bytes = table_.bytes();
  std::vector<std::string> stay;
  for (const DeployedVersion& one : wish.versions) {
    stay.push_back(one.version.id());
    const std::string name = bundle::VersionName(wish.script, one.version.id());
    if (table_.Find(name) != nullptr) continue;
    v1::Resource body;
    *body.mutable_version() = one.version;
    bytes += body.ByteSizeLong();
    if (bytes > limits_.live_bytes_max) {
      return ResourceExhausted("all deployed versions together describe over {} MiB of modules",
                               limits_.live_bytes_max >> 20);
    }
    plan.txn.ops.push_back(PutResource(name, body));
  }
  if (live == nullptr) return absl::OkStatus();
  for (const std::string& old : bundle::VersionsOf(live->deployment())) {
    if (std::find(stay.begin(), stay.end(), old) != stay.end()) continue;
    plan.txn.ops.push_back(Op::Delete(ResourceTable::Key(bundle::VersionName(wish.script, old))));
  }
  return absl::OkStatus();
}

absl::Status DeployPlanner::PlanDeployment(const v1::Resource* live, const DeployWish& wish,
                                           uint64_t number, DeployPlan& plan) const {
  v1::Resource body;
  v1::Deployment& deployment = *body.mutable_deployment();
  deployment.set_script(wish.script);
  deployment.set_id(plan.response.deployment_id());
  deployment.set_version_id(plan.response.version_id());
  const bool whole = MainOf(wish).basis_points == bundle::kAllRequests;
  for (const DeployedVersion& one : wish.versions) {
    if (wish.versions.size() == 1) break;
    // One that answers at some places only is no version of the others, not even at 0 %.
    if (whole && !wish.placed.empty()) break;
    v1::VersionShare& share = *deployment.add_shares();
    share.set_version_id(one.version.id());
    share.set_basis_points(one.basis_points);
  }
  deployment.mutable_placed()->Assign(wish.placed.begin(), wish.placed.end());
  if (wish.rollout && wish.rollout->rollout.ended_unix_ms() == 0) {
    deployment.set_rollout_id(wish.rollout->rollout.id());
  }
  *plan.response.mutable_shares() = deployment.shares();
  RETURN_IF_ERROR(PlanClassesOf(live, wish, number, deployment, plan));
  plan.txn.ops.push_back(PutResource("deployment/" + wish.script, body));
  return absl::OkStatus();
}

// One version decides what becomes of the classes; several that answer side by side must agree that
// all stays as it is.
absl::Status DeployPlanner::PlanClassesOf(const v1::Resource* live, const DeployWish& wish,
                                          uint64_t number, v1::Deployment& deployment,
                                          DeployPlan& plan) const {
  static const v1::Deployment kNone;
  const v1::Deployment& before = live != nullptr ? live->deployment() : kNone;
  for (const DeployedVersion& one : wish.versions) {
    ASSIGN_OR_RETURN(const ClassPlan classes,
                     PlanClasses({one.version, number, wish.migrate}, table_));
    if (wish.versions.size() > 1) {
      if (SameClasses(classes, before) && KnowsClasses(one.version, before)) continue;
      return InvalidArgument(
          "version {} has other classes of Durable Objects than the script, which versions that "
          "share requests cannot: deploy it whole first",
          one.version.id());
    }
    deployment.mutable_actor_classes()->Assign(classes.classes.begin(), classes.classes.end());
    deployment.mutable_migrations()->Assign(classes.tags.begin(), classes.tags.end());
    plan.response.mutable_notes()->Assign(classes.notes.begin(), classes.notes.end());
    PlanOtherClasses(classes.others, plan);
    PlanDeletedActors(wish.script, classes.deleted, plan);
    return absl::OkStatus();
  }
  *deployment.mutable_actor_classes() = before.actor_classes();
  *deployment.mutable_migrations() = before.migrations();
  return absl::OkStatus();
}

void DeployPlanner::PlanRouteChanges(const std::string& script,
                                     const std::vector<std::string>& routes,
                                     DeployPlan& plan) const {
  for (const std::string& route : routes) {
    const v1::Resource* there = table_.Find("route/" + route);
    plan.txn.compares.push_back(
        {ResourceTable::Key("route/" + route), there != nullptr ? there->revision() : 0});
    if (there != nullptr) continue;
    v1::Resource body;
    body.mutable_route()->set_pattern(route);
    body.mutable_route()->set_script(script);
    plan.txn.ops.push_back(PutResource("route/" + route, body));
  }
  for (const std::string& route : catalog_.RoutesOf(script)) {
    if (std::find(routes.begin(), routes.end(), route) == routes.end()) {
      plan.txn.ops.push_back(Op::Delete(ResourceTable::Key("route/" + route)));
    }
  }
}

// Classes that other scripts gave away.
void DeployPlanner::PlanOtherClasses(const std::map<std::string, v1::Deployment>& others,
                                     DeployPlan& plan) const {
  for (const auto& [script, deployment] : others) {
    const std::string name = "deployment/" + script;
    plan.txn.compares.push_back({ResourceTable::Key(name), table_.Find(name)->revision()});
    v1::Resource body;
    *body.mutable_deployment() = deployment;
    plan.txn.ops.push_back(PutResource(name, body));
  }
}

void DeployPlanner::PlanDeletedActors(const std::string& script,
                                      const std::vector<std::string>& namespace_ids,
                                      DeployPlan& plan) const {
  if (namespace_ids.empty()) return;
  const std::string name = DeletedActorsName(script);
  v1::Resource body;
  *body.mutable_deleted_actors() = AddDeletedActors(table_.Find(name), script, namespace_ids);
  plan.txn.ops.push_back(PutResource(name, body));
}

void DeployPlanner::PlanRollout(const DeployWish& wish, uint64_t number, DeployPlan& plan) const {
  if (!wish.rollout) return;
  v1::Rollout rollout = wish.rollout->rollout;
  rollout.mutable_events()->rbegin()->set_deployment_id(fmt::format("{}-{}", wish.script, number));
  plan.txn.compares.push_back({wish.rollout->key, wish.rollout->modified});
  plan.txn.ops.push_back(Op::Put(wish.rollout->key, rollout.SerializeAsString()));
  if (!wish.rollout->expired_key.empty()) {
    plan.txn.ops.push_back(Op::Delete(wish.rollout->expired_key));
  }
  if (rollout.ended_unix_ms() == 0) plan.response.set_rollout_id(rollout.id());
}

// The row of the history, the end of the history's tail, and the answer to the request id.
void DeployPlanner::PlanHistory(const DeployWish& wish, uint64_t number, DeployPlan& plan) const {
  control_state::DeploymentRecord record;
  record.set_id(plan.response.deployment_id());
  record.set_version_id(plan.response.version_id());
  *record.mutable_shares() = plan.response.shares();
  record.mutable_placed()->Assign(wish.placed.begin(), wish.placed.end());
  if (wish.rollout) record.set_rollout_id(wish.rollout->rollout.id());
  *record.mutable_routes() = plan.response.routes();
  record.set_message(wish.message);
  record.set_note(wish.note);
  record.set_created_unix_ms(UnixMs(clock_.WallNow()));
  record.set_validated_by(wish.validated_by);
  std::string key = Catalog::HistoryKey(wish.script, number);
  plan.txn.compares.push_back({key, 0});
  plan.txn.ops.push_back(Op::Put(key, record.SerializeAsString()));
  if (number > limits_.history_max) {
    plan.txn.ops.push_back(
        Op::Delete(Catalog::HistoryKey(wish.script, number - limits_.history_max)));
  }
  RequestRecord request;
  request.set_fingerprint(wish.fingerprint);
  *request.mutable_response() = plan.response;
  plan.txn.request_id = wish.request_id;
  plan.txn.result = request.SerializeAsString();
}

absl::StatusOr<DeployPlan> DeployPlanner::PlanDeletion(const DeployWish& wish) const {
  const std::string& script = wish.script;
  const v1::Resource* live = catalog_.DeploymentOf(script);
  if (live == nullptr) return NotFound("script '{}' is not deployed", script);
  ASSIGN_OR_RETURN(uint64_t number, catalog_.NextNumber(script));
  DeployPlan plan;
  plan.response.set_deployment_id(fmt::format("{}-{}", script, number));
  plan.txn.compares.push_back({ResourceTable::Key("deployment/" + script), live->revision()});
  plan.txn.ops.push_back(Op::Delete(ResourceTable::Key("deployment/" + script)));
  for (const std::string& old : bundle::VersionsOf(live->deployment())) {
    plan.txn.ops.push_back(Op::Delete(ResourceTable::Key(bundle::VersionName(script, old))));
  }
  if (table_.Find(SecretsName(script)) != nullptr) {
    plan.txn.ops.push_back(Op::Delete(ResourceTable::Key(SecretsName(script))));
  }
  // Whoever deploys under that name next must not find its responses.
  v1::Purges purges;
  if (const v1::Resource* purged = table_.Find(PurgesName(script))) purges = purged->purges();
  purges.set_script(script);
  v1::Resource body;
  *body.mutable_purges() = PurgeAll(std::move(purges), clock_.WallNow());
  plan.txn.ops.push_back(PutResource(PurgesName(script), body));
  PlanDeletedActors(script, NamespacesOf(live->deployment()), plan);
  PlanRouteChanges(script, {}, plan);
  PlanRollout(wish, number, plan);
  PlanHistory(wish, number, plan);
  return plan;
}

}  // namespace terrella::control
