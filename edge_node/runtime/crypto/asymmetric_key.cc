#include "edge_node/runtime/crypto/asymmetric_key.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/crypto/curve_point.h"
#include "edge_node/runtime/crypto/pkey_params.h"
#include "edge_node/runtime/crypto/rsa_numbers.h"

namespace terrella::runtime {
namespace {

absl::StatusOr<EvpPkeyPtr> MakeRsa(const RsaParts& parts) {
  RETURN_IF_ERROR(CheckRsaNumbers(parts));
  PkeyParams params;
  params.AddNumber(OSSL_PKEY_PARAM_RSA_N, parts.n);
  params.AddNumber(OSSL_PKEY_PARAM_RSA_E, parts.e);
  if (!parts.d.empty()) {
    params.AddNumber(OSSL_PKEY_PARAM_RSA_D, parts.d.view());
    params.AddNumber(OSSL_PKEY_PARAM_RSA_FACTOR1, parts.p.view());
    params.AddNumber(OSSL_PKEY_PARAM_RSA_FACTOR2, parts.q.view());
    params.AddNumber(OSSL_PKEY_PARAM_RSA_EXPONENT1, parts.dp.view());
    params.AddNumber(OSSL_PKEY_PARAM_RSA_EXPONENT2, parts.dq.view());
    params.AddNumber(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, parts.qi.view());
  }
  return params.Make("RSA", !parts.d.empty());
}

absl::StatusOr<EvpPkeyPtr> MakeEc(const CurveParts& parts) {
  ASSIGN_OR_RETURN(const std::string point, CheckEcNumbers(parts));
  PkeyParams params;
  params.AddText(OSSL_PKEY_PARAM_GROUP_NAME, std::string(InfoOf(parts.curve).name));
  params.AddOctets(OSSL_PKEY_PARAM_PUB_KEY, point);
  if (!parts.private_key.empty()) {
    params.AddNumber(OSSL_PKEY_PARAM_PRIV_KEY, parts.private_key.view());
  }
  return params.Make("EC", !parts.private_key.empty());
}

absl::StatusOr<EvpPkeyPtr> MakeOkp(const CurveParts& parts) {
  const CurveInfo& curve = InfoOf(parts.curve);
  const std::string name(curve.name);
  const bool is_private = !parts.private_key.empty();
  const std::string_view raw = is_private ? parts.private_key.view() : parts.public_key;
  const size_t expected = is_private ? curve.private_bytes : curve.public_bytes;
  if (raw.size() != expected) {
    return InvalidArgument("a {} key of {} bytes, expected {}", name, raw.size(), expected);
  }
  auto* make = is_private ? EVP_PKEY_new_raw_private_key_ex : EVP_PKEY_new_raw_public_key_ex;
  EvpPkeyPtr pkey(make(nullptr, name.c_str(), nullptr, AsUnsigned(raw), raw.size()));
  if (pkey == nullptr) {
    ForgetOpenSslErrors();
    return InvalidArgument("the bytes are no {} key", name);
  }
  return pkey;
}

absl::Status CheckPublicFits(const AsymmetricKey& key, std::string_view claimed) {
  ASSIGN_OR_RETURN(const KeyParts parts, key.Parts());
  if (std::get<CurveParts>(parts).public_key == claimed) return absl::OkStatus();
  return InvalidArgument("the public key does not belong to the private key");
}

}  // namespace

absl::StatusOr<AsymmetricKey> AsymmetricKey::Make(KeyParts parts) {
  const KeyKind kind = KindOf(parts);
  if (const auto* rsa = std::get_if<RsaParts>(&parts)) {
    ASSIGN_OR_RETURN(EvpPkeyPtr pkey, MakeRsa(*rsa));
    return AsymmetricKey(kind, !rsa->d.empty(), std::move(pkey));
  }
  const auto& curve = std::get<CurveParts>(parts);
  const bool is_ec = InfoOf(kind).is_ec;
  ASSIGN_OR_RETURN(EvpPkeyPtr pkey, is_ec ? MakeEc(curve) : MakeOkp(curve));
  AsymmetricKey key(kind, !curve.private_key.empty(), std::move(pkey));
  if (!is_ec && key.is_private() && !curve.public_key.empty()) {
    RETURN_IF_ERROR(CheckPublicFits(key, curve.public_key));
  }
  return key;
}

uint32_t AsymmetricKey::bits() const {
  return static_cast<uint32_t>(EVP_PKEY_get_bits(pkey_.get()));
}

size_t AsymmetricKey::memory_bytes() const {
  // The numbers of an RSA key are held twice over, with what makes reducing by them quick.
  constexpr size_t kBase = 2048;
  return kind_ == KeyKind::kRsa ? kBase + size_t{is_private_ ? 2u : 1u} * bits() : kBase;
}

absl::StatusOr<KeyParts> AsymmetricKey::Parts() const {
  if (kind_ == KeyKind::kRsa) {
    RsaParts parts;
    ASSIGN_OR_RETURN(const SecretBytes n, NumberOf(get(), OSSL_PKEY_PARAM_RSA_N));
    ASSIGN_OR_RETURN(const SecretBytes e, NumberOf(get(), OSSL_PKEY_PARAM_RSA_E));
    parts.n = n.view();
    parts.e = e.view();
    if (!is_private_) return parts;
    ASSIGN_OR_RETURN(parts.d, NumberOf(get(), OSSL_PKEY_PARAM_RSA_D));
    ASSIGN_OR_RETURN(parts.p, NumberOf(get(), OSSL_PKEY_PARAM_RSA_FACTOR1));
    ASSIGN_OR_RETURN(parts.q, NumberOf(get(), OSSL_PKEY_PARAM_RSA_FACTOR2));
    ASSIGN_OR_RETURN(parts.dp, NumberOf(get(), OSSL_PKEY_PARAM_RSA_EXPONENT1));
    ASSIGN_OR_RETURN(parts.dq, NumberOf(get(), OSSL_PKEY_PARAM_RSA_EXPONENT2));
    ASSIGN_OR_RETURN(parts.qi, NumberOf(get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1));
    return parts;
  }
  const CurveInfo& curve = InfoOf(kind_);
  CurveParts parts{.curve = kind_, .public_key = {}, .private_key = {}};
  ASSIGN_OR_RETURN(parts.public_key, OctetsOf(get(), OSSL_PKEY_PARAM_PUB_KEY));
  if (!is_private_) return parts;
  if (curve.is_ec) {
    ASSIGN_OR_RETURN(parts.private_key,
                     NumberOf(get(), OSSL_PKEY_PARAM_PRIV_KEY, curve.private_bytes));
    return parts;
  }
  parts.private_key = SecretBytes(curve.private_bytes);
  size_t size = curve.private_bytes;
  if (EVP_PKEY_get_raw_private_key(get(), AsUnsigned(parts.private_key.data()), &size) != 1 ||
      size != curve.private_bytes) {
    return OpenSslFailure("reading the private key");
  }
  return parts;
}

absl::StatusOr<AsymmetricKey> PublicHalf(const AsymmetricKey& key) {
  ASSIGN_OR_RETURN(KeyParts parts, key.Parts());
  if (auto* rsa = std::get_if<RsaParts>(&parts)) {
    RsaParts half;
    half.n = std::move(rsa->n);
    half.e = std::move(rsa->e);
    return AsymmetricKey::Make(std::move(half));
  }
  auto& curve = std::get<CurveParts>(parts);
  curve.private_key = {};
  return AsymmetricKey::Make(std::move(parts));
}

}  // namespace terrella::runtime
