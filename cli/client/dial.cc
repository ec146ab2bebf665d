#include "cli/client/dial.h"

#include "rpc/identity.h"

namespace terrella::cli {
namespace {

constexpr int kMessageBytesMax = 28 << 20;

}  // namespace

std::shared_ptr<grpc::Channel> DialServer(const rpc::Upstream& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Of several control planes, one that stands still is not waited for.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  // Who waits for one that ended tries soon, and often.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return rpc::Dial(server, arguments);
}

std::shared_ptr<grpc::Channel> DialControl(const std::string& address, const rpc::TlsFiles& tls) {
  const auto upstream = rpc::MakeUpstream(address, tls, rpc::kControlPlane);
  return DialServer(upstream.ok() ? *upstream : rpc::Upstream{address, nullptr});
}

void SetTimeout(grpc::ClientContext& context, Duration timeout) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
}

void ShowToken(grpc::ClientContext& context, const std::string& token) {
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
}

}  // namespace terrella::cli
