// ControlChannel: how a node's gRPC channels to its control plane are set.
//
// Thread: any; pure functions.
#pragma once

#include <grpcpp/support/channel_arguments.h>

#include <memory>

#include "rpc/upstream.h"

namespace terrella::edge {

// Who dials has a backoff of its own, or fails at once: gRPC's stays short. No proxy, no resolver.
grpc::ChannelArguments ControlChannelArguments(int message_bytes_max);

// The channel of all that is always open. One: a second would be a second TLS handshake of every
// node with its control plane.
std::shared_ptr<grpc::Channel> DialStreams(const rpc::Upstream& control);

}  // namespace terrella::edge
