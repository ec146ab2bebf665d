#include "sim/bgp/synthetic.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/status.h"
#include "sim/bgp/as_graph_builder.h"
#include "sim/bgp/weighted_choice.h"

namespace terrella::bgp {
namespace {

using net::City;
using net::CityId;
using net::Continent;

constexpr double kTransitFreeShare = 481.0 / 78'638;
constexpr double kTransitShare = 0.24;  // may have customers; a third of them find none
constexpr double kPeersPerProviderLink = 2.06;
constexpr double kSingleCellShare = 0.64;
constexpr uint32_t kCarriersPerCountryMax = 4;
constexpr size_t kCitiesOfContinental = 10;
// A carrier goes abroad, and buys from many, by how many users its country has.
constexpr double kUsersPerHubAbroad = 15e6, kUsersPerProvider = 20e6;
constexpr size_t kHubsAbroadMax = 12, kHubsForCarriers = 30;
constexpr uint32_t kCarrierProvidersMax = 6;

// ASes per person, relative.
double NetworksPerPerson(Continent continent) {
  switch (continent) {
    case Continent::kAfrica:
      return 0.3;
    case Continent::kAsia:
      return 0.6;
    case Continent::kEurope:
    case Continent::kOceania:
      return 3.0;
    case Continent::kNorthAmerica:
      return 2.5;
    case Continent::kSouthAmerica:
      return 2.0;
    case Continent::kAntarctica:
      break;
  }
  return 0.5;
}

enum class Role : uint8_t { kGlobal, kContent, kCarrier, kTransit, kStub };

struct Node {
  Role role = Role::kStub;
  CityId home = 0;
  std::vector<CityId> cities;
  std::vector<CityId> abroad;  // where it meets others and has nobody
  double size = 1;             // pull on customers
  double openness = 0;         // pull on peers; 0: peers with nobody
  double audience = 0;         // pull on users
  double country_users = 0;    // of a carrier's country
  uint32_t providers = 0;
};

class Generator {
 public:
  Generator(const Hubs& hubs, const SyntheticOptions& options)
      : hubs_(hubs),
        cities_(hubs.places().cities()),
        options_(options),
        random_(options.seed, 0x696e7465726e6574) {}

  Synthetic Make() {
    IndexCities();
    PlaceNodes();
    LinkProviders();
    LinkPeers();
    auto graph = builder_.Build();
    CHECK(graph.ok());
    return {.graph = *graph, .footprint = Footprint()};
  }

 private:
  void IndexCities();
  void PlaceNodes();
  void PlaceGlobal(Node& node);
  void PlaceOthers(Node& node, double rank);
  void PlaceCarrier(Node& node, const std::string& country);
  void Spread(Node& node, const std::vector<CityId>& from, size_t count);
  void LinkProviders();
  uint32_t DrawProviderCount(const Node& node);
  void LinkPeers();
  HubSet HubsOf(const Node& node) const {
    HubSet out;
    for (const CityId city : node.cities) out.Add(hub_of_city_[city]);
    for (const CityId city : node.abroad) out.Add(hub_of_city_[city]);
    return out;
  }
  bool Join(uint32_t a, uint32_t b) {
    if (a == b) return false;
    return linked_.insert(uint64_t{std::max(a, b)} << 32 | std::min(a, b)).second;
  }
  std::shared_ptr<const AsFootprint> Footprint();
  Asn AsnOf(size_t index) const { return static_cast<Asn>(index + 1); }
  // A Pareto variable of the given shape, at least 1.
  double Pareto(double shape) { return std::pow(1 - random_.Uniform(), -1 / shape); }

