// Health: the JSON a node answers with about itself.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "edge_node/shard/serving_state.h"

namespace terrella::edge {

inline constexpr std::string_view kHealthPath = "/.terrella/health";

// True when a Host field names the node by its address rather than a site by its name: only then
// may the node's own paths answer, so that they shadow no worker's.
bool IsAddressHost(std::string_view host_field);

// {"node":"FRA","pop":"FRA","revision":7,"in_flight":0,"isolates":1,"abandoned_isolates":0,"scripts":{"hello":"1f2e..."}}
std::string HealthJson(const NodeIdentity& node, const ServingState& state, size_t in_flight,
                       size_t isolates);

}  // namespace terrella::edge
