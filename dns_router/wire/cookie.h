// Cookies: proof that a UDP client receives at the address it sends from (RFC 7873, RFC 9018).
//
// A client sends eight bytes of its own, and from its second query on the sixteen the server gave
// it: version, reserved, the time, and a hash of all that with the client's address under a secret.
// The server keeps nothing for it. Instances behind one address share the secrets, so that each
// knows the cookies of the others.
//
// Rollover (RFC 9018 section 5) is by the order of the secrets: the first makes new cookies, every
// one of them is accepted. A new secret is put last everywhere, then moved first everywhere, and an
// hour later, when the last cookie of the old one has expired, the old one goes.
//
// Thread: immutable, any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/wire/siphash.h"

namespace terrella::dns {

constexpr size_t kClientCookieBytes = 8;
constexpr size_t kServerCookieBytes = 16;  // ours (RFC 9018); others may have 8 to 32
using ClientCookie = std::array<char, kClientCookieBytes>;
using ServerCookie = std::array<char, kServerCookieBytes>;

// What a query carries: the client's part, and the server's when it has one.
struct QueryCookie {
  ClientCookie client;
  std::string_view server;  // within the message; empty on a client's first query
};

// The option's content; nothing when its length is none of 8 and 16 to 40, which is FORMERR
// (RFC 7873 section 5.2.2).
std::optional<QueryCookie> ParseCookie(std::string_view option);

class CookieSecrets {
 public:
  static constexpr size_t kSecretsMax = 4;
  // A cookie is good for an hour, is renewed from half an hour on, and a clock of another instance
  // may be five minutes ahead (RFC 9018 section 4.3).
  static constexpr uint32_t kLifetimeS = 3600, kRenewalS = 1800, kAheadS = 300;

  // One secret, known to this process only.
  static CookieSecrets Random();
  // A file's text: one secret of 32 hexadecimal digits a line, '#' begins a comment.
  // InvalidArgument says the line, never its content.
  static absl::StatusOr<CookieSecrets> Parse(std::string_view text);

  // `now_s`: seconds since the epoch; serial arithmetic, so 2106 is no end (RFC 1982).
  ServerCookie Make(const ClientCookie& client, const IpAddress& address, uint32_t now_s) const;
  // When the cookie was made, when it is one of ours for this client and neither too old nor of the
  // future.
  std::optional<uint32_t> Verify(const QueryCookie& cookie, const IpAddress& address,
                                 uint32_t now_s) const;

 private:
  CookieSecrets() = default;
  std::vector<SipKey> secrets_;  // the first makes cookies
};

}  // namespace terrella::dns
