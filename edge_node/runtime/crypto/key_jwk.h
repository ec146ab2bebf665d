// Asymmetric keys as JSON Web Keys: the members of RFC 7518 section 6 and RFC 8037 that hold the
// key's numbers, in base64url.
//
// "kty", "alg", "use", "key_ops" and "ext" say what a key is for; js/crypto/crypto_jwk.js looks
// after them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/key_parts.h"

namespace terrella::runtime {

// Without padding, in the alphabet of RFC 4648 section 5. DecodeBase64Url: nothing for all else.
std::string EncodeBase64Url(std::string_view bytes);
std::optional<SecretBytes> DecodeBase64Url(std::string_view text);

// n, e, d, p, q, dp, dq, qi; a member that is not there has no value.
using RsaJwk = std::array<std::optional<std::string>, 8>;
// x, y, d
using CurveJwk = std::array<std::optional<std::string>, 3>;

// InvalidArgument names the member that is missing or of the wrong form. With "d", RSA needs the
// other members too: no more than two primes, and no fewer.
absl::StatusOr<KeyParts> ParseRsaJwk(const RsaJwk& jwk);
absl::StatusOr<KeyParts> ParseCurveJwk(KeyKind curve, const CurveJwk& jwk);

RsaJwk WriteRsaJwk(const RsaParts& parts);
// The public point uncompressed.
CurveJwk WriteCurveJwk(const CurveParts& parts);

}  // namespace terrella::runtime
