#include "control_plane/rollout/deployer.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "bundle/names.h"
#include "control_plane/rollout/class_migrations.h"
#include "control_plane/rollout/purger.h"
#include "control_plane/rollout/secret_keeper.h"
#include "control_plane/rollout/version_check.h"

namespace terrella::control {
namespace {

using RequestRecord = ::terrella::control_state::RequestRecord;

std::string Fingerprint(std::string_view kind, const google::protobuf::Message& request) {
  return Sha256(std::string(kind) + request.SerializeAsString());
}

// Whether a refusal says something about the version, and not about the node.
bool IsVerdict(v1::Rejected::Code code) {
  return code == v1::Rejected::COMPILE || code == v1::Rejected::LIMIT;
}

std::string Join(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Op PutResource(const std::string& name, const v1::Resource& body) {
  return Op::Put(ResourceTable::Key(name), body.SerializeAsString());
}

}  // namespace

struct Deployer::Operation {
  std::string request_id;   // as asked; empty when none was given
  std::string running_key;  // in running_
  std::string fingerprint;
  std::vector<Answer> answers;
  bool remove = false;  // a deletion
  bool migrate = true;  // false: a way back changes no class of Durable Objects
  std::string script;
  std::string version_id;           // as asked, perhaps a beginning
  std::vector<std::string> routes;  // asked for, normalized; empty: keep
  std::string message;
  Revision expected_revision = 0;

  v1::Version version;  // found by Prepare
  std::set<std::string> tried;
  std::set<std::string> lost;
  std::string trying;  // node
  TrialId trial = 0;
  std::string validated_by;
  std::string last_trouble;
  std::unique_ptr<Timer> timeout;
};

Deployer::Deployer(EventLoop& loop, StateStore& store, const ResourceTable& table, Catalog& catalog,
                   Fleet& fleet, std::function<void(Revision)> committed,
                   const DeployerOptions& options)
    : loop_(loop),
      store_(store),
      table_(table),
      catalog_(catalog),
      fleet_(fleet),
      committed_(std::move(committed)),
      options_(options) {}

Deployer::~Deployer() = default;

void Deployer::Deploy(const v1::DeployRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("deploy", request), answer);
  if (operation == nullptr) return;
  operation->script = request.script();
  operation->version_id = request.version_id();
  operation->routes.assign(request.routes().begin(), request.routes().end());
  operation->message = request.message();
  operation->expected_revision = request.expected_revision();
  if (absl::Status status = Prepare(*operation); !status.ok()) return Finish(*operation, status);
  Try(*operation);
}

void Deployer::Rollback(const v1::RollbackRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("rollback", request), answer);
  if (operation == nullptr) return;
  operation->script = request.script();
  operation->migrate = false;
  operation->version_id = request.version_id();
  operation->message = request.message();
  const v1::Resource* live = catalog_.DeploymentOf(request.script());
  if (live == nullptr) {
    return Finish(*operation, FailedPrecondition("script '{}' is not deployed", request.script()));
  }
  // What is rolled back is the deployment of now, not one that comes while the trial runs.
  operation->expected_revision = live->revision();
  if (operation->version_id.empty()) {
    auto previous = catalog_.PreviousVersion(request.script());
    if (!previous.ok()) return Finish(*operation, previous.status());
    operation->version_id = *previous;
  }
  if (absl::Status status = Prepare(*operation); !status.ok()) return Finish(*operation, status);
  Try(*operation);
}

void Deployer::Delete(const v1::DeleteScriptRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("delete", request), answer);
  if (operation == nullptr) return;
  operation->script = request.script();
  operation->remove = true;
  Commit(*operation);
}

