// Scenario: a question asked of the network, as one TOML file: who the clients are, what they ask
// for, what goes wrong when, and what must hold.
//
//   version = 1
//   name = "frankfurt-goes-dark"
//   description = "..."
//   seed = 1
//   duration = "20s"
//   [clients]                          # open loop: requests start when they are due, answered or
//   not rate_per_s = 120 cities = "world:100"               # the N most populous; or a list of
//   names and {city, weight} steering = ["dns", "anycast"]      # how clients find their node, in
//   equal shares connection = "new"                 # every request on a fresh connection, or
//   "keep-alive" timeout = "3s"
//   [network]     access = "mix"  loss = "1%"  hour = "20:30"  anycast = "cdn"  # or access = {
//   fibre = 2, 4g = 1 }
//   [[worker]]    name = "hello"  path = "../examples/hello"      # deployed before the start
//   [[request]]   host = "hello.edge.test"  path = "/"  weight = 1
//   [[timeline]]  at = "10s"  kill = "FRA"                        # or start, drain, undrain,
//   deploy assertions = ["p95_ms.Lagos < 120", "errors < 0.1%"]
//
// Plain data, checked when it is read: cities exist, events lie inside the duration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/net/access_mix.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/scenario/assertion.h"

namespace terrella::sim {

// How a client finds the node it talks to.
enum class Steering : uint8_t { kDns, kAnycast };
std::string_view SteeringName(Steering steering);

struct ClientCity {
  net::CityId city = 0;
  double weight = 1;  // relative share of the requests
};

struct Clients {
  double rate_per_s = 50;
  std::vector<ClientCity> cities;
  std::vector<Steering> steering = {Steering::kDns};
  bool keep_alive = false;
  Duration timeout = std::chrono::seconds(5);
};

// What people have between themselves and the network; what is not said is as the cluster has it.
struct Network {
  net::PathWish wish;
  std::optional<net::AccessMix> mix;  // instead of wish.access
  std::string anycast;                // "nearest", "cdn", ...: what the cluster must be; "": any
};

struct WorkerProject {
  std::string name;
  std::string path;  // relative to the scenario's file
};

struct RequestKind {
  std::string method = "GET";
  std::string host;
  std::string path = "/";
  double weight = 1;
};

struct TimelineEvent {
  enum class Action { kKill, kStart, kDrain, kUndrain, kDeploy };
  Duration at{};
  Action action = Action::kKill;
  std::string target;  // a PoP's code; for kDeploy the project's path
  std::string script;  // kDeploy: the script's name when it is not the project's
};
std::string_view ActionName(TimelineEvent::Action action);

struct Scenario {
  std::string name;
  std::string description;
  uint64_t seed = 1;
  Duration duration = std::chrono::seconds(10);
  Clients clients;
  Network network;
  std::vector<WorkerProject> workers;
  std::vector<RequestKind> requests;
  std::vector<TimelineEvent> timeline;  // by time
  std::vector<Assertion> assertions;
};

}  // namespace terrella::sim