  const Hubs& hubs_;
  const std::span<const City> cities_;
  const SyntheticOptions options_;
  CounterRandom random_;
  std::vector<HubId> hub_of_city_;
  std::vector<double> networks_in_city_;
  std::map<std::string, std::vector<CityId>> by_country_;
  std::map<Continent, std::vector<CityId>> by_continent_;
  std::vector<CityId> hub_cities_;  // the city next to each hub where sites can be
  std::vector<Node> nodes_;
  std::unordered_set<uint64_t> linked_;
  AsGraphBuilder builder_;
  size_t provider_links_ = 0;
};

void Generator::IndexCities() {
  for (CityId id = 0; id < cities_.size(); ++id) {
    const City& city = cities_[id];
    hub_of_city_.push_back(hubs_.AccessOf(city.country, city.at).hub);
    // Fewer networks per head where one is large: they gather where others are.
    networks_in_city_.push_back(std::pow(city.population, 0.9) * NetworksPerPerson(city.continent));
    by_country_[city.country].push_back(id);
    by_continent_[city.continent].push_back(id);
  }
  for (HubId hub = 0; hub < hubs_.site_count(); ++hub) {
    hub_cities_.push_back(hubs_.places().NearestCity(hubs_.SiteOf(hub).at));
  }
}

// Cities of a list, those with many networks first and more likely.
void Generator::Spread(Node& node, const std::vector<CityId>& from, size_t count) {
  if (count >= from.size()) {
    node.cities = from;
    return;
  }
  for (size_t tries = 0; node.cities.size() < count && tries < 4 * count; ++tries) {
    // Lists are by falling population: a squared draw prefers the large.
    const double draw = random_.Uniform();
    const CityId city = from[static_cast<size_t>(draw * draw * static_cast<double>(from.size()))];
    if (std::find(node.cities.begin(), node.cities.end(), city) == node.cities.end()) {
      node.cities.push_back(city);
    }
  }
}

// At half to nearly all hubs; the large hubs (first in the order of presets) always.
void Generator::PlaceGlobal(Node& node) {
  const double reach = 0.35 + 0.5 * random_.Uniform();
  for (size_t hub = 0; hub < hub_cities_.size(); ++hub) {
    const double rank = static_cast<double>(hub) / static_cast<double>(hub_cities_.size());
    if (hub < 12 || random_.Uniform() < reach * (1.3 - rank)) {
      const CityId city = hub_cities_[hub];
      if (std::find(node.cities.begin(), node.cities.end(), city) == node.cities.end()) {
        node.cities.push_back(city);
      }
    }
  }
  node.home = node.cities.front();
}

void Generator::PlaceOthers(Node& node, double rank) {
  const City& home = cities_[node.home];
  const std::vector<CityId>& country = by_country_.at(home.country);
  const std::vector<CityId>& continent = by_continent_.at(home.continent);
  if (node.role == Role::kTransit && rank < 0.03) {
    Spread(node, rank < 0.01 ? hub_cities_ : continent, static_cast<size_t>(15 * Pareto(1.3)));
  } else if (random_.Uniform() > kSingleCellShare / (node.role == Role::kStub ? 0.88 : 1.6)) {
    Spread(node, random_.Uniform() < 0.9 ? country : continent,
           std::min<size_t>(1 + static_cast<size_t>(Pareto(1.2)), 300));
  }
  if (std::find(node.cities.begin(), node.cities.end(), node.home) == node.cities.end()) {
    node.cities.push_back(node.home);
  }
}

// In all cities of its country, and at large hubs abroad: half of them the nearest.
void Generator::PlaceCarrier(Node& node, const std::string& country) {
  node.role = Role::kCarrier;
  node.cities = by_country_.at(country);
  node.home = node.cities.front();
  node.audience = 40 * Pareto(1.5);
  node.openness = random_.Uniform() < 0.5 ? 1 : 0;
  for (const CityId city : node.cities) node.country_users += cities_[city].users;
  std::vector<CityId> hubs(hub_cities_.begin(),
                           hub_cities_.begin() + std::min(kHubsForCarriers, hub_cities_.size()));
  std::erase_if(hubs, [&](CityId city) { return cities_[city].country == country; });
  const net::Coordinates home = cities_[node.home].at;
  std::stable_sort(hubs.begin(), hubs.end(), [&](CityId a, CityId b) {
    return net::GreatCircleKm(home, cities_[a].at) < net::GreatCircleKm(home, cities_[b].at);
  });
  const auto count =
      std::min({kHubsAbroadMax, hubs.size(),
                static_cast<size_t>(std::lround(node.country_users / kUsersPerHubAbroad))});
  for (size_t i = 0; i < count; ++i) {
    const size_t near = (count + 1) / 2;
    const size_t at = i < near ? i : near + random_.Below(hubs.size() - near);
    if (std::find(node.abroad.begin(), node.abroad.end(), hubs[at]) == node.abroad.end()) {
      node.abroad.push_back(hubs[at]);
    }
  }
}

void Generator::PlaceNodes() {
  const uint32_t count = options_.ases;
  const auto share = [&](double of) { return static_cast<uint32_t>(of * count); };
  const uint32_t globals = std::clamp(share(0.002), 8u, 16u);
  const uint32_t contents = std::max(share(kTransitFreeShare), globals + 2) - globals;
  const uint32_t transits = share(kTransitShare);
  // Carriers that cover a country: of every country, as many as the number of ASes allows.
  std::vector<std::string> carriers;
  for (uint32_t round = 0; round < kCarriersPerCountryMax; ++round) {
    if (carriers.size() + by_country_.size() > transits / 2) break;
    for (const auto& [code, list] : by_country_) carriers.push_back(code);
  }
  const WeightedChoice homes(networks_in_city_);
  nodes_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    Node& node = nodes_[i];
    const double rank = static_cast<double>(i) / count;
    const uint32_t carrier = i - globals - contents;
    node.home = static_cast<CityId>(homes.Draw(random_));
    node.size = std::pow(i + 4.0, -0.78);
    if (i < globals) {
      node.role = Role::kGlobal;
      node.openness = 2 + 4 * random_.Uniform();
      PlaceGlobal(node);
      continue;
    }
    if (i < globals + contents) {
      node.role = Role::kContent;
      node.openness = 6 * Pareto(1.0);
      Spread(node, hub_cities_, static_cast<size_t>(4 * Pareto(0.9)));
      node.cities.push_back(node.home);
      std::sort(node.cities.begin(), node.cities.end());
      node.cities.erase(std::unique(node.cities.begin(), node.cities.end()), node.cities.end());
      continue;
    }
    if (carrier < carriers.size()) {
      PlaceCarrier(node, carriers[carrier]);
      continue;
    }
    node.role = i < globals + contents + transits ? Role::kTransit : Role::kStub;
    PlaceOthers(node, rank);
    const bool transit = node.role == Role::kTransit;
    if (random_.Uniform() < (transit ? 0.6 : 0.25)) node.audience = Pareto(1.1);
    if (random_.Uniform() < (transit ? 0.75 : 0.3)) {
      node.openness = (transit ? 1.5 : 0.3) * std::min(Pareto(0.8), 400.0);
      // Some large ones peer with everybody's customers.
      if (transit && rank < 0.02 && random_.Uniform() < 0.3) node.openness *= 20;
      // In a small Internet the heaviest would soon know everybody.
      if (count < 10'000) node.openness = std::sqrt(node.openness);
    }
  }
}

uint32_t Generator::DrawProviderCount(const Node& node) {
  if (node.role == Role::kGlobal || node.role == Role::kContent) return 0;
  const double draw = random_.Uniform();
  const double more = node.role == Role::kStub ? 0 : 0.18;
  if (draw < 0.46 - more) return 1;
  if (draw < 0.82 - more) return 2;
  if (draw < 0.93 - more / 2) return 3;
  return 4 + static_cast<uint32_t>(std::min(Pareto(1.4), 12.0));
}

void Generator::LinkProviders() {
  // Of the networks that may have customers so far: those that span the world, those of each
  // continent, those at each hub.
  GrowingChoice global;
  std::map<Continent, GrowingChoice> continental;
  std::vector<GrowingChoice> at_hub(hubs_.size());
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    builder_.AddAs(AsnOf(i));
    node.providers = DrawProviderCount(node);
    if (node.role == Role::kCarrier) {
      const auto wanted = static_cast<uint32_t>(1 + node.country_users / kUsersPerProvider);
      node.providers = std::max(node.providers, std::min(wanted, kCarrierProvidersMax));
    }
    for (uint32_t n = 0, tries = 0; n < node.providers && tries < 8 * node.providers; ++tries) {
      const CityId city = node.cities[random_.Below(node.cities.size())];
      const double local = node.role == Role::kCarrier ? 0.1 : 0.7, draw = random_.Uniform();
      const GrowingChoice* from = &at_hub[hub_of_city_[city]];
      if (draw >= local || from->empty()) from = &continental[cities_[city].continent];
      if (draw >= (1 + local) / 2 || from->empty()) from = &global;
      const uint32_t provider = from->Draw(random_);
      if (!Join(provider, i)) continue;
      builder_.AddProviderLink(AsnOf(provider), AsnOf(i));
      ++provider_links_;
      ++n;
    }
    if (node.role == Role::kStub || node.role == Role::kContent) continue;
    const bool spans_the_world = node.cities.size() > 30 && node.role != Role::kCarrier;
    if (node.role == Role::kGlobal || spans_the_world) global.Add(i, node.size);
    // Who sells far from its customers is near many of them: others make packets zigzag.
    if (node.role == Role::kTransit && node.cities.size() >= kCitiesOfContinental) {
      continental[cities_[node.home].continent].Add(i, node.size);
    }
    HubSet seen;
    for (const CityId city : node.cities) {
      const HubId hub = hub_of_city_[city];
      if (seen.Has(hub)) continue;
      seen.Add(hub);
      at_hub[hub].Add(i, node.role == Role::kGlobal ? node.size / 4 : node.size);
    }
  }
}

void Generator::LinkPeers() {
  size_t links = 0;
  const auto link = [&](uint32_t a, uint32_t b) {
    if (!Join(a, b)) return;
    builder_.AddPeerLink(AsnOf(a), AsnOf(b));
    ++links;
  };
  std::vector<GrowingChoice> at_hub(hubs_.size());
  std::vector<double> hub_weight(hubs_.size(), 0);
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.role == Role::kGlobal) {
      for (uint32_t j = 0; j < i; ++j) link(i, j);
      continue;  // carriers of the clique peer with each other alone
    }
    if (node.openness == 0) continue;
    HubsOf(node).ForEach([&](HubId hub) {
      at_hub[hub].Add(i, node.openness);
      hub_weight[hub] += node.openness;
    });
  }
  // Nobody without a provider is cut off: content peers with most of the clique.
  for (uint32_t i = 0; i < nodes_.size() && nodes_[i].role <= Role::kContent; ++i) {
    if (nodes_[i].role != Role::kContent) continue;
    for (uint32_t j = 0; nodes_[j].role == Role::kGlobal; ++j) {
      if (j == i % 8 || random_.Uniform() < 0.3) link(i, j);
    }
  }
  const auto wanted =
      static_cast<size_t>(kPeersPerProviderLink * static_cast<double>(provider_links_));
  const WeightedChoice hubs(hub_weight);
  for (size_t tries = 0; links < wanted && tries < 40 * wanted; ++tries) {
    const GrowingChoice& here = at_hub[hubs.Draw(random_)];
    // When those who peer most have met, the others do.
    const bool evenly = tries > 4 * wanted;
    const uint32_t a = here.Draw(random_);
    link(a, evenly ? here.DrawEvenly(random_) : here.Draw(random_));
  }
}

