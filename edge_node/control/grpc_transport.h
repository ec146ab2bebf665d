// GrpcTransport: SyncTransport over terrella.v1.NodeSync, by gRPC's callback API.
//
// gRPC runs on threads of its own; they only post to the control loop. Few threads, and a channel
// that others may have, too: a node is one of hundreds on its machine.
//
// Thread: the control loop's. Owns: stream, fetches; the destructor waits for gRPC to let
// go.
#pragma once

#include <memory>

#include "base/event_loop.h"
#include "edge_node/control/sync_transport.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace terrella::edge {

std::unique_ptr<SyncTransport> MakeGrpcTransport(EventLoop& loop,
                                                 std::shared_ptr<grpc::Channel> channel);

}  // namespace terrella::edge
