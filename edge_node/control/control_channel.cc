#include "edge_node/control/control_channel.h"

namespace terrella::edge {
namespace {

constexpr int kStreamMessageBytesMax = 16 << 20;
constexpr int kBackoffMinMs = 100, kBackoffMaxMs = 1000;
// gRPC's "minimum of the backoff" is how long it waits for a connection, handshake included. When
// hundreds of nodes come at once, a shorter one gives up handshakes that are half done and begins
// them anew.
constexpr int kConnectMsMax = 2000, kStreamConnectMsMax = 10'000;
constexpr int kWindowBytes = 1 << 20;  // for a push with its code

}  // namespace

grpc::ChannelArguments ControlChannelArguments(int message_bytes_max) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(message_bytes_max);
  arguments.SetMaxSendMessageSize(message_bytes_max);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kBackoffMinMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMsMax);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kBackoffMaxMs);
  // A control plane that stands still keeps its connections; another one may lead by then.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 3000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 1500);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return arguments;
}

std::shared_ptr<grpc::Channel> DialStreams(const rpc::Upstream& control) {
  grpc::ChannelArguments arguments = ControlChannelArguments(kStreamMessageBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // who has a stream tries again by himself
  // A push of code arrives in one go: with gRPC's 64 KiB the sender waits for leave half-way, and
  // the pings by which it would learn of a faster path cost more than they find out.
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Of several control planes one listens. What gRPC does otherwise, "pick_first", throws all it
  // has made for a connection away when that is lost, and parses certificates and keys anew for the
  // next.
  arguments.SetLoadBalancingPolicyName("round_robin");
  // It tries all addresses at once: one that stands still holds nobody up, and a control plane that
  // hundreds of nodes come back to on a busy machine is given the time that it needs.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kStreamConnectMsMax);
  return rpc::Dial(control, arguments);
}

}  // namespace terrella::edge
