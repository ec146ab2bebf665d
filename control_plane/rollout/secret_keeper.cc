#include "control_plane/rollout/secret_keeper.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/utf8.h"
#include "bundle/names.h"
#include "bundle/secret_purpose.h"
#include "bundle/version_shares.h"
#include "control_plane/secrets/script_key.h"

namespace terrella::control {
namespace {

constexpr size_t kNamedMax = 5;  // scripts that an error names
// There while nodes may have been sent secrets without their values.
constexpr const char* kLeftOutKey = "secrets/left-out";

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::string SecretsName(std::string_view script) {
  return fmt::format("secret/{}", script);
}

v1::SecretSet ResealSecrets(const v1::SecretSet& set, const MasterKey* master,
                            const SecretBox& push) {
  v1::SecretSet resealed;
  resealed.set_script(set.script());
  std::optional<ScriptKey> key;
  if (master != nullptr) key = ScriptKey::Of(*master, set);
  const auto reseal = [&](const v1::Secret& secret) -> absl::StatusOr<std::string> {
    if (!key) return FailedPrecondition("there is no key");
    ASSIGN_OR_RETURN(const std::string value, key->Unseal(*master, secret));
    return push.Seal(value, bundle::SecretPurpose(set.script(), secret.name()));
  };
  for (const v1::Secret& secret : set.secrets()) {
    absl::StatusOr<std::string> sealed = reseal(secret);
    if (!sealed.ok()) {
      LogError("secret {} of script {} is left out: {}", secret.name(), set.script(),
               Message(sealed.status()));
      continue;
    }
    v1::Secret& one = *resealed.add_secrets();
    one.set_name(secret.name());
    one.set_sealed(*std::move(sealed));
  }
  return resealed;
}

absl::Status CheckSecretNames(const v1::Version& version, const v1::SecretSet* set) {
  if (set == nullptr) return absl::OkStatus();
  for (const v1::Secret& secret : set->secrets()) {
    for (const v1::Binding& binding : version.bindings()) {
      if (binding.name() != secret.name()) continue;
      return InvalidArgument(
          "'{}' is a binding of version {} and a secret of script {}: rename one, or "
          "'terrella secret delete {} {}'",
          secret.name(), version.id(), version.script(), version.script(), secret.name());
    }
  }
  return absl::OkStatus();
}

v1::SecretSet SecretKeeper::SetOf(const std::string& script) const {
  const v1::Resource* row = table_.Find(SecretsName(script));
  v1::SecretSet set;
  if (row != nullptr) set = row->secrets();
  set.set_script(script);
  return set;
}

absl::Status SecretKeeper::CheckMaster() const {
  if (master_ == nullptr) return FailedPrecondition("this control plane has no key for secrets");
  const auto& all = table_.resources();
  std::vector<std::string> others;
  std::string needed;
  for (auto it = all.lower_bound(SecretsName("")); it != all.end() && it->second.has_secrets();
       ++it) {
    const v1::SecretSet& set = it->second.secrets();
    if (OpensSecrets(*master_, set)) continue;
    if (needed.empty()) needed = ScriptKey::Of(*master_, set).wrapped_by();
    others.push_back(set.script());
  }
  if (others.empty()) return absl::OkStatus();
  if (needed.empty()) needed = "of before";
  const size_t left_out = others.size() - std::min(others.size(), kNamedMax);
  others.resize(others.size() - left_out);
  return FailedPrecondition(
      "{} is the key {}, but the secrets of {}{} need the key {}: put that one back from its copy "
      "and start again, or delete those secrets",
      kMasterKeyFile, master_->id(), Joined(others),
      left_out == 0 ? "" : fmt::format(" and {} more", left_out), needed);
}

absl::Status SecretKeeper::BeginWithMaster() {
  if (master_ == nullptr) return absl::OkStatus();
  const absl::Status known = store_.Get(kLeftOutKey).status();
  if (!known.ok() && !absl::IsNotFound(known)) return known;
  const absl::Status right = CheckMaster();
  if (!right.ok()) {
    LogError("{}", Message(right));
    if (known.ok()) return absl::OkStatus();
    return store_.Txn({.ops = {Op::Put(kLeftOutKey, "1")}}).status();
  }
  if (!known.ok()) return absl::OkStatus();
  LogInfo("the secrets open again; nodes are sent them anew");
  const auto& all = table_.resources();
  for (auto it = all.lower_bound(SecretsName("")); it != all.end() && it->second.has_secrets();
       ++it) {
    v1::Resource body;
    *body.mutable_secrets() = it->second.secrets();
    const std::string key = ResourceTable::Key(it->first);
    RETURN_IF_ERROR(store_
                        .Txn({.compares = {{key, it->second.revision()}},
                              .ops = {Op::Put(key, body.SerializeAsString())}})
                        .status());
  }
  // Last: killed in between, it is done once more.
  return store_.Txn({.ops = {Op::Delete(kLeftOutKey)}}).status();
}

absl::StatusOr<v1::DeployResponse> SecretKeeper::Put(const v1::PutSecretsRequest& request) {
  RETURN_IF_ERROR(bundle::CheckScriptName(request.script()));
  RETURN_IF_ERROR(CheckMaster());
  if (request.secrets().empty()) return InvalidArgument("no secret was given");
  std::map<std::string, v1::Secret> secrets;
  // What is of before there were keys of scripts gets one now.
  v1::SecretSet before = SetOf(request.script());
  if (!ScriptKey::Of(*master_, before).exists()) {
    ASSIGN_OR_RETURN(before, RewrapSecrets(before, *master_, *master_));
  }
  const ScriptKey key = ScriptKey::Of(*master_, before);
  for (const v1::Secret& secret : before.secrets()) secrets[secret.name()] = secret;
  std::vector<std::string> names;
  for (const auto& [name, value] : request.secrets()) {
    RETURN_IF_ERROR(bundle::CheckBindingName(name));
    // Never the value itself: this text is shown and logged.
    if (value.size() > limits_.value_bytes_max || !IsUtf8(value)) {
      return InvalidArgument("secret '{}': a value is UTF-8 of at most {} bytes", name,
                             limits_.value_bytes_max);
    }
    v1::Secret& secret = secrets[name];
    secret.set_name(name);
    key.Seal(value, secret);
    names.push_back(name);
  }
  if (secrets.size() > static_cast<size_t>(limits_.secrets_max)) {
    return ResourceExhausted("{} secrets are over the limit of {} a script", secrets.size(),
                             limits_.secrets_max);
  }
  v1::SecretSet set;
  set.set_script(request.script());
  set.set_sealed_key(before.sealed_key());
  for (auto& [name, secret] : secrets) *set.add_secrets() = std::move(secret);
  std::sort(names.begin(), names.end());
  return Commit(std::move(set), "secret changed: " + Joined(names));
}

absl::StatusOr<v1::DeployResponse> SecretKeeper::Delete(const v1::DeleteSecretsRequest& request) {
  RETURN_IF_ERROR(bundle::CheckScriptName(request.script()));
  v1::SecretSet set = SetOf(request.script());
  std::vector<std::string> names(request.names().begin(), request.names().end());
  for (const std::string& name : names) {
    auto& secrets = *set.mutable_secrets();
    const auto found = std::find_if(secrets.begin(), secrets.end(),
                                    [&](const v1::Secret& s) { return s.name() == name; });
    if (found == secrets.end()) {
      return NotFound("script '{}' has no secret '{}'", request.script(), name);
    }
    secrets.erase(found);
  }
  return Commit(std::move(set), "secret deleted: " + Joined(names));
}

absl::StatusOr<v1::ListSecretsResponse> SecretKeeper::List(const v1::ListSecretsRequest& request) {
  RETURN_IF_ERROR(bundle::CheckScriptName(request.script()));
  v1::ListSecretsResponse response;
  const v1::SecretSet set = SetOf(request.script());
  for (const v1::Secret& secret : set.secrets()) response.add_names(secret.name());
  return response;
}

absl::StatusOr<v1::DeployResponse> SecretKeeper::Commit(v1::SecretSet set, std::string why) {
  const std::string script = set.script();
  const v1::Resource* row = table_.Find(SecretsName(script));
  const v1::Resource* live = catalog_.DeploymentOf(script);
  TxnRequest txn;
  const std::string key = ResourceTable::Key(SecretsName(script));
  txn.compares.push_back({key, row == nullptr ? 0 : row->revision()});
  v1::DeployResponse response;
  if (live != nullptr) {
    const std::string& version = live->deployment().version_id();
    for (const std::string& one : bundle::VersionsOf(live->deployment())) {
      const v1::Resource* code = table_.Find(bundle::VersionName(script, one));
      if (code != nullptr) RETURN_IF_ERROR(CheckSecretNames(code->version(), &set));
    }
    ASSIGN_OR_RETURN(const uint64_t number, catalog_.NextNumber(script));
    response.set_deployment_id(fmt::format("{}-{}", script, number));
    response.set_version_id(version);
    const std::vector<std::string> routes = catalog_.RoutesOf(script);
    response.mutable_routes()->Assign(routes.begin(), routes.end());
    v1::Resource body;
    *body.mutable_deployment() = live->deployment();
    body.mutable_deployment()->set_id(response.deployment_id());
    txn.compares.push_back({ResourceTable::Key("deployment/" + script), live->revision()});
    txn.ops.push_back(
        Op::Put(ResourceTable::Key("deployment/" + script), body.SerializeAsString()));
    DeploymentRecord record;
    record.set_id(response.deployment_id());
    record.set_version_id(version);
    *record.mutable_shares() = live->deployment().shares();
    *record.mutable_placed() = live->deployment().placed();
    *record.mutable_routes() = response.routes();
    record.set_message(why);
    record.set_created_unix_ms(UnixMs(clock_.WallNow()));
    txn.ops.push_back(Op::Put(Catalog::HistoryKey(script, number), record.SerializeAsString()));
  }
  v1::Resource body;
  *body.mutable_secrets() = std::move(set);
  txn.ops.push_back(body.secrets().secrets().empty() ? Op::Delete(key)
                                                     : Op::Put(key, body.SerializeAsString()));
  ASSIGN_OR_RETURN(const TxnResult result, store_.Txn(txn));
  LogInfo("script {}: {}, revision {}", script, why, result.revision);
  committed_(result.revision);
  response.set_revision(result.revision);
  return response;
}

}  // namespace terrella::control
