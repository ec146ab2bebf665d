// AsymmetricKey: a public or private key ready for use, of RSA or one of the curves.
//
// Made of KeyParts, whose numbers are proved to be a key here: a modulus within limits and
// consistent with its factors, a point on its curve, a scalar in range, a public half that fits the
// private one.
//
// Thread: immutable; any, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/key_parts.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

// A private key of 8192 bits signs in about 25 ms, which fits a request's CPU budget; twice the
// bits take eight times as long.
inline constexpr uint32_t kRsaBitsMin = 512;
inline constexpr uint32_t kRsaBitsMax = 8192;
// An exponent as long as the modulus would make verifying as slow as signing.
inline constexpr size_t kRsaExponentBitsMax = 64;

class AsymmetricKey {
 public:
  // InvalidArgument: the numbers are no key.
  static absl::StatusOr<AsymmetricKey> Make(KeyParts parts);

  KeyKind kind() const { return kind_; }
  bool is_private() const { return is_private_; }
  EVP_PKEY* get() const { return pkey_.get(); }
  // Of the modulus, or of the field.
  uint32_t bits() const;
  // An estimate of what it holds.
  size_t memory_bytes() const;
  // Everything there is, in full: an EC point is uncompressed.
  absl::StatusOr<KeyParts> Parts() const;

 private:
  friend absl::StatusOr<AsymmetricKey> Generate(KeyKind kind);
  friend absl::StatusOr<AsymmetricKey> GenerateRsa(uint32_t, std::string_view, WorkLimit);
  AsymmetricKey(KeyKind kind, bool is_private, EvpPkeyPtr pkey)
      : kind_(kind), is_private_(is_private), pkey_(std::move(pkey)) {}

  KeyKind kind_;
  bool is_private_;
  EvpPkeyPtr pkey_;
};

// A private key of a curve.
absl::StatusOr<AsymmetricKey> Generate(KeyKind kind);
// `exponent` is big-endian. Takes from a tenth of a second to minutes. FailedPrecondition: no such
// key can be made.
absl::StatusOr<AsymmetricKey> GenerateRsa(uint32_t modulus_bits, std::string_view exponent,
                                          WorkLimit limit);
// The public key that belongs to a private one.
absl::StatusOr<AsymmetricKey> PublicHalf(const AsymmetricKey& key);

}  // namespace terrella::runtime