// Users of a city are shared out by audience among the networks that are there.
std::shared_ptr<const AsFootprint> Generator::Footprint() {
  std::vector<double> audience(cities_.size(), 0);
  for (const Node& node : nodes_) {
    for (const CityId city : node.cities) audience[city] += node.audience;
  }
  const auto cell_in = [&](CityId id, double share) {
    const City& city = cities_[id];
    return Cell{.latitude_cdeg = static_cast<int16_t>(std::lround(city.at.latitude_deg * 100)),
                .longitude_cdeg = static_cast<int16_t>(std::lround(city.at.longitude_deg * 100)),
                .country = {city.country[0], city.country[1]},
                .users = static_cast<uint32_t>(city.users * share)};
  };
  std::vector<Asn> asn;
  std::vector<std::vector<Cell>> cells(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    asn.push_back(AsnOf(i));
    for (const CityId id : node.cities) {
      cells[i].push_back(cell_in(id, audience[id] > 0 ? node.audience / audience[id] : 0));
    }
    for (const CityId id : node.abroad) cells[i].push_back(cell_in(id, 0));
  }
  auto footprint = AsFootprint::FromWords(FootprintWords(asn, cells));
  CHECK(footprint.ok());
  return *footprint;
}

}  // namespace

Synthetic MakeSynthetic(const Hubs& hubs, const SyntheticOptions& options) {
  CHECK(options.ases >= 500 && options.ases <= 200'000);
  return Generator(hubs, options).Make();
}

std::shared_ptr<const Internet> MakeSyntheticInternet(std::shared_ptr<const Hubs> hubs,
                                                      const SyntheticOptions& options) {
  const Synthetic made = MakeSynthetic(*hubs, options);
  return Internet::Make(
      made.graph, *made.footprint, std::move(hubs),
      fmt::format("a synthetic Internet of {} ASes (seed {})", options.ases, options.seed));
}

}  // namespace terrella::bgp
