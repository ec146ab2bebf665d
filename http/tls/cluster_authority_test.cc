// The cluster's authority: what it signs, what it refuses, and what a pinned chain must be.
#include "http/tls/cluster_authority.h"

#include <gtest/gtest.h>

#include "http/tls/authority.h"

namespace terrella::http {
namespace {

using std::chrono::hours;
constexpr char kNode[] = "edge://world/node/FRA";

WallTime Now() {
  return SystemClock().WallNow();
}

TEST(ClusterAuthority, SignsForTheKeyOfARequestAndNamesWhomItIsTold) {
  const TlsIdentity authority = *MakeClusterAuthority("world", Now());
  const std::string key = *MakeKey();
  const auto chain = SignRequest(authority, *MakeSigningRequest(key),
                                 {.uri = kNode, .lifetime = hours(24)}, Now());
  ASSERT_TRUE(chain.ok()) << chain.status();
  EXPECT_TRUE(KeyFits(key, *chain));
  EXPECT_FALSE(KeyFits(*MakeKey(), *chain));
  EXPECT_TRUE(IssuedBy(*chain, authority));
  EXPECT_EQ(*AuthorityOf(*chain), authority.certificates_pem);
  const CertificateFacts facts = *DescribeCertificate(*chain);
  EXPECT_EQ(facts.uris, std::vector<std::string>{kNode});
  EXPECT_TRUE(facts.names.empty());
  EXPECT_FALSE(facts.serial.empty());
  EXPECT_LT(facts.not_before, Now());
  EXPECT_GT(facts.not_after, Now() + hours(23));
  EXPECT_LT(facts.not_after, Now() + hours(25));
}

TEST(ClusterAuthority, RefusesRequestsThatProveNothing) {
  const TlsIdentity authority = *MakeClusterAuthority("world", Now());
  std::string forged = *MakeSigningRequest(*MakeKey());
  // The last characters are of the signature.
  const size_t at = forged.find("\n-----END") - 8;
  forged[at] = forged[at] == 'A' ? 'B' : 'A';
  for (const std::string& request :
       {std::string(), std::string("nonsense"), authority.certificates_pem, forged,
        std::string(2 << 20, 'x')}) {
    EXPECT_FALSE(SignRequest(authority, request, {.uri = kNode}, Now()).ok())
        << request.substr(0, 80);
  }
  const std::string good = *MakeSigningRequest(*MakeKey());
  for (const char* uri : {"", "edge://a/node/b,DNS:example.com", "edge://a node", "edge://a\n"}) {
    EXPECT_FALSE(SignRequest(authority, good, {.uri = uri}, Now()).ok()) << uri;
  }
}

TEST(ClusterAuthority, PinnedChainIsOneOfAServerUnderThatAuthority) {
  const TlsIdentity authority = *MakeClusterAuthority("world", Now());
  const TlsIdentity other = *MakeClusterAuthority("world", Now());
  const std::string pin = *KeyHash(authority.certificates_pem);
  EXPECT_EQ(pin.size(), 32u);
  const LeafTerms server{.uri = "edge://world/service/control_plane", .serves = true};
  const std::string good = IssueLeaf(authority, server, Now())->certificates_pem;
  EXPECT_TRUE(CheckPinnedChain(good, pin, Now()).ok());
  EXPECT_FALSE(CheckPinnedChain(good, *KeyHash(other.certificates_pem), Now()).ok());
  EXPECT_FALSE(CheckPinnedChain(good, pin, Now() + hours(25)).ok());
  EXPECT_FALSE(CheckPinnedChain(authority.certificates_pem, pin, Now()).ok());
  EXPECT_FALSE(CheckPinnedChain("", pin, Now()).ok());
  const std::string node = IssueLeaf(authority, {.uri = kNode}, Now())->certificates_pem;
  EXPECT_FALSE(CheckPinnedChain(node, pin, Now()).ok());
  // The right authority behind a stranger's leaf.
  const std::string stranger = IssueLeaf(other, server, Now())->certificates_pem;
  const std::string leaf = stranger.substr(0, stranger.rfind("-----BEGIN"));
  EXPECT_FALSE(CheckPinnedChain(leaf + authority.certificates_pem, pin, Now()).ok());
  EXPECT_FALSE(
      CheckPinnedChain(authority.certificates_pem + authority.certificates_pem, pin, Now()).ok());
}

}  // namespace
}  // namespace terrella::http
