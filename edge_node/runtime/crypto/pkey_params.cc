#include "edge_node/runtime/crypto/pkey_params.h"

#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"

namespace terrella::runtime {

BnPtr MakeNumber(std::string_view big_endian) {
  BnPtr number(BN_bin2bn(AsUnsigned(big_endian), static_cast<int>(big_endian.size()), nullptr));
  CHECK(number != nullptr);
  return number;
}

PkeyParams::PkeyParams() : builder_(OSSL_PARAM_BLD_new()) {
  CHECK(builder_ != nullptr);
}

void PkeyParams::AddNumber(const char* name, std::string_view big_endian) {
  numbers_.push_back(MakeNumber(big_endian));
  // So that OpenSSL computes with it in constant time.
  BN_set_flags(numbers_.back().get(), BN_FLG_CONSTTIME);
  CHECK(OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get()) == 1);
}

void PkeyParams::AddText(const char* name, std::string text) {
  texts_.push_back(std::make_unique<std::string>(std::move(text)));
  CHECK(OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, texts_.back()->c_str(), 0) == 1);
}

void PkeyParams::AddOctets(const char* name, std::string octets) {
  texts_.push_back(std::make_unique<std::string>(std::move(octets)));
  CHECK(OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, texts_.back()->data(),
                                         texts_.back()->size()) == 1);
}

absl::StatusOr<EvpPkeyPtr> PkeyParams::Make(const char* type, bool is_private) {
  std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>> params(
      OSSL_PARAM_BLD_to_param(builder_.get()));
  EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  CHECK(params != nullptr && context != nullptr);
  EVP_PKEY* made = nullptr;
  const bool is_key =
      EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &made, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        params.get()) == 1;
  for (OSSL_PARAM* param = params.get(); param->key != nullptr; ++param) {
    OPENSSL_cleanse(param->data, param->data_size);
  }
  if (!is_key) {
    ForgetOpenSslErrors();
    return InvalidArgument("the numbers are no {} key", type);
  }
  return EvpPkeyPtr(made);
}

absl::StatusOr<SecretBytes> NumberOf(const EVP_PKEY* pkey, const char* name, size_t bytes_min) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &raw) != 1) return OpenSslFailure("reading the key");
  const BnPtr number(raw);
  SecretBytes bytes(std::max(bytes_min, static_cast<size_t>(BN_num_bytes(number.get()))));
  CHECK(BN_bn2binpad(number.get(), AsUnsigned(bytes.data()), static_cast<int>(bytes.size())) ==
        static_cast<int>(bytes.size()));
  return bytes;
}

absl::StatusOr<std::string> OctetsOf(const EVP_PKEY* pkey, const char* name) {
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(pkey, name, nullptr, 0, &size) != 1) {
    return OpenSslFailure("reading the key");
  }
  std::string octets(size, '\0');
  if (EVP_PKEY_get_octet_string_param(pkey, name, AsUnsigned(octets.data()), octets.size(),
                                      &size) != 1) {
    return OpenSslFailure("reading the key");
  }
  octets.resize(size);
  return octets;
}

}  // namespace terrella::runtime
