#include "edge_node/runtime/crypto/key_agreement.h"

#include "base/check.h"
#include "base/status.h"

namespace terrella::runtime {

absl::StatusOr<SecretBytes> Agree(const AsymmetricKey& private_key, const AsymmetricKey& peer) {
  CHECK(private_key.kind() == peer.kind() && private_key.is_private());
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, private_key.get(), nullptr));
  SecretBytes secret(InfoOf(peer.kind()).public_bytes);
  size_t size = secret.size();
  // The peer's point was proved when its key was made.
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), /*validate_peer=*/0) != 1 ||
      EVP_PKEY_derive(context.get(), AsUnsigned(secret.data()), &size) != 1) {
    ForgetOpenSslErrors();
    return FailedPrecondition("the two keys agree on no secret");
  }
  CHECK(size == secret.size());
  return secret;
}

}  // namespace terrella::runtime
