// TransferCounters: what has gone out to secondaries, and what is on its way. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>

#include "dns_router/transfer/running_transfers.h"

namespace terrella::dns {

struct TransferCounters {
  using Count = std::atomic<uint64_t>;
  // Zone transfers that were sent to their end.
  Count whole{0}, changes{0};
  Count current{0};  // no more than the SOA: the secondary had it all
  RunningTransfers running;
  Count notices_sent{0};        // also those sent again
  Count notices_refused{0};     // answered with a code
  Count notices_unanswered{0};  // given up
};

}  // namespace terrella::dns
