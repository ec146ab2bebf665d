#include "edge_node/runtime/crypto/key_der.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/crypto/der.h"

namespace terrella::runtime {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kRsaOid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;  // RFC 8017 A.1
constexpr std::string_view kEcOid = "\x2a\x86\x48\xce\x3d\x02\x01"sv;           // RFC 5480 2.1.1
constexpr KeyKind kEcCurves[] = {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521};
constexpr KeyKind kOkpCurves[] = {KeyKind::kEd25519, KeyKind::kX25519, KeyKind::kEd448,
                                  KeyKind::kX448};

std::optional<KeyKind> ByOid(std::span<const KeyKind> among, std::string_view oid) {
  for (KeyKind curve : among) {
    if (InfoOf(curve).oid == oid) return curve;
  }
  return std::nullopt;
}

absl::StatusOr<KeyKind> ReadEcCurve(DerReader& parameters) {
  ASSIGN_OR_RETURN(const std::string_view oid, parameters.Read(DerTag::kObjectIdentifier));
  auto curve = ByOid(kEcCurves, oid);
  if (!curve) return InvalidArgument("the key's curve is none of P-256, P-384 and P-521");
  return *curve;
}

// AlgorithmIdentifier: RSA with NULL or no parameters (RFC 8017 A.1), a named curve (RFC 5480
// 2.1.1), or one of RFC 8410 without parameters.
absl::StatusOr<KeyKind> ReadAlgorithm(DerReader& reader) {
  ASSIGN_OR_RETURN(DerReader algorithm, reader.Enter(DerTag::kSequence));
  ASSIGN_OR_RETURN(const std::string_view oid, algorithm.Read(DerTag::kObjectIdentifier));
  KeyKind kind;
  if (oid == kRsaOid) {
    kind = KeyKind::kRsa;
    if (!algorithm.empty()) {
      ASSIGN_OR_RETURN(const std::string_view null, algorithm.Read(DerTag::kNull));
      if (!null.empty()) return InvalidArgument("malformed DER: a NULL with content");
    }
  } else if (oid == kEcOid) {
    ASSIGN_OR_RETURN(kind, ReadEcCurve(algorithm));
  } else if (auto curve = ByOid(kOkpCurves, oid)) {
    kind = *curve;
  } else {
    return InvalidArgument("the key is none of RSA, EC, Ed25519, X25519, Ed448 and X448");
  }
  RETURN_IF_ERROR(algorithm.End());
  return kind;
}

std::string WriteAlgorithm(KeyKind kind) {
  if (kind == KeyKind::kRsa) {
    return DerSequence({Der(DerTag::kObjectIdentifier, kRsaOid), Der(DerTag::kNull, "")});
  }
  const CurveInfo& curve = InfoOf(kind);
  const std::string oid = Der(DerTag::kObjectIdentifier, curve.oid);
  return curve.is_ec ? DerSequence({Der(DerTag::kObjectIdentifier, kEcOid), oid})
                     : DerSequence({oid});
}

// RSAPublicKey (RFC 8017 A.1.1)
absl::StatusOr<KeyParts> ParseRsaPublic(std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(DerReader key, outer.Enter(DerTag::kSequence));
  RETURN_IF_ERROR(outer.End());
  RsaParts parts;
  for (std::string* number : {&parts.n, &parts.e}) {
    ASSIGN_OR_RETURN(*number, key.ReadUnsigned());
  }
  RETURN_IF_ERROR(key.End());
  return parts;
}

// RSAPrivateKey (RFC 8017 A.1.2)
absl::StatusOr<KeyParts> ParseRsaPrivate(std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(DerReader key, outer.Enter(DerTag::kSequence));
  RETURN_IF_ERROR(outer.End());
  ASSIGN_OR_RETURN(const std::string_view version, key.ReadUnsigned());
  if (!version.empty()) return InvalidArgument("an RSA key of more than two primes");
  RsaParts parts;
  for (std::string* number : {&parts.n, &parts.e}) {
    ASSIGN_OR_RETURN(*number, key.ReadUnsigned());
  }
  for (SecretBytes* number : {&parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi}) {
    ASSIGN_OR_RETURN(const std::string_view bytes, key.ReadUnsigned());
    *number = SecretBytes(bytes);
  }
  RETURN_IF_ERROR(key.End());
  return parts;
}

// ECPrivateKey (RFC 5915 section 3). Scalars that were written without their leading zeros are
// taken.
absl::StatusOr<KeyParts> ParseEcPrivate(KeyKind curve, std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(DerReader key, outer.Enter(DerTag::kSequence));
  RETURN_IF_ERROR(outer.End());
  ASSIGN_OR_RETURN(const std::string_view version, key.ReadUnsigned());
  if (version != "\x01"sv) return InvalidArgument("an EC private key's version is not 1");
  ASSIGN_OR_RETURN(const std::string_view scalar, key.Read(DerTag::kOctetString));
  const size_t size = InfoOf(curve).private_bytes;
  if (scalar.empty() || scalar.size() > size) {
    return InvalidArgument("an EC private key of {} bytes, expected {}", scalar.size(), size);
  }
  CurveParts parts{.curve = curve, .public_key = {}, .private_key = SecretBytes(size)};
  std::copy(scalar.begin(), scalar.end(), parts.private_key.data() + (size - scalar.size()));
  if (key.NextIs(DerTag::kContext0)) {
    ASSIGN_OR_RETURN(DerReader parameters, key.Enter(DerTag::kContext0));
    ASSIGN_OR_RETURN(const KeyKind inner, ReadEcCurve(parameters));
    RETURN_IF_ERROR(parameters.End());
    if (inner != curve) return InvalidArgument("an EC private key that names two curves");
  }
  if (key.NextIs(DerTag::kContext1)) {
    ASSIGN_OR_RETURN(DerReader wrapped, key.Enter(DerTag::kContext1));
    ASSIGN_OR_RETURN(parts.public_key, wrapped.ReadBits());
    RETURN_IF_ERROR(wrapped.End());
  }
  RETURN_IF_ERROR(key.End());
  return parts;
}

// CurvePrivateKey (RFC 8410 section 7)
absl::StatusOr<KeyParts> ParseOkpPrivate(KeyKind curve, std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(const std::string_view seed, outer.Read(DerTag::kOctetString));
  RETURN_IF_ERROR(outer.End());
  return CurveParts{.curve = curve, .public_key = {}, .private_key = SecretBytes(seed)};
}

// A SEQUENCE of secrets, wiped on the way.
SecretBytes SecretSequence(std::span<std::string> parts) {
  std::string content;
  for (std::string& part : parts) {
    content += part;
    Wipe(part);
  }
  std::string whole = Der(DerTag::kSequence, content);
  SecretBytes out(whole);
  Wipe(content);
  Wipe(whole);
  return out;
}

SecretBytes PrivateContent(const KeyParts& parts) {
  if (const auto* rsa = std::get_if<RsaParts>(&parts)) {
    std::string fields[] = {DerUnsigned(""),
                            DerUnsigned(rsa->n),
                            DerUnsigned(rsa->e),
                            DerUnsigned(rsa->d.view()),
                            DerUnsigned(rsa->p.view()),
                            DerUnsigned(rsa->q.view()),
                            DerUnsigned(rsa->dp.view()),
                            DerUnsigned(rsa->dq.view()),
                            DerUnsigned(rsa->qi.view())};
    return SecretSequence(fields);
  }
  const auto& curve = std::get<CurveParts>(parts);
  std::string scalar = Der(DerTag::kOctetString, curve.private_key.view());
  if (!InfoOf(curve.curve).is_ec) {
    SecretBytes out(scalar);
    Wipe(scalar);
    return out;
  }
  std::string fields[] = {DerUnsigned("\x01"), std::move(scalar),
                          Der(DerTag::kContext1, DerBits(curve.public_key))};
  return SecretSequence(fields);
}

}  // namespace

