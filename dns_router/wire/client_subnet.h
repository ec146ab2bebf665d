// ClientSubnet: the part of the client's address a resolver passes on, so that answers can fit the
// client and not the resolver (EDNS Client Subnet, RFC 7871).
//
// The answer repeats family, source and address, and adds the scope: for how many leading bits the
// answer holds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ip_address.h"

namespace terrella::dns {

struct ClientSubnet {
  uint16_t family = 0;      // 1: IPv4, 2: IPv6, 0: "do not use my address" (source 0 only)
  uint8_t source_bits = 0;  // how much of the address the resolver told
  std::array<uint8_t, 16> address{};

  size_t address_bytes() const { return (source_bits + 7u) / 8u; }
  // The address with zeros for what was not told. Family must not be 0.
  IpAddress Address() const;
};

// Parses the option's content as section 6 prescribes for queries. Nothing when it must be refused
// with FORMERR: unknown family, source beyond the family's bits, scope other than 0, an address of
// another length than the source needs, set bits past the source.
std::optional<ClientSubnet> ParseClientSubnet(std::string_view option);

}  // namespace terrella::dns
