#include "sim/engine/beliefs.h"

#include <algorithm>

#include "base/status.h"
#include "dns_router/policy/steering.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

constexpr MonotonicTime kStart{};

v1::NodeState ToProto(dns::NodeState state) {
  switch (state) {
    case dns::NodeState::kReady:
      return v1::NODE_STATE_READY;
    case dns::NodeState::kSyncing:
      return v1::NODE_STATE_SYNCING;
    case dns::NodeState::kDraining:
      return v1::NODE_STATE_DRAINING;
    default:
      return v1::NODE_STATE_DOWN;
  }
}

}  // namespace

// A location for every city of the audience, and the distances it has. Addresses mean nothing here:
// nobody asks by them.
class Beliefs::CityGeography final : public dns::Geography {
 public:
  CityGeography(const Audience& audience, std::span<const net::PopSite> pops)
      : audience_(audience), pops_(pops) {}
  size_t location_count() const override { return 1 + audience_.cities(); }
  dns::AddressRanges Ranges(IpAddress::Family) const override { return {{0, 0}}; }
  dns::LocationId Locate(const IpAddress&) const override { return 0; }
  absl::StatusOr<dns::LocationId> Find(std::string_view text) const override {
    return NotFound("{}: there are no names here", text);
  }
  std::string NameOf(dns::LocationId location) const override {
    return location == 0 ? "somewhere" : audience_.PlaceAt(location - 1).name;
  }
  std::string_view CountryOf(dns::LocationId location) const override {
    return location == 0 ? "" : std::string_view(audience_.PlaceAt(location - 1).country);
  }
  int ContinentOf(std::string_view country) const override {
    const net::Country* found = audience_.settings().places.FindCountry(country);
    return found == nullptr ? -1 : static_cast<int>(found->continent);
  }
  void RttsTo(const dns::NodeFacts& node, std::span<float> rtt_ms) const override {
    const auto pop = std::find_if(pops_.begin(), pops_.end(),
                                  [&](const net::PopSite& site) { return site.iata == node.id; });
    CHECK(pop != pops_.end());
    const auto index = static_cast<size_t>(pop - pops_.begin());
    rtt_ms[0] = 0;
    for (size_t city = 0; city < audience_.cities(); ++city) {
      rtt_ms[1 + city] = static_cast<float>(audience_.RttMs(city, index));
    }
  }

 private:
  const Audience& audience_;
  const std::span<const net::PopSite> pops_;
};

Beliefs::Beliefs(const Audience& audience, const EngineWorld& world, const EngineOptions& options,
                 bool anycast_used)
    : audience_(audience),
      anycast_used_(anycast_used),
      pops_(options.pops),
      geography_(std::make_unique<CityGeography>(audience_, pops_)),
      catchment_(*world.latency, options.anycast ? FromMs(bgp::LiveOptions().convergence.settled_ms)
                                                 : options.times.convergence),
      by_dns_(audience.cities()),
      by_anycast_(audience.cities()) {
  if (options.anycast) {
    routes_ = std::make_unique<AnycastRoutes>(options.internet, *options.anycast,
                                              bgp::LiveOptions{.seed = options.cluster_seed});
  }
  for (size_t i = 0; i < pops_.size(); ++i) {
    const net::PopSite& pop = pops_[i];
    facts_.push_back({.id = pop.iata,
                      .country = pop.country,
                      .latitude_deg = pop.at.latitude_deg,
                      .longitude_deg = pop.at.longitude_deg,
                      .address = IpAddress::V4(0x7f100001 + static_cast<uint32_t>(i))});
    v1::NodeInfo& info = *view_.add_nodes()->mutable_info();
    info.set_id(pop.iata);
    info.set_pop(pop.iata);
    info.set_country(pop.country);
    info.set_latitude_deg(pop.at.latitude_deg);
    info.set_longitude_deg(pop.at.longitude_deg);
    info.set_address(facts_.back().address.ToString());
    info.set_port(80);
  }
}

Beliefs::~Beliefs() = default;

std::vector<Duration> Beliefs::Cuts(const History& history, const ClusterTimes& times) {
  std::vector<Duration> cuts;
  for (const Moment& moment : history.moments()) {
    cuts.push_back(moment.at);
    cuts.push_back(moment.at + times.convergence);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

void Beliefs::Advance(const Moment& moment, Duration now) {
  if (&moment != newest_) ChooseByDns(moment);
  ChooseByAnycast(moment, now);
  newest_ = &moment;
}

void Beliefs::ChooseByDns(const Moment& moment) {
  for (size_t i = 0; i < facts_.size(); ++i) facts_[i].state = moment.nodes[i].believed();
  ranking_ = dns::Ranking::Build(*geography_, facts_, ranking_);
  const dns::Steering steering(*ranking_, *geography_, facts_, 1);
  for (size_t city = 0; city < by_dns_.size(); ++city) {
    const auto chosen = steering.ChosenAt(static_cast<dns::LocationId>(1 + city));
    by_dns_[city] = chosen.empty() ? kNoPop : chosen.front();
  }
}

void Beliefs::ChooseByAnycast(const Moment& moment, Duration now) {
  if (&moment != newest_) {
    for (size_t i = 0; i < pops_.size(); ++i) {
      view_.mutable_nodes(static_cast<int>(i))->set_state(ToProto(moment.nodes[i].believed()));
    }
    std::vector<std::string> complaints;
    catchment_.Update(view_, kStart + now, &complaints);
    if (routes_ != nullptr) routes_->Update(catchment_, kStart + now, &complaints);
    CHECK(complaints.empty());
  }
  if (routes_ != nullptr || !anycast_used_) return;
  for (size_t city = 0; city < by_anycast_.size(); ++city) {
    const Site* site = catchment_.Nearest(audience_.EndpointAt(city), kStart + now);
    by_anycast_[city] = site == nullptr ? kNoPop : PopOf(*site);
  }
}

uint16_t Beliefs::PopOf(const Site& site) const {
  const auto pop = std::find_if(pops_.begin(), pops_.end(), [&](const net::PopSite& candidate) {
    return candidate.iata == site.id;
  });
  return static_cast<uint16_t>(pop - pops_.begin());
}

Beliefs::Route Beliefs::ByBgp(size_t city, uint32_t client, uint64_t flow, Duration now) const {
  const net::Place& place = audience_.PlaceAt(city);
  const Placement placement{.client = place,
                            .client_address = {net::CityAddressV4(place.city, client), 0}};
  Refusal refusal;
  const Reach reach = routes_->Find(catchment_, placement, flow, kStart + now, &refusal);
  if (reach.site == nullptr) return {};
  return {.pop = PopOf(*reach.site), .path_ms = reach.path_ms, .network = reach.network};
}

}  // namespace terrella::sim
