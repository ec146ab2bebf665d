#include "control_plane/rollout/push_builder.h"

#include <set>

#include "base/log.h"
#include "base/random.h"
#include "base/secret_box.h"
#include "base/status.h"
#include "base/zstd.h"
#include "bundle/version_shares.h"
#include "control_plane/rollout/secret_keeper.h"
#include "control_plane/rollout/version_check.h"

namespace terrella::control {

namespace {

// Once for all nodes; each takes what is smaller off the wire, and keeps it as it is.
void InlineContent(std::string content, v1::Module& module) {
  std::string frame = ZstdCompress(content);
  if (frame.size() < content.size()) {
    module.set_inline_zstd(std::move(frame));
  } else {
    module.set_inline_bytes(std::move(content));
  }
}

}  // namespace

std::shared_ptr<const PushBody> PushBuilder::Build(Revision from, bool full) {
  if (cached_for_ != table_.revision() || cached_epoch_ != store_.epoch() ||
      bodies_.size() >= limits_.bodies_max) {
    bodies_.clear();
    cached_for_ = table_.revision();
    cached_epoch_ = store_.epoch();
  }
  auto [it, added] = bodies_.try_emplace({full ? 0 : from, full});
  if (added) it->second = Serialize(full ? table_.All() : table_.Since(from), full, false);
  return it->second;
}

std::shared_ptr<const PushBody> PushBuilder::BuildTrial(
    std::span<const v1::Version* const> versions) {
  std::vector<v1::Resource> resources(versions.size());
  ResourceTable::Diff diff;
  for (size_t i = 0; i < versions.size(); ++i) {
    resources[i].set_name(bundle::VersionName(versions[i]->script(), versions[i]->id()));
    *resources[i].mutable_version() = *versions[i];
    diff.upsert.push_back(&resources[i]);
  }
  return Serialize(diff, false, true);
}

void PushBuilder::Vouch(const std::string& version_name, const std::string& build) {
  if (build.empty()) return;
  if (vouches_.size() >= limits_.vouches_max) vouches_.clear();
  vouches_[version_name] = build;
}

void PushBuilder::AddVouches(v1::Push& push) const {
  std::set<std::string> names;
  for (const v1::Resource& resource : push.upsert()) {
    if (resource.has_version()) names.insert(resource.name());
    if (!resource.has_deployment()) continue;
    for (const std::string& id : bundle::VersionsOf(resource.deployment())) {
      names.insert(bundle::VersionName(resource.deployment().script(), id));
    }
  }
  for (const std::string& name : names) {
    const auto known = vouches_.find(name);
    if (known == vouches_.end()) continue;
    v1::Vouch& vouch = *push.add_vouches();
    vouch.set_name(name);
    vouch.set_build(known->second);
  }
}

std::shared_ptr<const PushBody> PushBuilder::Serialize(const ResourceTable::Diff& diff, bool full,
                                                       bool trial) {
  v1::Push push;
  push.set_store_epoch(store_.epoch());
  push.set_full(full);
  push.set_trial(trial);
  auto body = std::make_shared<PushBody>();
  body->serial = ++bodies_made_;
  std::vector<v1::Version*> versions;
  for (const v1::Resource* resource : diff.upsert) {
    *push.add_upsert() = *resource;
    body->names.push_back(resource->name());
  }
  for (v1::Resource& resource : *push.mutable_upsert()) {
    if (resource.has_version()) versions.push_back(resource.mutable_version());
  }
  Reseal(push, *body);
  // A full push replaces everything anyway.
  for (const std::string& name : diff.removed) {
    if (!full) push.add_removed(name);
    body->names.push_back(name);
  }
  if (!trial) AddVouches(push);
  Inline(std::move(versions));
  push.SerializeToString(&body->bytes);
  return body;
}

void PushBuilder::Reseal(v1::Push& push, PushBody& body) const {
  std::shared_ptr<const SecretBox> box;
  for (v1::Resource& resource : *push.mutable_upsert()) {
    if (!resource.has_secrets()) continue;
    if (box == nullptr) {
      body.secrets_key = RandomBytes(SecretBox::kKeyBytes);
      box = std::make_shared<const SecretBox>(body.secrets_key);
    }
    *resource.mutable_secrets() = ResealSecrets(resource.secrets(), master_key_.get(), *box);
  }
}

void PushBuilder::Inline(std::vector<v1::Version*> versions) {
  uint64_t bytes = 0;
  for (const v1::Version* version : versions) bytes += BundleBytes(*version);
  if (bytes > limits_.inline_bytes_max) return;
  for (v1::Version* version : versions) {
    for (v1::Module& module : *version->mutable_modules()) {
      auto content = store_.ReadBlob(module.sha256(), 0, module.size_bytes());
      if (content.ok()) {
        InlineContent(*std::move(content), module);
      } else {
        LogError("module {} of {}: {}", module.name(), version->script(),
                 Message(content.status()));
      }
    }
  }
}

}  // namespace terrella::control
