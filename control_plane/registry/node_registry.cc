#include "control_plane/registry/node_registry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/ip_address.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kIdBytesMax = 64;

}  // namespace

absl::Status CheckNodeInfo(const v1::NodeInfo& info) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (info.id().empty() || info.id().size() > kIdBytesMax ||
      !std::all_of(info.id().begin(), info.id().end(), allowed)) {
    return InvalidArgument("a node's id is 1 to {} letters, digits, '-', '_' or '.', got '{}'",
                           kIdBytesMax, info.id().substr(0, kIdBytesMax));
  }
  if (auto address = IpAddress::Parse(info.address()); !address.ok()) {
    return InvalidArgument("node {}: address: {}", info.id(), Message(address.status()));
  }
  if (info.port() == 0 || info.port() > 65535) {
    return InvalidArgument("node {}: port {} is not in 1..65535", info.id(), info.port());
  }
  if (!(std::abs(info.latitude_deg()) <= 90) || !(std::abs(info.longitude_deg()) <= 180)) {
    return InvalidArgument("node {}: {},{} is no place on Earth", info.id(), info.latitude_deg(),
                           info.longitude_deg());
  }
  return absl::OkStatus();
}

v1::NodeState NodeEntry::state() const {
  if (!connected) return v1::NODE_STATE_DOWN;
  if (drain_asked || drain_announced || cordoned) return v1::NODE_STATE_DRAINING;
  return caught_up ? v1::NODE_STATE_READY : v1::NODE_STATE_SYNCING;
}

NodeRegistry::NodeRegistry(const Clock& clock, const RegistryOptions& options)
    : clock_(clock), options_(options) {}

template <class Edit>
void NodeRegistry::Update(NodeEntry& entry, Edit edit) {
  v1::NodeState before = entry.state();
  edit(entry);
  if (entry.state() != before && !entry.info.id().empty()) ++changes_;
}

void NodeRegistry::SetInfo(NodeEntry& entry, const v1::NodeInfo& info) {
  if (entry.info.SerializeAsString() != info.SerializeAsString()) ++changes_;
  entry.info = info;
}

void NodeRegistry::Remember(const v1::NodeInfo& info) {
  if (!CheckNodeInfo(info).ok() || nodes_.size() >= options_.nodes_max) return;
  NodeEntry& entry = nodes_[info.id()];
  SetInfo(entry, info);
  entry.awaited = true;
}

absl::Status NodeRegistry::Connect(const v1::NodeInfo& info, uint64_t applied, uint64_t floor) {
  RETURN_IF_ERROR(CheckNodeInfo(info));
  if (nodes_.size() >= options_.nodes_max && !nodes_.contains(info.id())) {
    return ResourceExhausted("the cluster has {} nodes, which is the limit", options_.nodes_max);
  }
  NodeEntry& known = nodes_[info.id()];
  SetInfo(known, info);
  Update(known, [&](NodeEntry& entry) {
    bool drain_asked = entry.drain_asked, cordoned = entry.cordoned, awaited = entry.awaited;
    entry = NodeEntry{.info = info, .connected = true};
    entry.drain_asked = drain_asked;
    entry.cordoned = cordoned;
    entry.awaited = awaited;
    entry.acked = applied;
    entry.floor = floor;
    entry.lease_until = clock_.Now() + options_.lease;
    entry.last_heartbeat = clock_.WallNow();
  });
  return absl::OkStatus();
}

void NodeRegistry::Acknowledge(std::string_view id, uint64_t revision) {
  NodeEntry* entry = FindMutable(id);
  if (entry == nullptr || !entry->connected) return;
  Update(*entry, [&](NodeEntry& e) {
    e.acked = revision;
    e.lease_until = clock_.Now() + options_.lease;
    if (revision >= e.floor) {
      e.caught_up = true;
      e.awaited = false;
    }
  });
}

