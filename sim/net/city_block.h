// The loopback address blocks that stand for cities: whoever connects from one is in that city.
//
// City c owns 127.<128 + c/256>.<c%256>.0/24 and fd74:6572:7265:<c>::/64. Linux answers on all of
// 127.0.0.0/8 without set-up, so `curl --interface 127.130.4.7` is somebody in city 2 * 256 + 4.
// This is the only place that knows the mapping.
#pragma once

#include <optional>

#include "base/ip_address.h"
#include "sim/net/places.h"

namespace terrella::net {

// Cities that have a block: 127.128.0.0 up to 127.254.255.0.
constexpr CityId kCityBlocksMax = 127 * 256;

IpPrefix CityBlockV4(CityId city);  // city < kCityBlocksMax
IpPrefix CityBlockV6(CityId city);
// An address inside the block; `client` picks which (any number; .1 to .254 in turn).
IpAddress CityAddressV4(CityId city, uint32_t client = 0);
// The city whose block holds the address; the city may still be beyond the end of cities().
std::optional<CityId> CityOfAddress(const IpAddress& address);

}  // namespace terrella::net
