#include "control_plane/rollout/deployer.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "bundle/names.h"
#include "bundle/version_shares.h"
#include "control_plane/access/call.h"
#include "control_plane/access/needs.h"

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

std::vector<v1::VersionShare> Whole(const std::string& version_id) {
  v1::Deployment deployment;
  deployment.set_version_id(version_id);
  return bundle::SharesOf(deployment);
}

// What the audit log shows of a change: "2b1f0c9d8e7a 10 %, 90ac... 90 %, routes a.example/*".
std::string ChangeText(const DeployWish& wish) {
  if (wish.versions.empty()) return "the script is deleted";
  std::string text;
  for (const DeployedVersion& one : wish.versions) {
    text += fmt::format("{}{} {} %", text.empty() ? "" : ", ", one.version.id().substr(0, 12),
                        static_cast<double>(one.basis_points) / 100);
  }
  if (!wish.placed.empty()) text += ", others at some places";
  for (size_t i = 0; i < wish.routes.size(); ++i) {
    text += fmt::format("{} {}", i == 0 ? ", routes" : ",", wish.routes[i]);
  }
  return text;
}

bool HasShare(const DeploymentRecord& record, const std::string& version_id) {
  return std::any_of(record.shares().begin(), record.shares().end(),
                     [&](const v1::VersionShare& one) { return one.version_id() == version_id; });
}

std::string Join(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

struct Deployer::Operation {
  DeployWish wish;
  std::string running_key;  // in running_
  std::vector<Answer> answers;
  std::vector<v1::VersionShare> asked;  // versions as asked, perhaps beginnings of their ids

  std::vector<const v1::Version*> untried;  // in wish.versions
  std::set<std::string> tried;
  std::set<std::string> lost;
  std::string trying;  // node
  TrialId trial = 0;
  std::string last_trouble;
  std::unique_ptr<Timer> timeout;
  std::shared_ptr<Call> call;  // that it is done for
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
      options_(options),
      planner_(table, catalog, clock_, options.zone, options.plan) {}

Deployer::~Deployer() = default;

void Deployer::Deploy(const v1::DeployRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("deploy", request), answer);
  if (operation == nullptr) return;
  DeployWish& wish = operation->wish;
  wish.script = request.script();
  wish.routes.assign(request.routes().begin(), request.routes().end());
  wish.message = request.message();
  wish.expected_revision = request.expected_revision();
  wish.end_split = request.end_split();
  wish.immediate = request.immediate();
  if (request.has_rollout()) wish.rollout_plan = request.rollout();
  operation->asked.assign(request.shares().begin(), request.shares().end());
  if (operation->asked.empty()) operation->asked = Whole(request.version_id());
  if (absl::Status status = Prepare(*operation); !status.ok()) return Finish(*operation, status);
  Try(*operation);
}

void Deployer::Rollback(const v1::RollbackRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("rollback", request), answer);
  if (operation == nullptr) return;
  DeployWish& wish = operation->wish;
  wish.script = request.script();
  wish.migrate = false;
  wish.end_split = true;
  wish.way_back = true;
  wish.message = request.message();
  const v1::Resource* live = catalog_.DeploymentOf(request.script());
  if (live == nullptr) {
    return Finish(*operation, FailedPrecondition("script '{}' is not deployed", request.script()));
  }
  // What is rolled back is the deployment of now, not one that comes while the trial runs.
  wish.expected_revision = live->revision();
  operation->asked = Whole(request.version_id());
  if (request.version_id().empty() && !rules_->WayBack(request.script()).empty()) {
    operation->asked = Whole(rules_->WayBack(request.script()));
  } else if (request.version_id().empty()) {
    auto previous = catalog_.PreviousVersion(request.script());
    if (!previous.ok()) return Finish(*operation, previous.status());
    operation->asked = Whole(*previous);
  }
  if (absl::Status status = Prepare(*operation); !status.ok()) return Finish(*operation, status);
  Try(*operation);
}

void Deployer::Delete(const v1::DeleteScriptRequest& request, Answer answer) {
  Operation* operation = Begin(request.request_id(), Fingerprint("delete", request), answer);
  if (operation == nullptr) return;
  operation->wish.script = request.script();
  operation->wish.way_back = true;
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
      if (it->second->wish.fingerprint != fingerprint) return answer(reused), nullptr;
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
  operation->wish.request_id = std::move(request_id);
  operation->wish.fingerprint = std::move(fingerprint);
  operation->call = CallScope::Current();
  operation->answers.push_back(std::move(answer));
  Operation* started = operation.get();
  running_[started->running_key] = std::move(operation);
  return started;
}

absl::Status Deployer::Prepare(Operation& operation) {
  DeployWish& wish = operation.wish;
  RETURN_IF_ERROR(bundle::CheckScriptName(wish.script));
  if (wish.message.size() > options_.message_bytes_max) {
    return InvalidArgument("a message of {} bytes is over the limit of {}", wish.message.size(),
                           options_.message_bytes_max);
  }
  RETURN_IF_ERROR(FindVersions(operation));
  RETURN_IF_ERROR(RequireBindings(operation));
  std::set<std::string> routes;
  for (const std::string& route : wish.routes) {
    ASSIGN_OR_RETURN(std::string normalized, bundle::NormalizeRoute(route));
    routes.insert(std::move(normalized));
  }
  wish.routes.assign(routes.begin(), routes.end());
  DeployWish complete = wish;
  RETURN_IF_ERROR(rules_->Complete(complete));
  return planner_.Plan(complete).status();
}

