#include "edge_node/runtime/crypto/asymmetric_key.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/key_der.h"
#include "edge_node/runtime/crypto/key_jwk.h"
#include "edge_node/runtime/crypto/rfc7520_vectors.h"
#include "edge_node/runtime/crypto/signature.h"
#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

constexpr KeyKind kCurves[] = {KeyKind::kP256,   KeyKind::kP384,  KeyKind::kP521, KeyKind::kEd25519,
                               KeyKind::kX25519, KeyKind::kEd448, KeyKind::kX448};

AsymmetricKey RsaKey() {
  return AsymmetricKey::Make(ParseRsaJwk(kRfc7520SigningKey).value()).value();
}

std::string Base64Url(std::string_view text) {
  return std::string(DecodeBase64Url(text)->view());
}

TEST(AsymmetricKey, OfEveryKindSurvivesEveryForm) {
  std::vector<AsymmetricKey> keys;
  for (KeyKind kind : kCurves) keys.push_back(Generate(kind).value());
  keys.push_back(RsaKey());
  for (const AsymmetricKey& key : keys) {
    const KeyParts parts = key.Parts().value();
    const SecretBytes pkcs8 = WritePkcs8(parts);
    const AsymmetricKey read = AsymmetricKey::Make(ParsePkcs8(pkcs8.view()).value()).value();
    EXPECT_TRUE(read.is_private());
    EXPECT_EQ(read.kind(), key.kind());
    EXPECT_EQ(ToHex(WritePkcs8(read.Parts().value()).view()), ToHex(pkcs8.view()));

    const AsymmetricKey half = PublicHalf(key).value();
    EXPECT_FALSE(half.is_private());
    const std::string spki = WriteSpki(half.Parts().value());
    EXPECT_EQ(ToHex(WriteSpki(parts)), ToHex(spki));
    const AsymmetricKey read_half = AsymmetricKey::Make(ParseSpki(spki).value()).value();
    EXPECT_EQ(ToHex(WriteSpki(read_half.Parts().value())), ToHex(spki));
    EXPECT_EQ(EVP_PKEY_eq(half.get(), key.get()), 1);
  }
}

TEST(AsymmetricKey, OfACurveSurvivesJwk) {
  for (KeyKind kind : kCurves) {
    const KeyParts parts = Generate(kind).value().Parts().value();
    const CurveJwk jwk = WriteCurveJwk(std::get<CurveParts>(parts));
    EXPECT_EQ(jwk[1].has_value(), InfoOf(kind).is_ec);
    const AsymmetricKey read = AsymmetricKey::Make(ParseCurveJwk(kind, jwk).value()).value();
    EXPECT_EQ(ToHex(WritePkcs8(read.Parts().value()).view()), ToHex(WritePkcs8(parts).view()));
  }
}

TEST(AsymmetricKey, OfRsaSurvivesJwk) {
  const KeyParts parts = RsaKey().Parts().value();
  EXPECT_EQ(WriteRsaJwk(std::get<RsaParts>(parts)), kRfc7520SigningKey);
  EXPECT_EQ(RsaKey().bits(), 2048u);
}

struct DerRow {
  const char* source;
  const char* der;
  bool is_private;
  KeyKind kind;
};

TEST(AsymmetricKey, IsReadFromPublishedDer) {
  const DerRow rows[] = {
      {"RFC 8410 section 10.3, version 1",
       "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44"
       "755842",
       true, KeyKind::kEd25519},
      {"RFC 8410 section 10.3, version 2 with attributes and the public key",
       "3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44"
       "755842a01f301d060a2a864886f70d01090914310f0c0d437572646c65204368616972738121"
       "0019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
       true, KeyKind::kEd25519},
      {"RFC 8410 section 10.1",
       "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
       false, KeyKind::kEd25519},
      {"RFC 6979 appendix A.2.5, as OpenSSL writes it",
       "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420c9afa9d845ba75166b5"
       "c"
       "215767b1d6934e50c3db36e89b127b8a622b120f6721a1440342000460fed4ba255a9d31c961eb74c6356d68c04"
       "9"
       "b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229"
       "9",
       true, KeyKind::kP256},
      {"the same without the public key, the curve named again (RFC 5915 section 3)",
       "304d020100301306072a8648ce3d020106082a8648ce3d03010704333031020101"
       "0420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
       "a00a06082a8648ce3d030107",
       true, KeyKind::kP256},
      {"the same, compressed (SEC 1 section 2.3.3)",
       "3039301306072a8648ce3d020106082a8648ce3d0301070322000360fed4ba255a9d31c961eb74c6356d68c049b"
       "8"
       "923b61fa6ce669622e60f29fb6",
       false, KeyKind::kP256},
  };
  for (const DerRow& row : rows) {
    const std::string der = Hex(row.der);
    auto parts = row.is_private ? ParsePkcs8(der) : ParseSpki(der);
    ASSERT_TRUE(parts.ok()) << row.source << ": " << parts.status();
    auto key = AsymmetricKey::Make(*std::move(parts));
    ASSERT_TRUE(key.ok()) << row.source << ": " << key.status();
    EXPECT_EQ(key->kind(), row.kind) << row.source;
    EXPECT_EQ(key->is_private(), row.is_private) << row.source;
    // Whatever form it came in, the public half is one of two.
    EXPECT_EQ(
        ToHex(WriteSpki(key->Parts().value())),
        row.kind == KeyKind::kP256
            ? "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c635"
              "6d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e"
              "9f5177a3c294d4462299"
            : "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad70"
              "3166e1")
        << row.source;
  }
}

