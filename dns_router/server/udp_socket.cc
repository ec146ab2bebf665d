#include "dns_router/server/udp_socket.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/sockaddr.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

absl::Status SystemError(std::string_view what, const SocketAddress& address) {
  const int error = errno;
  if (error == EADDRINUSE) {
    return Unavailable("UDP {} is already in use by another process", address.ToString());
  }
  return Unavailable("{} UDP {}: {}", what, address.ToString(), std::strerror(error));
}

// Best effort: the system's own maximum of a buffer may be lower. The kernel takes 0 for the least
// there is, 4.6 KB.
void SetOptions(int fd, const UdpSocketOptions& options) {
  const int on = 1;
  if (const int bytes = options.receive_buffer_bytes; bytes > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
  if (options.send_buffer_bytes > 0) SetSendBuffer(fd, options.send_buffer_bytes);
  const bool v4 = options.address.ip.is_v4();
  // Answers must not be sent in fragments (RFC 9715 section 3.1), nor trust forged path MTUs.
  if (v4) {
    const int omit = IP_PMTUDISC_OMIT;
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
  } else {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (IsUnspecified(options.address.ip)) {
    setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on,
               sizeof(on));
  }
}

}  // namespace

absl::StatusOr<int> OpenUdpSocket(const UdpSocketOptions& options) {
  sockaddr_storage storage;
  const socklen_t size = ToSockaddr(options.address, storage);
  const int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("cannot open", options.address);
  SetOptions(fd, options);
  absl::Status status;
  if (options.shared) status = ShareUdpSocket(fd);
  if (status.ok() && bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    status = SystemError("cannot bind", options.address);
  }
  if (status.ok()) return fd;
  close(fd);
  return status;
}

absl::Status ShareUdpSocket(int fd) {
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) return absl::OkStatus();
  return Unavailable("cannot share a UDP port: {}", std::strerror(errno));
}

void SetSendBuffer(int fd, int bytes) {
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

SocketAddress LocalAddress(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0);
  return FromSockaddr(storage);
}

uint64_t UnreadDatagrams(int fd) {
  std::array<uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof(info);
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0 ? info[SK_MEMINFO_DROPS]
                                                                         : 0;
}

bool IsUnspecified(const IpAddress& ip) {
  return ip == ip.Masked(0);
}

}  // namespace terrella::dns
