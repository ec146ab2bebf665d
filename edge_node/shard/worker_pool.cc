#include "edge_node/shard/worker_pool.h"

#include <malloc.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge_node/runtime/escape.h"

namespace terrella::edge {
namespace {

constexpr Duration kSweepEvery = std::chrono::seconds(1);
// What trimming and freeing may keep a request waiting; the rest is done after the pause.
constexpr Duration kChoresMax = std::chrono::milliseconds(1);
constexpr Duration kChoresPause = std::chrono::milliseconds(5);
// What the process keeps for the next requests when its workers are idle.
constexpr size_t kFreeBytesKept = 256 << 10;
constexpr std::string_view kNewCode =
    "the Durable Object was reset: another version of its code came";
// The request that took an isolate made ahead is answered by then, mostly.
constexpr Duration kRefillAfter = std::chrono::milliseconds(2);

// How long this turn of the loop has kept everybody else waiting.
Duration HeldUp(EventLoop& loop) {
  // libuv takes the time once a turn, in milliseconds of the monotonic clock.
  const auto turn_began = std::chrono::milliseconds(uv_now(loop.uv()));
  return std::max(Duration(0), Duration(static_cast<int64_t>(uv_hrtime())) - turn_began);
}

void AddCpuOf(Tenant& tenant, CountersByVersion& counters) {
  const Duration cpu = tenant.TakeCpu();
  if (cpu > Duration(0)) counters[{tenant.code().script, tenant.code().version_id}].cpu += cpu;
}

}  // namespace

WorkerPool::WorkerPool(EventLoop& loop, runtime::Engine& engine, TenantObserver& observer,
                       PoolLimits limits)
    : loop_(loop),
      engine_(engine),
      observer_(observer),
      limits_(limits),
      penalties_(loop.clock(), limits.penalty),
      abandoned_here_(runtime::AbandonedOnThisThread()),
      memory_floor_(limits.memory_floor_bytes),
      sweep_(loop, [this] { Sweep(); }),
      warm_soon_(loop, [this] { WarmPending(); }),
      free_soon_(loop, [this] { FreeRetired(); }),
      refill_soon_(loop, [this] { engine_.RefillFreshIsolates(); }) {}

WorkerPool::~WorkerPool() = default;

std::optional<Refusal> WorkerPool::Resting(const LiveScript& script) const {
  return penalties_.Check(script.code->script, script.code->version_id);
}

void WorkerPool::Condemn(Tenant& tenant, std::string_view reason) {
  Punish(tenant.live(), reason, HeldUp(loop_));
  Retire(tenant);
}

void WorkerPool::Punish(const LiveScript& script, std::string_view reason, Duration cost) {
  // Isolates are left in the very turn they are condemned in.
  const size_t abandoned_here = runtime::AbandonedOnThisThread();
  const Offence offence{.reason = reason,
                        .cost = cost,
                        .escaped = std::exchange(abandoned_here_, abandoned_here) != abandoned_here,
                        .abandoned = runtime::AbandonedIsolates()};
  const std::string& name = script.code->script;
  const std::string& version = script.code->version_id;
  const Duration pause = penalties_.Punish(name, version, offence);
  if (pause == Duration::max()) {
    LogError(
        "worker {} version {} {}: left by force, refused until another version comes; {} "
        "isolates abandoned by this process",
        name, version, offence.reason, offence.abandoned);
  } else if (pause == Duration(0)) {
    LogWarn("worker {} version {} {}: stopped after {:.0f} ms", name, version, offence.reason,
            ToMs(offence.cost));
  } else {
    LogWarn("worker {} version {} {}: stopped after {:.0f} ms, rests for {:.1f} s", name, version,
            offence.reason, ToMs(offence.cost), ToMs(pause) / 1000);
  }
}

absl::StatusOr<WorkerPool::Acquired> WorkerPool::Acquire(
    const std::shared_ptr<const LiveScript>& script) {
  if (const auto rest = Resting(*script)) {
    if (rest->for_good) {
      return ResourceExhausted("worker {} is refused here for good, it {}", script->code->script,
                               rest->reason);
    }
    return ResourceExhausted("worker {} rests for {:.1f} s, it {}", script->code->script,
                             ToMs(rest->left) / 1000, rest->reason);
  }
  const MonotonicTime start = loop_.Now();
  Duration cold{};
  Tenant* tenant = nullptr;
  if (auto found = warm_.find(KeyOf(*script)); found != warm_.end()) {
    tenant = found->second.get();
    if (tenant->script() != script) {
      Retire(*tenant);
      tenant = nullptr;
    }
  }
  if (tenant == nullptr) {
    ASSIGN_OR_RETURN(tenant, Warm(script));
    cold = loop_.Now() - start;
  }
  tenant->last_used = start;
  tenant->trimmed = false;
  return Acquired{Tenant::Lease(*tenant), cold};
}

absl::StatusOr<Tenant*> WorkerPool::Warm(const std::shared_ptr<const LiveScript>& script) {
  const Key key = KeyOf(*script);
  if (auto failed = failed_.find(key); failed != failed_.end()) {
    const FailedStart& before = failed->second;
    if (before.script == script && loop_.Now() - before.at < limits_.retry_failed_after) {
      return before.status;
    }
    failed_.erase(failed);
  }
  if (retired_.size() >= limits_.retired_max) FreeRetired();
  if (retired_.size() >= limits_.retired_max) {
    return ResourceExhausted("{} isolates are still finishing old work", retired_.size());
  }
  MakeRoom();
  auto tenant = std::make_unique<Tenant>(loop_, script, observer_);
  if (!refill_soon_.active()) refill_soon_.Start(kRefillAfter);
  const MonotonicTime start = loop_.Now();
  if (absl::Status loaded = tenant->Load(engine_); !loaded.ok()) {
    failed_[key] = {script, loop_.Now(), loaded};
    if (absl::IsDeadlineExceeded(loaded) || absl::IsResourceExhausted(loaded)) {
      Punish(*script, "broke a limit as it started", loop_.Now() - start);
    }
    return loaded;
  }
  tenant->last_used = loop_.Now();
  if (!sweep_.active()) sweep_.Start(kSweepEvery);
  return (warm_[key] = std::move(tenant)).get();
}

void WorkerPool::MakeRoom() {
  if (warm_.size() < limits_.warm_max) return;
  Tenant* oldest = nullptr;
  for (auto& [key, tenant] : warm_) {
    if (oldest == nullptr || tenant->last_used < oldest->last_used) oldest = tenant.get();
  }
  if (oldest != nullptr) Retire(*oldest);
}

void WorkerPool::SetState(std::shared_ptr<const ServingState> state) {
  std::vector<Tenant*> replaced;
  std::set<std::string> changed;  // scripts that were warm, and are deployed anew
  for (auto& [key, tenant] : warm_) {
    const std::string& name = key.first;
    const auto next = state->scripts.find(name);
    const bool stays = next != state->scripts.end() && next->second.Has(tenant->live());
    if (!stays) replaced.push_back(tenant.get());
    if (next == state->scripts.end()) continue;
    const auto before = state_->scripts.find(name);
    if (before != state_->scripts.end() && before->second == next->second) continue;
    changed.insert(name);
    // Some of its objects may belong to another version now.
    if (stays) tenant->worker().BreakActors(kNewCode);
  }
  for (Tenant* tenant : replaced) Retire(*tenant);
  state_ = std::move(state);
  for (const std::string& name : changed) {
    for (const LiveDeployment::Share& share : state_->scripts.at(name).shares()) {
      if (share.script->has_worker()) to_warm_.push_back(share.script);
    }
  }
  penalties_.Keep([this](std::string_view name) { return state_->scripts.contains(name); });
  if (!to_warm_.empty()) warm_soon_.Start(Duration(0));
}

void WorkerPool::WarmPending() {
  // One a turn, so that requests get their turn between two starts.
  const std::shared_ptr<const LiveScript> script = std::move(to_warm_.back());
  to_warm_.pop_back();
  if (!to_warm_.empty()) warm_soon_.Start(Duration(0));
  const auto live = state_->scripts.find(script->code->script);
  const bool answers = live != state_->scripts.end() && live->second.Has(*script);
  if (!answers || warm_.contains(KeyOf(*script))) return;  // a request or a deploy was faster
  if (auto warmed = Warm(script); !warmed.ok()) {
    LogWarn("worker {} version {} did not start: {}", script->code->script,
            script->code->version_id, Message(warmed.status()));
  }
}

void WorkerPool::Retire(Tenant& tenant) {
  if (tenant.retired) return;
  auto found = warm_.find(KeyOf(tenant.live()));
  // One whose start broke a limit is not here yet; Load reports it.
  if (found == warm_.end() || found->second.get() != &tenant) return;
  tenant.retired = true;
  tenant.worker().BreakActors(kNewCode);
  retired_.push_back(std::move(found->second));
  warm_.erase(found);
  FreeIfRetired(tenant);
}

void WorkerPool::BreakActors(const std::string& script, std::string_view namespace_id,
                             std::string_view reason) {
  for (auto& [key, tenant] : warm_) {
    if (key.first == script) tenant->worker().BreakActors(reason, namespace_id);
  }
}

void WorkerPool::FreeIfRetired(Tenant& tenant) {
  if (tenant.retired && tenant.idle() && !free_soon_.active()) free_soon_.Start(Duration(0));
}

bool WorkerPool::idle() const {
  const auto is_idle = [](const Tenant& tenant) { return tenant.idle(); };
  return std::all_of(warm_.begin(), warm_.end(),
                     [&](const auto& entry) { return is_idle(*entry.second); }) &&
         std::all_of(retired_.begin(), retired_.end(),
                     [&](const auto& tenant) { return is_idle(*tenant); });
}

void WorkerPool::FreeRetired() {
  const MonotonicTime start = loop_.Now();
  for (auto tenant = retired_.begin(); tenant != retired_.end();) {
    if (!(*tenant)->idle()) {
      ++tenant;
      continue;
    }
    AddCpuOf(**tenant, cpu_of_freed_);
    tenant = retired_.erase(tenant);
    if (loop_.Now() - start >= kChoresMax) return free_soon_.Start(kChoresPause);
  }
}

void WorkerPool::Sweep() {
  const MonotonicTime now = loop_.Now();
  bool late = false;
  std::vector<Tenant*> evicted;
  for (auto& [key, tenant] : warm_) {
    if (!tenant->idle()) continue;
    const Duration idle = now - tenant->last_used;
    if (idle >= limits_.evict_after) {
      evicted.push_back(tenant.get());
    } else if (idle >= limits_.trim_after && !tenant->trimmed && !late) {
      tenant->trimmed = free_due_ = true;
      tenant->worker().ReleaseMemory();
      late = loop_.Now() - now >= kChoresMax;
    }
  }
  for (Tenant* tenant : evicted) Retire(*tenant);
#ifdef __GLIBC__
  if (!late && std::exchange(free_due_, false)) malloc_trim(kFreeBytesKept);
#endif
  if (!late) EvictWhenShort(now);
  if (!warm_.empty() || free_due_) sweep_.Start(late ? kChoresPause : kSweepEvery);
}

void WorkerPool::EvictWhenShort(MonotonicTime now) {
  std::vector<Tenant*> idle;
  for (auto& [key, tenant] : warm_) {
    const bool rests = now - tenant->last_used >= limits_.evict_when_short_after;
    if (rests && tenant->idle()) idle.push_back(tenant.get());
  }
  const bool is_short = !idle.empty() && memory_floor_.IsReached();
  if (!std::exchange(was_short_, is_short) && is_short) {
    LogWarn("the machine is short of memory: idle workers go ({} now), those idle longest first",
            idle.size());
  }
  if (!is_short) return;
  std::sort(idle.begin(), idle.end(),
            [](const Tenant* a, const Tenant* b) { return a->last_used < b->last_used; });
  idle.resize((idle.size() + 3) / 4);
  for (Tenant* tenant : idle) Retire(*tenant);
  free_due_ = true;  // at the next sweep: they are freed from the loop
}

void WorkerPool::AddCpu(CountersByVersion& counters) {
  for (auto& [key, tenant] : warm_) AddCpuOf(*tenant, counters);
  for (auto& tenant : retired_) AddCpuOf(*tenant, counters);
  for (auto& [key, freed] : std::exchange(cpu_of_freed_, {})) counters[key].Merge(freed);
}

}  // namespace terrella::edge
