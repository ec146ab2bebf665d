// AdminServer: the router's own gRPC service, terrella.v1.Resolve. It says what clients ask, so it
// is for who runs the cluster.
//
// With certificates it speaks mutual TLS. The handshake asks for one and does not insist: a call
// without is refused with a sentence. Operators and the cluster's services may ask; a node may not.
//
// Thread: Start and the destructor on one thread; calls are answered on gRPC's.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/backend.h"
#include "rpc/tls_files.h"

namespace terrella::dns {

class AdminServer {
 public:
  // `backend` outlives the server. Without files it speaks plain text, with whoever calls.
  // Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const SocketAddress& address,
                                                            const rpc::TlsFiles& tls,
                                                            const Backend& backend);
  ~AdminServer();
  SocketAddress address() const;
  bool by_tls() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