Deployer::Operation* Deployer::Begin(std::string request_id, std::string fingerprint,
                                     Answer& answer) {
  const absl::Status reused =
      InvalidArgument("request id '{}' was used for another request", request_id);
  if (!request_id.empty()) {
    auto known = store_.FindRequest(request_id);
    if (!known.ok()) return answer(known.status()), nullptr;
    if (known->has_value()) {
      RequestRecord record;
      if (!record.ParseFromString((*known)->result) || record.fingerprint() != fingerprint) {
        return answer(reused), nullptr;
      }
      record.mutable_response()->set_revision((*known)->revision);
      return answer(record.response()), nullptr;
    }
    if (auto it = running_.find("=" + request_id); it != running_.end()) {
      if (it->second->fingerprint != fingerprint) return answer(reused), nullptr;
      it->second->answers.push_back(std::move(answer));
      return nullptr;
    }
  }
  if (running_.size() >= options_.operations_max) {
    return answer(ResourceExhausted("{} deploys are running, which is the limit", running_.size())),
           nullptr;
  }
  auto operation = std::make_unique<Operation>();
  operation->running_key = request_id.empty() ? "#" + std::to_string(++unnamed_) : "=" + request_id;
  operation->request_id = std::move(request_id);
  operation->fingerprint = std::move(fingerprint);
  operation->answers.push_back(std::move(answer));
  Operation* started = operation.get();
  running_[started->running_key] = std::move(operation);
  return started;
}

absl::Status Deployer::Prepare(Operation& operation) {
  RETURN_IF_ERROR(bundle::CheckScriptName(operation.script));
  if (operation.message.size() > options_.message_bytes_max) {
    return InvalidArgument("a message of {} bytes is over the limit of {}",
                           operation.message.size(), options_.message_bytes_max);
  }
  ASSIGN_OR_RETURN(VersionRecord record,
                   catalog_.FindVersion(operation.script, operation.version_id));
  operation.version = std::move(*record.mutable_version());
  std::set<std::string> routes;
  for (const std::string& route : operation.routes) {
    ASSIGN_OR_RETURN(std::string normalized, bundle::NormalizeRoute(route));
    routes.insert(std::move(normalized));
  }
  operation.routes.assign(routes.begin(), routes.end());
  return MakePlan(operation).status();
}

// The routes the script will have. A route belongs to one script: two that want the same would
// steal each other's requests.
absl::StatusOr<std::vector<std::string>> Deployer::PlanRoutes(const Operation& operation) const {
  std::vector<std::string> routes =
      operation.routes.empty() ? catalog_.RoutesOf(operation.script) : operation.routes;
  if (routes.empty()) routes.push_back(operation.script + "." + options_.zone + "/*");
  if (routes.size() > options_.routes_max) {
    return ResourceExhausted("{} routes are over the limit of {} a script", routes.size(),
                             options_.routes_max);
  }
  for (const std::string& route : routes) {
    const v1::Resource* taken = table_.Find("route/" + route);
    if (taken != nullptr && taken->route().script() != operation.script) {
      return AlreadyExists("route {} belongs to script '{}'", route, taken->route().script());
    }
  }
  return routes;
}

absl::StatusOr<Deployer::Plan> Deployer::MakePlan(const Operation& operation) const {
  const std::string& script = operation.script;
  const v1::Resource* live = catalog_.DeploymentOf(script);
  Revision at = live != nullptr ? live->revision() : 0;
  if (operation.expected_revision != 0 && operation.expected_revision != at) {
    return Aborted("script '{}' was deployed meanwhile: version {} at revision {}, expected {}",
                   script, live != nullptr ? live->deployment().version_id() : "none", at,
                   operation.expected_revision);
  }
  const v1::Resource* secrets = table_.Find(SecretsName(script));
  RETURN_IF_ERROR(CheckSecretNames(operation.version, secrets ? &secrets->secrets() : nullptr));
  ASSIGN_OR_RETURN(std::vector<std::string> routes, PlanRoutes(operation));
  ASSIGN_OR_RETURN(uint64_t number, catalog_.NextNumber(script));
  Plan plan;
  plan.response.set_deployment_id(fmt::format("{}-{}", script, number));
  plan.response.set_version_id(operation.version.id());
  plan.response.set_validated_by(operation.validated_by);
  plan.response.mutable_routes()->Assign(routes.begin(), routes.end());

  std::string version_name = "version/" + script + "/" + operation.version.id();
  plan.txn.compares.push_back({ResourceTable::Key("deployment/" + script), at});
  v1::Resource body;
  if (table_.Find(version_name) == nullptr) {
    *body.mutable_version() = operation.version;
    if (table_.bytes() + body.ByteSizeLong() > options_.live_bytes_max) {
      return ResourceExhausted("all deployed versions together describe over {} MiB of modules",
                               options_.live_bytes_max >> 20);
    }
    plan.txn.ops.push_back(PutResource(version_name, body));
  }
  if (live != nullptr && live->deployment().version_id() != operation.version.id()) {
    plan.txn.ops.push_back(Op::Delete(
        ResourceTable::Key("version/" + script + "/" + live->deployment().version_id())));
  }
  body.mutable_deployment()->set_script(script);
  body.mutable_deployment()->set_id(plan.response.deployment_id());
  body.mutable_deployment()->set_version_id(operation.version.id());
  ASSIGN_OR_RETURN(const ClassPlan classes,
                   PlanClasses({operation.version, number, operation.migrate}, table_));
  body.mutable_deployment()->mutable_actor_classes()->Assign(classes.classes.begin(),
                                                             classes.classes.end());
  body.mutable_deployment()->mutable_migrations()->Assign(classes.tags.begin(), classes.tags.end());
  plan.txn.ops.push_back(PutResource("deployment/" + script, body));
  plan.response.mutable_notes()->Assign(classes.notes.begin(), classes.notes.end());
  PlanOtherClasses(classes.others, plan);
  PlanDeletedActors(script, classes.deleted, plan);
  PlanRouteChanges(script, routes, plan);
  PlanHistory(operation, number, plan);
  return plan;
}

