#include "edge_node/runtime/crypto/hash.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/hmac.h"
#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

std::string DigestOf(HashId id, std::string_view bytes) {
  std::string out(InfoOf(id).digest_bytes, '\0');
  EXPECT_TRUE(Digest(id, bytes, Unlimited, out.data()).ok());
  return ToHex(out);
}

struct DigestRow {
  const char* source;
  HashId id;
  std::string message;
  const char* digest;
};

TEST(Hash, GivesThePublishedDigests) {
  const std::string abc = "abc";
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const DigestRow rows[] = {
      {"FIPS 180-4 example, one block", HashId::kSha1, abc,
       "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"FIPS 180-4 example, two blocks", HashId::kSha1, two_blocks,
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {"FIPS 180-4 example", HashId::kSha224, abc,
       "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
      {"FIPS 180-4 example", HashId::kSha256, abc,
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"FIPS 180-4 example, two blocks", HashId::kSha256, two_blocks,
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"NIST CAVP SHA256ShortMsg, Len = 0", HashId::kSha256, "",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"RFC 6234 section 8.5, test 3", HashId::kSha256, std::string(1000000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {"FIPS 180-4 example", HashId::kSha384, abc,
       "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
       "8086072ba1e7cc2358baeca134c825a7"},
      {"FIPS 180-4 example", HashId::kSha512, abc,
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {"FIPS 180-4 example", HashId::kSha512_256, abc,
       "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
      {"RFC 1321 appendix A.5", HashId::kMd5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"FIPS 202 example", HashId::kSha3_224, "",
       "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"},
      {"FIPS 202 example", HashId::kSha3_256, "",
       "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
      {"FIPS 202 example", HashId::kSha3_384, "",
       "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2a"
       "c3713831264adb47fb6bd1e058d5f004"},
      {"FIPS 202 example", HashId::kSha3_512, "",
       "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
       "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"},
      {"RIPEMD-160, Dobbertin, Bosselaers, Preneel 1996, appendix B", HashId::kRipemd160, abc,
       "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
  };
  for (const DigestRow& row : rows) {
    EXPECT_EQ(DigestOf(row.id, row.message), row.digest) << InfoOf(row.id).name << row.source;
  }
}

TEST(Hash, GivesTheSameInPiecesAndFromACopy) {
  std::string message(3000, '\0');
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 7);
  for (size_t i = 0; i < kHashCount; ++i) {
    const auto id = static_cast<HashId>(i);
    HashState state(id);
    for (size_t at = 0; at < 1300; at += 13) state.Update(std::string_view(message).substr(at, 13));
    HashState copy = state;
    state.Update("something else");
    copy.Update(std::string_view(message).substr(1300));
    std::string out(InfoOf(id).digest_bytes, '\0');
    copy.Finish(out.data());
    EXPECT_EQ(ToHex(out), DigestOf(id, message)) << InfoOf(id).name;
  }
}

TEST(Hash, StopsWhenItIsTold) {
  const std::string message(4 * kBytesBetweenLooks, 'x');
  char out[kDigestBytesMax];
  int looks = 0;
  const auto status = Digest(
      HashId::kSha256, message, [&] { return ++looks == 2; }, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(looks, 2);
}

TEST(Hash, IsFoundByTheNamesOfBothWorlds) {
  EXPECT_EQ(FindHash("SHA-256"), HashId::kSha256);
  EXPECT_EQ(FindHash("sha256"), HashId::kSha256);
  EXPECT_EQ(FindHash("RSA-SHA1"), HashId::kSha1);
  EXPECT_EQ(FindHash("sha3-512"), HashId::kSha3_512);
  EXPECT_EQ(FindHash("sha512-256"), HashId::kSha512_256);
  EXPECT_EQ(FindHash("rmd160"), HashId::kRipemd160);
  EXPECT_EQ(FindHash("md5"), HashId::kMd5);
  EXPECT_EQ(FindHash("sha"), std::nullopt);
  EXPECT_EQ(FindHash(""), std::nullopt);
}

struct HmacRow {
  const char* source;
  HashId id;
  std::string key;
  std::string message;
  const char* mac;
};

TEST(Hmac, GivesThePublishedMacs) {
  const std::string long_key(131, '\xaa');
  const std::string larger = "Test Using Larger Than Block-Size Key - Hash Key First";
  const HmacRow rows[] = {
      {"RFC 2202 section 3, test 1", HashId::kSha1, std::string(20, '\x0b'), "Hi There",
       "b617318655057264e28bc0b6fb378c8ef146be00"},
      {"RFC 2202 section 2, test 2", HashId::kMd5, "Jefe", "what do ya want for nothing?",
       "750c783e6ab0b503eaa86e310a5db738"},
      {"RFC 4231 section 4.2", HashId::kSha224, std::string(20, '\x0b'), "Hi There",
       "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"},
      {"RFC 4231 section 4.2", HashId::kSha256, std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"RFC 4231 section 4.3", HashId::kSha256, "Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"RFC 4231 section 4.2", HashId::kSha384, std::string(20, '\x0b'), "Hi There",
       "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
       "faea9ea9076ede7f4af152e8b2fa9cb6"},
      {"RFC 4231 section 4.2", HashId::kSha512, std::string(20, '\x0b'), "Hi There",
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
       "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
      {"RFC 4231 section 4.7, a key longer than a block", HashId::kSha256, long_key, larger,
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {"RFC 4231 section 4.7, a key longer than a block", HashId::kSha512, long_key, larger,
       "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
       "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
  };
  for (const HmacRow& row : rows) {
    std::string out(InfoOf(row.id).digest_bytes, '\0');
    ASSERT_TRUE(Hmac(row.id, row.key, row.message, Unlimited, out.data()).ok());
    EXPECT_EQ(ToHex(out), row.mac) << InfoOf(row.id).name << ", " << row.source;
  }
}

}  // namespace
}  // namespace terrella::runtime
