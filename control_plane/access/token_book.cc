#include "control_plane/access/token_book.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "bundle/names.h"
#include "control_plane/access/call.h"

namespace terrella::control {
namespace {

constexpr std::string_view kTokenPrefix = "trl_";
constexpr size_t kSecretBytes = 32;
constexpr size_t kTokenChars = 4 + 43;
constexpr size_t kHintBytes = 4;
constexpr int kRemovedAtOnce = 50;
constexpr std::string_view kNotKnown = "this token is not known here";

std::string Key(const std::string& name) {
  return std::string(TokenBook::kPrefix) + name;
}

absl::Status Unknown(std::string_view why) {
  return MakeStatus(absl::StatusCode::kUnauthenticated, "{}", why);
}

std::string DateText(int64_t unix_ms) {
  const time_t seconds = unix_ms / 1000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &utc);
  return text;
}

struct Entry {
  v1::TokenRow row;
  std::vector<Scope> scopes;
  Revision modified = 0;

  bool Valid(int64_t now_ms) const {
    return row.token().revoked_unix_ms() == 0 && now_ms < row.token().expires_unix_ms();
  }
};

}  // namespace

// What is known of the store's rows.
struct TokenBook::Book {
  mutable std::mutex mutex;
  std::map<std::string, Entry> by_name;
  std::map<std::string, std::string> name_of;  // by SHA-256
  std::function<void()> on_change;             // may be null

  // With the lock held. A row that cannot be read lets nobody in.
  void Set(const Record& record) {
    const std::string name = record.key.substr(kPrefix.size());
    Remove(name);
    Entry entry;
    entry.modified = record.modified;
    if (!entry.row.ParseFromString(record.value)) return;
    for (const std::string& text : entry.row.token().scopes()) {
      if (const auto scope = ParseScope(text); scope.ok()) entry.scopes.push_back(*scope);
    }
    name_of[entry.row.sha256()] = name;
    by_name[name] = std::move(entry);
  }
  // Null when no token has this hash.
  const Entry* Find(const std::string& sha256) const {
    const auto it = name_of.find(sha256);
    return it == name_of.end() ? nullptr : &by_name.at(it->second);
  }
  void Remove(const std::string& name) {
    const auto it = by_name.find(name);
    if (it == by_name.end()) return;
    name_of.erase(it->second.row.sha256());
    by_name.erase(it);
  }
};

TokenBook::TokenBook(StateStore& store, const Clock& clock, TokenLimits limits)
    : store_(store), clock_(clock), limits_(limits), book_(std::make_shared<Book>()) {}

TokenBook::~TokenBook() = default;

absl::StatusOr<std::unique_ptr<TokenBook>> TokenBook::Open(StateStore& store, const Clock& clock,
                                                           TokenLimits limits) {
  std::unique_ptr<TokenBook> book(new TokenBook(store, clock, limits));
  RETURN_IF_ERROR(book->Load());
  return book;
}

absl::Status TokenBook::Load() {
  ASSIGN_OR_RETURN(const RangeResult range, store_.Range(kPrefix));
  {
    const std::lock_guard lock(book_->mutex);
    for (const Record& record : range.records) book_->Set(record);
  }
  ASSIGN_OR_RETURN(watch_,
                   store_.WatchPrefix(kPrefix, range.revision,
                                      [book = book_](Revision, std::span<const Event> events) {
                                        const std::lock_guard lock(book->mutex);
                                        for (const Event& event : events) {
                                          if (event.deleted) {
                                            book->Remove(event.record.key.substr(kPrefix.size()));
                                          } else {
                                            book->Set(event.record);
                                          }
                                        }
                                        if (book->on_change) book->on_change();
                                      }));
  return absl::OkStatus();
}

int64_t TokenBook::NowMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.WallNow().time_since_epoch())
      .count();
}

absl::StatusOr<v1::CreateTokenResponse> TokenBook::Create(const v1::CreateTokenRequest& request,
                                                          const std::string& author) {
  if (!bundle::CheckScriptName(request.name()).ok()) {
    return InvalidArgument("a token's name is a DNS label of a-z, 0-9 and '-', got '{}'",
                           request.name().substr(0, 100));
  }
  if (request.scopes_size() < 1 || request.scopes_size() > limits_.scopes_max) {
    return InvalidArgument("a token has 1 to {} scopes, got {}", limits_.scopes_max,
                           request.scopes_size());
  }
  if (request.life_s() < 1 || request.life_s() > limits_.life_s_max) {
    return InvalidArgument("a token lives 1 s to {} days, got {} s", limits_.life_s_max / 86400,
                           request.life_s());
  }
  RETURN_IF_ERROR(Sweep());
  v1::CreateTokenResponse response;
  response.set_secret(std::string(kTokenPrefix) +
                      absl::WebSafeBase64Escape(RandomBytes(kSecretBytes)));
  v1::TokenRow row;
  row.set_sha256(Sha256(response.secret()));
  v1::Token& token = *row.mutable_token();
  token.set_name(request.name());
  for (const std::string& text : request.scopes()) {
    ASSIGN_OR_RETURN(const Scope scope, ParseScope(text));
    token.add_scopes(ScopeText(scope));
  }
  const int64_t now_ms = NowMs();
  token.set_created_unix_ms(now_ms);
  token.set_expires_unix_ms(now_ms + static_cast<int64_t>(request.life_s()) * 1000);
  token.set_author(author);
  token.set_hint(ToHex(std::string_view(row.sha256()).substr(0, kHintBytes)));
  Revision replaces = 0;
  {
    const std::lock_guard lock(book_->mutex);
    const auto it = book_->by_name.find(request.name());
    if (it != book_->by_name.end()) {
      if (it->second.Valid(now_ms)) {
        return AlreadyExists("token '{}' is valid until {}; revoke it first, or take another name",
                             request.name(), DateText(it->second.row.token().expires_unix_ms()));
      }
      replaces = it->second.modified;
    } else if (book_->by_name.size() >= limits_.tokens_max) {
      return ResourceExhausted("there are {} tokens, which is the limit", limits_.tokens_max);
    }
  }
  RETURN_IF_ERROR(store_
                      .Txn({.compares = {{Key(request.name()), replaces}},
                            .ops = {Op::Put(Key(request.name()), row.SerializeAsString())},
                            .request_id = {},
                            .result = {}})
                      .status());
  *response.mutable_token() = token;
  return response;
}

