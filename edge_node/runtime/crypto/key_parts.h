// KeyParts: an asymmetric key as the numbers it is made of, between the forms it travels in (raw,
// SPKI, PKCS #8, JWK) and OpenSSL's.
//
// Numbers are big-endian. What reads a form checks the form; whether the numbers are a key is
// AsymmetricKey's question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {

// The numbers are known to js/subtle_curves.js.
enum class KeyKind : uint8_t { kRsa, kP256, kP384, kP521, kEd25519, kX25519, kEd448, kX448 };
inline constexpr size_t kKeyKindCount = 8;

struct CurveInfo {
  KeyKind kind;
  std::string_view name;  // "P-256", "Ed25519": of WebCrypto and of JWK's "crv"
  bool is_ec;             // short Weierstrass: the public key is a point of two coordinates
  size_t private_bytes;   // scalar or seed
  size_t public_bytes;    // one coordinate, or the whole public key
  std::string_view oid;   // DER content of the object identifier that names it
};
// Of any kind but kRsa.
const CurveInfo& InfoOf(KeyKind curve);
std::optional<KeyKind> FindCurve(std::string_view name);

// RFC 8017 section 3. Without leading zeros. `d` empty: a public key.
struct RsaParts {
  std::string n, e;
  SecretBytes d, p, q, dp, dq, qi;
};

struct CurveParts {
  KeyKind curve = KeyKind::kP256;
  // An EC point as SEC 1 section 2.3.3 has it, compressed or not, or the public key of RFC 7748 and
  // RFC 8032. May be empty when there is a private key: it follows from that.
  std::string public_key;
  SecretBytes private_key;  // CurveInfo::private_bytes, or empty
};

using KeyParts = std::variant<RsaParts, CurveParts>;

inline KeyKind KindOf(const KeyParts& parts) {
  const auto* curve = std::get_if<CurveParts>(&parts);
  return curve == nullptr ? KeyKind::kRsa : curve->curve;
}

}  // namespace terrella::runtime
