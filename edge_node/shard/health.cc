#include "edge_node/shard/health.h"

#include <nlohmann/json.hpp>

#include "base/ip_address.h"
#include "edge_node/runtime/escape.h"

namespace terrella::edge {

bool IsAddressHost(std::string_view host_field) {
  return IpAddress::Parse(NormalizeHost(host_field)).ok();
}

std::string HealthJson(const NodeIdentity& node, const ServingState& state,
                       const HealthFigures& figures) {
  nlohmann::ordered_json json = {{"node", node.id},
                                 {"pop", node.pop},
                                 {"city", node.city},
                                 {"revision", state.revision},
                                 {"in_flight", figures.in_flight},
                                 {"isolates", figures.isolates},
                                 {"tails", figures.tails},
                                 {"shards", figures.shards},
                                 {"abandoned_isolates", runtime::AbandonedIsolates()},
                                 {"confined", figures.confined},
                                 {"scripts", nlohmann::ordered_json::object()}};
  for (const auto& [name, live] : state.scripts) {
    nlohmann::ordered_json& versions = json["scripts"][name];
    if (!live.is_split()) versions = live.main()->code->version_id;
    for (const auto& [script, basis_points] : live.shares()) {
      if (live.is_split()) versions[script->code->version_id] = basis_points;
    }
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace terrella::edge
