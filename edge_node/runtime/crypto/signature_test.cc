#include "edge_node/runtime/crypto/signature.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/curve_point.h"
#include "edge_node/runtime/crypto/key_agreement.h"
#include "edge_node/runtime/crypto/key_jwk.h"
#include "edge_node/runtime/crypto/rfc7520_vectors.h"
#include "edge_node/runtime/crypto/rsa_oaep.h"
#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

AsymmetricKey RsaKey() {
  return AsymmetricKey::Make(ParseRsaJwk(kRfc7520SigningKey).value()).value();
}
AsymmetricKey CurveKey(KeyKind kind, const char* private_key) {
  return AsymmetricKey::Make(CurveParts{kind, "", SecretBytes(Hex(private_key))}).value();
}
AsymmetricKey CurvePublicKey(KeyKind kind, std::string bytes) {
  return AsymmetricKey::Make(CurveParts{kind, std::move(bytes), {}}).value();
}
std::string Base64Url(std::string_view text) {
  return std::string(DecodeBase64Url(text)->view());
}
std::string Message(const char* header) {
  return std::string(header) + "." + kRfc7520Payload;
}

void ExpectRoundTrip(const AsymmetricKey& key, const SignatureOptions& options) {
  const AsymmetricKey half = PublicHalf(key).value();
  const std::string signature = Sign(key, options, "message", Unlimited).value();
  EXPECT_TRUE(Verify(half, options, signature, "message", Unlimited).value());
  EXPECT_FALSE(Verify(half, options, signature, "massage", Unlimited).value());
  EXPECT_FALSE(Verify(half, options, signature.substr(1), "message", Unlimited).value());
  EXPECT_FALSE(Verify(half, options, signature + "x", "message", Unlimited).value());
  EXPECT_FALSE(Verify(half, options, "", "message", Unlimited).value());
  std::string touched = signature;
  touched[touched.size() / 2] = static_cast<char>(touched[touched.size() / 2] ^ 1);
  EXPECT_FALSE(Verify(half, options, touched, "message", Unlimited).value());
  EXPECT_FALSE(
      Verify(half, options, std::string(signature.size(), '\0'), "message", Unlimited).value());
  EXPECT_FALSE(
      Verify(half, options, std::string(signature.size(), '\xff'), "message", Unlimited).value());
}

TEST(RsaSignature, GivesThePublishedSignatures) {
  const SignatureOptions rs256{SignatureScheme::kRsaPkcs1, HashId::kSha256};
  EXPECT_EQ(EncodeBase64Url(Sign(RsaKey(), rs256, Message(kRfc7520Rs256Header), Unlimited).value()),
            kRfc7520Rs256Signature);
  const AsymmetricKey half = PublicHalf(RsaKey()).value();
  EXPECT_TRUE(Verify(half, {SignatureScheme::kRsaPss, HashId::kSha384, 48},
                     Base64Url(kRfc7520Ps384Signature), Message(kRfc7520Ps384Header), Unlimited)
                  .value());
  EXPECT_FALSE(Verify(half, {SignatureScheme::kRsaPss, HashId::kSha384, 32},
                      Base64Url(kRfc7520Ps384Signature), Message(kRfc7520Ps384Header), Unlimited)
                   .value())
      << "another length of salt";
}

TEST(RsaSignature, ComesBackWithEveryHashAndSalt) {
  for (HashId hash : {HashId::kSha1, HashId::kSha256, HashId::kSha384, HashId::kSha512,
                      HashId::kSha3_256, HashId::kSha3_512}) {
    ExpectRoundTrip(RsaKey(), {SignatureScheme::kRsaPkcs1, hash});
    for (uint32_t salt : {0u, 20u, 64u}) {
      ExpectRoundTrip(RsaKey(), {SignatureScheme::kRsaPss, hash, salt});
    }
  }
}

TEST(RsaSignature, HasNoRoomForALongerSalt) {
  // RFC 8017 section 9.1.1: emLen - hLen - 2
  const uint32_t most = 256 - 32 - 2;
  EXPECT_TRUE(
      Sign(RsaKey(), {SignatureScheme::kRsaPss, HashId::kSha256, most}, "", Unlimited).ok());
  for (uint32_t salt : {most + 1, 1000u, 0xffffffffu, 0xfffffffeu, 0xfffffffdu}) {
    const SignatureOptions options{SignatureScheme::kRsaPss, HashId::kSha256, salt};
    EXPECT_FALSE(Sign(RsaKey(), options, "", Unlimited).ok()) << salt;
    EXPECT_FALSE(
        Verify(PublicHalf(RsaKey()).value(), options, std::string(256, 'x'), "", Unlimited).value())
        << salt;
  }
}

