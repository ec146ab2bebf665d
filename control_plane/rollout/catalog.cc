#include "control_plane/rollout/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/status.h"
#include "bundle/version_id.h"
#include "bundle/version_shares.h"
#include "control_plane/rollout/version_check.h"

namespace terrella::control {
namespace {

constexpr size_t kPrefixMin = 4;  // shortest beginning of a version id

template <class Message>
absl::StatusOr<Message> Parse(const Record& record) {
  Message message;
  if (!message.ParseFromString(record.value)) return DataLoss("record {} is damaged", record.key);
  return message;
}

// N of "SCRIPT-N".
uint64_t NumberOf(std::string_view deployment_id) {
  return std::strtoull(std::string(deployment_id.substr(deployment_id.rfind('-') + 1)).c_str(),
                       nullptr, 10);
}

std::string VerdictKey(std::string_view script, std::string_view id) {
  return fmt::format("verdict/{}/{}", script, id);
}

}  // namespace

int64_t UnixMs(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string Catalog::HistoryKey(std::string_view script, uint64_t number) {
  return fmt::format("history/{}/{:010}", script, number);
}

absl::StatusOr<v1::UploadResponse> Catalog::Add(const v1::Version& version, WallTime now) {
  v1::UploadResponse response;
  response.set_version_id(bundle::VersionId(version));
  response.set_size_bytes(BundleBytes(version));
  std::string key = bundle::VersionName(version.script(), response.version_id());
  VersionRecord record;
  *record.mutable_version() = version;
  record.mutable_version()->set_id(response.version_id());
  for (auto& module : *record.mutable_version()->mutable_modules()) module.clear_inline_bytes();
  record.set_created_unix_ms(UnixMs(now));
  record.mutable_version()->set_created_unix_ms(UnixMs(now));
  record.set_size_bytes(response.size_bytes());
  auto result =
      store_.Txn({.compares = {{key, 0}}, .ops = {Op::Put(key, record.SerializeAsString())}});
  // The key names the content: when it is there, the same version is there.
  response.set_existed(result.status().code() == absl::StatusCode::kAborted);
  if (!result.ok() && !response.existed()) return result.status();
  return response;
}

absl::Status Catalog::Reject(const v1::Version& version, const v1::Rejected& rejected,
                             WallTime now) {
  control_state::VerdictRecord verdict;
  verdict.set_reason(
      fmt::format("{}: {}", v1::Rejected::Code_Name(rejected.code()), rejected.detail()));
  verdict.set_rejected_unix_ms(UnixMs(now));
  return store_
      .Txn({.ops = {Op::Put(VerdictKey(version.script(), version.id()),
                            verdict.SerializeAsString())}})
      .status();
}

absl::Status Catalog::Clear(const v1::Version& version) {
  const std::string key = VerdictKey(version.script(), version.id());
  const absl::Status found = store_.Get(key).status();
  if (absl::IsNotFound(found)) return absl::OkStatus();
  RETURN_IF_ERROR(found);
  return store_.Txn({.ops = {Op::Delete(key)}}).status();
}

absl::StatusOr<VersionRecord> Catalog::FindVersion(std::string_view script,
                                                   std::string_view id) const {
  if (id.size() < kPrefixMin) {
    return InvalidArgument("a version id has at least {} hexadecimal digits, got '{}'", kPrefixMin,
                           id);
  }
  ASSIGN_OR_RETURN(RangeResult found, store_.Range(bundle::VersionName(script, id)));
  if (found.records.size() > 1) {
    return InvalidArgument("'{}' begins {} versions of {}; give more of it", id,
                           found.records.size(), script);
  }
  if (found.records.empty()) {
    ASSIGN_OR_RETURN(RangeResult all, store_.Range(bundle::VersionName(script, "")));
    if (all.records.empty()) return NotFound("no version of script {} was ever uploaded", script);
    return NotFound("script {} has no version {}; it has {} others", script, id,
                    all.records.size());
  }
  return Parse<VersionRecord>(found.records.front());
}

absl::StatusOr<std::vector<DeploymentRecord>> Catalog::History(std::string_view script) const {
  ASSIGN_OR_RETURN(RangeResult found, store_.Range(fmt::format("history/{}/", script)));
  std::vector<DeploymentRecord> history;
  for (const Record& record : found.records) {
    ASSIGN_OR_RETURN(DeploymentRecord deployment, Parse<DeploymentRecord>(record));
    history.push_back(std::move(deployment));
  }
  return history;
}

absl::StatusOr<std::string> Catalog::PreviousVersion(std::string_view script) const {
  const v1::Resource* live = DeploymentOf(script);
  if (live == nullptr) return FailedPrecondition("script {} is not deployed", script);
  ASSIGN_OR_RETURN(std::vector<DeploymentRecord> history, History(script));
  const v1::Deployment& now = live->deployment();
  for (auto it = history.rbegin(); it != history.rend(); ++it) {
    if (it->version_id().empty() || it->shares_size() > 1 || it->placed_size() > 0) continue;
    if (now.shares_size() > 1 || it->version_id() != now.version_id()) return it->version_id();
  }
  return FailedPrecondition("script {} has had only version {}; there is nothing to go back to",
                            script, now.version_id());
}

absl::StatusOr<uint64_t> Catalog::NextNumber(std::string_view script) const {
  if (const v1::Resource* live = DeploymentOf(script)) return NumberOf(live->deployment().id()) + 1;
  ASSIGN_OR_RETURN(std::vector<DeploymentRecord> history, History(script));
  return history.empty() ? 1 : NumberOf(history.back().id()) + 1;
}

std::vector<std::string> Catalog::RoutesOf(std::string_view script) const {
  std::vector<std::string> routes;
  const auto& all = table_.resources();
  for (auto it = all.lower_bound("route/"); it != all.end() && it->second.has_route(); ++it) {
    if (it->second.route().script() == script) routes.push_back(it->second.route().pattern());
  }
  return routes;
}

const v1::Resource* Catalog::DeploymentOf(std::string_view script) const {
  return table_.Find(fmt::format("deployment/{}", script));
}

absl::StatusOr<v1::ListVersionsResponse> Catalog::ListVersions(std::string_view script) const {
  ASSIGN_OR_RETURN(RangeResult found, store_.Range(bundle::VersionName(script, "")));
  if (found.records.empty()) return NotFound("no version of script {} was ever uploaded", script);
  ASSIGN_OR_RETURN(std::vector<DeploymentRecord> history, History(script));
  ASSIGN_OR_RETURN(const RangeResult verdicts, store_.Range(VerdictKey(script, "")));
  std::map<std::string, control_state::VerdictRecord> rejected;  // by key
  for (const Record& row : verdicts.records) {
    ASSIGN_OR_RETURN(rejected[row.key], Parse<control_state::VerdictRecord>(row));
  }
  std::map<std::string, std::string> messages;  // the newest deployment's wins
  for (const DeploymentRecord& d : history) {
    if (d.message().empty() && !d.rollout_id().empty()) continue;  // nobody typed it
    messages[d.version_id()] = d.message();
    for (const v1::VersionShare& share : d.shares()) messages[share.version_id()] = d.message();
  }
  const v1::Resource* live = DeploymentOf(script);
  // Newest first: by the revision that stored them.
  std::sort(found.records.begin(), found.records.end(),
            [](const Record& a, const Record& b) { return a.created > b.created; });
  v1::ListVersionsResponse response;
  for (const Record& row : found.records) {
    ASSIGN_OR_RETURN(VersionRecord record, Parse<VersionRecord>(row));
    v1::VersionSummary* summary = response.add_versions();
    summary->set_id(record.version().id());
    summary->set_script(record.version().script());
    summary->set_created_unix_ms(record.created_unix_ms());
    summary->set_size_bytes(record.size_bytes());
    summary->set_modules(static_cast<uint32_t>(record.version().modules_size()));
    if (live != nullptr) {
      summary->set_live(bundle::Answers(live->deployment(), record.version().id()));
      for (const v1::VersionShare& share : bundle::SharesOf(live->deployment())) {
        if (share.version_id() == record.version().id()) {
          summary->set_basis_points(share.basis_points());
        }
      }
    }
    summary->set_message(messages[record.version().id()]);
    if (const auto it = rejected.find(VerdictKey(script, summary->id())); it != rejected.end()) {
      summary->set_rejected(it->second.reason());
      summary->set_rejected_unix_ms(it->second.rejected_unix_ms());
    }
  }
  return response;
}

absl::StatusOr<v1::ListDeploymentsResponse> Catalog::ListDeployments(
    std::string_view script) const {
  ASSIGN_OR_RETURN(std::vector<DeploymentRecord> history, History(script));
  if (history.empty()) return NotFound("script {} was never deployed", script);
  const v1::Resource* live = DeploymentOf(script);
  v1::ListDeploymentsResponse response;
  for (auto it = history.rbegin(); it != history.rend(); ++it) {
    v1::DeploymentSummary& summary = *response.add_deployments();
    summary.set_id(it->id());
    summary.set_version_id(it->version_id());
    *summary.mutable_shares() = it->shares();
    *summary.mutable_placed() = it->placed();
    *summary.mutable_routes() = it->routes();
    summary.set_message(it->message());
    summary.set_note(it->note());
    summary.set_rollout_id(it->rollout_id());
    summary.set_validated_by(it->validated_by());
    summary.set_created_unix_ms(it->created_unix_ms());
    summary.set_live(live != nullptr && live->deployment().id() == it->id());
  }
  return response;
}

absl::StatusOr<v1::ListScriptsResponse> Catalog::ListScripts() const {
  v1::ListScriptsResponse response;
  const auto& all = table_.resources();
  for (auto it = all.lower_bound("deployment/"); it != all.end() && it->second.has_deployment();
       ++it) {
    const v1::Deployment& deployment = it->second.deployment();
    v1::ScriptSummary* summary = response.add_scripts();
    summary->set_name(deployment.script());
    summary->set_version_id(deployment.version_id());
    *summary->mutable_shares() = deployment.shares();
    *summary->mutable_placed() = deployment.placed();
    summary->set_rollout_id(deployment.rollout_id());
    summary->set_deployment_id(deployment.id());
    summary->set_revision(it->second.revision());
    for (std::string& route : RoutesOf(deployment.script())) summary->add_routes(std::move(route));
    uint64_t number = NumberOf(deployment.id());
    ASSIGN_OR_RETURN(Record row, store_.Get(HistoryKey(deployment.script(), number)));
    ASSIGN_OR_RETURN(DeploymentRecord record, Parse<DeploymentRecord>(row));
    summary->set_deployed_unix_ms(record.created_unix_ms());
  }
  return response;
}

}  // namespace terrella::control
