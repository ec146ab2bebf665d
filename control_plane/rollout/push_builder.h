// PushBuilder: the bytes that bring a node from one revision to the current one, made once and
// shared by every node that stands at the same place.
//
// A Push message is sent as two pieces that protobuf reads as one: a few bytes of the node's own
// (nonce, directive, the key of its secrets sealed to that node) and the shared rest, so
// serializing and holding a push costs the same for one node and for three hundred.
//
// Thread: one.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "control_plane/rollout/resource_table.h"
#include "control_plane/secrets/master_key.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::control {

// The shared part of a push; immutable.
struct PushBody {
  uint64_t serial = 0;             // of this control plane: equal for equal bytes
  std::string bytes;               // serialized v1::Push without nonce, revision and directive
  std::vector<std::string> names;  // of all resources it sets or removes
  std::string secrets_key;         // what opens its secrets; empty when it has none
};

struct PushLimits {
  size_t inline_bytes_max =
      256 << 10;           // modules travel inside the push up to this sum, else by hash
  size_t bodies_max = 64;  // remembered for sharing
  size_t vouches_max = 4096;
};

class PushBuilder {
 public:
  PushBuilder(const ResourceTable& table, StateStore& store, const PushLimits& limits = {})
      : table_(table), store_(store), limits_(limits) {}

  // What opens the secrets in the store; null: nothing does.
  void set_master_key(std::shared_ptr<const MasterKey> key) { master_key_ = std::move(key); }
  // A node of that build has tried a version and accepted it. Remembered while the process lives:
  // what is forgotten is tried again by every node.
  void Vouch(const std::string& version_name, const std::string& build);
  // From `from` (which the table knows), or everything when `full`.
  std::shared_ptr<const PushBody> Build(Revision from, bool full);
  // A trial of some versions.
  std::shared_ptr<const PushBody> BuildTrial(std::span<const v1::Version* const> versions);

 private:
  std::shared_ptr<const PushBody> Serialize(const ResourceTable::Diff& diff, bool full, bool trial);
  void AddVouches(v1::Push& push) const;
  // Seals its secrets by a key of the body's own.
  void Reseal(v1::Push& push, PushBody& body) const;
  // Puts the modules' content into the versions when it is small enough in all.
  void Inline(std::vector<v1::Version*> versions);

  const ResourceTable& table_;
  StateStore& store_;
  const PushLimits limits_;
  std::shared_ptr<const MasterKey> master_key_;
  std::map<std::string, std::string> vouches_;  // build by version's name
  Revision cached_for_ = 0;
  uint64_t cached_epoch_ = 0;
  uint64_t bodies_made_ = 0;
  std::map<std::pair<Revision, bool>, std::shared_ptr<const PushBody>> bodies_;
};

}  // namespace terrella::control
