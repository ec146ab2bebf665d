// A node's attendance over gRPC.
#pragma once

#include <memory>

#include "base/event_loop.h"
#include "edge_node/control/event_transport.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace terrella::edge {

// Nothing is dialled before Open.
std::unique_ptr<EventTransport> MakeGrpcEvents(EventLoop& loop,
                                               std::shared_ptr<grpc::Channel> channel);

}  // namespace terrella::edge
