#include "control_plane/access/token_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/status.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TokenBookTest : public testing::Test {
 protected:
  void SetUp() override { clock_.Advance(std::chrono::seconds(1)); }
  absl::StatusOr<v1::CreateTokenResponse> Create(const std::string& name, uint64_t life_s = 3600,
                                                 const char* scope = "script:shop:deploy") {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.add_scopes(scope);
    request.set_life_s(life_s);
    return book_->Create(request, "the local operator");
  }
  std::string Refusal(const std::string& secret) {
    const auto caller = book_->CallerOf("Bearer " + secret);
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kUnauthenticated);
    return std::string(Message(caller.status()));
  }

  MemoryStore store_;
  ManualClock clock_;
  std::unique_ptr<TokenBook> book_ = *TokenBook::Open(store_, clock_);
};

TEST_F(TokenBookTest, ATokenIsItsScopesUntilItExpires) {
  const auto made = Create("ci");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->secret(), StartsWith("trl_"));
  EXPECT_EQ(made->secret().size(), 47u);
  const auto caller = book_->CallerOf("Bearer " + made->secret());
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, Caller::Kind::kToken);
  EXPECT_EQ(caller->name, "ci");
  ASSERT_EQ(caller->scopes.size(), 1u);
  EXPECT_EQ(ScopeText(caller->scopes[0]), "script:shop:deploy");
  clock_.Advance(std::chrono::seconds(3599));
  EXPECT_TRUE(book_->CallerOf("Bearer " + made->secret()).ok());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(Refusal(made->secret()), HasSubstr("token 'ci' expired on 1970-01-01 01:00:01Z"));
}

TEST_F(TokenBookTest, TellsWhenACallersTokenHoldsNoMore) {
  int changes = 0;
  book_->set_on_change([&] { ++changes; });
  const Caller one = *book_->CallerOf("Bearer " + Create("one")->secret());
  const Caller two = *book_->CallerOf("Bearer " + Create("two", 60)->secret());
  EXPECT_EQ(changes, 2);
  EXPECT_TRUE(book_->Check(one).ok() && book_->Check(two).ok());
  EXPECT_EQ(book_->ExpiryOf(two), clock_.WallNow() + std::chrono::seconds(60));
  clock_.Advance(std::chrono::seconds(60));
  EXPECT_THAT(std::string(Message(book_->Check(two))), HasSubstr("token 'two' expired on"));
  EXPECT_TRUE(book_->Check(one).ok());
  ASSERT_TRUE(book_->Revoke("one").ok());
  EXPECT_EQ(changes, 3);
  EXPECT_THAT(std::string(Message(book_->Check(one))), HasSubstr("token 'one' was revoked on"));
  // Another one of the same name is another one.
  ASSERT_TRUE(Create("one").ok());
  EXPECT_THAT(std::string(Message(book_->Check(one))), HasSubstr("not known"));
  EXPECT_TRUE(book_->Check(LocalOperator()).ok());
  EXPECT_FALSE(book_->ExpiryOf(LocalOperator()));
}

TEST_F(TokenBookTest, TheStoreHasNoToken) {
  const auto made = Create("ci");
  const auto rows = *store_.Range("");
  ASSERT_EQ(rows.records.size(), 1u);
  EXPECT_THAT(rows.records[0].value, testing::Not(HasSubstr(made->secret().substr(4))));
  EXPECT_THAT(rows.records[0].value, HasSubstr(Sha256(made->secret())));
}

TEST_F(TokenBookTest, ARevokedTokenIsRefusedEverywhereAtOnce) {
  const std::unique_ptr<TokenBook> other = *TokenBook::Open(store_, clock_);
  const auto made = Create("ci");
  EXPECT_TRUE(other->CallerOf("Bearer " + made->secret()).ok());
  ASSERT_TRUE(other->Revoke("ci").ok());
  EXPECT_THAT(Refusal(made->secret()), HasSubstr("token 'ci' was revoked on"));
  EXPECT_TRUE(book_->Revoke("ci").ok());
  EXPECT_EQ(book_->Revoke("none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TokenBookTest, SurvivesARestart) {
  const auto made = Create("ci");
  book_ = *TokenBook::Open(store_, clock_);
  EXPECT_TRUE(book_->CallerOf("Bearer " + made->secret()).ok());
}

TEST_F(TokenBookTest, ANameIsFreeAgainWhenItsTokenIsNotValid) {
  const auto first = Create("ci");
  EXPECT_EQ(Create("ci").status().code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(book_->Revoke("ci").ok());
  const auto second = Create("ci");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(book_->CallerOf("Bearer " + second->secret()).ok());
  EXPECT_THAT(Refusal(first->secret()), HasSubstr("not known"));
}

TEST_F(TokenBookTest, SaysWhatIsNotAToken) {
  Create("ci").value();
  EXPECT_THAT(Refusal("trl_" + std::string(43, 'A')), HasSubstr("not known"));
  EXPECT_THAT(Refusal("hunter2"), HasSubstr("'trl_' and 43 characters"));
  EXPECT_THAT(std::string(Message(book_->CallerOf("Basic eDp5").status())), HasSubstr("Bearer"));
  EXPECT_FALSE(book_->CallerOf("").ok());
}

TEST_F(TokenBookTest, RefusesWhatCannotBe) {
  EXPECT_EQ(Create("Not A Label").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Create("a", 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Create("a", 367 * 86400).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Create("a", 1, "root").status().code(), absl::StatusCode::kInvalidArgument);
  v1::CreateTokenRequest none;
  none.set_name("a");
  none.set_life_s(1);
  EXPECT_EQ(book_->Create(none, "x").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TokenBookTest, OldOnesMakeRoom) {
  book_ = *TokenBook::Open(store_, clock_, {.tokens_max = 2});
  ASSERT_TRUE(Create("a", 1).ok());
  ASSERT_TRUE(Create("b", 1).ok());
  EXPECT_EQ(Create("c").status().code(), absl::StatusCode::kResourceExhausted);
  clock_.Advance(std::chrono::hours(24 * 31));
  EXPECT_TRUE(Create("c").ok());
  EXPECT_EQ(book_->List().tokens_size(), 1);
}

}  // namespace
}  // namespace terrella::control
