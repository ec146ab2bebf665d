// Signatures: RSASSA-PKCS1-v1_5, RSASSA-PSS (RFC 8017 section 8), ECDSA (FIPS 186-5 section 6) and
// EdDSA (RFC 8032).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"
#include "edge_node/runtime/crypto/hash.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

enum class SignatureScheme : uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEddsa };

struct SignatureOptions {
  SignatureScheme scheme;
  HashId hash = HashId::kSha256;  // none for kEddsa
  uint32_t salt_bytes = 0;        // kRsaPss
};

// The key is a private one of the scheme's kind. ECDSA's two numbers one after the other, each as
// long as the curve's order (IEEE P1363).
absl::StatusOr<std::string> Sign(const AsymmetricKey& key, const SignatureOptions& options,
                                 std::string_view message, WorkLimit limit);
// The key is a public one.
absl::StatusOr<bool> Verify(const AsymmetricKey& key, const SignatureOptions& options,
                            std::string_view signature, std::string_view message, WorkLimit limit);

}  // namespace terrella::runtime
