#include "edge_node/control/applier.h"

#include <algorithm>

#include "base/check.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "base/utf8.h"
#include "base/zstd.h"
#include "bundle/version_shares.h"
#include "edge_node/control/node_secrets.h"

namespace terrella::edge {
namespace {

constexpr size_t kDetailBytesMax = 2000;
constexpr size_t kTriedMax = 4;  // versions kept between their trial and their deploy

v1::Rejected::Code CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return v1::Rejected::COMPILE;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return v1::Rejected::LIMIT;
    case absl::StatusCode::kDataLoss:
      return v1::Rejected::HASH;
    default:
      return v1::Rejected::INTERNAL;
  }
}

cache::ScriptPurges PurgesOf(const v1::Purges& given) {
  using Kind = cache::PurgeRule::Kind;
  cache::ScriptPurges purges{.floor = given.floor(), .rules = {}};
  for (const v1::PurgeRule& rule : given.rules()) {
    switch (rule.what_case()) {
      case v1::PurgeRule::kUrl:
        purges.rules.push_back({rule.stamp(), Kind::kUrl, rule.url()});
        break;
      case v1::PurgeRule::kPrefix:
        purges.rules.push_back({rule.stamp(), Kind::kPrefix, rule.prefix()});
        break;
      case v1::PurgeRule::kHost:
        purges.rules.push_back({rule.stamp(), Kind::kHost, rule.host()});
        break;
      case v1::PurgeRule::kTag:
        purges.rules.push_back({rule.stamp(), Kind::kTag, rule.tag()});
        break;
      case v1::PurgeRule::WHAT_NOT_SET:
        // Of a newer kind than this node knows: everything it may be about goes.
        purges.floor = std::max(purges.floor, rule.stamp());
        break;
    }
  }
  return purges;
}

}  // namespace

// The versions that a deployment needs here.
std::vector<std::string> Applier::VersionNames(const v1::Deployment& deployment) const {
  std::vector<std::string> names;
  for (const v1::VersionShare& share :
       bundle::SharesAt(deployment, {options_.pop, options_.continent})) {
    names.push_back(bundle::VersionName(deployment.script(), share.version_id()));
  }
  return names;
}

std::shared_ptr<const ServingState> Applier::Restore(const v1::Push& saved) {
  CHECK(held_.empty() && job_ == nullptr);
  revision_ = saved.revision();
  store_epoch_ = saved.store_epoch();
  for (const v1::Resource& resource : saved.upsert()) held_[resource.name()] = resource;
  for (auto& [name, resource] : held_) SealKept(resource);
  std::vector<std::string> lost;
  for (const auto& [name, resource] : held_) {
    if (resource.has_secrets()) {
      if (const absl::Status opens = Open(resource.secrets()).status(); !opens.ok()) {
        LogError("{} cannot be restored: {}", name, Message(opens));
        lost.push_back(name);
      }
    }
    if (!resource.has_deployment()) continue;
    if (!bundle::CheckShares(resource.deployment()).ok()) lost.push_back(name);
    for (const std::string& version_name : VersionNames(resource.deployment())) {
      const auto version = held_.find(version_name);
      auto live =
          version == held_.end()
              ? absl::StatusOr<std::shared_ptr<const LiveScript>>(NotFound("not in the file"))
              : MakeLive(version->second.version());
      if (live.ok()) {
        live_[version_name] = *std::move(live);
        continue;
      }
      LogWarn("{} cannot be restored: {}", version_name, Message(live.status()));
      lost.push_back(name);
      lost.push_back(version_name);
    }
  }
  for (const std::string& name : lost) held_.erase(name);
  for (const auto& [name, resource] : held_) {
    if (resource.has_version() && !live_.contains(name)) asleep_.insert(name);
  }
  auto state = BuildState();
  if (!lost.empty()) revision_ = 0;  // ask for everything again
  return state;
}

void Applier::Start(v1::Push push) {
  CHECK(job_ == nullptr);
  job_ = std::make_unique<Job>();
  job_->push = std::move(push);
  for (const v1::Vouch& vouch : job_->push.vouches()) {
    if (!options_.build.empty() && vouch.build() == options_.build) {
      job_->vouched.insert(vouch.name());
    }
  }
  FindSleepers();
  for (v1::Resource& resource : *job_->push.mutable_upsert()) {
    if (resource.has_version()) PlanVersion(resource);
    if (resource.has_secrets()) {
      resource.mutable_secrets()->set_sealed_key(job_->push.secrets_key());
    }
  }
  for (const v1::Resource& resource : job_->push.upsert()) {
    if (!resource.has_deployment()) continue;
    for (const std::string& name : VersionNames(resource.deployment())) {
      const auto held = held_.find(name);
      if (asleep_.contains(name) && held != held_.end()) PlanBuild(held->second);
    }
  }
}

