// GrpcTransport: SyncTransport over terrella.v1.NodeSync, by gRPC's callback API.
//
// gRPC runs on threads of its own; they only post to the control loop. One channel, few threads: a
// node is one of hundreds on its machine.
//
// Thread: the control loop's. Owns: channel, stream, fetches; the destructor waits for gRPC to let
// go.
#pragma once

#include <memory>

#include "base/event_loop.h"
#include "edge_node/control/sync_transport.h"
#include "rpc/upstream.h"

namespace terrella::edge {

std::unique_ptr<SyncTransport> MakeGrpcTransport(EventLoop& loop, const rpc::Upstream& control);

}  // namespace terrella::edge
