#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <string>

#include "base/status.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"

namespace terrella::runtime {
namespace {

// OpenSSL asks this between candidates for a prime and between the rounds of testing one.
int GoOn(EVP_PKEY_CTX* context) {
  return (*static_cast<WorkLimit*>(EVP_PKEY_CTX_get_app_data(context)))() ? 0 : 1;
}

}  // namespace

absl::StatusOr<AsymmetricKey> Generate(KeyKind kind) {
  const std::string name(InfoOf(kind).name);
  EvpPkeyPtr pkey(InfoOf(kind).is_ec ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name.c_str())
                                     : EVP_PKEY_Q_keygen(nullptr, nullptr, name.c_str()));
  if (pkey == nullptr) return OpenSslFailure("generating a key");
  return AsymmetricKey(kind, /*is_private=*/true, std::move(pkey));
}

absl::StatusOr<AsymmetricKey> GenerateRsa(uint32_t modulus_bits, std::string_view exponent,
                                          WorkLimit limit) {
  while (!exponent.empty() && exponent[0] == 0) exponent.remove_prefix(1);
  if (modulus_bits < kRsaBitsMin || modulus_bits > kRsaBitsMax) {
    return FailedPrecondition("an RSA modulus of {} bits; expected {} to {}", modulus_bits,
                              kRsaBitsMin, kRsaBitsMax);
  }
  if (exponent.size() * 8 > kRsaExponentBitsMax) {
    return FailedPrecondition("an RSA exponent of more than {} bits", kRsaExponentBitsMax);
  }
  BnPtr e(BN_bin2bn(AsUnsigned(exponent), static_cast<int>(exponent.size()), nullptr));
  if (!BN_is_odd(e.get()) || BN_is_one(e.get())) {
    return FailedPrecondition("an RSA exponent must be odd and above 1");
  }
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(modulus_bits)) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) != 1) {
    return OpenSslFailure("generating an RSA key");
  }
  EVP_PKEY_CTX_set_app_data(context.get(), &limit);
  EVP_PKEY_CTX_set_cb(context.get(), GoOn);
  if (EVP_PKEY_generate(context.get(), &made) != 1) {
    if (!limit()) return OpenSslFailure("generating an RSA key");
    ForgetOpenSslErrors();
    return WorkLimitExceeded();
  }
  return AsymmetricKey(KeyKind::kRsa, /*is_private=*/true, EvpPkeyPtr(made));
}

}  // namespace terrella::runtime
