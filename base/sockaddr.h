// Socket addresses as the kernel has them.
//
// Thread: any.
#pragma once

#include <sys/socket.h>

#include "base/tcp.h"

namespace terrella {

// Fills `to`; returns how much of it counts.
socklen_t ToSockaddr(const SocketAddress& from, sockaddr_storage& to);
// Of AF_INET or AF_INET6. A socket on [::] takes IPv4 clients as well, whose addresses are then
// ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2): they come out as IPv4.
SocketAddress FromSockaddr(const sockaddr_storage& from);

}  // namespace terrella
