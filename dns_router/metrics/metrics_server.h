// MetricsServer: GET /metrics for Prometheus and GET /healthz for whoever decides whether this
// process shall live, over HTTP/1.1.
//
// /metrics is OpenMetrics for clients that accept it, else Prometheus' text format. /healthz is 200
// from the first view on, and 503 before; without the control plane it stays 200, for the router
// serves its last view.
//
// Thread: the loop's. Owns: the listener and its connections.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "dns_router/metrics/router_metrics.h"
#include "http/server/server.h"

namespace terrella::dns {

class MetricsServer {
 public:
  using StatusOfView = std::function<ViewStatus()>;
  // `backend` outlives the server. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(EventLoop& loop,
                                                              const SocketAddress& address,
                                                              const Backend& backend,
                                                              StatusOfView view);
  SocketAddress address() const { return server_->address(); }

 private:
  MetricsServer(const Backend& backend, StatusOfView view)
      : backend_(backend), view_(std::move(view)) {}
  void Answer(http::Exchange& exchange);

  const Backend& backend_;
  const StatusOfView view_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace terrella::dns
