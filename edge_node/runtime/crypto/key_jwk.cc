#include "edge_node/runtime/crypto/key_jwk.h"

#include <cstdint>

#include "base/status.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr const char* kRsaNames[] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}();

absl::StatusOr<SecretBytes> Member(const std::optional<std::string>& text, const char* name) {
  if (!text) return InvalidArgument("the JWK has no member \"{}\"", name);
  auto bytes = DecodeBase64Url(*text);
  if (!bytes || bytes->empty()) return InvalidArgument("the JWK's \"{}\" is no base64url", name);
  return *std::move(bytes);
}

// A Base64urlUInt (RFC 7518 section 2) has no leading zeros; they are taken all the same.
std::string_view WithoutZeros(std::string_view bytes) {
  while (!bytes.empty() && bytes[0] == 0) bytes.remove_prefix(1);
  return bytes;
}

absl::StatusOr<SecretBytes> SizedMember(const std::optional<std::string>& text, const char* name,
                                        size_t size) {
  ASSIGN_OR_RETURN(SecretBytes bytes, Member(text, name));
  if (bytes.size() != size) {
    return InvalidArgument("the JWK's \"{}\" has {} bytes, expected {}", name, bytes.size(), size);
  }
  return bytes;
}

}  // namespace

std::string EncodeBase64Url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  int count = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

std::optional<SecretBytes> DecodeBase64Url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  SecretBytes out(text.size() * 6 / 8);
  size_t at = 0;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.data()[at++] = static_cast<char>(bits >> count);
    }
  }
  return out;
}

absl::StatusOr<KeyParts> ParseRsaJwk(const RsaJwk& jwk) {
  RsaParts parts;
  std::string* of_public[] = {&parts.n, &parts.e};
  SecretBytes* of_private[] = {&parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi};
  const size_t count = jwk[2] ? jwk.size() : 2;
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const SecretBytes bytes, Member(jwk[i], kRsaNames[i]));
    if (i < 2) {
      *of_public[i] = WithoutZeros(bytes.view());
    } else {
      *of_private[i - 2] = SecretBytes(WithoutZeros(bytes.view()));
    }
  }
  return parts;
}

absl::StatusOr<KeyParts> ParseCurveJwk(KeyKind curve, const CurveJwk& jwk) {
  const CurveInfo& info = InfoOf(curve);
  CurveParts parts{.curve = curve, .public_key = {}, .private_key = {}};
  ASSIGN_OR_RETURN(const SecretBytes x, SizedMember(jwk[0], "x", info.public_bytes));
  parts.public_key = x.view();
  if (info.is_ec) {
    ASSIGN_OR_RETURN(const SecretBytes y, SizedMember(jwk[1], "y", info.public_bytes));
    parts.public_key.insert(0, 1, '\x04');
    parts.public_key += y.view();
  }
  if (jwk[2]) {
    ASSIGN_OR_RETURN(parts.private_key, SizedMember(jwk[2], "d", info.private_bytes));
  }
  return parts;
}

RsaJwk WriteRsaJwk(const RsaParts& parts) {
  RsaJwk jwk;
  jwk[0] = EncodeBase64Url(parts.n);
  jwk[1] = EncodeBase64Url(parts.e);
  if (parts.d.empty()) return jwk;
  const SecretBytes* of_private[] = {&parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi};
  for (size_t i = 2; i < jwk.size(); ++i) jwk[i] = EncodeBase64Url(of_private[i - 2]->view());
  return jwk;
}

CurveJwk WriteCurveJwk(const CurveParts& parts) {
  const CurveInfo& info = InfoOf(parts.curve);
  CurveJwk jwk;
  const std::string_view point = parts.public_key;
  if (info.is_ec) {
    jwk[0] = EncodeBase64Url(point.substr(1, info.public_bytes));
    jwk[1] = EncodeBase64Url(point.substr(1 + info.public_bytes));
  } else {
    jwk[0] = EncodeBase64Url(point);
  }
  if (!parts.private_key.empty()) jwk[2] = EncodeBase64Url(parts.private_key.view());
  return jwk;
}

}  // namespace terrella::runtime
