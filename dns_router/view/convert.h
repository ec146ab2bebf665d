// The topology as the control plane tells it, turned into what policy works on.
#pragma once

#include <string>
#include <vector>

#include "dns_router/policy/topology.h"
#include "terrella/v1/resolve.pb.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

// Nodes without an IPv4 address or with impossible coordinates are left out and described in
// `ignored`.
TopologyView FromProto(const v1::View& view, std::vector<std::string>* ignored);
v1::NodeState ToProto(NodeState state);

}  // namespace terrella::dns