void Deployer::PlanRouteChanges(const std::string& script, const std::vector<std::string>& routes,
                                Plan& plan) const {
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
void Deployer::PlanOtherClasses(const std::map<std::string, v1::Deployment>& others,
                                Plan& plan) const {
  for (const auto& [script, deployment] : others) {
    const std::string name = "deployment/" + script;
    plan.txn.compares.push_back({ResourceTable::Key(name), table_.Find(name)->revision()});
    v1::Resource body;
    *body.mutable_deployment() = deployment;
    plan.txn.ops.push_back(PutResource(name, body));
  }
}

void Deployer::PlanDeletedActors(const std::string& script,
                                 const std::vector<std::string>& namespace_ids, Plan& plan) const {
  if (namespace_ids.empty()) return;
  const std::string name = DeletedActorsName(script);
  v1::Resource body;
  *body.mutable_deleted_actors() = AddDeletedActors(table_.Find(name), script, namespace_ids);
  plan.txn.ops.push_back(PutResource(name, body));
}

// The row of the history, the end of the history's tail, and the answer to the request id.
void Deployer::PlanHistory(const Operation& operation, uint64_t number, Plan& plan) const {
  control_state::DeploymentRecord record;
  record.set_id(plan.response.deployment_id());
  record.set_version_id(plan.response.version_id());
  *record.mutable_routes() = plan.response.routes();
  record.set_message(operation.message);
  record.set_created_unix_ms(UnixMs(clock_.WallNow()));
  record.set_validated_by(operation.validated_by);
  std::string key = Catalog::HistoryKey(operation.script, number);
  plan.txn.compares.push_back({key, 0});
  plan.txn.ops.push_back(Op::Put(key, record.SerializeAsString()));
  if (number > options_.history_max) {
    plan.txn.ops.push_back(
        Op::Delete(Catalog::HistoryKey(operation.script, number - options_.history_max)));
  }
  RequestRecord request;
  request.set_fingerprint(operation.fingerprint);
  *request.mutable_response() = plan.response;
  plan.txn.request_id = operation.request_id;
  plan.txn.result = request.SerializeAsString();
}

absl::StatusOr<Deployer::Plan> Deployer::MakeDeletePlan(const Operation& operation) const {
  const std::string& script = operation.script;
  const v1::Resource* live = catalog_.DeploymentOf(script);
  if (live == nullptr) return NotFound("script '{}' is not deployed", script);
  ASSIGN_OR_RETURN(uint64_t number, catalog_.NextNumber(script));
  Plan plan;
  plan.response.set_deployment_id(fmt::format("{}-{}", script, number));
  plan.txn.compares.push_back({ResourceTable::Key("deployment/" + script), live->revision()});
  for (const std::string& name :
       {"deployment/" + script, "version/" + script + "/" + live->deployment().version_id()}) {
    plan.txn.ops.push_back(Op::Delete(ResourceTable::Key(name)));
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
  PlanHistory(operation, number, plan);
  return plan;
}

void Deployer::Try(Operation& operation) {
  operation.trying = fleet_.TrialNode(operation.tried);
  if (operation.trying.empty() && operation.tried.empty()) return Commit(operation);
  if (operation.trying.empty() || operation.tried.size() >= options_.trial_nodes_max ||
      operation.lost.size() >= options_.trial_nodes_lost_max) {
    return Finish(operation,
                  Unavailable("no node could finish trying the version, nothing was changed;"
                              " tried {}: {}",
                              Join(operation.tried), operation.last_trouble));
  }
  operation.tried.insert(operation.trying);
  auto trial = fleet_.StartTrial(
      operation.trying, fleet_.builder().BuildTrial(operation.version),
      [this, &operation](const TrialOutcome& outcome) { OnTrial(operation, outcome); });
  if (!trial.ok()) {
    operation.last_trouble = Message(trial.status());
    return Try(operation);
  }
  operation.trial = *trial;
  operation.timeout =
      std::make_unique<Timer>(loop_, [this, &operation] { OnTrialTimeout(operation); });
  operation.timeout->Start(options_.trial_timeout);
}

void Deployer::OnTrial(Operation& operation, const TrialOutcome& outcome) {
  operation.timeout.reset();
  operation.trial = 0;
  const v1::Rejected& rejected = outcome.rejected;
  switch (outcome.kind) {
    case TrialOutcome::Kind::kAccepted:
      operation.validated_by = operation.trying;
      return Commit(operation);
    case TrialOutcome::Kind::kRejected:
      if (IsVerdict(rejected.code())) {
        return Finish(operation, InvalidArgument("{}: {}", v1::Rejected::Code_Name(rejected.code()),
                                                 rejected.detail()));
      }
      operation.last_trouble = fmt::format("{} on {}: {}", v1::Rejected::Code_Name(rejected.code()),
                                           operation.trying, rejected.detail());
      break;
    case TrialOutcome::Kind::kLost:
      operation.lost.insert(operation.trying);
      operation.last_trouble = fmt::format("{} went down while it tried", operation.trying);
      break;
    case TrialOutcome::Kind::kNotTried:
      operation.last_trouble = fmt::format("{} went down", operation.trying);
      break;
  }
  Try(operation);
}

void Deployer::OnTrialTimeout(Operation& operation) {
  fleet_.CancelTrial(operation.trying, operation.trial);
  operation.trial = 0;
  operation.last_trouble =
      fmt::format("{} did not answer within {} ms", operation.trying, ToMs(options_.trial_timeout));
  // Not Try at once: this is the timer's own callback, and Try replaces the timer.
  loop_.Post([this, key = operation.running_key] {
    if (auto it = running_.find(key); it != running_.end()) Try(*it->second);
  });
}

void Deployer::Commit(Operation& operation) {
  // Worked out anew: routes and deployments may have changed while the trial ran.
  absl::StatusOr<Plan> plan = operation.remove ? MakeDeletePlan(operation) : MakePlan(operation);
  if (!plan.ok()) return Finish(operation, plan.status());
  absl::StatusOr<TxnResult> result = store_.Txn(plan->txn);
  if (!result.ok()) return Finish(operation, result.status());
  plan->response.set_revision(result->revision);
  LogInfo("script {}: deployment {} of version {} at revision {}, tried by {}", operation.script,
          plan->response.deployment_id(), plan->response.version_id(), result->revision,
          operation.validated_by.empty() ? "nobody" : operation.validated_by);
  committed_(result->revision);
  Finish(operation, plan->response);
}

void Deployer::Finish(Operation& operation, const absl::StatusOr<v1::DeployResponse>& result) {
  if (!result.ok()) LogInfo("script {}: {}", operation.script, Message(result.status()));
  auto node = running_.extract(operation.running_key);
  for (const Answer& answer : node.mapped()->answers) answer(result);
}

void Deployer::AbortAll(const absl::Status& why) {
  while (!running_.empty()) {
    Operation& operation = *running_.begin()->second;
    if (operation.trial != 0) fleet_.CancelTrial(operation.trying, operation.trial);
    Finish(operation, why);
  }
}

}  // namespace terrella::control
