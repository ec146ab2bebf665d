#include "http/tls/authority.h"

#include <gtest/gtest.h>

#include "base/testing/temp_folder.h"

namespace terrella::http {
namespace {

WallTime Now() {
  return SystemClock().WallNow();
}

TEST(Authority, VouchesForReservedNamesAndLoopbackOnly) {
  for (const char* name : {"edge.test", "*.edge.test", "localhost", "a.b.internal", "x.example"}) {
    EXPECT_TRUE(MayVouchFor(name)) << name;
  }
  for (const char* name : {"example.com", "test.com", "", "*.", "edge.TEST", "a b.test", "edge.tes",
                           "x,DNS:google.com"}) {
    EXPECT_FALSE(MayVouchFor(name)) << name;
  }
  const TlsIdentity authority = *MakeAuthority("us", Now());
  EXPECT_FALSE(IssueCertificate(authority, {.names = {"example.com"}}, Now()).ok());
  EXPECT_FALSE(IssueCertificate(authority, {.addresses = {IpAddress::V4(0x08080808)}}, Now()).ok());
  EXPECT_FALSE(IssueCertificate(authority, {}, Now()).ok());
}

TEST(Authority, IssuesWhatWasAsked) {
  const TlsIdentity authority = *MakeAuthority("us", Now());
  const auto leaf = IssueCertificate(
      authority, {.names = {"edge.test", "*.edge.test"}, .addresses = {IpAddress::V4(0x7f100001)}},
      Now());
  ASSERT_TRUE(leaf.ok()) << leaf.status();
  const auto facts = DescribeCertificate(leaf->certificates_pem);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->subject, "edge.test");
  EXPECT_EQ(facts->names, (std::vector<std::string>{"edge.test", "*.edge.test", "127.16.0.1"}));
  EXPECT_GT(facts->not_after, Now() + std::chrono::hours(24 * 396));
  EXPECT_LT(facts->not_after, Now() + std::chrono::hours(24 * 398));
  EXPECT_EQ(facts->sha256.size(), 32 * 3 - 1u);
  EXPECT_TRUE(IssuedBy(leaf->certificates_pem, authority));
  EXPECT_FALSE(IssuedBy(leaf->certificates_pem, *MakeAuthority("others", Now())));
}

TEST(ServerTls, SaysWhichPemIsWrong) {
  const TlsIdentity authority = *MakeAuthority("us", Now());
  const TlsIdentity a = *IssueCertificate(authority, {.names = {"a.test"}}, Now());
  const TlsIdentity b = *IssueCertificate(authority, {.names = {"b.test"}}, Now());
  EXPECT_TRUE(ServerTls::Make({a, b}).ok());
  EXPECT_EQ(ServerTls::Make({}).status().message(), "TLS needs a certificate");
  EXPECT_EQ(ServerTls::Make({{a.certificates_pem, b.key_pem}}).status().message(),
            "the private key does not fit its certificate: key values mismatch");
  EXPECT_FALSE(ServerTls::Make({{"nonsense", a.key_pem}}).ok());
  EXPECT_FALSE(ServerTls::Make({{a.certificates_pem, "nonsense"}}).ok());
  EXPECT_FALSE(ClientTls::Make("nonsense").ok());
  EXPECT_TRUE(ClientTls::Make(authority.certificates_pem).ok());
}

TEST(LazyTls, GivesOneAnswer) {
  TempFolder folder;
  LazyTls lazy({folder.path() / "missing.pem", folder.path() / "missing-key.pem"});
  EXPECT_TRUE(absl::IsNotFound(lazy.Get().status()));
  EXPECT_TRUE(absl::IsNotFound(lazy.Get().status()));
}

}  // namespace
}  // namespace terrella::http
