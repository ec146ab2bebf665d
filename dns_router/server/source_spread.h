// SourceSpread: two programs the kernel runs on datagrams before they wait in a socket: which of
// many sockets of one address a client's go to, and which are not worth a place.
//
// The sockets share their address (SO_REUSEPORT). The kernel's own choice among them is by address
// and port, so one host floods all of them; this one is by a keyed hash of the client's network (a
// /24, IPv6 /56, as the rate limiter counts clients), so that it fills one and nobody knows beside
// whom. Classic BPF, since that needs no privilege.
//
// Dropped before they wait is what would get silence anyway: less than a header, responses, and
// what comes from port 0.
//
// Thread: any.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace terrella::dns {

// For SO_ATTACH_REUSEPORT_CBPF: the index of one of `sockets` (1 to 65,535), in order of binding.
std::vector<sock_filter> SpreadProgram(bool v4, uint32_t sockets, uint32_t key);
// For SO_ATTACH_FILTER.
std::vector<sock_filter> SilenceProgram();

// Attach them; `fd` of SpreadSources is any of the group. Unavailable when the kernel refuses.
absl::Status SpreadSources(int fd, bool v4, uint32_t sockets, uint32_t key);
absl::Status FilterSilence(int fd);

}  // namespace terrella::dns
