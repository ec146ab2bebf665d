#include "edge_node/runtime/crypto/rsa_oaep.h"

#include <openssl/rsa.h>

#include <algorithm>

#include "base/status.h"

namespace terrella::runtime {
namespace {

absl::StatusOr<EvpPkeyCtxPtr> Begin(const AsymmetricKey& key, const OaepOptions& options,
                                    bool encrypts) {
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  EVP_PKEY_CTX* raw = context.get();
  if (raw == nullptr || (encrypts ? EVP_PKEY_encrypt_init(raw) : EVP_PKEY_decrypt_init(raw)) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(raw, RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(raw, EvpOf(options.hash)) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(raw, EvpOf(options.hash)) != 1) {
    return OpenSslFailure("RSA-OAEP");
  }
  if (options.label.empty()) return context;
  void* label = OPENSSL_memdup(options.label.data(), options.label.size());
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(raw, label, static_cast<int>(options.label.size())) != 1) {
    OPENSSL_free(label);
    return OpenSslFailure("RSA-OAEP");
  }
  return context;
}

}  // namespace

absl::StatusOr<std::string> OaepEncrypt(const AsymmetricKey& public_key, const OaepOptions& options,
                                        std::string_view text) {
  ASSIGN_OR_RETURN(EvpPkeyCtxPtr context, Begin(public_key, options, /*encrypts=*/true));
  std::string out(static_cast<size_t>(EVP_PKEY_get_size(public_key.get())), '\0');
  size_t size = out.size();
  if (EVP_PKEY_encrypt(context.get(), AsUnsigned(out.data()), &size, AsUnsigned(text),
                       text.size()) != 1) {
    return OpenSslFailure("RSA-OAEP encryption");
  }
  out.resize(size);
  return out;
}

absl::StatusOr<SecretBytes> OaepDecrypt(const AsymmetricKey& private_key,
                                        const OaepOptions& options, std::string_view text) {
  ASSIGN_OR_RETURN(EvpPkeyCtxPtr context, Begin(private_key, options, /*encrypts=*/false));
  SecretBytes room(static_cast<size_t>(EVP_PKEY_get_size(private_key.get())));
  size_t size = room.size();
  // RFC 8017 section 7.1.2, step 1: OpenSSL would take a number without its leading zero.
  if (text.size() != size || EVP_PKEY_decrypt(context.get(), AsUnsigned(room.data()), &size,
                                              AsUnsigned(text), text.size()) != 1) {
    ForgetOpenSslErrors();
    return FailedPrecondition("decryption failed: the data or the key is not the right one");
  }
  return SecretBytes(room.view().substr(0, size));
}

}  // namespace terrella::runtime
