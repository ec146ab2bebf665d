// Scenario: a question asked of the network, as one TOML file: who the clients are, what they ask
// for, what goes wrong when, and what must hold.
//
//   version = 1
//   name = "frankfurt-goes-dark"
//   duration = "20s"
//   assertions = ["p95_ms.Lagos < 120", "errors@dark < 5%"]
//   [clients]                               # open loop: requests start when they are due
//   rate_per_s = 120
//   cities = "world:100"                    # or names, and {city, weight}
//   [[worker]]    path = "../examples/hello"               # deployed before the start
//   [[origin]]    host = "api.example"  city = "Frankfurt" # what workers ask
//   [[request]]   host = "hello"  path = "/"
//   [[timeline]]  at = "10s"  kill = "FRA"  phase = "dark"
//
// language.h has every key; docs/scenarios.md tells the whole language.
//
// Plain data, checked when it is read: cities exist, events lie inside the duration.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/net/access_mix.h"
#include "sim/net/path_fault.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/scenario/assertion.h"
#include "sim/scenario/kv_workload.h"
#include "sim/scenario/origin.h"
#include "sim/scenario/page.h"
#include "sim/scenario/protocol.h"
#include "sim/scenario/service_profile.h"
#include "sim/scenario/trace.h"

namespace terrella::v1 {
class RolloutPlan;
}

