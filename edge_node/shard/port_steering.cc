#include "edge_node/shard/port_steering.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/sockaddr.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

absl::Status Failed(std::string_view what) {
  return Unavailable("{}: {}", what, std::strerror(errno));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PortSteering>> PortSteering::Join(const SocketAddress& address) {
  sockaddr_storage storage{};
  const socklen_t length = ToSockaddr(address, storage);
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed("no socket");
  std::unique_ptr<PortSteering> steering(new PortSteering(fd));
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    return Failed("cannot share the port");
  }
  // Between these two it is a listener like the other: who comes right then is told to come again.
  if (listen(fd, /*backlog=*/0) != 0) return Failed("cannot listen beside the first shard");
  RETURN_IF_ERROR(steering->SteerTo(1));
  for (int lost = accept(fd, nullptr, nullptr); lost >= 0; lost = accept(fd, nullptr, nullptr)) {
    close(lost);
  }
  return steering;
}

PortSteering::~PortSteering() {
  close(fd_);
}

absl::Status PortSteering::SteerTo(size_t count) {
  // In the kernel's order: the first listener, this socket, the other listeners.
  std::array<sock_filter, 5> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, static_cast<uint32_t>(count)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1, 0, 1),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
      BPF_STMT(BPF_RET | BPF_A, 0),
  }};
  const sock_fprog whole = {.len = program.size(), .filter = program.data()};
  if (setsockopt(fd_, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &whole, sizeof whole) != 0) {
    return Failed("the kernel does not take the choice of a listener");
  }
  return absl::OkStatus();
}

}  // namespace terrella::edge
