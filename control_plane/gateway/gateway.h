// Gateway: the control plane over HTTP and JSON, for pages, scripts and Prometheus.
//
//   POST /v1/SERVICE/METHOD   any call of gRPC's, its message as JSON (rpc_route.h); a method that
//                             answers with a stream gives server-sent events to who accepts them,
//                             else a line of JSON a message
//   GET  /openapi.json        all of them, described
//   GET  /metrics             for Prometheus
//   GET  /healthz             200 while calls are taken
//   GET  /runs/NUMBER         the report of a run, which whoever ran it wrote: in a sandbox
//   GET  /                    the dashboard (web/), which calls all of the above
//
// A call needs `authorization: Bearer TOKEN`: the gateway's own token, which only who can read the
// state's folder knows and which makes one the operator, or a token of terrella's, which is handed
// on and judged there. What is open to everybody tells numbers and no content. As a page on another
// site cannot know a token, it cannot call, whatever a browser lets it send.
//
// Thread: Start and destruction on the owner's; serves on a thread of its own.
// Owns: the listener, its connections and calls; the channel's server outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "control_plane/gateway/page_files.h"

namespace grpc {
class Channel;
}

namespace terrella::control {

struct GatewayOptions {
  SocketAddress address;              // port 0 picks a free one
  std::vector<std::string> services;  // full names of what the channel's server serves
  std::string token;                  // the operator's; not empty
  std::string pass;                   // see gateway_pass.h; not empty
  // Whether a value of `authorization` that a client at this address shows is anybody's, before
  // anything is read for it; "" when it shows none. Any thread.
  std::function<absl::Status(std::string_view, const std::string& peer)> check;
  PageFiles pages;  // the dashboard; may have none
  // A run's report at a path; null: none. Any thread.
  std::function<std::shared_ptr<const std::string>(std::string_view path)> report;
};

class Gateway {
 public:
  // FailedPrecondition when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const GatewayOptions& options,
                                                        std::shared_ptr<grpc::Channel> channel);
  ~Gateway();
  SocketAddress address() const;

 private:
  class Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The operator's token in that file, which is made, for its user's eyes only, when there is none.
absl::StatusOr<std::string> LoadOrMakeToken(const std::string& file);

}  // namespace terrella::control
