// TokenBook: the tokens of people and programs, by what the store keeps of them.
//
// A token is "trl_" and 256 random bits in base64url (RFC 4648 section 5). It is shown once; the
// store has its SHA-256, which is enough for what nobody can guess. Names are unique among tokens
// that are valid; one that has expired or was revoked stays for a while, so that whoever still uses
// it is told so, and goes when its name is wanted again.
//
// Thread: any. Every control plane on the same store follows its tokens by a watch.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/access/caller.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

struct TokenLimits {
  size_t tokens_max = 1000;
  int scopes_max = 32;
  uint64_t life_s_max = uint64_t{366} * 24 * 3600;
  // For how long one that is not valid any more is remembered.
  uint64_t remembered_s = uint64_t{30} * 24 * 3600;
};

class TokenBook {
 public:
  static constexpr std::string_view kPrefix = "token/";

  // Reads them; errors are the store's. Store and clock outlive it.
  static absl::StatusOr<std::unique_ptr<TokenBook>> Open(StateStore& store, const Clock& clock,
                                                         TokenLimits limits = {});
  ~TokenBook();

  // Errors: access.proto, and the store's.
  absl::StatusOr<v1::CreateTokenResponse> Create(const v1::CreateTokenRequest& request,
                                                 const std::string& author);
  absl::StatusOr<v1::Token> Revoke(const std::string& name);
  v1::ListTokensResponse List() const;

  // Of the value of an "authorization" header field (RFC 6750 section 2.1). Unauthenticated with a
  // sentence that says whether the token is unknown, expired or revoked.
  absl::StatusOr<Caller> CallerOf(std::string_view authorization) const;

  // Whether what CallerOf once found still holds: Unauthenticated, in the same words, when it does
  // not. Of callers without a token it says OK.
  absl::Status Check(const Caller& caller) const;
  // When the caller's token ends by itself, if it does.
  std::optional<WallTime> ExpiryOf(const Caller& caller) const;
  // Called after tokens were made, changed or removed, with the book locked and on a thread of the
  // store's: to wake somebody, no more. Null: nobody.
  void set_on_change(std::function<void()> on_change);

 private:
  struct Book;
  TokenBook(StateStore& store, const Clock& clock, TokenLimits limits);
  absl::Status Load();
  int64_t NowMs() const;
  // Removes rows that need not be remembered any more.
  absl::Status Sweep();

  StateStore& store_;
  const Clock& clock_;
  const TokenLimits limits_;
  std::shared_ptr<Book> book_;  // the watch may call while this goes
  std::unique_ptr<Watch> watch_;
};

}  // namespace terrella::control
