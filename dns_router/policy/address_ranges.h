// AddressRanges: which location every address of a family is at, as ranges one after the other.
//
// Addresses are compared by their first 64 bits (an IPv4 address by its 32, shifted up), which is
// all any source of places distinguishes. A range that nothing is known about is kUnplaced: no
// client is expected there, so whoever merges ranges may give it any answer (policy/client_map.h).
//
// Thread: any; pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ip_address.h"

namespace terrella::dns {

using LocationId = uint32_t;
constexpr LocationId kSomewhere = 0;          // known to be nowhere in particular
constexpr LocationId kUnplaced = UINT32_MAX;  // not known

struct AddressRange {
  uint64_t first = 0;  // up to the next range's first; the last one to the end
  LocationId location = kUnplaced;
  bool operator==(const AddressRange&) const = default;
};
// Invariants: the first begins at 0; firsts ascend; neighbours have different locations.
using AddressRanges = std::vector<AddressRange>;

struct PlacedPrefix {
  IpPrefix prefix;
  LocationId location = kUnplaced;
};

// The first 64 bits of an address.
uint64_t HighBits(const IpAddress& address);
// The location of `high_bits`; ranges must not be empty.
LocationId LocationIn(std::span<const AddressRange> ranges, uint64_t high_bits);

// `base` with those of `prefixes` that are of `family` laid over it; the longest prefix wins, of
// equal ones the last. An empty base is unplaced everywhere.
AddressRanges Overlay(AddressRanges base, std::span<const PlacedPrefix> prefixes,
                      IpAddress::Family family);

// Blocks no client on the Internet has (RFC 6890): loopback, private and link-local ones. They are
// somewhere and not unplaced, so no neighbour's answer spreads over them.
std::span<const PlacedPrefix> PrivateBlocks();

}  // namespace terrella::dns
