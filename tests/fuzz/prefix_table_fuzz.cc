// The table of prefixes: no bytes may crash it or read beyond them, and what it matches is a block
// that holds the address.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "sim/net/city_prefixes.h"
#include "sim/net/prefix_table.h"
#include "tests/fuzz/one_city.h"

namespace {

using terrella::IpAddress;
using terrella::net::Places;
using terrella::net::PrefixTable;

// Bytes of the input over a table's head or its ranges: lookups stay within bounds.
void CheckDamagedCities(const std::string& bytes, const IpAddress& v6,
                        const std::shared_ptr<const Places>& places) {
  static const std::string good = terrella::net::PackCityPrefixes(
      {.places = {{"DE", 0}, {"DE", 0xffff}},
       .v4 = {{0, 0}, {0x170000, 1}, {0x170080, 2}, {0x800000, 1}},
       .v6 = {{uint64_t{1} << 45, 0}, {0x2a0202e00000, 1}, {0x2a0202e00001, 2}},
       .built_unix_s = 1},
      *places);
  std::string damaged = good;
  const size_t count = std::min<size_t>(bytes.size(), 64);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = bytes[0] % 2 == 0 ? 8 + i : damaged.size() - 1 - i;
    damaged[at] = static_cast<char>(damaged[at] ^ bytes[i]);
  }
  const auto table = PrefixTable::Parse(damaged, places);
  if (!table.ok()) return;
  for (const IpAddress& ip : {v6, IpAddress::V4(0x17000001), IpAddress::V4(0xffffffff),
                              *IpAddress::Parse("2a02:2e0::1")}) {
    const auto match = (*table)->Lookup(ip);
    CHECK(match.prefix_bits >= 0 && match.prefix_bits <= ip.bits());
    CHECK(!match.city || *match.city < places->cities().size());
  }
  for (const auto family : {IpAddress::Family::kV4, IpAddress::Family::kV6}) {
    (*table)->ForEachRange(family, [&](uint64_t, std::optional<terrella::net::CityId> city) {
      CHECK(!city || *city < places->cities().size());
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto places = terrella::net::OneCity();
  // The first 16 bytes are the address to look up.
  std::array<uint8_t, 16> address{};
  size_t head = std::min(size, address.size());
  std::copy(data, data + head, address.begin());
  std::string bytes(reinterpret_cast<const char*>(data) + head, size - head);
  if (!bytes.empty() && bytes[0] != 'T')
    bytes.replace(0, std::min<size_t>(8, bytes.size()), "TERRPFX1");
  // Of a table by city the index alone is larger than any input, so a good one is damaged.
  if (size > 16 && data[0] % 2 == 1) {
    CheckDamagedCities(bytes, IpAddress::V6(address), places);
    return 0;
  }
  auto table = PrefixTable::Parse(bytes, places);
  if (!table.ok()) return 0;
  for (const IpAddress& ip :
       {IpAddress::V6(address), IpAddress::V4(uint32_t{address[0]} << 24 | address[1] << 16 |
                                              address[2] << 8 | address[3])}) {
    auto match = (*table)->Lookup(ip);
    CHECK(match.prefix_bits >= 0 && match.prefix_bits <= ip.bits());
    CHECK(!match.city || *match.city < places->cities().size());
    auto first = (*table)->Lookup(ip.Masked(match.prefix_bits));
    CHECK(first.country == match.country && first.prefix_bits == match.prefix_bits);
  }
  return 0;
}
