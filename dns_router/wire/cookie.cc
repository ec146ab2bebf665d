#include "dns_router/wire/cookie.h"

#include <cstring>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr char kVersion = 1;
constexpr size_t kHashAt = 8;  // behind version, reserved and the time

// Client cookie | version | reserved | time | address (RFC 9018 section 4.4).
uint64_t HashOf(const SipKey& secret, const ClientCookie& client, std::string_view head,
                const IpAddress& address) {
  std::array<char, kClientCookieBytes + kHashAt + 16> input;
  std::memcpy(input.data(), client.data(), kClientCookieBytes);
  std::memcpy(input.data() + kClientCookieBytes, head.data(), kHashAt);
  std::memcpy(input.data() + kClientCookieBytes + kHashAt, address.bytes().data(), 16);
  return SipHash24(secret, {input.data(), input.size() - (address.is_v4() ? 12 : 0)});
}

std::string_view Trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

}  // namespace

std::optional<QueryCookie> ParseCookie(std::string_view option) {
  if (option.size() != 8 && (option.size() < 16 || option.size() > 40)) return std::nullopt;
  QueryCookie cookie;
  std::memcpy(cookie.client.data(), option.data(), kClientCookieBytes);
  cookie.server = option.substr(kClientCookieBytes);
  return cookie;
}

CookieSecrets CookieSecrets::Random() {
  CookieSecrets out;
  FillRandom(out.secrets_.emplace_back().data(), sizeof(SipKey));
  return out;
}

absl::StatusOr<CookieSecrets> CookieSecrets::Parse(std::string_view text) {
  CookieSecrets out;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (line.empty()) continue;
    const auto secret = FromHex(line);
    if (!secret.ok() || secret->size() != sizeof(SipKey)) {
      return InvalidArgument("{}: expected a secret of 32 hexadecimal digits", number);
    }
    if (out.secrets_.size() == kSecretsMax) {
      return InvalidArgument("{}: at most {} secrets are taken", number, kSecretsMax);
    }
    std::memcpy(out.secrets_.emplace_back().data(), secret->data(), sizeof(SipKey));
  }
  if (out.secrets_.empty()) return InvalidArgument("1: expected a secret, found none");
  return out;
}

ServerCookie CookieSecrets::Make(const ClientCookie& client, const IpAddress& address,
                                 uint32_t now_s) const {
  ServerCookie cookie{kVersion};
  for (int i = 0; i < 4; ++i) cookie[4 + i] = static_cast<char>(now_s >> (24 - 8 * i));
  const uint64_t hash = HashOf(secrets_.front(), client, {cookie.data(), kHashAt}, address);
  std::memcpy(cookie.data() + kHashAt, &hash, sizeof(hash));
  return cookie;
}

std::optional<uint32_t> CookieSecrets::Verify(const QueryCookie& cookie, const IpAddress& address,
                                              uint32_t now_s) const {
  if (cookie.server.size() != kServerCookieBytes || cookie.server[0] != kVersion) {
    return std::nullopt;
  }
  uint32_t made_s = 0;
  for (int i = 0; i < 4; ++i) made_s = made_s << 8 | static_cast<uint8_t>(cookie.server[4 + i]);
  const auto age_s = static_cast<int32_t>(now_s - made_s);
  if (age_s > static_cast<int32_t>(kLifetimeS) || age_s < -static_cast<int32_t>(kAheadS)) {
    return std::nullopt;
  }
  uint64_t sent;
  std::memcpy(&sent, cookie.server.data() + kHashAt, sizeof(sent));
  // 64 bits compared at once take the same time wherever they differ.
  for (const SipKey& secret : secrets_) {
    if (HashOf(secret, cookie.client, cookie.server.substr(0, kHashAt), address) == sent) {
      return made_s;
    }
  }
  return std::nullopt;
}

}  // namespace terrella::dns