TEST(AsymmetricKey, IsNotReadFromDerThatIsNotExact) {
  const AsymmetricKey keys[] = {RsaKey(), Generate(KeyKind::kP384).value(),
                                Generate(KeyKind::kEd25519).value()};
  for (const AsymmetricKey& key : keys) {
    const KeyParts parts = key.Parts().value();
    const std::string pkcs8(WritePkcs8(parts).view()), spki = WriteSpki(parts);
    EXPECT_FALSE(ParsePkcs8(pkcs8 + '\0').ok()) << "something behind the key";
    EXPECT_FALSE(ParseSpki(spki + '\0').ok());
    EXPECT_FALSE(ParsePkcs8(spki).ok());
    EXPECT_FALSE(ParseSpki(pkcs8).ok());
    for (size_t size = 0; size < pkcs8.size(); ++size) {
      EXPECT_FALSE(ParsePkcs8(pkcs8.substr(0, size)).ok()) << size;
    }
    for (size_t size = 0; size < spki.size(); ++size) {
      EXPECT_FALSE(ParseSpki(spki.substr(0, size)).ok()) << size;
    }
  }
  for (const char* wrong : {// RFC 8410 section 3: no parameters, where these have NULL
                            "302c300706032b65700500032100"
                            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
                            // secp256k1
                            "3056301006072a8648ce3d020106052b8104000a03420004"
                            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
                            // a length in its long form
                            "30812a300506032b6570032100"
                            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
                            // without end
                            "3080", "30848fffffff", "30850000000001"}) {
    EXPECT_FALSE(ParseSpki(Hex(wrong)).ok()) << wrong;
  }
}

TEST(AsymmetricKey, IsNotMadeOfPointsOffTheCurve) {
  for (KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521}) {
    CurveParts parts =
        std::get<CurveParts>(PublicHalf(Generate(kind).value()).value().Parts().value());
    parts.public_key.back() = static_cast<char>(parts.public_key.back() ^ 1);
    EXPECT_FALSE(AsymmetricKey::Make(std::move(parts)).ok());
    EXPECT_FALSE(AsymmetricKey::Make(CurveParts{kind, std::string(1, '\0'), {}}).ok())
        << "the point at infinity";
    EXPECT_FALSE(AsymmetricKey::Make(CurveParts{kind, "", {}}).ok());
  }
  for (KeyKind kind : {KeyKind::kEd25519, KeyKind::kX25519, KeyKind::kEd448, KeyKind::kX448}) {
    const size_t size = InfoOf(kind).public_bytes;
    for (size_t wrong : {size_t{0}, size - 1, size + 1}) {
      EXPECT_FALSE(AsymmetricKey::Make(CurveParts{kind, std::string(wrong, 'x'), {}}).ok());
    }
  }
}

