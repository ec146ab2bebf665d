// The table of prefixes: no bytes may crash it or read beyond them, and what it matches is a block
// that holds the address.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "sim/net/prefix_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using terrella::IpAddress;
  using terrella::net::Places;
  using terrella::net::PrefixTable;
  static const auto places = *Places::Parse(
      {.cities_csv =
           "name,ascii_name,country,latitude,longitude,population\nBonn,,DE,50,7,300000\n",
       .countries_csv = "code,name,continent\nDE,Germany,EU\n",
       .aliases_csv = "alias,country,city\n",
       .pops_csv = "iata,city,country,latitude,longitude\n"});
  // The first 16 bytes are the address to look up.
  std::array<uint8_t, 16> address{};
  size_t head = std::min(size, address.size());
  std::copy(data, data + head, address.begin());
  std::string bytes(reinterpret_cast<const char*>(data) + head, size - head);
  if (!bytes.empty() && bytes[0] != 'T')
    bytes.replace(0, std::min<size_t>(8, bytes.size()), "TERRPFX1");
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
