#include "control_plane/rollout/resource_table.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace terrella::control {
namespace {

// Order of activation; see resources.proto.
int Rank(std::string_view name) {
  if (name.starts_with("version/")) return 0;
  if (name.starts_with("deployment/")) return 1;
  return 2;
}

bool ActivatesBefore(std::string_view a, std::string_view b) {
  return std::make_pair(Rank(a), a) < std::make_pair(Rank(b), b);
}

}  // namespace

void ResourceTable::Load(const RangeResult& range, Revision floor) {
  resources_.clear();
  tombstones_.clear();
  changed_.clear();
  bytes_ = 0;
  floor_ = floor;
  revision_ = floor;
  for (const Record& record : range.records) Put(record);
}

void ResourceTable::Apply(Revision revision, std::span<const Event> events) {
  for (const Event& event : events) {
    std::string name = event.record.key.substr(kPrefix.size());
    auto alive = resources_.find(name);
    if (alive != resources_.end() && alive->second.revision() >= revision) continue;
    auto dead = tombstones_.find(name);
    if (dead != tombstones_.end() && dead->second >= revision) continue;
    if (event.deleted) {
      Remove(name, revision);
    } else {
      Put(event.record);
    }
  }
  revision_ = std::max(revision_, revision);
}

void ResourceTable::Put(const Record& record) {
  std::string name = record.key.substr(kPrefix.size());
  v1::Resource resource;
  if (!resource.ParseFromString(record.value)) {
    LogError("resource {} at revision {} cannot be read; left out", name, record.modified);
    return;
  }
  Forget(name);
  resource.set_name(name);
  resource.set_revision(record.modified);
  bytes_ += resource.ByteSizeLong();
  changed_.emplace(record.modified, name);
  revision_ = std::max(revision_, record.modified);
  resources_.emplace(std::move(name), std::move(resource));
}

void ResourceTable::Remove(const std::string& name, Revision revision) {
  Forget(name);
  tombstones_.emplace(name, revision);
  changed_.emplace(revision, name);
  if (tombstones_.size() <= tombstones_max_) return;
  // The oldest deletion goes: nodes from before it can no longer be told about it.
  auto oldest = std::find_if(changed_.begin(), changed_.end(),
                             [&](const auto& entry) { return tombstones_.contains(entry.second); });
  floor_ = std::max(floor_, oldest->first);
  tombstones_.erase(oldest->second);
  changed_.erase(oldest);
}

void ResourceTable::Forget(std::string_view name) {
  Revision revision = 0;
  if (auto it = resources_.find(name); it != resources_.end()) {
    revision = it->second.revision();
    bytes_ -= it->second.ByteSizeLong();
    resources_.erase(it);
  } else if (auto dead = tombstones_.find(name); dead != tombstones_.end()) {
    revision = dead->second;
    tombstones_.erase(dead);
  } else {
    return;
  }
  auto [begin, end] = changed_.equal_range(revision);
  for (auto it = begin; it != end; ++it) {
    if (it->second == name) {
      changed_.erase(it);
      return;
    }
  }
}

ResourceTable::Diff ResourceTable::Since(Revision from) const {
  Diff diff;
  for (auto it = changed_.upper_bound(from); it != changed_.end(); ++it) {
    if (const v1::Resource* resource = Find(it->second)) {
      diff.upsert.push_back(resource);
    } else {
      diff.removed.push_back(it->second);
    }
  }
  std::sort(diff.upsert.begin(), diff.upsert.end(),
            [](const auto* a, const auto* b) { return ActivatesBefore(a->name(), b->name()); });
  std::sort(diff.removed.begin(), diff.removed.end(),
            [](const auto& a, const auto& b) { return ActivatesBefore(b, a); });
  return diff;
}

const v1::Resource* ResourceTable::Find(std::string_view name) const {
  auto it = resources_.find(name);
  return it == resources_.end() ? nullptr : &it->second;
}

}  // namespace terrella::control
