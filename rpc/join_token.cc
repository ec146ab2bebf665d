#include "rpc/join_token.h"

#include "base/digest.h"
#include "base/status.h"

namespace terrella::rpc {
namespace {

constexpr std::string_view kPrefix = "te1.";
constexpr size_t kBytes = 32;

}  // namespace

std::string JoinToken::ToString() const {
  return fmt::format("{}{}.{}", kPrefix, ToHex(secret), ToHex(authority_key));
}

absl::StatusOr<JoinToken> JoinToken::Parse(std::string_view text) {
  const auto refuse = [&] {
    return InvalidArgument(
        "expected a token of 'terrella nodes join-token' (te1.SECRET.HASH), got {} characters of "
        "something else",
        text.size());
  };
  const size_t size = kPrefix.size() + 4 * kBytes + 1;
  if (text.size() != size || !text.starts_with(kPrefix) ||
      text[kPrefix.size() + 2 * kBytes] != '.') {
    return refuse();
  }
  const auto secret = FromHex(text.substr(kPrefix.size(), 2 * kBytes));
  const auto key = FromHex(text.substr(size - 2 * kBytes));
  if (!secret.ok() || !key.ok()) return refuse();
  return JoinToken{*secret, *key};
}

}  // namespace terrella::rpc
