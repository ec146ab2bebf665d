// AdminServer: the router's own gRPC service, terrella.v1.Resolve.
//
// Thread: Start and the destructor on one thread; calls are answered on gRPC's.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/backend.h"

namespace terrella::dns {

class AdminServer {
 public:
  // `backend` outlives the server. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const SocketAddress& address,
                                                            const Backend& backend);
  ~AdminServer();
  SocketAddress address() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
