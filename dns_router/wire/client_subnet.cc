#include "dns_router/wire/client_subnet.h"

#include <cstring>

namespace terrella::dns {

IpAddress ClientSubnet::Address() const {
  if (family == 2) return IpAddress::V6(address);
  return IpAddress::V4(uint32_t{address[0]} << 24 | uint32_t{address[1]} << 16 |
                       uint32_t{address[2]} << 8 | uint32_t{address[3]});
}

std::optional<ClientSubnet> ParseClientSubnet(std::string_view option) {
  if (option.size() < 4) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(option[i]); };
  ClientSubnet subnet;
  subnet.family = static_cast<uint16_t>(byte(0) << 8 | byte(1));
  subnet.source_bits = byte(2);
  const uint8_t scope_bits = byte(3);
  // Family 0 is not in the RFC, but it is what `dig +subnet=0` sends for "no address".
  static constexpr int kBitsOfFamily[] = {0, 32, 128};
  if (subnet.family > 2 || subnet.source_bits > kBitsOfFamily[subnet.family]) return std::nullopt;
  if (scope_bits != 0) return std::nullopt;
  if (option.size() != 4 + subnet.address_bytes()) return std::nullopt;
  std::memcpy(subnet.address.data(), option.data() + 4, subnet.address_bytes());
  const int used_bits = subnet.source_bits % 8;
  if (used_bits != 0 && (subnet.address[subnet.address_bytes() - 1] & (0xff >> used_bits)) != 0) {
    return std::nullopt;
  }
  return subnet;
}

}  // namespace terrella::dns
