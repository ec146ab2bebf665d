// Keys, signatures and denials by themselves; validators judge whole answers in
// tests/integration/dnssec_test.py.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "absl/status/status.h"
#include "base/digest.h"
#include "dns_router/dnssec/denial.h"
#include "dns_router/dnssec/signer.h"
#include "dns_router/dnssec/signing_key.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {
namespace {

using namespace std::string_literals;

std::string Wire(std::string_view text) {
  return std::string(Name::Parse(text)->wire());
}

// RFC 6605 section 6.1: the key, its tag and its DS.
TEST(SigningKey, HasTheRecordsOfRfc6605) {
  constexpr char kPem[] =
      "-----BEGIN EC PRIVATE KEY-----\n"
      "MHcCAQEEIGU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQoAoGCCqGSM49AwEHoUQDQgAE\n"
      "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9x\n"
      "MWyQLc8NAA==\n"
      "-----END EC PRIVATE KEY-----\n";
  const auto key = SigningKey::FromPem(kPem);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->tag(), 55648);
  EXPECT_EQ(ToHex(key->Ds(Wire("example.net"))),
            "d9600d02b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17");
}

TEST(SigningKeys, AreReadInOrderAndRefusedOneByOne) {
  const std::string first = SigningKey::Generate().ToPem(), second = SigningKey::Generate().ToPem();
  const auto keys = SigningKeys::FromPem("# ours\n" + first + second);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->keys.size(), 2u);
  EXPECT_EQ(keys->keys[1].ToPem(), second);
  // OpenSSL would ask the terminal for its password.
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi8F7KrX1MiWwICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEGNtL/HhnynTArqbIQAJwzQEgZCS\n"
      "/97Xbdcg7RO7GNtWoYZrISu7EoF+orIx5M6pK0PigSYARsWH6MjQisj+zwRgS9y4\n"
      "VWzQxrCxEjPEm7fVohGosLinMJNbeNiGIFWtRaAo3EPLwx4za6558Fst6yeUXFnH\n"
      "sXiGgpcfCiRCU9R8hK6l+6kj93DaxsBtzl0nZf/aiHA7WvD8Nd7pUNYBr0j3Tas=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  const std::pair<std::string, std::string> bad[] = {
      {first + encrypted, "key 2: expected a private key as PEM, not encrypted"},
      {"", "expected a private key as PEM"},
      {first + first, "key 2: is there twice"},
      {first + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "key 2: expected a private key as PEM, not encrypted"},
  };
  for (const auto& [text, error] : bad) {
    EXPECT_EQ(SigningKeys::FromPem(text).status().message(), error);
  }
}

// A reload that finds no file must not sign with a key no parent knows.
TEST(SigningKeys, AreMadeOnlyWhenThatIsAskedFor) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / fmt::format("dnssec_test.{}.pem", getpid());
  EXPECT_TRUE(absl::IsNotFound(SigningKeys::Read(path).status()));
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto made = SigningKeys::ReadOrMake(path);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto read = SigningKeys::Read(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->keys[0].dnskey(), (*made)->keys[0].dnskey());
  std::filesystem::remove(path);
}

TEST(Denial, IsTheNsecOfOneName) {
  const Type types[] = {Type::kNsec, Type::kA, Type::kRrsig, Type(257)};
  EXPECT_EQ(ToHex(NsecContent(Wire("a.test"), types)),
            ToHex("\1\0\1a\4test\0"s) + "0006400000000003" + "010140")
      << "RFC 4034 section 4.1.2";
  // 255 bytes leave no room for a label.
  const std::string label(63, 'x');
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += "\x3f" + label;
  longest += "\x3d" + std::string(61, 'x') + "\0"s;
  ASSERT_EQ(longest.size(), 255u);
  EXPECT_EQ(NsecContent(longest, types).substr(0, 255).substr(62, 2), "xy");
  longest[63] = '@';
  EXPECT_EQ(NsecContent(longest, types)[63], '[') << "upper case is no successor";
  longest[63] = '\xff';
  EXPECT_EQ(NsecContent(longest, types), "");
}

