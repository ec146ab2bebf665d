// UdpServer: DNS over UDP on threads of its own, a batch of datagrams a system call.
//
// Every thread has a socket on the same address (SO_REUSEPORT: the kernel spreads clients over
// them), reads up to 64 queries with recvmmsg, answers them out of one snapshot and sends with
// sendmmsg. It sleeps only when its socket is empty.
//
// The first socket is bound alone, and shares its port only afterwards, so a port that another
// process holds is an error and not a silent split of the traffic.
//
// Thread: Start and the destructor on one thread. Owns: sockets and threads.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/snapshot_cell.h"
#include "dns_router/server/statistics.h"

namespace terrella::dns {

struct UdpOptions {
  SocketAddress address;  // port 0 picks a free one
  int threads = 1;        // 1 to 64
  int socket_buffer_bytes = 4 << 20;
};

class UdpServer {
 public:
  // Binds. `cell`, `identity` and `statistics` outlive the server. Unavailable when the port is
  // taken.
  static absl::StatusOr<std::unique_ptr<UdpServer>> Bind(const UdpOptions& options,
                                                         const SnapshotCell& cell,
                                                         const ServerIdentity& identity,
                                                         Statistics& statistics);
  // Starts answering.
  void Start();
  // Stops the threads and closes the sockets.
  ~UdpServer();
  SocketAddress address() const;

 private:
  struct Impl;
  explicit UdpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
