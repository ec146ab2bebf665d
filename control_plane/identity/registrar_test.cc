// Join tokens and certificates: who gets one, once, and who loses it.
#include "control_plane/identity/registrar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/store/memory_store.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "rpc/join_token.h"

namespace terrella::control {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

// The wall clock as the test sets it.
class TestClock final : public Clock {
 public:
  MonotonicTime Now() const override { return {}; }
  WallTime WallNow() const override { return now; }
  WallTime now = SystemClock().WallNow();
};

class RegistrarTest : public testing::Test {
 protected:
  v1::CreateJoinTokenResponse Token(const std::string& node = "", int64_t ttl_ms = 0) {
    v1::CreateJoinTokenRequest request;
    request.set_node(node);
    request.set_ttl_ms(ttl_ms);
    const auto made = registrar_.CreateJoinToken(request);
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }
  static std::string SecretOf(const std::string& token) {
    return ToHex(rpc::JoinToken::Parse(token)->secret);
  }
  absl::StatusOr<v1::IssuedCertificate> Join(const std::string& token, const std::string& node,
                                             const std::string& key) {
    v1::JoinRequest request;
    request.set_token(SecretOf(token));
    request.set_node(node);
    request.set_signing_request(*http::MakeSigningRequest(key));
    return registrar_.Join(request);
  }
  absl::Status Revoke(const std::string& node) {
    v1::RevokeNodeRequest request;
    request.set_node(node);
    return registrar_.Revoke(request);
  }
  static std::string Text(const absl::Status& status) { return std::string(Message(status)); }

  TestClock clock_;
  TempFolder temp_;
  const rpc::AuthorityFolder authority_ =
      *rpc::AuthorityFolder::OpenOrMake(temp_.path() / "identity", "world", clock_.now);
  std::unique_ptr<StateStore> store_ = std::make_unique<MemoryStore>();
  std::vector<std::string> revoked_;
  std::unique_ptr<Revocations> revocations_ =
      *Revocations::Load(*store_, [this](const std::string& node) { revoked_.push_back(node); });
  Registrar registrar_{
      clock_, *store_, *revocations_, {.cluster = "world", .authority = authority_}};
  const std::string key_ = *http::MakeKey(), other_key_ = *http::MakeKey();
};

TEST_F(RegistrarTest, TokenIsTradedOnceForACertificateOfADay) {
  const auto token = Token();
  EXPECT_EQ(rpc::JoinToken::Parse(token.token())->authority_key,
            *http::KeyHash(authority_.authority().certificates_pem));
  const auto issued = Join(token.token(), "LAX", key_);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->node(), "LAX");
  EXPECT_EQ(issued->cluster(), "world");
  const auto facts = *http::DescribeCertificate(issued->certificates());
  EXPECT_EQ(facts.uris, std::vector<std::string>{"edge://world/node/LAX"});
  EXPECT_LT(facts.not_after, clock_.now + hours(24) + std::chrono::seconds(1));
  EXPECT_TRUE(http::KeyFits(key_, issued->certificates()));
  // An answer that was lost is given again, to the same key alone.
  EXPECT_TRUE(Join(token.token(), "LAX", key_).ok());
  EXPECT_THAT(Text(Join(token.token(), "LAX", other_key_).status()), HasSubstr("used already"));
  EXPECT_THAT(Text(Join(token.token(), "SEA", key_).status()), HasSubstr("used already"));
}

TEST_F(RegistrarTest, TokenOfThePastOrOfNobodyIsRefused) {
  const auto token = Token("", 1000);
  clock_.now += milliseconds(1500);
  EXPECT_THAT(Text(Join(token.token(), "LAX", key_).status()), HasSubstr("is over"));
  const rpc::JoinToken made_up{std::string(32, 'x'), std::string(32, 'y')};
  EXPECT_THAT(Text(Join(made_up.ToString(), "LAX", key_).status()), HasSubstr("no join token"));
  v1::JoinRequest request;
  for (const char* secret : {"", "zz", "00"}) {
    request.set_token(secret);
    EXPECT_TRUE(absl::IsPermissionDenied(registrar_.Join(request).status())) << secret;
  }
  // Ends, and is forgotten a day later.
  clock_.now += hours(25);
  Token();
  EXPECT_EQ(store_->Range("identity/token/")->records.size(), 1u);
}

