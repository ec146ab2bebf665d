// Router: the DNS router as one object: sockets, view and administration, wired together.
//
//   view (gRPC thread, or a file) -> Publisher (main loop) -> SnapshotCell -> UdpServer (own
//   threads)
//                                                                         -> TcpServer (own thread)
//                                                                         -> AdminServer (gRPC
//                                                                         threads)
//
// Thread: Start, Reload and the destructor on the thread that made it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/statistics.h"

namespace terrella::dns {

struct RouterOptions {
  SocketAddress listen;
  SocketAddress admin;
  std::string control;                // "127.0.0.1:7070"; not used with a static view
  std::filesystem::path static_view;  // empty: follow `control`
  std::filesystem::path data_dir;
  ServerIdentity identity;
  uint32_t ttl_s = 5;
  uint32_t negative_ttl_s = 5;
  size_t addresses_max = 1;
  int udp_threads = 1;
};

class Router {
 public:
  // Binds the sockets, loads the world and starts answering. Unavailable when a port is taken.
  static absl::StatusOr<std::unique_ptr<Router>> Start(const RouterOptions& options);
  ~Router();

  // Reads the static view again. What it has keeps being served when the file is bad.
  void Reload();
  SocketAddress address() const;
  SocketAddress admin_address() const;
  const Statistics& statistics() const;

 private:
  struct Impl;
  explicit Router(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
