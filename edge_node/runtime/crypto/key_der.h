// Asymmetric keys in DER: SubjectPublicKeyInfo (RFC 5280 section 4.1) and PKCS #8 PrivateKeyInfo
// (RFC 5208, RFC 5958).
//
// Reading checks the structure and the algorithm identifiers, not the key (asymmetric_key.h).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/key_parts.h"

namespace terrella::runtime {

// InvalidArgument: malformed, or a kind of key that is none of KeyKind.
absl::StatusOr<KeyParts> ParseSpki(std::string_view der);
absl::StatusOr<KeyParts> ParsePkcs8(std::string_view der);

std::string WriteSpki(const KeyParts& parts);
// Of a private key, its public half known.
SecretBytes WritePkcs8(const KeyParts& parts);

}  // namespace terrella::runtime
