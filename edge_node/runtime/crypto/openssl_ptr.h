// Owners of OpenSSL's objects, and what is behind a failure of its functions.
//
// OpenSSL keeps a queue of errors for each thread. Whoever sees one of its functions fail takes the
// queue away (OpenSslFailure, ForgetOpenSslErrors), or TLS on the same thread finds it later.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "base/free_with.h"

namespace terrella::runtime {

using EvpMdCtxPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EvpCipherPtr = std::unique_ptr<EVP_CIPHER, FreeWith<EVP_CIPHER_free>>;
using EvpCipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using EvpPkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using BnPtr = std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, FreeWith<BN_CTX_free>>;
using EcGroupPtr = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using EcPointPtr = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_clear_free>>;

inline const unsigned char* AsUnsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* AsUnsigned(char* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

// FailedPrecondition with `what` and OpenSSL's own reason. Empties the queue.
absl::Status OpenSslFailure(std::string_view what);
// For failures that are an answer, such as a signature that is not right.
inline void ForgetOpenSslErrors() {
  ERR_clear_error();
}

}  // namespace terrella::runtime