absl::StatusOr<KeyParts> ParseSpki(std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(DerReader info, outer.Enter(DerTag::kSequence));
  RETURN_IF_ERROR(outer.End());
  ASSIGN_OR_RETURN(const KeyKind kind, ReadAlgorithm(info));
  ASSIGN_OR_RETURN(const std::string_view bits, info.ReadBits());
  RETURN_IF_ERROR(info.End());
  if (kind == KeyKind::kRsa) return ParseRsaPublic(bits);
  return CurveParts{.curve = kind, .public_key = std::string(bits), .private_key = {}};
}

absl::StatusOr<KeyParts> ParsePkcs8(std::string_view der) {
  DerReader outer(der);
  ASSIGN_OR_RETURN(DerReader info, outer.Enter(DerTag::kSequence));
  RETURN_IF_ERROR(outer.End());
  ASSIGN_OR_RETURN(const std::string_view version, info.ReadUnsigned());
  if (!version.empty() && version != "\x01"sv) {
    return InvalidArgument("a private key of an unknown version");
  }
  ASSIGN_OR_RETURN(const KeyKind kind, ReadAlgorithm(info));
  ASSIGN_OR_RETURN(const std::string_view octets, info.Read(DerTag::kOctetString));
  if (info.NextIs(DerTag::kContext0)) RETURN_IF_ERROR(info.Read(DerTag::kContext0).status());
  std::optional<std::string_view> public_key;  // of version 1, RFC 5958
  if (!version.empty() && info.NextIs(DerTag::kContext1Primitive)) {
    ASSIGN_OR_RETURN(public_key, info.ReadBits(DerTag::kContext1Primitive));
  }
  RETURN_IF_ERROR(info.End());
  if (kind == KeyKind::kRsa) return ParseRsaPrivate(octets);
  ASSIGN_OR_RETURN(KeyParts parts, InfoOf(kind).is_ec ? ParseEcPrivate(kind, octets)
                                                      : ParseOkpPrivate(kind, octets));
  auto& curve = std::get<CurveParts>(parts);
  if (public_key && curve.public_key.empty()) curve.public_key = *public_key;
  return parts;
}

std::string WriteSpki(const KeyParts& parts) {
  const auto* rsa = std::get_if<RsaParts>(&parts);
  const std::string bits = rsa == nullptr
                               ? DerBits(std::get<CurveParts>(parts).public_key)
                               : DerBits(DerSequence({DerUnsigned(rsa->n), DerUnsigned(rsa->e)}));
  return DerSequence({WriteAlgorithm(KindOf(parts)), bits});
}

SecretBytes WritePkcs8(const KeyParts& parts) {
  std::string fields[] = {DerUnsigned(""), WriteAlgorithm(KindOf(parts)),
                          Der(DerTag::kOctetString, PrivateContent(parts).view())};
  return SecretSequence(fields);
}

}  // namespace terrella::runtime
