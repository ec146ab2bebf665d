// Answer: one DNS message in, one out: the whole server without sockets, clocks or threads.
//
// What is answered:
//   - inside the zone: authoritative data, steered addresses, NODATA and NXDOMAIN with the SOA;
//   - outside it: REFUSED; zone transfers: REFUSED; ANY: a HINFO (RFC 8482);
//   - class CHAOS: id.server, hostname.bind, version.bind, version.server;
//   - malformed messages: FORMERR; other opcodes: NOTIMP; responses: silence.
// A steered name while no node serves is NODATA for a few seconds
// (docs/decisions/007-dns-fails-closed.md); before the first view has arrived everything is
// SERVFAIL, "not ready".
//
// Thread: any; the function keeps no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

// Who answers: for NSID and the CHAOS names. At most kInstanceBytesMax bytes.
struct ServerIdentity {
  std::string instance;  // "dns-1"
  std::string version;   // "terrella 0.1.0"
};
constexpr size_t kInstanceBytesMax = 63;

enum class Transport : uint8_t { kUdp, kTcp };

struct AnswerContext {
  const ServerIdentity* identity;
  Transport transport = Transport::kUdp;
  IpAddress client;              // the source of the message
  uint16_t keepalive_100ms = 0;  // the idle timeout to tell TCP clients that ask (RFC 7828)
};

// Writes the answer to `message` into `out` and returns its size; 0 when there must be none.
// `snapshot` may be null. `out` has at least kUdpBytesMax bytes for UDP and kTcpMessageBytesMax for
// TCP.
size_t Answer(std::string_view message, const Snapshot* snapshot, const AnswerContext& context,
              std::span<uint8_t> out);

}  // namespace terrella::dns
