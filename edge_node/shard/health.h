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

struct HealthFigures {
  size_t in_flight = 0;
  size_t isolates = 0;
  size_t tails = 0;           // filters of those who watch
  size_t shards = 1;          // of the node, that serve
  std::string_view confined;  // by what the process is (confine.h)
};

// {"node":"FRA","pop":"FRA","revision":7,"in_flight":0,"isolates":1,"tails":0,"shards":1,"abandoned_isolates":0,
//  "confined":"seccomp and Landlock (ABI 7)","scripts":{"hello":"1f2e..."}}
std::string HealthJson(const NodeIdentity& node, const ServingState& state,
                       const HealthFigures& figures);

}  // namespace terrella::edge