// Versions that the push brings for other places.
void Applier::FindSleepers() {
  if (job_->push.trial()) return;
  for (const v1::Resource& resource : job_->push.upsert()) {
    if (resource.deployment().placed().empty()) continue;
    const std::vector<std::string> here = VersionNames(resource.deployment());
    for (const std::string& id : bundle::VersionsOf(resource.deployment())) {
      const std::string name = bundle::VersionName(resource.deployment().script(), id);
      if (std::find(here.begin(), here.end(), name) == here.end()) job_->sleepers.insert(name);
    }
  }
}

void Applier::PlanVersion(v1::Resource& resource) {
  v1::Version& version = *resource.mutable_version();
  TakeInlineBytes(version);
  if (held_.contains(resource.name())) return;  // the name holds the content's hash
  if (job_->sleepers.contains(resource.name())) return;
  PlanBuild(resource);
}

// It is to be built, with what that needs.
void Applier::PlanBuild(const v1::Resource& resource) {
  const v1::Version& version = resource.version();
  if (live_.contains(resource.name())) return;
  if (const auto tried = tried_.find(resource.name()); tried != tried_.end()) {
    live_.insert(*tried);
    return;
  }
  if (const auto refused = refused_.find(resource.name());
      refused != refused_.end() && refused->second.revision() == resource.revision()) {
    job_->rejected.push_back(refused->second);
    return;
  }
  if (resource.name() != bundle::VersionName(version.script(), version.id())) {
    return Refuse(resource, v1::Rejected::INTERNAL, "its name does not match its content", false);
  }
  if (absl::Status status = CheckVersion(version, options_.limits); !status.ok()) {
    return Refuse(resource, CodeOf(status), Message(status), false);
  }
  std::set<std::string> seen;
  for (const MissingBlob& blob : job_->missing) seen.insert(blob.sha256);
  for (const v1::Module& module : version.modules()) {
    if (job_->content.contains(module.sha256()) || blobs_.Has(module.sha256())) continue;
    if (seen.insert(module.sha256()).second) {
      job_->missing.push_back({module.sha256(), module.size_bytes()});
    }
  }
  if (version.has_assets()) {
    const v1::StaticAssets& assets = version.assets();
    const std::string& hash = assets.manifest_sha256();
    if (!job_->content.contains(hash) && !blobs_.Has(hash) && seen.insert(hash).second) {
      job_->missing.push_back({hash, assets.manifest_bytes()});
    }
  }
  job_->to_build.push_back(&resource);
}

void Applier::TakeInlineBytes(v1::Version& version) {
  for (v1::Module& module : *version.mutable_modules()) {
    if (!module.inline_zstd().empty()) {
      TakeInlineFrame(module);
      continue;
    }
    if (module.inline_bytes().empty() && module.size_bytes() != 0) continue;
    std::string content = std::move(*module.mutable_inline_bytes());
    module.clear_inline_bytes();
    if (module.size_bytes() == 0 && content.empty() && module.sha256() != Sha256("")) continue;
    AddBlob(module.sha256(), std::move(content));
  }
}

void Applier::TakeInlineFrame(v1::Module& module) {
  const std::string frame = std::move(*module.mutable_inline_zstd());
  module.clear_inline_zstd();
  if (module.size_bytes() > options_.limits.code_bytes_max) {
    return FailBlob(module.sha256(),
                    ResourceExhausted("a module of {} bytes; at most {} are taken",
                                      module.size_bytes(), options_.limits.code_bytes_max));
  }
  absl::StatusOr<std::string> content = ZstdDecompress(frame, module.size_bytes());
  if (!content.ok()) return FailBlob(module.sha256(), DataLoss("{}", Message(content.status())));
  AddBlob(module.sha256(), *std::move(content));
}

void Applier::AddBlob(std::string_view sha256, std::string content) {
  absl::Status stored = blobs_.Put(sha256, content);
  if (absl::IsDataLoss(stored)) return FailBlob(sha256, stored);
  if (!stored.ok()) {
    // A full or broken disk must not stop a deploy: it is served from memory and fetched again
    // later.
    LogWarn("blob {} is not kept: {}", ToHex(sha256), Message(stored));
  }
  job_->content.insert_or_assign(std::string(sha256), std::move(content));
}

