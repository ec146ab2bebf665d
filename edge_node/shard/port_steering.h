// PortSteering: which of the listeners that share a port new connections go to.
//
// The kernel spreads connections over all sockets that listen on one port by SO_REUSEPORT, and when
// one of them is closed it resets those that wait in its queue. So a listener that shall go must
// first get none any more. The choice is a program in the kernel (SO_ATTACH_REUSEPORT_CBPF): one of
// the first `count` listeners, at random. It is attached by a socket of its own that listens beside
// them and is never chosen.
//
// Listeners are numbered in the order they began to listen, which is how the kernel keeps them as
// long as only the last is ever closed.
//
// Thread: one. Owns: the socket.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tcp.h"

namespace terrella::edge {

class PortSteering {
 public:
  // The first listener of `address` is there by now, and no other; it gets all connections.
  // Unavailable where the kernel (before Linux 4.6) cannot be told.
  static absl::StatusOr<std::unique_ptr<PortSteering>> Join(const SocketAddress& address);
  // Before the first listener closes: connections would wait here for nobody.
  ~PortSteering();
  PortSteering(const PortSteering&) = delete;
  PortSteering& operator=(const PortSteering&) = delete;

  // New connections go to the first `count` listeners from now on; those whose handshake has begun
  // stay where they are.
  absl::Status SteerTo(size_t count);

 private:
  explicit PortSteering(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace terrella::edge
