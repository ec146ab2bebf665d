// UdpSocket: a UDP socket as an authoritative server wants it, and addresses as the kernel has
// them.
//
// Thread: any.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/tcp.h"

namespace terrella::dns {

struct UdpSocketOptions {
  SocketAddress address;
  bool shared = false;           // with sockets bound before (SO_REUSEPORT)
  int receive_buffer_bytes = 0;  // 0: the system's default
  int send_buffer_bytes = 0;     // likewise
};

// A bound socket; the caller closes it. Unavailable when the port is taken.
absl::StatusOr<int> OpenUdpSocket(const UdpSocketOptions& options);
// Lets others bind the same address after it.
absl::Status ShareUdpSocket(int fd);
// Best effort: the system's own maximum may be lower.
void SetSendBuffer(int fd, int bytes);
SocketAddress LocalAddress(int fd);

// How many datagrams the kernel has dropped because the socket had no room or its filter said so;
// wraps at 2^32.
uint64_t UnreadDatagrams(int fd);

// A socket bound to every local address must answer from the one it was asked at.
bool IsUnspecified(const IpAddress& ip);

}  // namespace terrella::dns