TEST(AsymmetricKey, HasAScalarInRange) {
  const struct {
    const char* scalar;
    bool ok;
  } rows[] = {
      // of P-256, whose order is ffff...2551
      {"0000000000000000000000000000000000000000000000000000000000000000", false},
      {"0000000000000000000000000000000000000000000000000000000000000001", true},
      {"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", true},
      {"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", false},
      {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(
        AsymmetricKey::Make(CurveParts{KeyKind::kP256, "", SecretBytes(Hex(row.scalar))}).ok(),
        row.ok)
        << row.scalar;
  }
}

TEST(AsymmetricKey, HasHalvesThatBelongTogether) {
  for (KeyKind kind : kCurves) {
    CurveParts mixed = std::get<CurveParts>(Generate(kind).value().Parts().value());
    mixed.public_key = std::get<CurveParts>(Generate(kind).value().Parts().value()).public_key;
    EXPECT_FALSE(AsymmetricKey::Make(std::move(mixed)).ok()) << InfoOf(kind).name;
  }
}

TEST(AsymmetricKey, HasRsaNumbersThatBelongTogether) {
  using Field = SecretBytes RsaParts::*;
  for (Field field :
       {&RsaParts::d, &RsaParts::p, &RsaParts::q, &RsaParts::dp, &RsaParts::dq, &RsaParts::qi}) {
    RsaParts parts = std::get<RsaParts>(RsaKey().Parts().value());
    char& last = (parts.*field).data()[(parts.*field).size() - 1];
    last = static_cast<char>(last ^ 2);
    EXPECT_FALSE(AsymmetricKey::Make(std::move(parts)).ok());
    parts = std::get<RsaParts>(RsaKey().Parts().value());
    parts.*field = SecretBytes(1);
    EXPECT_FALSE(AsymmetricKey::Make(std::move(parts)).ok());
  }
  struct Row {
    std::string n, e;
    bool ok;
  };
  const std::string n = std::get<RsaParts>(RsaKey().Parts().value()).n;
  const Row rows[] = {
      {n, Hex("010001"), true},
      {n, "\x03", true},
      {n, "\x01", false},
      {n, "\x04", false},
      {n, "", false},
      {"", Hex("010001"), false},
      {Hex("0100"), Hex("010001"), false},
      {n, Hex("ffffffffffffffff"), true},
      {n, Hex("01ffffffffffffffff"), false},
      {std::string(64, '\xff'), Hex("010001"), true},
      {std::string(63, '\xff'), Hex("010001"), false},
      {std::string(1024, '\xff'), Hex("010001"), true},
      {std::string(1025, '\xff'), Hex("010001"), false},
  };
  for (const Row& row : rows) {
    RsaParts parts;
    parts.n = row.n;
    parts.e = row.e;
    EXPECT_EQ(AsymmetricKey::Make(std::move(parts)).ok(), row.ok) << ToHex(row.e) << row.n.size();
  }
}

TEST(GenerateRsa, MakesAKeyOfTheSizeAskedFor) {
  for (uint32_t bits : {512, 1025, 2048}) {
    const AsymmetricKey key = GenerateRsa(bits, Hex("00010001"), Unlimited).value();
    EXPECT_EQ(key.bits(), bits);
    EXPECT_TRUE(AsymmetricKey::Make(key.Parts().value()).ok());
  }
}

TEST(GenerateRsa, RefusesSizesAndExponentsThatCannotBe) {
  for (uint32_t bits : {0u, 511u, 8193u, 4294967295u}) {
    EXPECT_EQ(GenerateRsa(bits, Hex("010001"), Unlimited).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
  for (const char* exponent : {"", "00", "01", "02", "0100000000000000000001"}) {
    EXPECT_EQ(GenerateRsa(1024, Hex(exponent), Unlimited).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << exponent;
  }
}

TEST(GenerateRsa, StopsWhenItIsTold) {
  int looks = 0;
  EXPECT_EQ(GenerateRsa(8192, Hex("010001"), [&] { return ++looks >= 20; }).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  // OpenSSL hears of it at the next candidate that trial division lets pass: one of some ten.
  EXPECT_LT(looks, 500);
}

TEST(KeyJwk, RefusesWhatIsNoBase64Url) {
  for (const char* text : {"=", "A", "AA==", "AA+A", "AA/A", "AAA ", "\xc3\xa4"}) {
    EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
  }
  for (size_t size = 0; size < 50; ++size) {
    const std::string bytes(size, '\xfb');
    EXPECT_EQ(Base64Url(EncodeBase64Url(bytes)), bytes);
  }
}

TEST(KeyJwk, NamesTheMemberThatIsMissingOrWrong) {
  RsaJwk rsa = kRfc7520SigningKey;
  rsa[6].reset();
  EXPECT_EQ(ParseRsaJwk(rsa).status().message(), "the JWK has no member \"dq\"");
  rsa[2].reset();
  EXPECT_TRUE(ParseRsaJwk(rsa).ok()) << "a public key, whatever else is there";
  CurveJwk curve = kRfc7520CurveKey;
  curve[1] = "AAAA";
  EXPECT_EQ(ParseCurveJwk(KeyKind::kP521, curve).status().message(),
            "the JWK's \"y\" has 3 bytes, expected 66");
}

}  // namespace
}  // namespace terrella::runtime
