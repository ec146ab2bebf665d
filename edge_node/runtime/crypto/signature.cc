#include "edge_node/runtime/crypto/signature.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <array>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/crypto/curve_point.h"

namespace terrella::runtime {
namespace {

using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

// A context that has begun to sign or verify a digest.
absl::StatusOr<EvpPkeyCtxPtr> Begin(const AsymmetricKey& key, const SignatureOptions& options,
                                    bool signs) {
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  EVP_PKEY_CTX* raw = context.get();
  bool ok = raw != nullptr && (signs ? EVP_PKEY_sign_init(raw) : EVP_PKEY_verify_init(raw)) == 1;
  if (options.scheme != SignatureScheme::kEcdsa) {
    const bool is_pss = options.scheme == SignatureScheme::kRsaPss;
    ok = ok &&
         EVP_PKEY_CTX_set_rsa_padding(raw, is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
    ok = ok && EVP_PKEY_CTX_set_signature_md(raw, EvpOf(options.hash)) == 1;
    if (is_pss) {
      ok = ok && EVP_PKEY_CTX_set_rsa_pss_saltlen(raw, static_cast<int>(options.salt_bytes)) == 1;
    }
  }
  if (!ok) return OpenSslFailure("the signature's set-up");
  return context;
}

// A salt that no modulus of the allowed lengths has room for; as an int it may even be below zero,
// which OpenSSL would take for something else.
bool SaltIsTooLong(const AsymmetricKey& key, const SignatureOptions& options) {
  return options.scheme == SignatureScheme::kRsaPss && options.salt_bytes > key.bits() / 8;
}

absl::StatusOr<std::string> EcdsaFromDer(std::string_view der, size_t number_bytes) {
  const unsigned char* at = AsUnsigned(der);
  EcdsaSigPtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (parsed == nullptr) return OpenSslFailure("ECDSA");
  std::string out(2 * number_bytes, '\0');
  const int size = static_cast<int>(number_bytes);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), AsUnsigned(out.data()), size) == size);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), AsUnsigned(out.data()) + number_bytes, size) ==
        size);
  return out;
}

std::string EcdsaToDer(std::string_view signature) {
  const size_t half = signature.size() / 2;
  EcdsaSigPtr numbers(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(AsUnsigned(signature), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(AsUnsigned(signature) + half, static_cast<int>(half), nullptr);
  CHECK(ECDSA_SIG_set0(numbers.get(), r, s) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  CHECK(size > 0);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

absl::StatusOr<std::string> SignEddsa(const AsymmetricKey& key, std::string_view message) {
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  std::string signature(2 * InfoOf(key.kind()).public_bytes, '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                            nullptr) != 1 ||
      EVP_DigestSign(context.get(), AsUnsigned(signature.data()), &size, AsUnsigned(message),
                     message.size()) != 1) {
    return OpenSslFailure("EdDSA");
  }
  CHECK(size == signature.size());
  return signature;
}

absl::StatusOr<bool> VerifyEddsa(const AsymmetricKey& key, std::string_view signature,
                                 std::string_view message) {
  const size_t point_bytes = InfoOf(key.kind()).public_bytes;
  if (signature.size() != 2 * point_bytes) return false;
  ASSIGN_OR_RETURN(const KeyParts parts, key.Parts());
  if (IsSmallOrder(key.kind(), std::get<CurveParts>(parts).public_key) ||
      IsSmallOrder(key.kind(), signature.substr(0, point_bytes))) {
    return false;
  }
  EvpMdCtxPtr context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                              nullptr) != 1) {
    return OpenSslFailure("EdDSA");
  }
  const bool valid = EVP_DigestVerify(context.get(), AsUnsigned(signature), signature.size(),
                                      AsUnsigned(message), message.size()) == 1;
  ForgetOpenSslErrors();
  return valid;
}

}  // namespace

absl::StatusOr<std::string> Sign(const AsymmetricKey& key, const SignatureOptions& options,
                                 std::string_view message, WorkLimit limit) {
  CHECK(key.is_private());
  if (options.scheme == SignatureScheme::kEddsa) return SignEddsa(key, message);
  if (SaltIsTooLong(key, options)) return FailedPrecondition("the salt is longer than the key");
  std::array<char, kDigestBytesMax> digest;
  RETURN_IF_ERROR(Digest(options.hash, message, limit, digest.data()));
  ASSIGN_OR_RETURN(EvpPkeyCtxPtr context, Begin(key, options, /*signs=*/true));
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key.get())), '\0');
  size_t size = signature.size();
  if (EVP_PKEY_sign(context.get(), AsUnsigned(signature.data()), &size, AsUnsigned(digest.data()),
                    InfoOf(options.hash).digest_bytes) != 1) {
    return OpenSslFailure("signing");
  }
  signature.resize(size);
  if (options.scheme != SignatureScheme::kEcdsa) return signature;
  return EcdsaFromDer(signature, InfoOf(key.kind()).private_bytes);
}

absl::StatusOr<bool> Verify(const AsymmetricKey& key, const SignatureOptions& options,
                            std::string_view signature, std::string_view message, WorkLimit limit) {
  if (options.scheme == SignatureScheme::kEddsa) return VerifyEddsa(key, signature, message);
  if (SaltIsTooLong(key, options)) return false;
  const bool is_ecdsa = options.scheme == SignatureScheme::kEcdsa;
  // RFC 8017 sections 8.1.2 and 8.2.2, step 1: OpenSSL would take a number without its leading
  // zero.
  const size_t signature_bytes = is_ecdsa ? 2 * InfoOf(key.kind()).private_bytes
                                          : static_cast<size_t>(EVP_PKEY_get_size(key.get()));
  if (signature.size() != signature_bytes) return false;
  std::array<char, kDigestBytesMax> digest;
  RETURN_IF_ERROR(Digest(options.hash, message, limit, digest.data()));
  ASSIGN_OR_RETURN(EvpPkeyCtxPtr context, Begin(key, options, /*signs=*/false));
  std::string der;
  if (is_ecdsa) {
    der = EcdsaToDer(signature);
    signature = der;
  }
  const bool valid =
      EVP_PKEY_verify(context.get(), AsUnsigned(signature), signature.size(),
                      AsUnsigned(digest.data()), InfoOf(options.hash).digest_bytes) == 1;
  ForgetOpenSslErrors();
  return valid;
}

}  // namespace terrella::runtime