class SignerTest : public ::testing::Test {
 protected:
  std::string Sign(Signer& signer, std::string_view owner, uint32_t now_s, bool lasting = true,
                   std::vector<std::string> rdata = {"\x7f\0\0\1"s}) {
    signer.BeginBatch(&keys_, apex_, now_s, sets_);
    signer.Begin(owner, Type::kA, 5);
    for (const std::string& r : rdata) signer.Add(r);
    return signer.Finish(lasting) ? signer.signatures()[0] : "";
  }
  static uint32_t LongAt(std::string_view b, size_t at) {
    uint32_t v = 0;
    for (size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<uint8_t>(b[at + i]);
    return v;
  }
  size_t sets_ = 1;
  SigningKeys keys_ = *SigningKeys::FromPem(SigningKey::Generate().ToPem());
  std::string apex_ = Wire("edge.test");
  std::string name_ = Wire("a.edge.test");
};

TEST_F(SignerTest, MakesASignatureADayAndKeepsItMeanwhile) {
  Signer signer({});
  uint32_t now_s = 1'800'000'000;
  std::string last = Sign(signer, name_, now_s);
  int changes = 0;
  for (int hour = 1; hour <= 24 * 10; ++hour) {
    now_s += 3600;
    const std::string rrsig = Sign(signer, name_, now_s);
    changes += rrsig != last;
    last = rrsig;
    EXPECT_LE(LongAt(rrsig, 12), now_s - Signer::kBeforeS) << "for clocks that are behind";
    EXPECT_GE(LongAt(rrsig, 8), now_s + Signer::kValidS - Signer::kDayS) << "days are left";
  }
  EXPECT_EQ(changes, 10);
}

TEST_F(SignerTest, SignsTheSetAndNotTheOrder) {
  Signer signer({});
  const std::string one = "\x7f\0\0\1"s, two = "\x7f\0\0\2"s;
  const std::string both = Sign(signer, name_, 1'800'000'000, true, {one, two});
  EXPECT_EQ(both, Sign(signer, name_, 1'800'000'000, true, {two, one}));
  EXPECT_NE(both, Sign(signer, name_, 1'800'000'000, true, {one}));
  EXPECT_EQ(both.substr(0, 4), "\0\1\x0d\3"s) << "type, algorithm, labels";
  EXPECT_EQ(both.size(), 18 + apex_.size() + kSignatureBytes);
}

TEST_F(SignerTest, CountsLabelsWithoutTheAsterisk) {
  Signer signer({});
  EXPECT_EQ(Sign(signer, Wire("*.w.edge.test"), 1'800'000'000)[3], 3);
}

// An ECDSA signature is never made twice alike: the same bytes again come out of the table.
TEST_F(SignerTest, KeepsAllThatLasts) {
  Signer signer({.lasting_slots_min = 8, .lasting_slots_max = 1 << 12});
  std::vector<std::string> made;
  const auto sign = [&](int i) {
    return Sign(signer, Wire(fmt::format("x{}.edge.test", i)), 1'800'000'000);
  };
  for (int i = 0; i < 4; ++i) made.push_back(sign(i));
  sets_ = 600;  // the table grows and keeps what it has
  for (int i = 4; i < 600; ++i) made.push_back(sign(i));
  int kept = 0;
  for (int i = 599; i >= 0; --i) kept += sign(i) == made[static_cast<size_t>(i)];
  EXPECT_GE(kept, 594) << "rows overflow by chance, rarely";
}

TEST_F(SignerTest, HasABudgetForWhatLastsToo) {
  Signer signer({.lasting_per_s_max = 100, .passing_per_s_max = 10});
  int made = 0;
  for (int i = 0; i < 300; ++i) {
    made += !Sign(signer, Wire(fmt::format("x{}.edge.test", i)), 1'800'000'000).empty();
  }
  EXPECT_EQ(made, 100);
  EXPECT_FALSE(Sign(signer, Wire("x0.edge.test"), 1'800'000'000).empty()) << "it is there";
  EXPECT_FALSE(Sign(signer, Wire("y.edge.test"), 1'800'000'000, false).empty()) << "apart";
  EXPECT_FALSE(Sign(signer, Wire("x299.edge.test"), 1'800'000'001).empty());
}

TEST_F(SignerTest, TellsKeysApart) {
  Signer signer({});
  const std::string first = Sign(signer, name_, 1'800'000'000);
  SigningKeys other = *SigningKeys::FromPem(SigningKey::Generate().ToPem());
  EXPECT_NE(other.keys[0].fingerprint(), keys_.keys[0].fingerprint());
  std::swap(keys_, other);
  EXPECT_NE(Sign(signer, name_, 1'800'000'000).substr(18), first.substr(18));
}

TEST_F(SignerTest, LimitsWhatStrangersMakeItSign) {
  Signer signer({.lasting_slots_min = 64, .passing_slots = 8, .passing_per_s_max = 100});
  const std::string lasting = Sign(signer, name_, 1'800'000'000);
  int made = 0;
  for (int i = 0; i < 300; ++i) {
    made += !Sign(signer, Wire(fmt::format("x{}.edge.test", i)), 1'800'000'000, false).empty();
  }
  EXPECT_EQ(made, 100);
  EXPECT_EQ(Sign(signer, name_, 1'800'000'000), lasting) << "what is there for good still is";
  EXPECT_FALSE(Sign(signer, Wire("x.edge.test"), 1'800'000'001, false).empty());
}

}  // namespace
}  // namespace terrella::dns
