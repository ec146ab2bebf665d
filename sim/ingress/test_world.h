// What the tests of the ingress share: the real map, a view of nodes, a PROXY header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "sim/ingress/ingress.h"
#include "sim/net/data_dir.h"

namespace terrella::sim {

inline const IngressWorld& TestWorld() {
  static const IngressWorld world = [] {
    auto dir = net::FindDataDir();
    CHECK(dir.ok());
    IngressWorld out;
    out.places = *net::Places::Load(*dir);
    out.prefixes = *net::PrefixTable::Load(*dir, out.places);
    out.model = *net::LatencyModel::Load(*dir);
    return out;
  }();
  return world;
}

inline void AddNode(v1::View& view, std::string_view pop, const SocketAddress& address,
                    v1::NodeState state = v1::NODE_STATE_READY) {
  const net::PopSite* site = TestWorld().places->pops().Find(pop);
  CHECK(site != nullptr);
  v1::Node* node = view.add_nodes();
  node->set_state(state);
  v1::NodeInfo* info = node->mutable_info();
  info->set_id(site->iata);
  info->set_pop(site->iata);
  info->set_city(site->city);
  info->set_country(site->country);
  info->set_latitude_deg(site->at.latitude_deg);
  info->set_longitude_deg(site->at.longitude_deg);
  info->set_address(address.ip.ToString());
  info->set_port(address.port);
}

}  // namespace terrella::sim
