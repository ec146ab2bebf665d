// The first bytes of a connection to the ingress: nothing crashes it, and how the bytes are cut
// changes nothing.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "sim/ingress/placer.h"

namespace {
using namespace terrella;

struct Outcome {
  sim::Placer::State state = sim::Placer::State::kNeedMore;
  std::string place, bytes, message;
  bool operator==(const Outcome&) const = default;
};

Outcome Place(const sim::PlacerWorld& world, std::string_view bytes, size_t cut) {
  sim::Placer placer(world, {.ip = IpAddress::V4(0x7f800001), .port = 5}, {});
  Outcome out;
  while (!bytes.empty() && out.state == sim::Placer::State::kNeedMore) {
    std::string piece(bytes.substr(0, cut));  // its own memory, so that overreads are seen
    out.state = placer.Feed(piece);
    bytes.remove_prefix(piece.size());
  }
  out.place = placer.placement().client.name + "/" + placer.placement().to;
  out.message = placer.refusal().message;
  out.bytes = placer.TakeBytes();
  out.bytes.append(bytes);
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto places = *net::Places::Parse(
      {.cities_csv = "name,ascii_name,country,latitude,longitude,population\n"
                     "Bonn,,DE,50,7,300000\nUlm,,DE,48,10,120000\n",
       .countries_csv = "code,name,continent,internet_users_percent,internet_users_year,"
                        "internet_users_source\nDE,Germany,EU,91.6,2022,ITU\n",
       .aliases_csv = "alias,country,city\n",
       .pops_csv = "iata,city,country,latitude,longitude\n"});
  static const auto prefixes = *net::PrefixTable::Parse(
      std::string("TERRPFX1\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0--\0\0\0\0\0\0\0\0\0\0\0", 37), places);
  static const sim::PlacerWorld world{*places, *prefixes, places->PlaceOf(0)};
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  Outcome whole = Place(world, bytes, bytes.size());
  CHECK(whole == Place(world, bytes, 1 + data[0] % 64));
  return 0;
}
