// PkeyParams: the named numbers that OpenSSL makes a key from, and reads back out of one.
#pragma once

#include <openssl/param_build.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {

BnPtr MakeNumber(std::string_view big_endian);

class PkeyParams {
 public:
  PkeyParams();
  // Names are OSSL_PKEY_PARAM_... and must outlive this.
  void AddNumber(const char* name, std::string_view big_endian);
  void AddText(const char* name, std::string text);
  void AddOctets(const char* name, std::string octets);

  // A key of OpenSSL's type ("RSA"). InvalidArgument when OpenSSL takes the numbers for none.
  absl::StatusOr<EvpPkeyPtr> Make(const char* type, bool is_private);

 private:
  std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>> builder_;
  std::vector<BnPtr> numbers_;  // the builder keeps no copies
  std::vector<std::unique_ptr<std::string>> texts_;
};

// Big-endian, with leading zeros to `bytes_min`.
absl::StatusOr<SecretBytes> NumberOf(const EVP_PKEY* pkey, const char* name, size_t bytes_min = 1);
absl::StatusOr<std::string> OctetsOf(const EVP_PKEY* pkey, const char* name);

}  // namespace terrella::runtime
