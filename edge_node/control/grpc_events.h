// A node's attendance over gRPC.
#pragma once

#include <memory>

#include "base/event_loop.h"
#include "edge_node/control/event_transport.h"
#include "rpc/upstream.h"

namespace terrella::edge {

// Nothing is dialled before Open.
std::unique_ptr<EventTransport> MakeGrpcEvents(EventLoop& loop, const rpc::Upstream& control);

}  // namespace terrella::edge
