// Driver: the people of a scenario, live: they ask DNS, connect through the ingress and wait, while
// its timeline kills nodes and deploys code.
//
// Open loop: requests start when a Poisson process says so, whether or not earlier ones were
// answered, and felt time counts from that moment. Each city has one Internet provider's resolver
// that caches answers for their TTL; looking up costs the modelled round trips to it and to the
// name server. They speak HTTP/1.1 or HTTP/2. A client steered by DNS connects to the node it was
// told; one steered by anycast to the one address.
//
// Thread: the loop's; Actions run on a thread of their own. Owns: connections, resolver, results.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "sim/driver/live_figures.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/scenario/kv_results.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// What a timeline does to the cluster. Thread: the driver's action thread, one call at a time.
class Actions {
 public:
  virtual ~Actions() = default;
  virtual absl::Status Perform(const TimelineEvent& event) = 0;
};

struct DriverOptions {
  SocketAddress ingress;  // the anycast address
  SocketAddress dns;
  uint16_t node_port = 0;                   // where every node listens
  std::map<IpAddress, net::PopSite> nodes;  // by address
  size_t in_flight_max = 20'000;
  size_t body_bytes_max = 8 << 20;
};

struct Progress {
  Duration elapsed{};
  uint64_t started = 0, answered = 0, failed = 0;
};

class Driver {
 public:
  struct World {
    std::shared_ptr<const net::Places> places;
    std::shared_ptr<const net::LatencyModel> latency;
  };
  static absl::StatusOr<std::unique_ptr<Driver>> Create(EventLoop& loop, const Scenario& scenario,
                                                        World world, const DriverOptions& options,
                                                        Actions& actions);
  ~Driver();

  // Calls `done` once, when every request has ended and every event was performed.
  void Start(std::function<void(Results)> done);
  // Ends early: no further request or event starts; `done` follows with what there is.
  void Stop();
  Progress progress() const;
  // Until `done` is called.
  const LiveFigures& figures() const;
  const Results& results() const;  // what there is; without KV
  const std::vector<KvRecord>& kv_records() const;

 private:
  class Impl;
  explicit Driver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::sim
