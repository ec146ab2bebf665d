// KvNode: what one virtual node's workers ask of KV, and how long they wait for it.
//
// A read that finds no copy, and every write, go to where KV is kept and back. While the node hears
// nothing of the control plane they fail as late as an answer would have come. What a write of a
// node that dies before it got there wrote is nowhere.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/engine/history.h"
#include "sim/engine/kv_plan.h"
#include "sim/engine/virtual_kv.h"
#include "sim/scenario/kv_results.h"

namespace terrella::sim {

class KvNode {
 public:
  KvNode(const KvPlan& plan, const History& history, size_t pop)
      : plan_(plan), history_(history), pop_(pop) {
    Forget();
  }

  struct Outcome {
    Duration waited{};
    bool well = true;
  };
  // Of request `number`, of a kind with a workload, that arrived at the node and whose worker
  // begins at `begun`, which only grows.
  Outcome Ask(size_t kind, uint64_t number, Duration arrives, Duration begun);
  // The node's process is another one: it has no copies.
  void Forget();

  // Every request that went well here, whether or not its person heard of it.
  struct Call {
    uint64_t number = 0;
    uint32_t key = 0;  // as KvAsk::name
    bool writes = false;
    KvSource source;                    // of a read
    Duration stored = Duration::max();  // of a write: when it was where KV is kept; never
  };
  std::span<const Call> calls() const { return calls_; }

 private:
  const KvPlan& plan_;
  const History& history_;
  const size_t pop_;
  std::unique_ptr<VirtualKv> kv_;  // null: nobody asks
  std::vector<Call> calls_;
};

// What people saw, now that all writes are known. `samples`: by number of the request.
std::shared_ptr<const KvResults> KvOutcome(std::span<const KvNode* const> nodes,
                                           std::span<const Sample> samples);

}  // namespace terrella::sim
