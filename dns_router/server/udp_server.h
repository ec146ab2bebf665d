// UdpServer: DNS over UDP on threads of its own, a batch of datagrams a system call.
//
// Every thread has sockets of its own on the one address, over which the kernel spreads clients by
// their networks (source_spread.h) and which are read in turn (fair_queues.h). It reads up to 64
// queries, answers them out of one snapshot and sends the answers with one call, and sleeps only
// when all its sockets are empty.
//
// The first socket is bound alone, and shares its port only afterwards, so a port that another
// process holds is an error and not a silent split of the traffic.
//
// Thread: Start and the destructor on one thread. Owns: sockets and threads.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/backend.h"

namespace terrella::dns {

struct UdpOptions {
  SocketAddress address;       // port 0 picks a free one
  int threads = 1;             // 1 to 64
  int queues_per_thread = 32;  // 1 to 64
  // What a queue holds of a burst, some 1,000 queries; the kernel takes twice as much.
  int queue_bytes = 512 << 10;
};

class UdpServer {
 public:
  // Binds. `backend` outlives the server. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<UdpServer>> Bind(const UdpOptions& options,
                                                         Backend& backend);
  // Starts answering.
  void Start();
  // Stops the threads and closes the sockets.
  ~UdpServer();
  SocketAddress address() const;
  // Datagrams the kernel dropped before they were read: there was no room, or nothing to answer
  // (source_spread.h). Thread: any.
  uint64_t unread() const;

 private:
  struct Impl;
  explicit UdpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
