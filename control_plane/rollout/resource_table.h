// ResourceTable: the resources every node should hold, and what changed since a revision. It is the
// control plane's cache of the store's "live/" keys, fed by a watch.
//
// For each name only the newest change is kept, so the distance between a node and now costs at
// most the number of resources, however many revisions lie between (coalescing). Names that are
// gone are kept as tombstones back to `floor`; a node older than that starts over.
//
// Thread: one.
// Invariants: (1) revision() is the last revision that changed a resource; (2) Since(r) applied to
// a
//         holder of revision r >= floor() makes it hold revision().
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control_plane/store/state_store.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

class ResourceTable {
 public:
  // Keys in the store are this followed by the resource's name; values are serialized v1::Resource
  // messages with only the body set.
  static constexpr std::string_view kPrefix = "live/";
  static std::string Key(std::string_view name) { return std::string(kPrefix).append(name); }

  explicit ResourceTable(size_t tombstones_max = 10'000) : tombstones_max_(tombstones_max) {}

  // Starts from a range over kPrefix; deletions before `floor` are not known.
  void Load(const RangeResult& range, Revision floor);
  // One revision's events. Events already known are passed over.
  void Apply(Revision revision, std::span<const Event> events);

  struct Diff {
    // Version, then Deployment, then Route, so that nothing is used before it is there; by name.
    std::vector<const v1::Resource*> upsert;  // valid until the next Apply
    std::vector<std::string> removed;         // in the opposite order
  };
  // Whether Since(from) can tell; else the node must take All().
  bool Knows(Revision from) const { return from >= floor_ && from <= revision_; }
  Diff Since(Revision from) const;
  Diff All() const { return Since(0); }

  const v1::Resource* Find(std::string_view name) const;
  // All resources by name.
  const std::map<std::string, v1::Resource, std::less<>>& resources() const { return resources_; }
  Revision revision() const { return revision_; }
  Revision floor() const { return floor_; }
  // Serialized size of all resources.
  size_t bytes() const { return bytes_; }

 private:
  void Put(const Record& record);
  void Remove(const std::string& name, Revision revision);
  void Forget(std::string_view name);

  const size_t tombstones_max_;
  std::map<std::string, v1::Resource, std::less<>> resources_;
  std::map<std::string, Revision, std::less<>> tombstones_;
  std::multimap<Revision, std::string> changed_;  // names, dead or alive, by their last change
  Revision revision_ = 0;
  Revision floor_ = 0;
  size_t bytes_ = 0;
};

}  // namespace terrella::control