void Applier::FailBlob(std::string_view sha256, absl::Status status) {
  job_->failed.insert_or_assign(std::string(sha256), std::move(status));
}

absl::StatusOr<std::string> Applier::ReadBlob(std::string_view sha256) {
  if (job_ != nullptr) {
    if (const auto failed = job_->failed.find(sha256); failed != job_->failed.end()) {
      return failed->second;
    }
    if (const auto here = job_->content.find(sha256); here != job_->content.end()) {
      return here->second;
    }
  }
  return blobs_.Get(sha256);
}

absl::StatusOr<std::shared_ptr<const LiveScript>> Applier::MakeLive(const v1::Version& version) {
  return MakeLiveScript(version, options_.pop, options_.limits,
                        [this](std::string_view sha256) { return ReadBlob(sha256); });
}

Applier::Step Applier::BuildNext() {
  CHECK(job_->on_trial == nullptr);
  if (job_->next_to_build == job_->to_build.size()) return Step::kDone;
  const v1::Resource& resource = *job_->to_build[job_->next_to_build++];
  std::vector<std::pair<std::string_view, std::string>> parts;  // hash, what it is
  for (const v1::Module& module : resource.version().modules()) {
    parts.emplace_back(module.sha256(), fmt::format("module {}", module.name()));
  }
  if (resource.version().has_assets()) {
    parts.emplace_back(resource.version().assets().manifest_sha256(), "the list of assets");
  }
  for (const auto& [hash, what] : parts) {
    const auto failed = job_->failed.find(hash);
    if (failed == job_->failed.end()) continue;
    const bool wrong = absl::IsDataLoss(failed->second);
    Refuse(resource, wrong ? v1::Rejected::HASH : v1::Rejected::TIMEOUT,
           fmt::format("{}: {}", what, Message(failed->second)), !wrong);
    return Step::kNext;
  }
  auto live = MakeLive(resource.version());
  if (!live.ok()) {
    Refuse(resource, CodeOf(live.status()), Message(live.status()),
           absl::IsDataLoss(live.status()));
    return Step::kNext;
  }
  *live = WithSecretsOfNow(*std::move(live));
  if ((*live)->has_worker() && !job_->vouched.contains(resource.name())) {
    job_->on_trial = *std::move(live);
    return Step::kTrial;
  }
  live_[resource.name()] = *std::move(live);
  return Step::kNext;
}

std::shared_ptr<const runtime::WorkerCode> Applier::on_trial() const {
  return job_ == nullptr || job_->on_trial == nullptr ? nullptr : job_->on_trial->code;
}

void Applier::EndTrial(const absl::Status& verdict) {
  CHECK(job_->on_trial != nullptr);
  const v1::Resource& resource = *job_->to_build[job_->next_to_build - 1];
  auto live = std::exchange(job_->on_trial, nullptr);
  if (!verdict.ok()) return Refuse(resource, CodeOf(verdict), Message(verdict), false);
  live_[resource.name()] = std::move(live);
}

std::shared_ptr<const LiveScript> Applier::WithSecretsOfNow(
    std::shared_ptr<const LiveScript> live) const {
  const auto found = held_.find("secret/" + live->code->script);
  const bool there = found != held_.end() && found->second.has_secrets();
  const uint64_t revision = there ? found->second.revision() : 0;
  if (live->secrets_revision == revision) return live;
  if (!there) return WithSecrets(*live, nullptr, revision);
  const absl::StatusOr<v1::SecretSet> open = Open(found->second.secrets());
  if (!open.ok()) LogError("{}: {}", found->first, Message(open.status()));
  return WithSecrets(*live, open.ok() ? &*open : nullptr, revision);
}

absl::StatusOr<v1::SecretSet> Applier::Open(const v1::SecretSet& set) const {
  if (options_.sealing_key == nullptr)
    return FailedPrecondition("this node has no key for secrets");
  return OpenSecrets(set, *options_.sealing_key);
}

void Applier::SealKept(v1::Resource& resource) {
  const v1::SecretSet& set = resource.secrets();
  if (options_.sealing_key == nullptr || set.secrets().empty() || !set.sealed_key().empty()) return;
  absl::StatusOr<v1::SecretSet> sealed = SealSecrets(set, *options_.sealing_key);
  if (!sealed.ok()) return LogError("{}: {}", resource.name(), Message(sealed.status()));
  *resource.mutable_secrets() = *std::move(sealed);
  sealed_anew_ = true;
}