struct EcdsaRow {
  HashId hash;
  const char* signature;
};

TEST(Ecdsa, TakesThePublishedSignatures) {
  const AsymmetricKey key =
      CurveKey(KeyKind::kP256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
  const EcdsaRow rows[] = {
      // RFC 6979 appendix A.2.5, message "sample"
      {HashId::kSha1,
       "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32"
       "6d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb"},
      {HashId::kSha256,
       "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
       "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
      {HashId::kSha512,
       "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
       "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
  };
  const AsymmetricKey half = PublicHalf(key).value();
  for (const EcdsaRow& row : rows) {
    const SignatureOptions options{SignatureScheme::kEcdsa, row.hash};
    EXPECT_TRUE(Verify(half, options, Hex(row.signature), "sample", Unlimited).value());
    EXPECT_FALSE(Verify(half, options, Hex(row.signature), "test", Unlimited).value());
  }
  const AsymmetricKey p521 =
      AsymmetricKey::Make(ParseCurveJwk(KeyKind::kP521, kRfc7520CurveKey).value()).value();
  EXPECT_TRUE(Verify(PublicHalf(p521).value(), {SignatureScheme::kEcdsa, HashId::kSha512},
                     Base64Url(kRfc7520Es512Signature), Message(kRfc7520Es512Header), Unlimited)
                  .value());
}

TEST(Ecdsa, ComesBackOnEveryCurveWithEveryHash) {
  for (KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521}) {
    const AsymmetricKey key = Generate(kind).value();
    for (HashId hash :
         {HashId::kSha1, HashId::kSha256, HashId::kSha384, HashId::kSha512, HashId::kSha3_384}) {
      ExpectRoundTrip(key, {SignatureScheme::kEcdsa, hash});
    }
  }
}

struct EddsaRow {
  const char* source;
  KeyKind kind;
  const char *private_key, *public_key, *message, *signature;
};

TEST(Eddsa, GivesThePublishedSignatures) {
  const EddsaRow rows[] = {
      {"RFC 8032 section 7.1, test 1", KeyKind::kEd25519,
       "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"RFC 8032 section 7.1, test 3", KeyKind::kEd25519,
       "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
      {"RFC 8032 section 7.4, blank", KeyKind::kEd448,
       "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3"
       "528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
       "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
       "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
       "",
       "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f"
       "2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a"
       "9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db"
       "b61149f05a7363268c71d95808ff2e652600"},
  };
  for (const EddsaRow& row : rows) {
    const AsymmetricKey key = CurveKey(row.kind, row.private_key);
    EXPECT_EQ(ToHex(std::get<CurveParts>(key.Parts().value()).public_key), row.public_key);
    const SignatureOptions eddsa{SignatureScheme::kEddsa};
    EXPECT_EQ(ToHex(Sign(key, eddsa, Hex(row.message), Unlimited).value()), row.signature)
        << row.source;
    ExpectRoundTrip(key, eddsa);
  }
}

TEST(Eddsa, VerifiesNothingForPointsOfSmallOrder) {
  // Every signature with R = A = the neutral element and S = 0 fits every message.
  const SignatureOptions eddsa{SignatureScheme::kEddsa};
  for (KeyKind kind : {KeyKind::kEd25519, KeyKind::kEd448}) {
    std::string neutral(InfoOf(kind).public_bytes, '\0');
    neutral[0] = 1;
    const std::string signature = neutral + std::string(neutral.size(), '\0');
    EXPECT_FALSE(
        Verify(CurvePublicKey(kind, neutral), eddsa, signature, "anything", Unlimited).value());
    EXPECT_TRUE(IsSmallOrder(kind, neutral));
    neutral.back() = '\x80';
    EXPECT_TRUE(IsSmallOrder(kind, neutral)) << "with the sign of x";
    const KeyParts parts = Generate(kind).value().Parts().value();
    EXPECT_FALSE(IsSmallOrder(kind, std::get<CurveParts>(parts).public_key));
  }
  // Chalkias, Garillot, Nikolaenko: Taming the Many EdDSAs, table 1: a point of order 8
  EXPECT_TRUE(IsSmallOrder(
      KeyKind::kEd25519, Hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")));
}

struct AgreementRow {
  const char* source;
  KeyKind kind;
  const char *mine, *peer, *secret;
};

TEST(KeyAgreement, GivesThePublishedSecrets) {
  const AgreementRow rows[] = {
      {"RFC 5903 section 8.1", KeyKind::kP256,
       "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
       "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
       "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
       "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
      {"RFC 7748 section 6.1", KeyKind::kX25519,
       "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
       "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
       "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
      {"RFC 7748 section 6.2", KeyKind::kX448,
       "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
       "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
       "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
       "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
       "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
       "fd2464c335543936521c24403085d59a449a5037514a879d"},
  };
  for (const AgreementRow& row : rows) {
    const AsymmetricKey mine = CurveKey(row.kind, row.mine);
    const SecretBytes secret = Agree(mine, CurvePublicKey(row.kind, Hex(row.peer))).value();
    EXPECT_EQ(ToHex(secret.view()), row.secret) << row.source;
  }
}

TEST(KeyAgreement, IsTheSameFromBothSides) {
  for (KeyKind kind :
       {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kX25519, KeyKind::kX448}) {
    const AsymmetricKey a = Generate(kind).value(), b = Generate(kind).value();
    const SecretBytes ab = Agree(a, PublicHalf(b).value()).value();
    EXPECT_EQ(ab.size(), InfoOf(kind).public_bytes);
    EXPECT_EQ(ToHex(ab.view()), ToHex(Agree(b, PublicHalf(a).value()).value().view()));
  }
}

TEST(KeyAgreement, RefusesAPeerThatLeavesNoSecret) {
  for (KeyKind kind : {KeyKind::kX25519, KeyKind::kX448}) {
    const AsymmetricKey zero = CurvePublicKey(kind, std::string(InfoOf(kind).public_bytes, '\0'));
    EXPECT_EQ(Agree(Generate(kind).value(), zero).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << "RFC 7748 section 6: all zero";
  }
}

TEST(RsaOaep, DecryptsWhatIsPublished) {
  const AsymmetricKey key = AsymmetricKey::Make(ParseRsaJwk(kRfc7520EncryptionKey).value()).value();
  EXPECT_EQ(
      EncodeBase64Url(
          OaepDecrypt(key, {HashId::kSha1, ""}, Base64Url(kRfc7520EncryptedKey)).value().view()),
      kRfc7520ContentKey);
}

TEST(RsaOaep, ComesBackWithItsHashAndLabelOnly) {
  const AsymmetricKey key = RsaKey();
  const AsymmetricKey half = PublicHalf(key).value();
  for (HashId hash : {HashId::kSha1, HashId::kSha256, HashId::kSha512, HashId::kSha3_256}) {
    const OaepOptions options{hash, "label"};
    const std::string text = OaepEncrypt(half, options, "secret").value();
    EXPECT_EQ(OaepDecrypt(key, options, text).value().view(), "secret");
    EXPECT_FALSE(OaepDecrypt(key, {hash, "other"}, text).ok());
    EXPECT_FALSE(OaepDecrypt(key, {hash, ""}, text).ok());
    EXPECT_FALSE(OaepDecrypt(key, {HashId::kSha384, "label"}, text).ok());
    EXPECT_FALSE(OaepDecrypt(key, options, text.substr(1)).ok());
    EXPECT_FALSE(OaepDecrypt(key, options, "").ok());
  }
}

TEST(RsaOaep, HasRoomForNoMoreThanTheModulusLeaves) {
  const AsymmetricKey half = PublicHalf(RsaKey()).value();
  const size_t most = 256 - 2 * 32 - 2;  // RFC 8017 section 7.1.1
  EXPECT_TRUE(OaepEncrypt(half, {HashId::kSha256, ""}, std::string(most, 'x')).ok());
  EXPECT_FALSE(OaepEncrypt(half, {HashId::kSha256, ""}, std::string(most + 1, 'x')).ok());
}

}  // namespace
}  // namespace terrella::runtime
