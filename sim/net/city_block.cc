#include "sim/net/city_block.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace terrella::net {
namespace {
constexpr uint32_t kFirstBlock = 0x7f800000;  // 127.128.0.0
// fd74:6572:7265::/48, a unique local prefix (RFC 4193): "terre" in ASCII after the fd.
constexpr std::array<uint8_t, 6> kV6Head = {0xfd, 0x74, 0x65, 0x72, 0x72, 0x65};
}  // namespace

IpPrefix CityBlockV4(CityId city) {
  CHECK(city < kCityBlocksMax);
  return {.address = IpAddress::V4(kFirstBlock + (city << 8)), .length_bits = 24};
}

IpPrefix CityBlockV6(CityId city) {
  CHECK(city < kCityBlocksMax);
  std::array<uint8_t, 16> bytes{};
  std::copy(kV6Head.begin(), kV6Head.end(), bytes.begin());
  bytes[6] = static_cast<uint8_t>(city >> 8);
  bytes[7] = static_cast<uint8_t>(city);
  return {.address = IpAddress::V6(bytes), .length_bits = 64};
}

IpAddress CityAddressV4(CityId city, uint32_t client) {
  return IpAddress::V4(CityBlockV4(city).address.v4() + 1 + client % 254);
}

std::optional<CityId> CityOfAddress(const IpAddress& address) {
  CityId city = kCityBlocksMax;
  if (address.is_v4()) {
    if (address.v4() < kFirstBlock) return std::nullopt;
    city = (address.v4() - kFirstBlock) >> 8;
  } else {
    const auto& bytes = address.bytes();
    if (!std::equal(kV6Head.begin(), kV6Head.end(), bytes.begin())) return std::nullopt;
    city = static_cast<CityId>(bytes[6]) << 8 | bytes[7];
  }
  if (city >= kCityBlocksMax) return std::nullopt;
  return city;
}

}  // namespace terrella::net