absl::Status TokenBook::Sweep() {
  const int64_t before_ms = NowMs() - static_cast<int64_t>(limits_.remembered_s) * 1000;
  TxnRequest txn;
  {
    const std::lock_guard lock(book_->mutex);
    for (const auto& [name, entry] : book_->by_name) {
      const v1::Token& token = entry.row.token();
      const int64_t ended_ms =
          token.revoked_unix_ms() != 0 ? token.revoked_unix_ms() : token.expires_unix_ms();
      if (ended_ms < before_ms) txn.ops.push_back(Op::Delete(Key(name)));
      if (txn.ops.size() >= kRemovedAtOnce) break;
    }
  }
  const CallScope nobody(nullptr);  // housekeeping, not what the caller asked for
  return txn.ops.empty() ? absl::OkStatus() : store_.Txn(txn).status();
}

absl::StatusOr<v1::Token> TokenBook::Revoke(const std::string& name) {
  Entry entry;
  {
    const std::lock_guard lock(book_->mutex);
    const auto it = book_->by_name.find(name);
    if (it == book_->by_name.end()) return NotFound("there is no token '{}'", name.substr(0, 100));
    entry = it->second;
  }
  v1::Token& token = *entry.row.mutable_token();
  if (token.revoked_unix_ms() != 0) return token;
  token.set_revoked_unix_ms(NowMs());
  RETURN_IF_ERROR(store_
                      .Txn({.compares = {{Key(name), entry.modified}},
                            .ops = {Op::Put(Key(name), entry.row.SerializeAsString())},
                            .request_id = {},
                            .result = {}})
                      .status());
  return token;
}

v1::ListTokensResponse TokenBook::List() const {
  v1::ListTokensResponse response;
  const std::lock_guard lock(book_->mutex);
  for (const auto& [name, entry] : book_->by_name) *response.add_tokens() = entry.row.token();
  return response;
}

absl::StatusOr<Caller> TokenBook::CallerOf(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) {
    return Unknown("the authorization is not 'Bearer TOKEN'");
  }
  const std::string_view text = authorization.substr(kScheme.size());
  if (text.size() != kTokenChars || !text.starts_with(kTokenPrefix)) {
    return Unknown("this is not a token: one is 'trl_' and 43 characters");
  }
  Caller caller{.kind = Caller::Kind::kToken, .name = {}, .scopes = {}, .peer = {}};
  caller.token_sha256 = Sha256(text);
  RETURN_IF_ERROR(Check(caller));
  const std::lock_guard lock(book_->mutex);
  const Entry* entry = book_->Find(caller.token_sha256);
  if (entry == nullptr) return Unknown(kNotKnown);  // removed this moment
  caller.name = entry->row.token().name();
  caller.scopes = entry->scopes;
  return caller;
}

absl::Status TokenBook::Check(const Caller& caller) const {
  if (caller.kind != Caller::Kind::kToken) return absl::OkStatus();
  const int64_t now_ms = NowMs();
  const std::lock_guard lock(book_->mutex);
  const Entry* entry = book_->Find(caller.token_sha256);
  if (entry == nullptr) return Unknown(kNotKnown);
  const v1::Token& token = entry->row.token();
  if (token.revoked_unix_ms() != 0) {
    return Unknown(fmt::format("token '{}' was revoked on {}", token.name(),
                               DateText(token.revoked_unix_ms())));
  }
  if (!entry->Valid(now_ms)) {
    return Unknown(
        fmt::format("token '{}' expired on {}", token.name(), DateText(token.expires_unix_ms())));
  }
  return absl::OkStatus();
}

std::optional<WallTime> TokenBook::ExpiryOf(const Caller& caller) const {
  if (caller.kind != Caller::Kind::kToken) return std::nullopt;
  const std::lock_guard lock(book_->mutex);
  const Entry* entry = book_->Find(caller.token_sha256);
  if (entry == nullptr) return std::nullopt;
  return WallTime(std::chrono::milliseconds(entry->row.token().expires_unix_ms()));
}

void TokenBook::set_on_change(std::function<void()> on_change) {
  const std::lock_guard lock(book_->mutex);
  book_->on_change = std::move(on_change);
}

}  // namespace terrella::control
