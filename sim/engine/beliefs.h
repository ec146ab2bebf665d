// Beliefs: whom a virtual network's steering sends where, between two changes of its view.
//
// It is the policy code of the live network over a view made from the history: the DNS router's
// ranking and choice (dns_router/policy), the ingress' catchment of an anycast address
// (sim/ingress/catchment.h). Both are asked once a change for every city, and then only looked up;
// where BGP leads (sim/ingress/anycast_routes.h) is asked for every connection.
//
// Thread: Advance on one while nobody reads; else any.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "dns_router/policy/geography.h"
#include "dns_router/policy/ranking.h"
#include "sim/engine/audience.h"
#include "sim/engine/history.h"
#include "sim/ingress/anycast_routes.h"
#include "sim/ingress/catchment.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::sim {

constexpr uint16_t kNoPop = std::numeric_limits<uint16_t>::max();

class Beliefs {
 public:
  // Nobody asks ByAnycast unless `anycast_used`.
  Beliefs(const Audience& audience, const EngineWorld& world, const EngineOptions& options,
          bool anycast_used);
  ~Beliefs();

  // When what is believed changes without a new view: a withdrawn site stops attracting. In order.
  static std::vector<Duration> Cuts(const History& history, const ClusterTimes& times);
  // From `now` on: `moment` is the newest, and is news if it was not given before.
  void Advance(const Moment& moment, Duration now);

  // The PoP a resolver of the city is told; kNoPop: none serves.
  uint16_t ByDns(size_t city) const { return by_dns_[city]; }
  // Where an anycast connection from the city ends.
  struct Route {
    uint16_t pop = kNoPop;            // kNoPop: nowhere, which is answered 503
    std::optional<double> path_ms;    // round trip without the last mile; none: the model's
    std::optional<uint64_t> network;  // the client's AS
  };
  void ByAnycast(size_t city, uint32_t client, uint64_t flow, Duration now, Route* out) const {
    if (routes_ == nullptr) {
      out->pop = by_anycast_[city];
    } else {
      *out = ByBgp(city, client, flow, now);
    }
  }

 private:
  Route ByBgp(size_t city, uint32_t client, uint64_t flow, Duration now) const;
  class CityGeography;
  void ChooseByDns(const Moment& moment);
  void ChooseByAnycast(const Moment& moment, Duration now);
  uint16_t PopOf(const Site& site) const;

  const Audience& audience_;
  const bool anycast_used_;
  const std::vector<net::PopSite> pops_;
  std::unique_ptr<CityGeography> geography_;
  std::shared_ptr<const dns::Ranking> ranking_;
  std::vector<dns::NodeFacts> facts_;
  v1::View view_;
  Catchment catchment_;
  std::unique_ptr<AnycastRoutes> routes_;  // null: the nearest site
  const Moment* newest_ = nullptr;
  std::vector<uint16_t> by_dns_, by_anycast_;
};

}  // namespace terrella::sim
