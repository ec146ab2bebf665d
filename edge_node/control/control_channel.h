// ControlChannel: how a node's gRPC channels to its control plane are set.
//
// Thread: any; a pure function.
#pragma once

#include <grpcpp/support/channel_arguments.h>

namespace terrella::edge {

// Who dials has a backoff of its own, or fails at once: gRPC's stays short. No proxy, no resolver.
grpc::ChannelArguments ControlChannelArguments(int message_bytes_max);

}  // namespace terrella::edge
