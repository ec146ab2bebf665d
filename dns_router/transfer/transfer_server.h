// TransferServer: who may have the zone, and the start of its transfers.
//
// A client is allowed by the address it comes from, by a TSIG key, or where both are asked for, by
// both. Whom it is not for is refused like any other who asks for a transfer (server/answer.h).
//
// Thread: any; the function keeps no state but the count of transfers that run.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/transfer/outgoing_transfer.h"
#include "dns_router/transfer/zone_history.h"
#include "dns_router/wire/query.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {

struct TransferAccess {
  std::vector<IpPrefix> prefixes;  // empty: from anywhere
  bool needs_key = false;
  // `key`: the one the request was signed with; null: none.
  bool Allows(const IpAddress& client, const TsigKey* key) const;
};

// "127.0.0.0/8,2001:db8::1"; InvalidArgument names the part that is none.
absl::StatusOr<std::vector<IpPrefix>> ParsePrefixes(std::string_view text);

class TransferServer {
 public:
  // `history` and `counters` outlive the server.
  TransferServer(const ZoneHistory& history, TransferAccess access, TransferCounters& counters)
      : history_(history), access_(std::move(access)), counters_(counters) {}

  const TransferAccess& access() const { return access_; }
  // Whether a message asks for a transfer: cheap, for every message.
  static bool IsTransferQuestion(std::string_view message);
  // The transfer that a message over TCP asks for; null when it is none, or must be refused.
  // `keys` may be null.
  std::unique_ptr<OutgoingTransfer> Begin(std::string_view message, const IpAddress& client,
                                          const TsigKeys* keys, uint64_t now_s);

 private:
  const ZoneHistory& history_;
  const TransferAccess access_;
  TransferCounters& counters_;
};

}  // namespace terrella::dns
