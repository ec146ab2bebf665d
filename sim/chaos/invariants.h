// Invariants: what must hold of every run whatever goes wrong, judged request by request.
//
//   conservation   every arrival of the scenario ended exactly once: answered, failed or given up
//   drained        no node answers that was told to drain longer ago than answers are kept (DNS) or
//                  routes need to be withdrawn (anycast), while another one serves
//   unhealthy      no dead node answers, and no request fails for a death that steering heard of
//                  longer ago than that
//   abandoned      nobody is told that no node serves while one does
//   versions       every answer is of one version that was deployed before its end, or whose
//                  rollout had begun, and of which its node had heard
//   rolled back    no node answers with a version that was rolled back longer ago than an order
//                  takes to the nodes
//   sticky         who keeps a version key and was answered by a rollout's version is not answered
//                  by the one before at the same node, unless it was rolled back
//
// and of a scenario that asks KV (kv_results.h says what people can know of it):
//
//   lost write     what is stored in the end came before no write that was acknowledged
//   own write      no read is older than a write that its own node had acknowledged
//   stale          no read had been out of date for as long as a copy may be old
//
// Steering that has no control plane goes on with what it knew, and a node that is cut off with the
// versions it had: they are held to what they have heard of (fact_sheet.h).
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/options.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct Violation {
  std::string invariant;  // "drained"
  std::string detail;     // "request 1203 from Lagos at 4.203 s by dns: ..."
};

// In the order of the requests, at most `most`. The options are those of the run.
std::vector<Violation> FindViolations(const Scenario& scenario, const EngineOptions& options,
                                      const Results& results, size_t most = 10);

}  // namespace terrella::sim
