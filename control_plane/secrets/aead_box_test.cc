#include "control_plane/secrets/aead_box.h"

#include <gtest/gtest.h>

namespace terrella::control {
namespace {

TEST(AeadBox, OpensWhatItSealedForThatPurposeAlone) {
  const AeadBox box(std::string(32, 'k')), other(std::string(32, 'x'));
  for (const std::string& value : {std::string("hunter2"), std::string(), std::string(5000, 0)}) {
    const std::string sealed = box.Seal(value, "a/b");
    EXPECT_EQ(sealed.size(), value.size() + 40);
    EXPECT_EQ(*box.Unseal(sealed, "a/b"), value);
    EXPECT_TRUE(absl::IsDataLoss(box.Unseal(sealed, "a/c").status()));
    EXPECT_TRUE(absl::IsDataLoss(other.Unseal(sealed, "a/b").status()));
    for (size_t at = 0; at < sealed.size(); at += 7) {
      std::string torn = sealed;
      torn[at] = static_cast<char>(torn[at] ^ 1);
      EXPECT_TRUE(absl::IsDataLoss(box.Unseal(torn, "a/b").status())) << at;
    }
    EXPECT_TRUE(absl::IsDataLoss(box.Unseal(sealed.substr(0, 39), "a/b").status()));
  }
  EXPECT_NE(box.Seal("a", ""), box.Seal("a", "")) << "equal values do not look alike";
}

// The cipher is the one that is named: the example of draft-irtf-cfrg-xchacha-03, A.3.1.
TEST(AeadBox, IsXChaCha20Poly1305) {
  std::string key, nonce, associated = "\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7";
  for (int i = 0; i < 32; ++i) key.push_back(static_cast<char>(0x80 + i));
  for (int i = 0; i < 24; ++i) nonce.push_back(static_cast<char>(0x40 + i));
  const unsigned char sealed[] = {
      0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b, 0x95, 0x76, 0x57, 0x94, 0x93, 0xc0, 0xe9,
      0x39, 0x57, 0x2a, 0x17, 0x00, 0x25, 0x2b, 0xfa, 0xcc, 0xbe, 0xd2, 0x90, 0x2c, 0x21, 0x39,
      0x6c, 0xbb, 0x73, 0x1c, 0x7f, 0x1b, 0x0b, 0x4a, 0xa6, 0x44, 0x0b, 0xf3, 0xa8, 0x2f, 0x4e,
      0xda, 0x7e, 0x39, 0xae, 0x64, 0xc6, 0x70, 0x8c, 0x54, 0xc2, 0x16, 0xcb, 0x96, 0xb7, 0x2e,
      0x12, 0x13, 0xb4, 0x52, 0x2f, 0x8c, 0x9b, 0xa4, 0x0d, 0xb5, 0xd9, 0x45, 0xb1, 0x1b, 0x69,
      0xb9, 0x82, 0xc1, 0xbb, 0x9e, 0x3f, 0x3f, 0xac, 0x2b, 0xc3, 0x69, 0x48, 0x8f, 0x76, 0xb2,
      0x38, 0x35, 0x65, 0xd3, 0xff, 0xf9, 0x21, 0xf9, 0x66, 0x4c, 0x97, 0x63, 0x7d, 0xa9, 0x76,
      0x88, 0x12, 0xf6, 0x15, 0xc6, 0x8b, 0x13, 0xb5, 0x2e, 0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7,
      0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49};
  const std::string text =
      nonce + std::string(reinterpret_cast<const char*>(sealed), sizeof sealed);
  EXPECT_EQ(*AeadBox(key).Unseal(text, associated),
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            "future, sunscreen would be it.");
}

TEST(AeadBox, NamesItsKeyWithoutSayingIt) {
  const std::string id = AeadBox(std::string(32, 'k')).KeyId();
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), id.npos);
  EXPECT_EQ(id, AeadBox(std::string(32, 'k')).KeyId());
  EXPECT_NE(id, AeadBox(std::string(32, 'x')).KeyId());
}

}  // namespace
}  // namespace terrella::control