TEST_F(RegistrarTest, TheStoreCannotBeJoinedBy) {
  const auto token = Token();
  const std::string secret = SecretOf(token.token());
  const RangeResult everything = *store_->Range("");
  ASSERT_FALSE(everything.records.empty());
  for (const Record& record : everything.records) {
    EXPECT_EQ(record.key.find(secret), std::string::npos);
    EXPECT_EQ(record.value.find(*FromHex(secret)), std::string::npos);
  }
}

TEST_F(RegistrarTest, TokenMayBeForOneNode) {
  const auto token = Token("LAX");
  EXPECT_THAT(Text(Join(token.token(), "SEA", key_).status()), HasSubstr("is for node LAX"));
  const auto issued = Join(token.token(), "", key_);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->node(), "LAX");
  EXPECT_TRUE(absl::IsInvalidArgument(Join(Token().token(), "", key_).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Join(Token().token(), "a b", key_).status()));
}

TEST_F(RegistrarTest, KnownNodesPlaceTakesATokenThatNamesIt) {
  ASSERT_TRUE(store_->Txn({.ops = {Op::Put("node/FRA", "known")}}).ok());
  EXPECT_THAT(Text(Join(Token().token(), "FRA", key_).status()), HasSubstr("a node FRA already"));
  EXPECT_TRUE(Join(Token("FRA").token(), "FRA", key_).ok());
}

TEST_F(RegistrarTest, RevokedNodeIsOutUntilItJoinsAgain) {
  const auto first = Join(Token().token(), "LAX", key_);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(revocations_->Check("LAX", first->certificates()).ok());
  ASSERT_TRUE(Revoke("LAX").ok());
  EXPECT_EQ(revoked_, std::vector<std::string>{"LAX"});
  EXPECT_TRUE(absl::IsPermissionDenied(revocations_->Check("LAX", first->certificates())));
  EXPECT_TRUE(revocations_->Check("SEA", first->certificates()).ok());
  // Another control plane, or this one after a restart.
  const auto again = *Revocations::Load(*store_, [](const std::string&) {});
  EXPECT_FALSE(again->Check("LAX", first->certificates()).ok());
  EXPECT_THAT(Text(Join(Token().token(), "LAX", other_key_).status()), HasSubstr("was revoked"));
  const auto second = Join(Token("LAX").token(), "LAX", other_key_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(revocations_->Check("LAX", second->certificates()).ok());
  EXPECT_TRUE(again->Check("LAX", second->certificates()).ok());
  EXPECT_FALSE(revocations_->Check("LAX", first->certificates()).ok());
  v1::RenewRequest renew;
  renew.set_node("LAX");
  renew.set_signing_request(*http::MakeSigningRequest(key_));
  const auto third = registrar_.Renew(renew);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_TRUE(revocations_->Check("LAX", third->certificates()).ok());
  EXPECT_EQ(revoked_.size(), 1u);  // being let in again is no revocation
  ASSERT_TRUE(Revoke("LAX").ok());
  EXPECT_EQ(revoked_.size(), 2u);
  EXPECT_FALSE(revocations_->Check("LAX", third->certificates()).ok());
}

TEST_F(RegistrarTest, RefusesWhatCannotBeSigned) {
  v1::JoinRequest request;
  request.set_node("LAX");
  for (const std::string& csr :
       {std::string(), std::string("nonsense"), std::string(20 << 10, 'x')}) {
    request.set_token(SecretOf(Token().token()));
    request.set_signing_request(csr);
    EXPECT_TRUE(absl::IsInvalidArgument(registrar_.Join(request).status()));
  }
  Registrar none(clock_, *store_, *revocations_, {.cluster = "world", .authority = std::nullopt});
  EXPECT_TRUE(absl::IsFailedPrecondition(none.CreateJoinToken({}).status()));
  v1::CreateJoinTokenRequest token;
  for (const int64_t ttl_ms : {int64_t{-1}, int64_t{999}, int64_t{8} * 24 * 3600 * 1000}) {
    token.set_ttl_ms(ttl_ms);
    EXPECT_TRUE(absl::IsInvalidArgument(registrar_.CreateJoinToken(token).status())) << ttl_ms;
  }
}

}  // namespace
}  // namespace terrella::control
