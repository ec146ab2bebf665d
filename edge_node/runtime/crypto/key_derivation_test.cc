#include "edge_node/runtime/crypto/key_derivation.h"

#include <gtest/gtest.h>

#include "edge_node/runtime/crypto/testing.h"

namespace terrella::runtime {
namespace {

struct HkdfRow {
  const char* source;
  HashId hash;
  std::string key, salt, info;
  const char* out;
};

TEST(Hkdf, GivesThePublishedKeys) {
  std::string counting;
  for (int i = 0; i < 256; ++i) counting += static_cast<char>(i);
  const HkdfRow rows[] = {
      {"RFC 5869 appendix A.1", HashId::kSha256, std::string(22, '\x0b'), counting.substr(0, 13),
       Hex("f0f1f2f3f4f5f6f7f8f9"),
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {"RFC 5869 appendix A.2", HashId::kSha256, counting.substr(0, 80), counting.substr(0x60, 80),
       counting.substr(0xb0, 80),
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e5"
       "9"
       "0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {"RFC 5869 appendix A.3, neither salt nor info", HashId::kSha256, std::string(22, '\x0b'), "",
       "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
      {"RFC 5869 appendix A.4", HashId::kSha1, std::string(11, '\x0b'), counting.substr(0, 13),
       Hex("f0f1f2f3f4f5f6f7f8f9"),
       "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"},
  };
  for (const HkdfRow& row : rows) {
    std::string out(Hex(row.out).size(), '\0');
    ASSERT_TRUE(Hkdf({row.hash, row.key, row.salt, row.info}, Unlimited, out).ok());
    EXPECT_EQ(ToHex(out), row.out) << row.source;
  }
}

TEST(Hkdf, GivesNoMoreThan255Digests) {
  std::string out(255 * 32, '\0');
  EXPECT_TRUE(Hkdf({HashId::kSha256, "key", "", ""}, Unlimited, out).ok());
  out += '\0';
  EXPECT_EQ(Hkdf({HashId::kSha256, "key", "", ""}, Unlimited, out).code(),
            absl::StatusCode::kFailedPrecondition);
}

struct Pbkdf2Row {
  const char* source;
  HashId hash;
  std::string password, salt;
  uint32_t iterations;
  const char* out;
};

TEST(Pbkdf2, GivesThePublishedKeys) {
  using namespace std::string_literals;
  const Pbkdf2Row rows[] = {
      {"RFC 6070, 1 iteration", HashId::kSha1, "password", "salt", 1,
       "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
      {"RFC 6070, 4096 iterations", HashId::kSha1, "password", "salt", 4096,
       "4b007901b765489abead49d926f721d065a429c1"},
      {"RFC 6070, two blocks", HashId::kSha1, "passwordPASSWORDpassword",
       "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
       "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
      {"RFC 6070, with zero bytes", HashId::kSha1, "pass\0word"s, "sa\0lt"s, 4096,
       "56fa6aa75548099dcc37d7f03425e0c3"},
      {"RFC 7914 section 11", HashId::kSha256, "passwd", "salt", 1,
       "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
       "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
  };
  for (const Pbkdf2Row& row : rows) {
    std::string expected = Hex(row.out);
    std::string out(expected.size(), '\0');
    ASSERT_TRUE(Pbkdf2({row.hash, row.password, row.salt, row.iterations}, Unlimited, out).ok());
    EXPECT_EQ(ToHex(out), row.out) << row.source;
  }
}

TEST(Pbkdf2, StopsWhenItIsTold) {
  std::string out(32, '\0');
  int looks = 0;
  const auto status = Pbkdf2(
      {HashId::kSha256, "password", "salt", 1'000'000'000}, [&] { return ++looks == 3; }, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(looks, 3);
}

TEST(Pbkdf2, SaysItsWorkBeforehand) {
  EXPECT_EQ(Pbkdf2Work({HashId::kSha256, "", "", 1000}, 32), 1000u);
  EXPECT_EQ(Pbkdf2Work({HashId::kSha256, "", "", 1000}, 33), 2000u);
  EXPECT_EQ(Pbkdf2Work({HashId::kSha1, "", "", 4294967295u}, 1 << 20), 4294967295u * 52429ull);
}

TEST(Scrypt, GivesThePublishedKeys) {
  std::string out(64, '\0');
  ASSERT_TRUE(Scrypt({"", "", 16, 1, 1, 1 << 20}, out).ok());
  EXPECT_EQ(ToHex(out),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")
      << "RFC 7914 section 12";
  ASSERT_TRUE(Scrypt({"password", "NaCl", 1024, 8, 16, 32 << 20}, out).ok());
  EXPECT_EQ(ToHex(out),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
      << "RFC 7914 section 12";
}

TEST(Scrypt, RefusesWhatIsWrongOrTooMuch) {
  std::string out(64, '\0');
  constexpr uint64_t kMost = ~uint64_t{0};
  const ScryptInput wrong[] = {
      {"", "", 0, 8, 1, 32 << 20},
      {"", "", 1, 8, 1, 32 << 20},
      {"", "", 1000, 8, 1, 32 << 20},
      {"", "", 1024, 0, 1, 32 << 20},
      {"", "", 1024, 8, 0, 32 << 20},
      {"", "", 1 << 16, 8, 1, 32 << 20},  // 64 MiB
      {"", "", 1 << 23, 8, 1, kMost},
      {"", "", 1024, 8, kMost, kMost},
      {"", "", uint64_t{1} << 63, kMost, kMost, kMost},
  };
  for (const ScryptInput& input : wrong) {
    EXPECT_EQ(Scrypt(input, out).code(), absl::StatusCode::kInvalidArgument)
        << input.cost << " " << input.block_size << " " << input.parallel;
  }
}

}  // namespace
}  // namespace terrella::runtime
