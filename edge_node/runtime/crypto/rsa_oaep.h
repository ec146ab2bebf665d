// RSAES-OAEP (RFC 8017 section 7.1), with one hash for the label and for MGF1.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"
#include "edge_node/runtime/crypto/hash.h"

namespace terrella::runtime {

struct OaepOptions {
  HashId hash;
  std::string_view label;
};

// FailedPrecondition: the text is longer than the modulus has room for, or what is to be decrypted
// was not encrypted with this key, hash and label.
absl::StatusOr<std::string> OaepEncrypt(const AsymmetricKey& public_key, const OaepOptions& options,
                                        std::string_view text);
absl::StatusOr<SecretBytes> OaepDecrypt(const AsymmetricKey& private_key,
                                        const OaepOptions& options, std::string_view text);

}  // namespace terrella::runtime
