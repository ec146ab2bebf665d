// PrepareNode: what a node does before it has a second thread: it reads the worker it was given,
// which may take other programs (esbuild), and then confines itself.
//
// Thread: main, the only one.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bundle/bundle.h"
#include "edge_node/confine/confine.h"
#include "edge_node/options.h"

namespace terrella::edge {

struct NodeStart {
  std::optional<bundle::Bundle> worker;  // of --worker
  std::string confined;                  // by what, for people
};

// The only places a node reaches once it runs. A folder that a new option names belongs here.
Reach ReachOf(const NodeOptions& options);

// The folder for the storage of Durable Objects: the one that was asked for, one below the state's,
// or one of the process's own, which RemoveTemporary empties when nothing is to be kept.
std::filesystem::path ActorsDirOf(const NodeOptions& options);
void RemoveTemporary(const NodeOptions& options);

// InvalidArgument: the worker given with --worker is refused. FailedPrecondition: the node cannot
// be confined as --confine asks.
absl::StatusOr<NodeStart> PrepareNode(const NodeOptions& options);

}  // namespace terrella::edge
