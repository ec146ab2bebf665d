// Explanation: the answer a client would get for a steered name, and for every node why it is or is
// not in it.
//
// Computed anew, for people.
//
// Thread: plain data and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dns_router/policy/snapshot.h"

namespace terrella::dns {

struct Explanation {
  struct Candidate {
    NodeIndex node;
    double rtt_ms;
    bool chosen;
    std::string reason;  // "nearest healthy", "12.1 ms further", "draining"
  };
  LocationId location = kSomewhere;  // of the client, or of whom it is answered like
  SteeringChoice choice;
  std::vector<Candidate> candidates;      // every node, nearest first
  std::vector<std::string> policy_steps;  // the name's own; none: the nearest that serves
};

// `name` has steered data, in lower-case wire form. For the client at an address.
Explanation ExplainFor(const Snapshot& snapshot, std::string_view name, const IpAddress& client);
// For somebody at a location.
Explanation ExplainAt(const Snapshot& snapshot, std::string_view name, LocationId location);

}  // namespace terrella::dns
