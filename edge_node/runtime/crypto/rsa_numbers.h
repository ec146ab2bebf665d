// Whether the numbers of an RSA key belong together (RFC 8017 section 3).
#pragma once

#include "absl/status/status.h"
#include "edge_node/runtime/crypto/key_parts.h"

namespace terrella::runtime {

// InvalidArgument: the modulus or the exponent is out of bounds, or the numbers of a private key
// contradict each other. Signing with such a key could give its factors away. That the factors are
// prime is not looked into: it takes long and protects nobody but the key's owner.
absl::Status CheckRsaNumbers(const RsaParts& parts);

}  // namespace terrella::runtime
