#include "edge_node/runtime/crypto/cipher_stream.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/block_cipher.h"
#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

absl::StatusOr<std::string> RunAll(CipherStream& stream, std::string_view text,
                                   size_t piece_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_bytes);
    text.remove_prefix(piece.size());
    std::string room(stream.RoomFor(piece), '\0');
    ASSIGN_OR_RETURN(const size_t size, stream.Update(piece, Unlimited, room));
    out += room.substr(0, size);
  }
  ASSIGN_OR_RETURN(const std::string rest, stream.Finish());
  return out + rest;
}

TEST(CipherStream, ComesBackInPiecesWithEveryCipher) {
  const std::string text(1000, 't');
  for (const CipherInfo& cipher : StreamCiphers()) {
    const std::string key(cipher.key_bytes, 'k'), iv(cipher.iv_bytes, 'i');
    for (size_t piece : {1, 15, 16, 17, 999, 1000}) {
      auto encrypting = CipherStream::Make({cipher.name, key, iv, true}).value();
      if (encrypting->is_authenticated()) {
        ASSERT_TRUE(encrypting->AddData("data").ok());
      }
      const std::string sealed = RunAll(*encrypting, text, piece).value();
      auto decrypting = CipherStream::Make({cipher.name, key, iv, false}).value();
      if (decrypting->is_authenticated()) {
        ASSERT_TRUE(decrypting->AddData("data").ok());
        ASSERT_TRUE(decrypting->SetTag(encrypting->Tag().value()).ok());
      }
      EXPECT_EQ(RunAll(*decrypting, sealed, 1001 - piece).value(), text) << cipher.name << piece;
    }
  }
}

TEST(CipherStream, GivesWhatTheWholeMessageCipherGives) {
  const std::string key(32, 'k'), iv(12, 'i'), text(100, 't');
  std::string whole(116, '\0');
  ASSERT_TRUE(AeadSeal({AeadKind::kAesGcm, key, iv, "data", 16, text}, Unlimited, whole).ok());
  auto stream = CipherStream::Make({"AES-256-GCM", key, iv, true}).value();
  ASSERT_TRUE(stream->AddData("da").ok());
  ASSERT_TRUE(stream->AddData("ta").ok());
  const std::string out = RunAll(*stream, text, 7).value();
  EXPECT_EQ(ToHex(out + stream->Tag().value()), ToHex(whole));
}

TEST(CipherStream, OpensNothingWithoutItsTag) {
  const std::string key(16, 'k'), iv(12, 'i');
  auto without = CipherStream::Make({"aes-128-gcm", key, iv, false}).value();
  EXPECT_FALSE(RunAll(*without, "text", 4).ok());
  auto wrong = CipherStream::Make({"aes-128-gcm", key, iv, false}).value();
  ASSERT_TRUE(wrong->SetTag(std::string(16, 'x')).ok());
  EXPECT_FALSE(wrong->SetTag(std::string(16, 'x')).ok()) << "only once";
  EXPECT_FALSE(RunAll(*wrong, "text", 4).ok());
}

TEST(CipherStream, RefusesLengthsTheCipherDoesNotTake) {
  const std::string key(16, 'k'), iv(16, 'i');
  EXPECT_FALSE(CipherStream::Make({"aes-128-cbc", key, iv.substr(1), true}).ok());
  EXPECT_FALSE(CipherStream::Make({"aes-256-cbc", key, iv, true}).ok());
  EXPECT_FALSE(CipherStream::Make({"aes-128-gcm", key, "", true}).ok());
  EXPECT_FALSE(CipherStream::Make({"aes-128-gcm", key, iv, true, 17}).ok());
  EXPECT_FALSE(CipherStream::Make({"aes-128-ecb", key, iv, true}).ok());
  EXPECT_FALSE(CipherStream::Make({"des", key, iv, true}).ok());
  auto cbc = CipherStream::Make({"aes-128-cbc", key, iv, true}).value();
  EXPECT_FALSE(cbc->AddData("data").ok());
  EXPECT_FALSE(cbc->Tag().ok());
  cbc->SetPadding(false);
  EXPECT_FALSE(RunAll(*cbc, "not a block", 4).ok());
}

}  // namespace
}  // namespace terrella::runtime
