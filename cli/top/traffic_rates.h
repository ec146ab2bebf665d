// TrafficRates: what DNS routers are asked a second: the difference of two of their answers to
// Resolve.GetTraffic, and the sum over routers.
//
// Thread: plain data and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "terrella/v1/resolve.pb.h"

namespace terrella::cli {

struct TrafficRates {
  struct Node {
    v1::NodeState state = v1::NODE_STATE_UNSPECIFIED;
    double load = 0;
    double answers_per_s = 0;
  };
  struct Item {
    double per_s = 0;        // at most
    double per_s_error = 0;  // how much less it may be
  };
  using Rates = std::map<std::string, double>;  // a second, by what

  std::vector<std::string> routers;  // names of the instances
  std::string zone;
  uint64_t view_serial = 0;  // the newest
  double queries_per_s = 0, answers_per_s = 0;
  double truncated_per_s = 0, with_subnet_per_s = 0, slipped_per_s = 0;
  Rates transports, rcodes, types, drops;
  std::map<std::string, Node> nodes;
  // Of the last ten to twenty seconds, and what all of them add up to.
  double sampled_per_s = 0, sampled_in_cells_per_s = 0;
  std::map<std::string, Item> names, networks, cells;
};

// What happened between two answers of one router. A router that started anew in between is counted
// from its start.
TrafficRates RatesBetween(const v1::GetTrafficResponse& before, const v1::GetTrafficResponse& now);
// Adds a router's rates. A node is in the state the newest view says.
void Add(TrafficRates& to, const TrafficRates& from);

// The rates, the greatest first.
std::vector<std::pair<std::string, double>> Ranked(const TrafficRates::Rates& rates);
// Items by what is certain of them.
std::vector<std::pair<std::string, TrafficRates::Item>> Ranked(
    const std::map<std::string, TrafficRates::Item>& items);
// Nodes by answers, then name.
std::vector<std::pair<std::string, TrafficRates::Node>> Ranked(
    const std::map<std::string, TrafficRates::Node>& nodes);

}  // namespace terrella::cli