// The versions asked for, the newest first, and which of them a node shall try. Of several those
// that answer already have been tried.
absl::Status Deployer::FindVersions(Operation& operation) {
  DeployWish& wish = operation.wish;
  RETURN_IF_ERROR(bundle::CheckShares(operation.asked));
  for (v1::VersionShare& share : operation.asked) {
    ASSIGN_OR_RETURN(VersionRecord record, catalog_.FindVersion(wish.script, share.version_id()));
    share.set_version_id(record.version().id());
    wish.versions.push_back({std::move(*record.mutable_version()), share.basis_points()});
  }
  // Again: two beginnings may be of one id.
  RETURN_IF_ERROR(bundle::CheckShares(operation.asked));
  std::sort(wish.versions.begin(), wish.versions.end(), [](const auto& a, const auto& b) {
    return std::pair(-a.version.created_unix_ms(), a.version.id()) <
           std::pair(-b.version.created_unix_ms(), b.version.id());
  });
  for (const DeployedVersion& one : wish.versions) {
    const bool answers = table_.Find(bundle::VersionName(wish.script, one.version.id())) != nullptr;
    if (wish.versions.size() == 1 || !answers) operation.untried.push_back(&one.version);
  }
  return absl::OkStatus();
}

// Of versions that have had no requests yet, or none for long: whoever uploaded them may have had
// more rights than the caller, or have them no more. A way back to what answered before is
// everybody's who may deploy the script: it is gone in an emergency.
absl::Status Deployer::RequireBindings(const Operation& operation) const {
  if (operation.call == nullptr) return absl::OkStatus();
  const DeployWish& wish = operation.wish;
  std::vector<DeploymentRecord> history;
  if (wish.way_back) {
    ASSIGN_OR_RETURN(history, catalog_.History(wish.script));
  }
  for (const DeployedVersion& one : wish.versions) {
    const std::string& id = one.version.id();
    if (table_.Find(bundle::VersionName(wish.script, id)) != nullptr) continue;
    const bool answered = std::any_of(history.begin(), history.end(), [&](const auto& record) {
      return record.version_id() == id || HasShare(record, id);
    });
    if (answered) continue;
    RETURN_IF_ERROR(operation.call->Require(NeedsOf(one.version)));
  }
  return absl::OkStatus();
}

void Deployer::Try(Operation& operation) {
  if (operation.untried.empty()) return Commit(operation);
  operation.trying = fleet_.TrialNode(operation.tried);
  if (operation.trying.empty() && operation.tried.empty()) return Commit(operation);
  if (operation.trying.empty() || operation.tried.size() >= options_.trial_nodes_max ||
      operation.lost.size() >= options_.trial_nodes_lost_max) {
    // Not Unavailable, which says that the control plane cannot be reached.
    return Finish(operation,
                  FailedPrecondition("no node could finish trying the version, nothing was changed;"
                                     " tried {}: {}",
                                     Join(operation.tried), operation.last_trouble));
  }
  operation.tried.insert(operation.trying);
  auto trial = fleet_.StartTrial(
      operation.trying, fleet_.builder().BuildTrial(operation.untried),
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
      operation.wish.validated_by = operation.trying;
      for (const v1::Version* version : operation.untried) Remember(*version, std::nullopt);
      return Commit(operation);
    case TrialOutcome::Kind::kRejected:
      if (IsVerdict(rejected.code())) {
        for (const v1::Version* version : operation.untried) {
          const bool named =
              rejected.name() == bundle::VersionName(version->script(), version->id());
          if (named || operation.untried.size() == 1) Remember(*version, rejected);
        }
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

// What a node says of a version stays with it, whatever becomes of the deploy.
void Deployer::Remember(const v1::Version& version, const std::optional<v1::Rejected>& rejected) {
  const CallScope housekeeping(nullptr);  // nothing that was asked for is changed
  const absl::Status status =
      rejected ? catalog_.Reject(version, *rejected, clock_.WallNow()) : catalog_.Clear(version);
  if (!status.ok()) LogWarn("the trial of {} is not kept: {}", version.id(), Message(status));
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
  // Worked out anew: routes, deployments and rollouts may have changed while the trial ran.
  const CallScope scope(operation.call);
  DeployWish wish = operation.wish;
  if (absl::Status status = rules_->Complete(wish); !status.ok()) return Finish(operation, status);
  Finish(operation, Carry(wish));
}

absl::StatusOr<v1::DeployResponse> Deployer::Carry(const DeployWish& wish) {
  ASSIGN_OR_RETURN(DeployPlan plan,
                   wish.versions.empty() ? planner_.PlanDeletion(wish) : planner_.Plan(wish));
  if (const auto call = CallScope::Current(); call != nullptr) call->Describe(ChangeText(wish));
  ASSIGN_OR_RETURN(const TxnResult result, store_.Txn(plan.txn));
  plan.response.set_revision(result.revision);
  LogInfo("script {}: deployment {} of version {} at revision {}, tried by {}{}{}", wish.script,
          plan.response.deployment_id(), plan.response.version_id(), result.revision,
          wish.validated_by.empty() ? "nobody" : wish.validated_by, wish.note.empty() ? "" : "; ",
          wish.note);
  if (wish.rollout) rules_->Committed(*wish.rollout, plan.response);
  committed_(result.revision);
  return plan.response;
}

void Deployer::Finish(Operation& operation, const absl::StatusOr<v1::DeployResponse>& result) {
  if (!result.ok()) LogInfo("script {}: {}", operation.wish.script, Message(result.status()));
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
