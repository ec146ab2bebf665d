// A node's secrets: sealed in pushes and on its disk, open in the env of its workers alone.
//
// Thread: any; pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "rpc/sealing_key.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::edge {

// The set with values in the clear and nothing sealed. DataLoss when it was sealed to another key
// or for another script.
absl::StatusOr<v1::SecretSet> OpenSecrets(const v1::SecretSet& set, const rpc::SealingKey& key);
// The other way round, as a push would have brought it: for state that was kept in the clear.
absl::StatusOr<v1::SecretSet> SealSecrets(const v1::SecretSet& open, const rpc::SealingKey& key);

}  // namespace terrella::edge
