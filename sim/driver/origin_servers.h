// OriginServers: the origins of a scenario, live: an HTTP server each, which thinks, fails and goes
// away as the scenario says.
//
// They listen on loopback; the way between a node and an origin's city is the node's to wait for,
// who knows it from the deploy. What answers say to nodes' caches is the scenario's word; before
// Begin all say `no-store`, so that every question is asked.
//
// Thread: a loop of their own serves; the calls here are of one other thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/tcp.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

class OriginServers {
 public:
  // Until Begin or Behave they answer at once and well.
  static absl::StatusOr<std::unique_ptr<OriginServers>> Start(const Scenario& scenario);
  ~OriginServers();

  // Where each of Scenario::origins listens; it stays theirs while they are away.
  std::vector<SocketAddress> addresses() const;
  // From now on as the scenario says, whose time 0 is `start`.
  void Begin(MonotonicTime start);
  // For measuring workers: all behave alike, when the call returns.
  enum class Mood { kWell, kErrors, kRefuse };
  absl::Status Behave(Mood mood);
  // Requests answered so far.
  uint64_t answered() const;
  // Unavailable once one could not listen again after an outage.
  absl::Status status() const;

 private:
  class Impl;
  explicit OriginServers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::sim
