#include "base/sockaddr.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace terrella {
namespace {

IpAddress Unmapped(const std::array<uint8_t, 16>& bytes) {
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return IpAddress::V6(bytes);
  return IpAddress::V4(uint32_t{bytes[12]} << 24 | uint32_t{bytes[13]} << 16 |
                       uint32_t{bytes[14]} << 8 | bytes[15]);
}

}  // namespace

socklen_t ToSockaddr(const SocketAddress& from, sockaddr_storage& to) {
  std::memset(&to, 0, sizeof(to));
  if (from.ip.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from.port);
    v4.sin_addr.s_addr = htonl(from.ip.v4());
    return sizeof(v4);
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(from.port);
  std::memcpy(&v6.sin6_addr, from.ip.bytes().data(), 16);
  return sizeof(v6);
}

SocketAddress FromSockaddr(const sockaddr_storage& from) {
  if (from.ss_family != AF_INET6) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return {IpAddress::V4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, 16);
  return {Unmapped(bytes), ntohs(v6.sin6_port)};
}

}  // namespace terrella
