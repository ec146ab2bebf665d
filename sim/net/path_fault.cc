#include "sim/net/path_fault.h"

#include <limits>

#include "base/status.h"

namespace terrella::net {
namespace {

constexpr char kRelays[] = "world-30";

}  // namespace

bool PathFault::operator==(const PathFault& other) const {
  return PathFaultText(*this) == PathFaultText(other);
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
  const auto failed = [&] {
    return InvalidArgument("expected two parts of the world such as EU-NA, got '{}'",
                           text.substr(0, 64));
  };
  const size_t a = PartLength(text);
  if (a == 0 || a == text.size() || text[a] != '-') return failed();
  const std::string_view rest = text.substr(a + 1);
  const size_t b = PartLength(rest);
  if (b == 0 || (b < rest.size() && rest[b] != ':')) return failed();
  PathFault out{
      .a = std::string(text.substr(0, a)), .b = std::string(rest.substr(0, b)), .loss = {}};
  if (b < rest.size()) {
    ASSIGN_OR_RETURN(out.loss, ParseLossRates(rest.substr(b + 1)));
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