void Applier::ApplySecrets(const v1::Resource& resource, const ResourceMap& before) {
  if (const absl::Status opens = Open(resource.secrets()).status(); !opens.ok()) {
    if (const auto old = before.find(resource.name()); old != before.end()) held_.insert(*old);
    return Refuse(resource, v1::Rejected::INTERNAL, Message(opens), true);
  }
  held_[resource.name()] = resource;
}

void Applier::Refuse(const v1::Resource& resource, v1::Rejected::Code code, std::string_view detail,
                     bool passing) {
  v1::Rejected rejected;
  rejected.set_name(resource.name());
  rejected.set_revision(resource.revision());
  rejected.set_code(code);
  rejected.set_detail(Utf8Text(detail, kDetailBytesMax));
  LogWarn("refused {}: {}: {}", resource.name(), v1::Rejected::Code_Name(code), rejected.detail());
  if (passing) job_->try_again = true;
  if (!passing && resource.has_version()) refused_[resource.name()] = rejected;
  job_->rejected.push_back(std::move(rejected));
}

Applier::Outcome Applier::FinishTrial() {
  tried_.clear();
  for (const v1::Resource& resource : job_->push.upsert()) {
    const auto live = live_.find(resource.name());
    if (live == live_.end() || IsDeployed(resource.name())) continue;
    if (tried_.size() < kTriedMax) tried_.insert(*live);
    live_.erase(live);
  }
  Outcome outcome;
  outcome.report.set_nonce(job_->push.nonce());
  outcome.report.set_revision(job_->push.revision());
  for (v1::Rejected& rejected : job_->rejected)
    *outcome.report.add_rejected() = std::move(rejected);
  job_.reset();
  return outcome;
}

Applier::Outcome Applier::Finish() {
  v1::Push& push = job_->push;
  if (push.trial()) return FinishTrial();
  const ResourceMap before = push.full() ? std::exchange(held_, {}) : ResourceMap();
  for (const v1::Resource& resource : push.upsert()) {
    if (!resource.has_version()) continue;
    const bool known = before.contains(resource.name()) || held_.contains(resource.name());
    const bool asleep = !known && job_->sleepers.contains(resource.name());
    if (asleep) asleep_.insert(resource.name());
    if (known || asleep || live_.contains(resource.name())) held_[resource.name()] = resource;
  }
  for (const v1::Resource& resource : push.upsert()) {
    if (resource.has_deployment()) ApplyDeployment(resource, before);
  }
  for (const v1::Resource& resource : push.upsert()) {
    if (resource.has_route() || resource.has_purges() || resource.has_deleted_actors()) {
      held_[resource.name()] = resource;
    }
    if (resource.has_secrets()) ApplySecrets(resource, before);
  }
  for (const std::string& name : push.removed()) Remove(name);
  std::erase_if(asleep_, [&](const std::string& name) {
    return live_.contains(name) || !held_.contains(name);
  });
  revision_ = push.revision();
  store_epoch_ = push.store_epoch();
  Outcome outcome{.state = BuildState(), .try_again = job_->try_again};
  outcome.report.set_nonce(push.nonce());
  outcome.report.set_revision(push.revision());
  for (v1::Rejected& rejected : job_->rejected)
    *outcome.report.add_rejected() = std::move(rejected);
  tried_.clear();
  job_.reset();
  return outcome;
}

void Applier::ApplyDeployment(const v1::Resource& resource, const ResourceMap& before) {
  const v1::Deployment& deployment = resource.deployment();
  if (absl::Status shares = bundle::CheckShares(deployment); !shares.ok()) {
    KeepDeployment(resource.name(), before);
    return Refuse(resource, v1::Rejected::INTERNAL, Message(shares), false);
  }
  for (const std::string& version_name : VersionNames(deployment)) {
    const auto version = held_.find(version_name);
    absl::Status made;
    const bool refused = asleep_.contains(version_name) && !live_.contains(version_name);
    if (!refused && version != held_.end() && !live_.contains(version_name)) {
      auto live = MakeLive(version->second.version());
      made = live.status();
      if (live.ok()) live_[version_name] = *std::move(live);
    }
    if (!refused && version != held_.end() && made.ok()) continue;
    KeepDeployment(resource.name(), before);
    return RefuseDeployment(resource, version_name, made);
  }
  held_[resource.name()] = resource;
}

// The script keeps what it had, also when the push says to forget everything.
void Applier::KeepDeployment(const std::string& name, const ResourceMap& before) {
  const auto old = before.find(name);
  if (old == before.end()) return;
  held_[old->first] = old->second;
  for (const std::string& id : bundle::VersionsOf(old->second.deployment())) {
    const auto kept = before.find(bundle::VersionName(old->second.deployment().script(), id));
    if (kept != before.end()) held_.insert(*kept);
  }
}

