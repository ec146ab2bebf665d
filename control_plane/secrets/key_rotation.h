// A new master key in the place of the old one: every script's secrets are sealed anew, by a new
// key that it wraps. Who had the old one may have unwrapped the old ones.
//
//   nothing --(1)--> a next key --(2), a transaction a script--> all rows by it --(3)--> nothing
//
//   (1) a random key is written into secrets.key.next.
//   (2) rows are sealed anew, one transaction a script; either key opens its part of them.
//   (3) when no row needs the old key any more, the next one is renamed over it.
//
// Killed anywhere, there are one or two key files that open everything, and the same call goes on
// where it was; a control plane that finds a next key does so before it serves.
//
// Thread: any; blocks. Nobody may be serving from the store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

struct KeyRotation {
  std::string before;  // ids of the master keys
  std::string after;
  uint64_t scripts = 0;  // that have secrets, all by the new key now
  uint64_t moved = 0;    // of them: values that were sealed by the master key itself
};

// FailedPrecondition, and no key changes, when there are secrets that the key in `folder` does not
// open.
absl::StatusOr<KeyRotation> RotateMasterKey(StateStore& store, const std::filesystem::path& folder);

// FailedPrecondition between its beginning and its end: what is copied of the store then needs both
// keys.
absl::Status CheckNotRotating(const std::filesystem::path& folder);

// Goes on with one that was broken off; none when there is no such.
absl::StatusOr<std::optional<KeyRotation>> FinishRotation(StateStore& store,
                                                          const std::filesystem::path& folder);

}  // namespace terrella::control
