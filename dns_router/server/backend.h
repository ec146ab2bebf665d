// Backend: what all threads that answer have in common, whatever the transport.
//
// Thread: any; the cells are set by the thread that builds their values, the rest is set before the
// first server starts.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "dns_router/metrics/answer_counters.h"
#include "dns_router/policy/holder_book.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/query_log.h"
#include "dns_router/server/rate_limiter.h"
#include "dns_router/server/snapshot_cell.h"
#include "dns_router/server/statistics.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/wire/cookie.h"
#include "dns_router/wire/tsig.h"

namespace terrella::dns {

struct Backend {
  ServerIdentity identity;
  const MonotonicTime started = SystemClock().Now();
  SnapshotCell snapshot;
  SharedCell<CookieSecrets> cookies;  // empty: cookies are not answered
  std::vector<IpPrefix> explain_to;   // who may ask why; see AnswerContext
  Statistics statistics;
  AnswerCounterSet counters;
  HolderBook holders;
  std::unique_ptr<RateLimiter> rate_limiter;  // null: no limit
  std::unique_ptr<QueryLog> query_log;        // null: none
  SharedCell<TsigKeys> tsig_keys;             // empty: none
  TransferCounters transfer_counters;
  std::unique_ptr<TransferServer> transfers;  // null: there are none
};

}  // namespace terrella::dns
