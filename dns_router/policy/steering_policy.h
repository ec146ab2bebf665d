// SteeringPolicy: how some names are steered, as a chain of steps over the list of nodes.
//
// The list starts with every node, nearest first. Each step takes some away or changes their order;
// what is left at the end is answered, from the front. NS1's filter chain is the model: one small
// idea a step, and their order says everything.
//
//   up                 nodes that serve: READY, or SYNCING and DRAINING while none left is READY
//   only FRA,LHR       these
//   geo                those of the client's country, else of its continent, else all
//   latency [MS]       nearest first; with MS, those no more than that further than the nearest
//   shed LOW HIGH      busy ones lose clients: none at a load of LOW, all at HIGH (0 to 1)
//   failover FRA,LHR   these, in this order
//   weighted           by weight, sticky: a client's network keeps its node
//   first N            the first N
//
// A chain without `first` ends with the server's own --addresses. Nobody left is NODATA (fail
// closed), or with `otherwise_nearest` what a name without a policy would get.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::dns {

struct SteeringStep {
  enum class Kind : uint8_t { kUp, kOnly, kGeo, kLatency, kShed, kFailover, kWeighted, kFirst };
  Kind kind = Kind::kUp;
  double low = 0, high = 0;        // shed: loads; latency: high is the margin in ms, 0 for none
  size_t count = 0;                // first
  std::vector<std::string> nodes;  // only, failover: ids
  std::string text;                // as written
  bool operator==(const SteeringStep&) const = default;
};

struct SteeringPolicy {
  std::vector<std::string> names;  // "shop.edge.test", "*.shop.edge.test"
  std::vector<SteeringStep> steps;
  std::map<std::string, double> weights;  // by node; 1 for those not here, 0 takes a node out
  std::optional<uint32_t> ttl_s;
  bool otherwise_nearest = false;
};

constexpr size_t kAddressesMax = 64;
constexpr size_t kPoliciesMax = 64, kStepsMax = 16;

// "latency 20". InvalidArgument says what was expected.
absl::StatusOr<SteeringStep> ParseStep(std::string_view text);
// What a chain as a whole must be: InvalidArgument says what is missing or in the wrong place.
absl::Status CheckSteps(const std::vector<SteeringStep>& steps);
// TOML: [[policy]] with names, steps, weights, ttl_s and otherwise = "nodata" or "nearest". Errors
// name file, line and column.
absl::StatusOr<std::vector<SteeringPolicy>> ParsePolicies(std::string_view text,
                                                          std::string_view file_name);

}  // namespace terrella::dns
