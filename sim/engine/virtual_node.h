// VirtualNode: one PoP's node in virtual time: a shard that serves requests in the order they come,
// and the way of its answers back.
//
// An isolate is made by the first request for a host since the node was started, and that request
// waits for it; a deploy replaces isolates beside those that serve. The shard is busy for as long
// as the worker uses its processor; what the worker waits for keeps nobody else waiting. Its queue
// has no limit.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sim/engine/kv_node.h"
#include "sim/engine/virtual_connection.h"
#include "sim/engine/virtual_world.h"
#include "sim/engine/visit.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

// What came of a run's requests: samples by number, phases by PhaseRule::IndexOf.
struct Outcomes {
  PhaseRule rule;
  std::vector<Sample> samples;
  std::vector<Phases> phases;  // meaningless of one that was not answered

  void Resize(size_t requests) {
    samples.resize(requests);
    phases.resize(requests == 0 ? 0 : rule.IndexOf(requests - 1) + 1);
  }
};

class VirtualNode {
 public:
  // `cache_row`: as VirtualOrigins has it.
  VirtualNode(const VirtualWorld& world, size_t pop, std::span<VirtualCache::Entry> cache_row)
      : world_(world),
        pop_(pop),
        has_origins_(!world.scenario.origins.empty()),
        made_(world.hosts),
        origins_(world.scenario, world.origin_ways, world.catalogue, pop,
                 {.bytes_max = world.options.cache_bytes,
                  .row = cache_row,
                  .disk_may_be_slow = world.history.has_slow_disks()}),
        requests_(world.scenario.requests.size()),
        kv_(world.kv, world.history, pop) {}

  void Add(const VirtualVisit& visit) { pending_.push_back(visit); }
  // Ends all visits that arrive before `end`, each where its number says. `end` only grows, and
  // nothing is added later that arrives earlier.
  void ServeUntil(Duration end, Outcomes& outcomes);
  const KvNode& kv() const { return kv_; }

  // Where somebody else says what comes when: takes away what arrives before `end`, in no order.
  void TakeUntil(Duration end, std::vector<VirtualVisit>& out);
  // As Catalogue has it.
  uint32_t ObjectOf(const VirtualVisit& visit) const {
    return has_origins_ ? world_.catalogue.ObjectOf(visit.kind, visit.number) : 0;
  }
  struct Answer {
    Duration at{};  // when it leaves
    uint32_t bytes = 0;
  };
  // In the order of arrivals. `sample` is as it was made; it has failed when nobody answers, and
  // what its status means is not said.
  Answer Serve(const VirtualVisit& visit, uint32_t object, Sample& sample);
  // The way back of an answer. `phases` null: nobody asks.
  void Deliver(const VirtualVisit& visit, const Answer& answer, Sample& sample, Phases* phases);

  // As ServingNodes has it.
  uint64_t RequestsOf(const std::vector<bool>& of_kind) const;
  std::vector<Served> TakeServed(Duration until);

 private:
  // A visit's place in the order of work; sorted instead of the visits, which are five times as
  // long.
  struct Turn {
    Duration arrives{};
    uint64_t number = 0;
    uint32_t index = 0;   // into pending_
    uint32_t object = 0;  // as Catalogue
    bool operator<(const Turn& other) const {
      return arrives != other.arrives ? arrives < other.arrives : number < other.number;
    }
  };
  Duration Arrives(const VirtualVisit& visit, const Answer& answer);
  // The node's own counters, where somebody will ask for them.
  void Count(const VirtualVisit& visit, Duration answered, const Sample& sample);

  const VirtualWorld& world_;
  const size_t pop_;
  const bool has_origins_;
  std::vector<VirtualVisit> pending_;
  std::vector<Turn> order_;  // of one call; kept for its memory
  uint16_t boots_ = 0;       // the process that the rest is about
  std::vector<bool> made_;   // by host: whether there is an isolate
  Duration free_at_{};
  VirtualOrigins origins_;
  std::vector<uint64_t> requests_;  // by kind
  std::vector<Served> served_;      // and not reported
  KvNode kv_;
  // The way back of connections that are kept, by flow. Those of an earlier process are forgotten.
  absl::flat_hash_map<uint64_t, VirtualConnection> kept_;
};

}  // namespace terrella::sim
