#include "sim/scenario/person.h"

#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kAccessStream = 0x616363657373;
constexpr uint64_t kProtocolStream = 0x70726f746f;

struct Common {
  const net::PathWish& wish;
  const std::optional<net::AccessMix>& mix;
};
// What a population's people have in common.
Common CommonOf(const Scenario& scenario, size_t population) {
  if (scenario.populations.empty()) return {scenario.network.wish, scenario.network.mix};
  const People& people = scenario.populations[population];
  return {people.wish, people.mix};
}

}  // namespace

const net::PathWish& CommonWish(const Scenario& scenario, size_t population) {
  return CommonOf(scenario, population).wish;
}

bool HasMix(const Scenario& scenario, size_t population) {
  const Common common = CommonOf(scenario, population);
  return common.mix ||
         (common.wish.access && common.wish.access->kind == net::AccessChoice::Kind::kMix);
}

std::string VersionKeyOf(net::CityId city, uint32_t client) {
  return net::CityAddressV4(city, client).ToString();
}

net::PathWish WishOf(const Scenario& scenario, const net::Places& places, net::CityId city,
                     uint32_t client, size_t population) {
  const Common common = CommonOf(scenario, population);
  net::PathWish wish = common.wish;
  if (!HasMix(scenario, population)) return wish;
  const net::Country* country = places.FindCountry(places.cities()[city].country);
  const net::AccessMix mix =
      common.mix ? *common.mix
                 : net::AccessMixOf(country == nullptr ? 0 : country->internet_users_percent);
  // Connections that are kept are shared by a city's people: then they share the access, too.
  const uint64_t person = scenario.clients.keep_alive ? 0 : client;
  CounterRandom random(scenario.seed, kAccessStream, uint64_t{city} << 32 | person);
  wish.access = net::AccessChoice{.kind = net::AccessChoice::Kind::kType,
                                  .type = net::DrawAccess(mix, random)};
  return wish;
}

Protocol ProtocolOf(const Scenario& scenario, net::CityId city, uint32_t client,
                    size_t population) {
  const ProtocolMix& mix = scenario.populations.empty()
                               ? scenario.clients.protocols
                               : scenario.populations[population].protocols;
  if (mix.h2 == 0) return Protocol::kHttp1;
  CounterRandom random(scenario.seed, kProtocolStream, uint64_t{city} << 32 | client);
  return mix.Of(random.Uniform());
}

net::CityId ResolverCityOf(const Scenario& scenario, net::CityId city, size_t population) {
  if (scenario.populations.empty()) return city;
  return scenario.populations[population].resolver.value_or(city);
}

bool IsResolverOut(const TimelineEvent& event, const net::Places& places, net::CityId resolver) {
  if (net::FindPart(places, event.target)) {
    return net::IsInPart(places, event.target, places.cities()[resolver].country);
  }
  const auto place = places.Find(event.target);
  return place.ok() && place->city == resolver;
}

bool IsResolverOut(const Scenario& scenario, const net::Places& places, net::CityId resolver,
                   Duration now) {
  for (const TimelineEvent& event : scenario.timeline) {
    if (event.action == TimelineEvent::Action::kResolverOutage && IsUnderWay(event, now) &&
        IsResolverOut(event, places, resolver)) {
      return true;
    }
  }
  return false;
}

std::vector<net::PathFault> FaultsAt(const Scenario& scenario, Duration now) {
  using enum TimelineEvent::Action;
  std::vector<net::PathFault> out;
  for (const TimelineEvent& event : scenario.timeline) {
    const bool of_paths = event.action == kCut || event.action == kLoss;
    if (of_paths && IsUnderWay(event, now)) out.push_back(event.fault);
  }
  return out;
}

ResolverPath::ResolverPath(const net::LatencyModel& model, const net::Place& city,
                           const net::Place& resolver_city)
    : model(model),
      client(model.ClientAt(city)),
      resolver(model.SiteAt(resolver_city.country, resolver_city.at)) {}

double ResolverPath::CachedMs(const net::PathWish& wish) const {
  net::Endpoint from = client;
  if (wish.access && wish.access->kind == net::AccessChoice::Kind::kType) {
    from.access_rtt_ms = net::AccessOf(wish.access->type).rtt_ms;
  }
  return model.RttMs(from, resolver);
}

}  // namespace terrella::sim
