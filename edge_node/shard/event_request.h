// EventRequest: an HTTP request that runs another handler of a worker than fetch(), by hand.
//
//   POST /.terrella/scheduled?script=NAME&cron=...&time=MS   at the node's own address ('terrella
//   trigger')
//   /__scheduled?cron=...   /cdn-cgi/handler/scheduled?...   of any site, while developing (as
//   wrangler)
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "edge_node/runtime/inbound_request.h"
#include "http/message/message.h"

namespace terrella::edge {

struct EventRequest {
  std::string script;  // empty: whose site it is
  runtime::ScheduledEvent scheduled;
};

// Nothing when it is an ordinary request. `now` is when the event was due unless the request says
// so.
std::optional<EventRequest> ParseEventRequest(const http::RequestHead& head, bool developing,
                                              WallTime now);

}  // namespace terrella::edge
