// Answer: one DNS message in, one out: the whole server without sockets, clocks or threads.
//
// What is answered:
//   - inside the zone: authoritative data, steered addresses, NODATA and NXDOMAIN with the SOA;
//   - outside it: REFUSED; ANY: a HINFO (RFC 8482);
//   - zone transfers: REFUSED; over TCP those allowed are begun elsewhere (transfer/), and over UDP
//     they get the SOA (RFC 1995 section 2);
//   - class CHAOS: id.server, hostname.bind, version.bind, version.server;
//   - malformed messages: FORMERR; other opcodes: NOTIMP; responses: silence.
// A steered name while no node serves is NODATA for a few seconds
// (docs/decisions/007-dns-fails-closed.md); before the first view has arrived everything is
// SERVFAIL, "not ready".
//
// A client with a cookie gets a fresh one, and is served without limit once it sends that back
// (RFC 7873). Who is over the rate limit gets nothing, or now and then a short answer that says how
// to get through: TC, or BADCOOKIE for clients that know cookies. Where there is more to do than
// can be done, those with a good cookie are answered first (fair_queues.h).
//
// Thread: any; the function keeps no state but the limiter's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "dns_router/dnssec/signer.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/server/answer_facts.h"
#include "dns_router/server/rate_limiter.h"
#include "dns_router/server/transport.h"
#include "dns_router/wire/cookie.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

struct TransferAccess;
struct TsigKey;
class TsigKeys;

// Who answers: for NSID and the CHAOS names. At most kInstanceBytesMax bytes.
struct ServerIdentity {
  std::string instance;  // "dns-1"
  std::string version;   // "terrella 0.1.0"
};
constexpr size_t kInstanceBytesMax = 63;

struct AnswerContext {
  const ServerIdentity* identity;
  Transport transport = Transport::kUdp;
  IpAddress client;              // the source of the message
  uint16_t keepalive_100ms = 0;  // the idle timeout to tell TCP clients that ask (RFC 7828)
  const CookieSecrets* cookies = nullptr;  // null: cookies are not answered
  RateLimiter* rate_limiter = nullptr;     // null: no limit; UDP only
  Signer* signer = nullptr;                // null: nothing is signed
  // Nobody is answered who proves no address, by a good cookie or a key.
  bool only_proven = false;
  AnswerFacts* facts = nullptr;               // written when not null
  std::span<const IpPrefix> explain_to = {};  // clients that may ask for _explain names
  const TransferAccess* transfers = nullptr;  // null: there are none
  const TsigKeys* tsig_keys = nullptr;        // null: none are known
  const TsigKey* tsig_key = nullptr;          // that the message was signed with; null: none
  uint32_t now_s = 0;                         // since the epoch: the age of cookies
  uint64_t now_us = 0;                        // of a clock that never goes back: rates
};

// Writes the answer to `message` into `out` and returns its size; 0 when there must be none.
// `snapshot` may be null. `out` has at least kUdpBytesMax bytes for UDP and kTcpMessageBytesMax for
// TCP.
size_t Answer(std::string_view message, const Snapshot* snapshot, const AnswerContext& context,
              std::span<uint8_t> out);

}  // namespace terrella::dns
