// MakeLiveScript: from a version as the control plane describes it to one a shard can serve.
//
// Thread: any; pure over the content it is given.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/shard/serving_state.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::edge {

struct VersionLimits {
  size_t code_bytes_max = 25u << 20;  // all modules together
  size_t modules_max = 1000;
  size_t bindings_max = 256;
  size_t origins_max = 64;
  uint64_t heap_bytes_max = 1ull << 30;
  size_t asset_manifest_bytes_max = 8u << 20;
};

// The content behind a raw SHA-256.
using BlobReader = std::function<absl::StatusOr<std::string>(std::string_view sha256)>;

// What can be refused before any byte was fetched: ResourceExhausted beyond a limit,
// InvalidArgument when a field makes no sense.
absl::Status CheckVersion(const v1::Version& version, const VersionLimits& limits);

// `pop` picks the modelled distance to each origin (none given: no distance). Errors are those of
// CheckVersion and of `read`.
absl::StatusOr<std::shared_ptr<const LiveScript>> MakeLiveScript(const v1::Version& version,
                                                                 std::string_view pop,
                                                                 const VersionLimits& limits,
                                                                 const BlobReader& read);

// The same version with these secrets in env, in place of those it had; null: with none. A name
// that the version itself binds stays what it is.
std::shared_ptr<const LiveScript> WithSecrets(const LiveScript& live, const v1::SecretSet* secrets,
                                              uint64_t revision);

}  // namespace terrella::edge
