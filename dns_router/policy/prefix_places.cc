#include "dns_router/policy/prefix_places.h"

#include "absl/container/flat_hash_map.h"
#include "base/file.h"
#include "base/status.h"
#include "sim/net/csv.h"

namespace terrella::dns {

absl::StatusOr<std::vector<PlacedPrefix>> ParsePrefixPlaces(std::string_view text,
                                                            std::string_view file_name,
                                                            const net::Places& places) {
  ASSIGN_OR_RETURN(auto rows, net::CsvReader::Open(text, file_name, "prefix,place"));
  std::vector<PlacedPrefix> out;
  absl::flat_hash_map<std::string, LocationId> found;  // most files name few places often
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows.Next());
    if (!more) return out;
    const auto prefix = IpPrefix::Parse(rows.Text(0));
    if (!prefix.ok()) return rows.Error(Message(prefix.status()));
    if (prefix->length_bits > 64) {
      return rows.Error(
          fmt::format("expected an IPv6 prefix of at most 64 bits, got '{}'", rows.Text(0)));
    }
    const auto [it, added] = found.try_emplace(std::string(rows.Text(1)), kSomewhere);
    if (added) {
      const auto place = places.Find(rows.Text(1));
      if (!place.ok()) return rows.Error(Message(place.status()));
      it->second = 1 + place->city;
    }
    out.push_back({*prefix, it->second});
  }
}

absl::StatusOr<std::vector<PlacedPrefix>> ReadPrefixPlaces(const std::filesystem::path& path,
                                                           const net::Places& places) {
  constexpr size_t kFileBytesMax = 64 << 20;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  return ParsePrefixPlaces(text, path.string(), places);
}

}  // namespace terrella::dns