namespace terrella::sim {

// How a client finds the node it talks to.
enum class Steering : uint8_t { kDns, kAnycast };
std::string_view SteeringName(Steering steering);

struct ClientCity {
  net::CityId city = 0;
  double weight = 1;  // relative share of the requests
};

// A corner of a curve of the rate over time; straight lines between them, flat before and after.
struct RatePoint {
  Duration at{};
  double times = 1;  // so many times the rate
};

// One person asks several times; when, does not depend on the answers.
struct Sessions {
  double pages_mean = 1;  // >= 1
  Duration think_mean{};  // from one page wanted to the next
};

struct Clients {
  double rate_per_s = 50;          // of all, where no curve says more or less
  std::vector<ClientCity> cities;  // of all populations, with their shares of all requests
  std::vector<Steering> steering = {Steering::kDns};
  bool keep_alive = false;
  bool sticky = false;  // every person sends a version key of their own
  Duration timeout = std::chrono::seconds(5);
  ProtocolMix protocols;  // of those whom no population says more of
};

// What people have between themselves and the network; what is not said is as the cluster has it.
struct Network {
  net::PathWish wish;
  std::optional<net::AccessMix> mix;  // instead of wish.access
  std::string anycast;                // "nearest", "cdn", ...: what the cluster must be; "": any
  std::string pops;                   // as Pops::Select; "": any
};

// People who have something in common. Every city is of one population.
struct People {
  std::string name;
  double weight = 1;  // share of Clients::rate_per_s
  std::vector<ClientCity> cities;
  std::vector<Steering> steering;  // at least one
  std::vector<size_t> requests;    // which of Scenario::requests; empty: all
  std::vector<RatePoint> rate;     // by time; empty: always once
  bool diurnal = false;            // by the local hour
  std::optional<Sessions> sessions;
  // The city of a public resolver that does not tell the name server where its clients are; none:
  // that of each one's provider, which does.
  std::optional<net::CityId> resolver;
  net::PathWish wish;
  std::optional<net::AccessMix> mix;  // instead of wish.access
  ProtocolMix protocols;
};

// What "24 hours" are to those who ask by their local hour.
struct Day {
  Duration length = std::chrono::hours(24);
  double starts_hour_utc = 0;
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
  // Then method and path are those of a read, which a worker is measured with.
  std::optional<KvWorkload> kv = {};
  std::optional<ServiceProfile> service = {};  // as declared, where it is not measured
  std::vector<size_t> origins = {};  // of Scenario::origins: its worker asks them in this order
  // So many different things are asked for by it; 0: one. Which is in `path` (catalogue.h).
  uint32_t objects = 0;
  double zipf = 1;  // thing n is asked for in proportion to n^-zipf
};

struct TimelineEvent {
  enum class Action {
    kKill,
    kStart,
    kDrain,
    kUndrain,
    kPartition,
    kRejoin,
    kSlowDisk,
    kSkew,
    kDeploy,
    kPurge,
    kCut,
    kLoss,
    kResolverOutage,
    kOriginOutage,
    kPhase
  };
  Duration at{};
  Action action = Action::kKill;
  std::string target;  // a PoP's code; the project's path; the script whose answers nodes' caches
                       // forget; "EU-NA"; a place or origin that is out; a phase
  std::string script = {};  // kDeploy: the script's name when it is not the project's
  std::optional<ServiceProfile> service = {};                // kDeploy: as declared
  std::shared_ptr<const v1::RolloutPlan> rollout = nullptr;  // kDeploy: in waves; null: all at once
  Duration lasts = Duration::max();                          // of network faults
  net::PathFault fault = {};                                 // kCut, kLoss
  // kSlowDisk: how much longer each read and write takes. kSkew: how far the clock is ahead.
  Duration by{};
  std::string phase = {};  // begins here
};
// Whether a request of that kind is for what the deploy brings. A deploy without a name is for all.
bool IsDeployOf(const TimelineEvent& deploy, const RequestKind& kind);
// Whether a request of that kind is for the script.
bool IsOfScript(const RequestKind& kind, std::string_view script);
std::string_view ActionName(TimelineEvent::Action action);
// The target of a kill or start that is no PoP: the control plane.
constexpr char kControlPlane[] = "control";
// "kill FRA", "skew FRA by -5m".
std::string EventText(const TimelineEvent& event);
// Of which TimelineEvent::by says how much.
constexpr bool HasAmount(TimelineEvent::Action action) {
  return action == TimelineEvent::Action::kSlowDisk || action == TimelineEvent::Action::kSkew;
}
// The most of it, and the least: what a node takes (edge_node/faults).
constexpr Duration kSlowDiskMax = std::chrono::seconds(10), kSkewMax = std::chrono::hours(1);
// Something that the network does, or nobody does; there is nothing to perform.
constexpr bool IsNetworkFault(TimelineEvent::Action action) {
  return action >= TimelineEvent::Action::kCut;
}
// Of an event that lasts.
inline bool IsUnderWay(const TimelineEvent& event, Duration now) {
  return event.at <= now && now - event.at < event.lasts;
}

struct Scenario {
  std::string sha256;  // of its text, in hexadecimal; empty when it was not read from one
  std::string name;
  std::string description;
  uint64_t seed = 1;
  Duration duration = std::chrono::seconds(10);
  Clients clients;
  std::vector<People> populations;  // none: all people are as `clients` says, and alike
  std::optional<Trace> trace;       // instead of draws: who asks for what when
  Day day;
  Network network;
  std::vector<WorkerProject> workers;
  std::vector<Origin> origins;
  std::vector<RequestKind> requests;
  std::vector<Page> pages;
  std::vector<TimelineEvent> timeline;  // by time
  std::vector<Assertion> assertions;
  std::vector<std::string> warnings;  // what its file says doubtfully, each "file:line:column: ..."
};

// The page whose document is this kind of request; null: it is none.
const Page* PageOf(const Scenario& scenario, size_t request);

// Whether every part of a run is like any other: nothing happens, and people ask alike all the
// time.
bool IsSteady(const Scenario& scenario);

// A named part of the run: from an event until the next that has a name.
struct Phase {
  std::string name;
  Duration from{}, to = Duration::max();
};
constexpr char kFirstPhase[] = "start";
// At least one; the first is called kFirstPhase unless an event at 0 names it.
std::vector<Phase> PhasesOf(const Scenario& scenario);

}  // namespace terrella::sim
