// WorkerPool: the isolates of one shard, at most one warm for each version that answers.
//
// Isolates are made on the first request (a cold start of a few milliseconds), kept warm, trimmed
// when idle for a moment, evicted when idle for long or when there are too many (least recently
// used first), a few at a time so that requests come in between. While the machine is short of
// memory a quarter of those idle for a moment goes each second. The new versions of a script that
// was warm are warmed at once, so that a deploy costs nobody a cold start. A version that breaks
// its limits again and again rests in between (Penalties).
//
// Thread: the shard's loop. Owns: the tenants. Invariants: a retired tenant is freed from the loop,
// never from within a call of its own.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/shard/memory_floor.h"
#include "edge_node/shard/penalty.h"
#include "edge_node/shard/script_counters.h"
#include "edge_node/shard/tenant.h"

namespace terrella::edge {

struct PoolLimits {
  size_t warm_max = 128;    // isolates kept; each has some 0.5 MiB at least
  size_t retired_max = 64;  // isolates finishing old work; beyond it new ones wait (503)
  Duration trim_after = std::chrono::seconds(2);
  Duration evict_after = std::chrono::minutes(10);
  // The same while less memory is available than that; longer than a Durable Object's instance is
  // kept when nobody asks for it.
  Duration evict_when_short_after = std::chrono::seconds(15);
  uint64_t memory_floor_bytes = 0;  // 0: none
  PenaltyLimits penalty;
  Duration retry_failed_after =
      std::chrono::milliseconds(500);  // a start that failed is not repeated at once
};

class WorkerPool {
 public:
  WorkerPool(EventLoop& loop, runtime::Engine& engine, TenantObserver& observer, PoolLimits limits);
  ~WorkerPool();

  struct Acquired {
    Tenant::Lease lease;
    Duration cold{};  // time spent making the isolate; 0 when it was warm
  };
  // Why the script must not run now; nothing when it may.
  std::optional<Refusal> Resting(const LiveScript& script) const;
  // A warm isolate with exactly this script object. ResourceExhausted while the script rests.
  absl::StatusOr<Acquired> Acquire(const std::shared_ptr<const LiveScript>& script);

  // Retires isolates whose script is gone or replaced, and warms the replacements.
  void SetState(std::shared_ptr<const ServingState> state);
  // The tenant broke a limit just now, at the end of a turn of the loop: retires it and punishes
  // its script.
  void Condemn(Tenant& tenant, std::string_view reason);
  // Ends the Durable Objects of a namespace that are alive in the script's isolates.
  void BreakActors(const std::string& script, std::string_view namespace_id,
                   std::string_view reason);
  // The tenant takes no new request; it is freed when idle.
  void Retire(Tenant& tenant);
  void FreeIfRetired(Tenant& tenant);

  const Penalties& penalties() const { return penalties_; }
  // What another shard of the node knows of its scripts.
  void LearnFrom(const Penalties& other) { penalties_.LearnFrom(other); }

  // No worker has anything under way.
  bool idle() const;
  size_t isolates() const { return warm_.size() + retired_.size(); }
  // Adds CPU time since the last call.
  void AddCpu(CountersByVersion& counters);

 private:
  using Key = std::pair<std::string, std::string>;  // script and version id
  static Key KeyOf(const LiveScript& script) {
    return {script.code->script, script.code->version_id};
  }
  struct FailedStart {
    std::shared_ptr<const LiveScript> script;
    MonotonicTime at{};
    absl::Status status;
  };

  void Punish(const LiveScript& script, std::string_view reason, Duration cost);
  absl::StatusOr<Tenant*> Warm(const std::shared_ptr<const LiveScript>& script);
  void MakeRoom();
  void EvictWhenShort(MonotonicTime now);
  void Sweep();
  void WarmPending();
  void FreeRetired();

  EventLoop& loop_;
  runtime::Engine& engine_;
  TenantObserver& observer_;
  const PoolLimits limits_;
  std::map<Key, std::unique_ptr<Tenant>> warm_;
  std::vector<std::unique_ptr<Tenant>> retired_;
  std::map<Key, FailedStart> failed_;
  Penalties penalties_;
  size_t abandoned_here_;                      // by this thread, as of the last offence
  std::shared_ptr<const ServingState> state_;  // the newest one
  std::vector<std::shared_ptr<const LiveScript>> to_warm_;
  CountersByVersion cpu_of_freed_;
  const MemoryFloor memory_floor_;
  bool was_short_ = false;  // of memory, at the last sweep
  bool free_due_ = false;   // workers gave memory back that the process still has
  Timer sweep_;
  Timer warm_soon_;
  Timer free_soon_;
  Timer refill_soon_;
};

}  // namespace terrella::edge
