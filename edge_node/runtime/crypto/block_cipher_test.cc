#include "edge_node/runtime/crypto/block_cipher.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

// NIST SP 800-38A appendix F: one key a length, one text for all modes.
const char* const kKeys[] = {"2b7e151628aed2a6abf7158809cf4f3c",
                             "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                             "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"};
const char kText[] =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

std::string Encrypted(const CbcInput& input) {
  std::string out(CbcEncryptedSize(input.data.size()), '\0');
  EXPECT_TRUE(CbcEncrypt(input, Unlimited, out).ok());
  return out;
}
absl::StatusOr<std::string> Decrypted(const CbcInput& input) {
  ASSIGN_OR_RETURN(const size_t size, CbcDecryptedSize(input));
  std::string out(size, '\0');
  RETURN_IF_ERROR(CbcDecrypt(input, Unlimited, out));
  return out;
}

TEST(AesCbc, GivesThePublishedCiphertexts) {
  const char* const expected[] = {
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
      "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",  // F.2.1
      "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
      "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",  // F.2.3
      "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
      "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",  // F.2.5
  };
  const std::string iv = Hex("000102030405060708090a0b0c0d0e0f");
  for (size_t i = 0; i < 3; ++i) {
    const std::string key = Hex(kKeys[i]), text = Hex(kText);
    const std::string out = Encrypted({key, iv, text});
    EXPECT_EQ(out.size(), text.size() + 16);  // a block of padding
    EXPECT_EQ(ToHex(out.substr(0, text.size())), expected[i]);
    EXPECT_EQ(Decrypted({key, iv, out}).value(), text);
  }
}

TEST(AesCbc, ComesBackAtEveryLength) {
  const std::string key(32, 'k'), iv(16, 'i');
  for (size_t size = 0; size < 67; ++size) {
    const std::string text(size, 't');
    const std::string out = Encrypted({key, iv, text});
    EXPECT_EQ(out.size() % 16, 0u);
    EXPECT_EQ(Decrypted({key, iv, out}).value(), text);
  }
}

TEST(AesCbc, RefusesWhatIsNotPadded) {
  const std::string key(16, 'k'), iv(16, 'i');
  EXPECT_FALSE(Decrypted({key, iv, ""}).ok());
  EXPECT_FALSE(Decrypted({key, iv, std::string(15, 'x')}).ok());
  EXPECT_FALSE(Decrypted({key, iv, std::string(33, 'x')}).ok());
  // The last byte of the text is that of the iv xor 16 when the block decrypts to padding.
  std::string good = Encrypted({key, iv, ""});
  for (int padding = 0; padding < 256; ++padding) {
    std::string altered = iv;
    altered[15] = static_cast<char>(altered[15] ^ 16 ^ padding);
    EXPECT_EQ(Decrypted({key, altered, good}).ok(), padding == 16 || padding == 1) << padding;
  }
}

TEST(AesCtr, GivesThePublishedCiphertexts) {
  const char* const expected[] = {
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
      "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",  // F.5.1
      "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
      "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050",  // F.5.3
      "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
      "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",  // F.5.5
  };
  const std::string counter = Hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  for (size_t i = 0; i < 3; ++i) {
    const std::string key = Hex(kKeys[i]), text = Hex(kText);
    for (int bits : {128, 64, 17, 16}) {
      std::string out(text.size(), '\0');
      ASSERT_TRUE(CtrCrypt({key, counter, bits, text}, Unlimited, out).ok());
      // Only a counter of 16 bits and fewer differs: ...feff is followed by ...ff00 in the others.
      EXPECT_EQ(ToHex(out), expected[i]) << bits;
    }
  }
}

// NIST SP 800-38A appendix B.1: the counter's bits alone count, and wrap.
TEST(AesCtr, WrapsItsCounterWithoutTouchingTheNonce) {
  const std::string key(16, 'k');
  const std::string zeros(16, '\0');
  auto key_stream = [&](std::string_view counter) {
    std::string out(16, '\0');
    EXPECT_TRUE(CtrCrypt({key, counter, 128, zeros}, Unlimited, out).ok());
    return out;
  };
  struct Row {
    int bits;
    const char* counter;
    std::vector<const char*> then;
  };
  const Row rows[] = {
      {1, "00000000000000000000000000000001", {"00000000000000000000000000000000"}},
      {4,
       "f000000000000000000000000000000e",
       {"f000000000000000000000000000000f", "f0000000000000000000000000000000",
        "f0000000000000000000000000000001"}},
      {12, "00000000000000000000000000005fff", {"00000000000000000000000000005000"}},
      {32, "aaaaaaaaaaaaaaaaaaaaaaaaffffffff", {"aaaaaaaaaaaaaaaaaaaaaaaa00000000"}},
      {64, "aaaaaaaaaaaaaaaaffffffffffffffff", {"aaaaaaaaaaaaaaaa0000000000000000"}},
      {96, "aaaaaaaaffffffffffffffffffffffff", {"aaaaaaaa000000000000000000000000"}},
      {127, "ffffffffffffffffffffffffffffffff", {"80000000000000000000000000000000"}},
      {128, "ffffffffffffffffffffffffffffffff", {"00000000000000000000000000000000"}},
  };
  for (const Row& row : rows) {
    std::string expected = key_stream(Hex(row.counter));
    for (const char* next : row.then) expected += key_stream(Hex(next));
    const std::string text(expected.size(), '\0');
    std::string out(text.size(), '\0');
    ASSERT_TRUE(CtrCrypt({key, Hex(row.counter), row.bits, text}, Unlimited, out).ok());
    EXPECT_EQ(ToHex(out), ToHex(expected)) << row.bits;
  }
}

TEST(AesCtr, RefusesMoreBlocksThanItCanCount) {
  const std::string key(16, 'k'), counter(16, 'c');
  std::string text(16 * 16, 't'), out(16 * 16 + 1, '\0');
  EXPECT_TRUE(CtrCrypt({key, counter, 4, text}, Unlimited, out).ok());
  text += 't';
  EXPECT_EQ(CtrCrypt({key, counter, 4, text}, Unlimited, out).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(CtrCrypt({key, counter, 5, text}, Unlimited, out).ok());
}

struct AeadRow {
  const char* source;
  AeadKind kind;
  const char *key, *iv, *additional_data, *text, *sealed;
  size_t tag_bytes = 16;
};

const AeadRow kAeadRows[] = {
    {"McGrew and Viega, The Galois/Counter Mode of Operation, test case 1", AeadKind::kAesGcm,
     "00000000000000000000000000000000", "000000000000000000000000", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"test case 4", AeadKind::kAesGcm, "feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"test case 6: an iv of 60 bytes", AeadKind::kAesGcm, "feffe9928665731c6d6a8f9467308308",
     "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
     "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
     "01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5"
     "619cc5aefffe0bfa462af43c1699d050"},
    {"test case 16: a key of 256 bits", AeadKind::kAesGcm,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"test case 4 with a tag cut to 32 bits (NIST SP 800-38D appendix C)", AeadKind::kAesGcm,
     "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
     "5bc94fbc",
     4},
    {"RFC 7253 appendix A", AeadKind::kAesOcb, "000102030405060708090a0b0c0d0e0f",
     "bbaa99887766554433221100", "", "", "785407bfffc8ad9edcc5520ac9111ee6"},
    {"RFC 7253 appendix A", AeadKind::kAesOcb, "000102030405060708090a0b0c0d0e0f",
     "bbaa99887766554433221101", "0001020304050607", "0001020304050607",
     "6820b3657b6f615a5725bda0d3b4eb3a257c9af1f8f03009"},
    {"RFC 7253 appendix A", AeadKind::kAesOcb, "000102030405060708090a0b0c0d0e0f",
     "bbaa99887766554433221107", "000102030405060708090a0b0c0d0e0f1011121314151617",
     "000102030405060708090a0b0c0d0e0f1011121314151617",
     "1ca2207308c87c010756104d8840ce1952f09673a448a122"
     "c92c62241051f57356d7f3c90bb0e07f"},
    {"RFC 7253 appendix A, a tag of 96 bits", AeadKind::kAesOcb, "0f0e0d0c0b0a09080706050403020100",
     "bbaa9988776655443322110d",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627",
     "1792a4e31e0755fb03e31b22116e6c2ddf9efd6e33d536f1"
     "a0124b0a55bae884ed93481529c76b6ad0c515f4d1cdd4fdac4f02aa",
     12},
    {"RFC 8439 section 2.8.2", AeadKind::kChaCha20Poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
     "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
     "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116"
     "1ae10b594f09e26a7e902ecbd0600691"},
};

TEST(Aead, GivesThePublishedCiphertexts) {
  for (const AeadRow& row : kAeadRows) {
    const std::string key = Hex(row.key), iv = Hex(row.iv), data = Hex(row.additional_data);
    const std::string text = Hex(row.text);
    std::string sealed(text.size() + row.tag_bytes, '\0');
    ASSERT_TRUE(AeadSeal({row.kind, key, iv, data, row.tag_bytes, text}, Unlimited, sealed).ok())
        << row.source;
    EXPECT_EQ(ToHex(sealed), row.sealed) << row.source;
    std::string opened(text.size(), '\0');
    ASSERT_TRUE(AeadOpen({row.kind, key, iv, data, row.tag_bytes, sealed}, Unlimited, opened).ok())
        << row.source;
    EXPECT_EQ(ToHex(opened), row.text) << row.source;
  }
}

TEST(Aead, OpensNothingThatWasTouched) {
  for (const AeadRow& row : kAeadRows) {
    const std::string key = Hex(row.key), iv = Hex(row.iv), data = Hex(row.additional_data);
    const std::string sealed = Hex(row.sealed);
    for (size_t at = 0; at < sealed.size(); at += 5) {
      std::string touched = sealed;
      touched[at] = static_cast<char>(touched[at] ^ 1);
      std::string opened(sealed.size() - row.tag_bytes, 'x');
      EXPECT_EQ(
          AeadOpen({row.kind, key, iv, data, row.tag_bytes, touched}, Unlimited, opened).code(),
          absl::StatusCode::kFailedPrecondition)
          << row.source << " byte " << at;
      EXPECT_EQ(opened, std::string(opened.size(), '\0')) << "plain text left behind";
    }
    std::string opened(sealed.size() - row.tag_bytes, '\0');
    const std::string other_data = data + "x";
    EXPECT_FALSE(
        AeadOpen({row.kind, key, iv, other_data, row.tag_bytes, sealed}, Unlimited, opened).ok());
  }
}

TEST(Aead, RefusesAnIvItCannotTake) {
  const std::string key(32, 'k');
  std::string out(16, '\0');
  EXPECT_FALSE(
      AeadSeal({AeadKind::kAesOcb, key, std::string(16, 'i'), "", 16, ""}, Unlimited, out).ok());
  EXPECT_FALSE(
      AeadSeal({AeadKind::kChaCha20Poly1305, key, std::string(13, 'i'), "", 16, ""}, Unlimited, out)
          .ok());
  EXPECT_FALSE(
      AeadSeal({AeadKind::kAesGcm, key, std::string(129, 'i'), "", 16, ""}, Unlimited, out).ok());
  EXPECT_FALSE(AeadSeal({AeadKind::kAesGcm, key, "", "", 16, ""}, Unlimited, out).ok());
}

TEST(Ciphers, AreTheSameInManyPieces) {
  const std::string key(32, 'k'), iv(12, 'i');
  const std::string text(3 * kBytesBetweenLooks + 5, 't');
  std::string sealed(text.size() + 16, '\0'), opened(text.size(), '\0');
  for (AeadKind kind : {AeadKind::kAesGcm, AeadKind::kAesOcb, AeadKind::kChaCha20Poly1305}) {
    ASSERT_TRUE(AeadSeal({kind, key, iv, "", 16, text}, Unlimited, sealed).ok());
    ASSERT_TRUE(AeadOpen({kind, key, iv, "", 16, sealed}, Unlimited, opened).ok());
    EXPECT_EQ(opened, text);
    int looks = 0;
    EXPECT_EQ(AeadOpen(
                  {kind, key, iv, "", 16, sealed}, [&] { return ++looks == 2; }, opened)
                  .code(),
              absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(opened, std::string(opened.size(), '\0'));
  }
}

struct WrapRow {
  const char *source, *key, *data, *wrapped;
};

TEST(KeyWrap, GivesThePublishedCiphertexts) {
  const WrapRow rows[] = {
      {"RFC 3394 section 4.1", "000102030405060708090a0b0c0d0e0f",
       "00112233445566778899aabbccddeeff", "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
      {"RFC 3394 section 4.5", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
       "00112233445566778899aabbccddeeff0001020304050607",
       "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1"},
      {"RFC 3394 section 4.6", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
       "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
       "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
  };
  for (const WrapRow& row : rows) {
    const std::string key = Hex(row.key), data = Hex(row.data);
    std::string wrapped(data.size() + kKeyWrapBytes, '\0'), unwrapped(data.size(), '\0');
    ASSERT_TRUE(KeyWrap(key, data, wrapped).ok());
    EXPECT_EQ(ToHex(wrapped), row.wrapped) << row.source;
    ASSERT_TRUE(KeyUnwrap(key, wrapped, unwrapped).ok());
    EXPECT_EQ(ToHex(unwrapped), row.data) << row.source;
    wrapped[3] = static_cast<char>(wrapped[3] ^ 1);
    EXPECT_FALSE(KeyUnwrap(key, wrapped, unwrapped).ok());
  }
}

TEST(KeyWrap, RefusesWhatWouldTakeLong) {
  const std::string key(16, 'k'), most(kKeyWrapBytesMax, 'x');
  std::string wrapped(most.size() + kKeyWrapBytes, '\0'), out(most.size(), '\0');
  ASSERT_TRUE(KeyWrap(key, most, wrapped).ok());
  EXPECT_TRUE(KeyUnwrap(key, wrapped, out).ok());
  std::string longer(wrapped.size() + kKeyWrapBytes, '\0');
  EXPECT_FALSE(KeyWrap(key, wrapped, longer).ok());
  EXPECT_FALSE(KeyUnwrap(key, longer, wrapped).ok());
}

TEST(KeyWrap, RefusesWhatIsNoMultipleOfEight) {
  const std::string key(16, 'k');
  for (size_t size : {0, 1, 8, 15, 17}) {
    std::string out(size + 8, '\0');
    EXPECT_FALSE(KeyWrap(key, std::string(size, 'x'), out).ok()) << size;
    EXPECT_FALSE(KeyUnwrap(key, std::string(size + 8, 'x'), out).ok()) << size;
  }
}

}  // namespace
}  // namespace terrella::runtime