// For what one of its versions was refused for.
void Applier::RefuseDeployment(const v1::Resource& resource, const std::string& version_name,
                               const absl::Status& made) {
  if (!made.ok()) return Refuse(resource, CodeOf(made), Message(made), true);
  for (const v1::Rejected& rejected : job_->rejected) {
    if (rejected.name() != version_name) continue;
    const v1::Rejected::Code code = rejected.code();
    const std::string detail = rejected.detail();  // Refuse appends to what `rejected` is in
    return Refuse(resource, code, detail, false);
  }
  if (const auto refused = refused_.find(version_name); refused != refused_.end()) {
    return Refuse(resource, refused->second.code(), refused->second.detail(), false);
  }
  Refuse(resource, v1::Rejected::INTERNAL, fmt::format("{} is not on this node", version_name),
         true);
}

bool Applier::IsDeployed(std::string_view version_name) const {
  for (const auto& [name, resource] : held_) {
    if (!resource.has_deployment()) continue;
    const std::string prefix = bundle::VersionName(resource.deployment().script(), "");
    if (version_name.starts_with(prefix) &&
        bundle::Answers(resource.deployment(), version_name.substr(prefix.size()))) {
      return true;
    }
  }
  return false;
}

void Applier::Remove(const std::string& name) {
  refused_.erase(name);
  const auto found = held_.find(name);
  // A version that answers is kept until its deployment moves on.
  if (found != held_.end() && !(found->second.has_version() && IsDeployed(name)))
    held_.erase(found);
}

std::shared_ptr<const ServingState> Applier::BuildState() {
  auto state = std::make_shared<ServingState>();
  state->revision = revision_;
  watched_ = false;
  LiveMap deployed;
  std::vector<Route> routes;
  std::map<std::string, cache::ScriptPurges, std::less<>> purges;
  for (const auto& [name, resource] : held_) {
    if (resource.has_route()) {
      routes.push_back({resource.route().pattern(), resource.route().script()});
    } else if (resource.has_purges()) {
      purges[resource.purges().script()] = PurgesOf(resource.purges());
    } else if (resource.has_deleted_actors()) {
      for (const std::string& id : resource.deleted_actors().namespace_ids()) {
        state->actors.AddDeleted(id);
      }
    } else if (resource.has_deployment()) {
      watched_ |= !resource.deployment().rollout_id().empty();
      AddDeployment(resource.deployment(), *state, deployed);
    }
  }
  state->routes = RoutingTable(routes);
  if (!purges.empty()) state->purges = std::make_shared<cache::PurgeTable>(std::move(purges));
  live_ = std::move(deployed);  // the code of other versions stays on the disk
  return state;
}

void Applier::AddDeployment(const v1::Deployment& deployment, ServingState& state,
                            LiveMap& deployed) {
  std::vector<LiveDeployment::Share> shares;
  for (const v1::VersionShare& share :
       bundle::SharesAt(deployment, {options_.pop, options_.continent})) {
    const auto live = live_.find(bundle::VersionName(deployment.script(), share.version_id()));
    if (live == live_.end()) return;
    live->second = WithSecretsOfNow(live->second);
    shares.push_back({live->second, share.basis_points()});
    deployed.insert(*live);
  }
  for (const v1::ActorClass& one : deployment.actor_classes()) {
    state.actors.Add({deployment.script(), one.class_name()}, one.namespace_id(), one.forwarded());
  }
  state.scripts.emplace(deployment.script(), LiveDeployment(std::move(shares)));
}

v1::Push Applier::Snapshot() const {
  v1::Push push;
  push.set_full(true);
  push.set_revision(revision_);
  push.set_store_epoch(store_epoch_);
  for (const auto& [name, resource] : held_) *push.add_upsert() = resource;
  return push;
}

std::set<std::string> Applier::CodeInUse() const {
  std::set<std::string> used;
  for (const auto& [name, resource] : held_) {
    for (const v1::Module& module : resource.version().modules()) used.insert(module.sha256());
    if (resource.version().has_assets()) {
      used.insert(resource.version().assets().manifest_sha256());
    }
  }
  return used;
}

std::set<std::string> Applier::BlobsInUse() const {
  std::set<std::string> used = CodeInUse();
  for (const auto& [name, live] : live_) {
    if (live->site == nullptr) continue;
    for (const AssetEntry& asset : live->site->table().entries()) used.emplace(asset.sha256);
  }
  return used;
}

}  // namespace terrella::edge
