// Key agreement: ECDH (SEC 1 section 3.3.1), X25519 and X448 (RFC 7748 section 6).
#pragma once

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"

namespace terrella::runtime {

// The x coordinate of the common point. Both keys are of one curve. FailedPrecondition: the result
// would be all zero, which a peer can only have wanted.
absl::StatusOr<SecretBytes> Agree(const AsymmetricKey& private_key, const AsymmetricKey& peer);

}  // namespace terrella::runtime
