// Keys from outside, in every form they are imported in: none crashes, and what is taken for a key
// comes back the same from the form it is written in. The first byte chooses the form; members of a
// JWK are divided by line feeds.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"
#include "edge_node/runtime/crypto/key_der.h"
#include "edge_node/runtime/crypto/key_jwk.h"

namespace {

using namespace terrella::runtime;

// Up to `jwk.size()` lines; an empty one is a member that is not there.
template <class Jwk>
Jwk Members(std::string_view text) {
  Jwk jwk;
  for (auto& member : jwk) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty()) member = line;
  }
  return jwk;
}

absl::StatusOr<KeyParts> Parse(uint8_t form, std::string_view input) {
  switch (form % 4) {
    case 0:
      return ParseSpki(input);
    case 1:
      return ParsePkcs8(input);
    case 2:
      return ParseRsaJwk(Members<RsaJwk>(input));
    default:
      return ParseCurveJwk(static_cast<KeyKind>(1 + form / 4 % (kKeyKindCount - 1)),
                           Members<CurveJwk>(input));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto parts = Parse(data[0], input);
  if (!parts.ok()) return 0;
  auto key = AsymmetricKey::Make(*std::move(parts));
  if (!key.ok()) return 0;
  const KeyParts numbers = key->Parts().value();
  const std::string spki = WriteSpki(numbers);
  auto half = AsymmetricKey::Make(ParseSpki(spki).value());
  CHECK(half.ok() && WriteSpki(half->Parts().value()) == spki);
  if (!key->is_private()) return 0;
  const SecretBytes pkcs8 = WritePkcs8(numbers);
  auto again = AsymmetricKey::Make(ParsePkcs8(pkcs8.view()).value());
  CHECK(again.ok() && WritePkcs8(again->Parts().value()).view() == pkcs8.view());
  return 0;
}
