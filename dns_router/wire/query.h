// ParseQuery: a client's message taken apart, strictly.
//
// The parser reads every byte of the message before it says yes: header, one question, any records,
// one OPT at the root with well-formed options, and nothing behind. What it refuses it refuses with
// the code the RFCs ask for, keeping what was understood so that the refusal can be answered; what
// cannot be answered (too short for a header, or itself a response) is dropped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dns_router/wire/client_subnet.h"
#include "dns_router/wire/cookie.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

struct Query {
  uint16_t id = 0;
  uint8_t opcode = 0;
  bool recursion_desired = false;
  bool checking_disabled = false;

  // Name, type and class as sent, within the parsed message; empty when the question was not
  // readable.
  std::string_view question;
  std::array<char, kNameBytesMax> name_bytes;  // lower case
  size_t name_size = 0;
  uint16_t type = 0;
  uint16_t klass = 0;

  bool has_edns = false;
  uint16_t udp_payload_bytes = 0;  // as sent
  uint8_t edns_version = 0;
  bool dnssec_ok = false;
  bool compact_ok = false;  // takes NXDOMAIN with a compact denial (RFC 9824 section 5.1)
  bool wants_nsid = false;
  bool wants_keepalive = false;
  bool has_padding = false;
  std::optional<ClientSubnet> subnet;
  std::optional<QueryCookie> cookie;  // the first, when there are several
  size_t tsig_at = 0;  // where the TSIG record begins, which is the last one; 0: there is none

  // Lower-case wire form.
  std::string_view name() const { return {name_bytes.data(), name_size}; }
};

enum class ParseResult {
  kOk,
  kDrop,     // answering would be wrong or impossible
  kFormErr,  // malformed; `query` holds what came before
  kNotImp,   // another opcode than QUERY
  kBadVers,  // EDNS version above 0
};

// `query.question` and the cookie point into `message`. A message without a question is well-formed
// when it has a cookie: it asks for a fresh one (RFC 7873 section 5.4).
ParseResult ParseQuery(std::string_view message, Query& query);

// Reads the name at `offset` of `message`, following compression pointers when `compressed`, and
// moves `offset` behind it. A pointer must lead to before the run of labels it ends (so there are
// no loops and no forward pointers) and not into the header. Writes the lower-case wire form to
// `out` and returns its size; nothing when the name is malformed.
std::optional<size_t> ReadName(std::string_view message, size_t& offset, bool compressed,
                               std::array<char, kNameBytesMax>& out);

}  // namespace terrella::dns
