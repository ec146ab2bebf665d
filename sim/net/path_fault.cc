#include "sim/net/path_fault.h"

#include <limits>

#include "base/status.h"

namespace terrella::net {
namespace {

constexpr char kRelays[] = "world-30";

bool IsPart(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

bool PathFault::operator==(const PathFault& other) const {
  return PathFaultText(*this) == PathFaultText(other);
}

absl::Status CheckPart(const Places& places, std::string_view part) {
  if (ParseContinent(part) || places.FindCountry(part) != nullptr) return absl::OkStatus();
  return InvalidArgument(
      "'{}' is no part of the world; expected a continent (AF, AN, AS, EU, NA, OC, SA) or a "
      "country's code such as DE",
      part.substr(0, 64));
}

bool IsInPart(const Places& places, std::string_view part, std::string_view country) {
  const std::optional<Continent> continent = ParseContinent(part);
  if (!continent) return country == part;
  const Country* known = places.FindCountry(country);
  return known != nullptr && known->continent == *continent;
}

bool IsBetween(const Places& places, const PathFault& fault, std::string_view country,
               std::string_view other) {
  return (IsInPart(places, fault.a, country) && IsInPart(places, fault.b, other)) ||
         (IsInPart(places, fault.b, country) && IsInPart(places, fault.a, other));
}

std::string PathFaultText(const PathFault& fault) {
  std::string out = fmt::format("{}-{}", fault.a, fault.b);
  if (fault.loss) out += ":" + LossRatesText(*fault.loss);
  return out;
}

absl::StatusOr<PathFault> ParsePathFault(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string_view parts = text.substr(0, colon);
  if (parts.size() != 5 || parts[2] != '-' || !IsPart(parts.substr(0, 2)) ||
      !IsPart(parts.substr(3))) {
    return InvalidArgument("expected two parts of the world such as EU-NA, got '{}'",
                           parts.substr(0, 64));
  }
  PathFault out{
      .a = std::string(parts.substr(0, 2)), .b = std::string(parts.substr(3)), .loss = {}};
  if (colon < text.size()) {
    ASSIGN_OR_RETURN(out.loss, ParseLossRates(text.substr(colon + 1)));
  }
  return out;
}

double DetourMs(const LatencyModel& model, const Places& places, const PathFault& cut,
                const Endpoint& client, const Endpoint& site) {
  double best_ms = std::numeric_limits<double>::infinity();
  const auto relays = places.pops().Preset(kRelays);
  if (!relays.ok()) return model.RttMs(client, site);
  for (const PopSite& relay : *relays) {
    if (IsInPart(places, cut.a, relay.country) || IsInPart(places, cut.b, relay.country)) continue;
    const Endpoint by_way_of = model.SiteAt(relay);
    best_ms = std::min(best_ms, model.RttMs(client, by_way_of) + model.RttMs(by_way_of, site));
  }
  return best_ms;
}

}  // namespace terrella::net