void NodeRegistry::Heartbeat(std::string_view id, const v1::Heartbeat& heartbeat) {
  NodeEntry* entry = FindMutable(id);
  if (entry == nullptr || !entry->connected) return;
  Update(*entry, [&](NodeEntry& e) {
    e.lease_until = clock_.Now() + options_.lease;
    e.last_heartbeat = clock_.WallNow();
    e.drain_announced = heartbeat.draining();
    e.rss_bytes = heartbeat.rss_bytes();
    e.isolates = heartbeat.isolates();
    e.in_flight = heartbeat.in_flight();
    e.quiet = heartbeat.in_flight() == 0 && heartbeat.scripts().empty();
    for (const v1::ScriptStats& stats : heartbeat.scripts()) {
      e.requests += stats.requests();
      e.errors += stats.errors();
    }
    e.measured.Observe(heartbeat.load(), clock_.Now());
  });
  ShowLoads();
}

// Heartbeats come every second as long as there is anybody, so they are the clock.
void NodeRegistry::ShowLoads() {
  if (clock_.Now() < loads_shown_ + options_.loads_every) return;
  loads_shown_ = clock_.Now();
  bool changed = false;
  for (auto& [id, entry] : nodes_) {
    const double load = entry.connected ? entry.measured.level() : 0;
    changed |= std::exchange(entry.load, load) != load;
  }
  if (changed) ++changes_;
}

void NodeRegistry::Disconnect(std::string_view id) {
  NodeEntry* entry = FindMutable(id);
  if (entry == nullptr) return;
  Update(*entry, [](NodeEntry& e) {
    e.connected = false;
    e.caught_up = false;
    e.drain_announced = false;
  });
}

void NodeRegistry::SetDrain(std::string_view id, bool drain) {
  NodeEntry* entry = EntryForWish(id, drain);
  if (entry == nullptr) return;
  Update(*entry, [&](NodeEntry& e) {
    e.drain_asked = drain;
    e.quiet = false;
  });
}

void NodeRegistry::SetCordon(std::string_view id, bool cordon) {
  NodeEntry* entry = EntryForWish(id, cordon);
  if (entry == nullptr) return;
  Update(*entry, [&](NodeEntry& e) { e.cordoned = cordon; });
}

NodeEntry* NodeRegistry::EntryForWish(std::string_view id, bool wish) {
  NodeEntry* entry = FindMutable(id);
  if (entry != nullptr || !wish || nodes_.size() >= options_.nodes_max) return entry;
  return &nodes_[std::string(id)];
}

void NodeRegistry::Forget(std::string_view id) {
  auto it = nodes_.find(id);
  if (it == nodes_.end()) return;
  if (!it->second.info.id().empty()) ++changes_;
  nodes_.erase(it);
}

std::vector<std::string> NodeRegistry::Expired() const {
  std::vector<std::string> expired;
  for (const auto& [id, entry] : nodes_) {
    if (entry.connected && clock_.Now() >= entry.lease_until) expired.push_back(id);
  }
  return expired;
}

std::optional<MonotonicTime> NodeRegistry::NextExpiry() const {
  std::optional<MonotonicTime> next;
  for (const auto& [id, entry] : nodes_) {
    if (entry.connected && (!next || entry.lease_until < *next)) next = entry.lease_until;
  }
  return next;
}

bool NodeRegistry::AwaitsReturn() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& n) { return n.second.awaited; });
}

const NodeEntry* NodeRegistry::Find(std::string_view id) const {
  auto it = nodes_.find(id);
  return it == nodes_.end() || it->second.info.id().empty() ? nullptr : &it->second;
}

NodeEntry* NodeRegistry::FindMutable(std::string_view id) {
  auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : &it->second;
}

std::vector<const NodeEntry*> NodeRegistry::Nodes() const {
  std::vector<const NodeEntry*> nodes;
  for (const auto& [id, entry] : nodes_) {
    if (!entry.info.id().empty()) nodes.push_back(&entry);
  }
  return nodes;
}

}  // namespace terrella::control
