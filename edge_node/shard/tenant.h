// Tenant: a script's place on a shard: its isolate, and the door through which the isolate reaches
// the world (runtime::Host).
//
//   cold --Load()--> warm --replaced, condemned, evicted--> retired --last lease and request
//   gone--> freed
//
// A retired tenant takes no new request but finishes what it has; the pool frees it.
//
// Thread: the shard's loop. Owns: the Worker. Invariants: the Worker outlives every lease.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "edge_node/runtime/worker.h"
#include "edge_node/shard/serving_state.h"

namespace terrella::edge {

// Where a tenant's fetches and events go: the shard.
class TenantObserver {
 public:
  virtual ~TenantObserver() = default;
  virtual std::unique_ptr<runtime::Subrequest> OnFetch(class Tenant& tenant,
                                                       runtime::OutboundRequest request,
                                                       runtime::SubrequestObserver& observer) = 0;
  virtual std::unique_ptr<runtime::Subrequest> OnKv(runtime::KvRequest request,
                                                    runtime::KvObserver& observer) = 0;
  virtual bool OnTakeRate(const runtime::RateLimitCall& call) = 0;
  virtual absl::StatusOr<std::string> OnFindActorNamespace(std::string_view script,
                                                           std::string_view class_name) = 0;
  virtual absl::StatusOr<std::unique_ptr<runtime::ActorStorage>> OnOpenActor(
      const runtime::ActorAddress& address) = 0;
  virtual void OnTenantCondemned(class Tenant& tenant, std::string_view reason) = 0;
  // Nothing is in flight and nobody holds a lease.
  virtual void OnTenantIdle(class Tenant& tenant) = 0;
};

class Tenant final : public runtime::Host {
 public:
  // Keeps the tenant's worker alive; for whoever holds an Invocation or a body of it.
  class Lease {
   public:
    explicit Lease(Tenant& tenant) : tenant_(&tenant) { ++tenant.leases_; }
    Lease(Lease&& other) noexcept : tenant_(other.tenant_) { other.tenant_ = nullptr; }
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (tenant_ != nullptr && --tenant_->leases_ == 0) tenant_->CheckIdle();
    }
    Tenant& operator*() const { return *tenant_; }
    Tenant* operator->() const { return tenant_; }

   private:
    Tenant* tenant_;
  };

  Tenant(EventLoop& loop, std::shared_ptr<const LiveScript> script, TenantObserver& observer)
      : loop_(loop), script_(std::move(script)), observer_(observer) {}

  // Creates the isolate; blocks the loop for its start-up (bounded by the start-up budget).
  absl::Status Load(runtime::Engine& engine);

  runtime::Worker& worker() { return *worker_; }
  const LiveScript& live() const { return *script_; }
  const std::shared_ptr<const LiveScript>& script() const { return script_; }
  const runtime::WorkerCode& code() const { return *script_->code; }
  bool idle() const { return leases_ == 0 && (worker_ == nullptr || worker_->in_flight() == 0); }
  // CPU time since the last call.
  Duration TakeCpu();

  MonotonicTime last_used{};
  bool trimmed = false;  // gave its memory back since it was last used
  bool retired = false;

 private:
  std::unique_ptr<runtime::Subrequest> Fetch(runtime::OutboundRequest request,
                                             runtime::SubrequestObserver& observer) override;
  std::unique_ptr<runtime::Subrequest> Kv(runtime::KvRequest request,
                                          runtime::KvObserver& observer) override {
    return observer_.OnKv(std::move(request), observer);
  }
  bool TakeRate(const runtime::RateLimitCall& call) override { return observer_.OnTakeRate(call); }
  absl::StatusOr<std::string> FindActorNamespace(std::string_view script,
                                                 std::string_view class_name) override {
    return observer_.OnFindActorNamespace(script, class_name);
  }
  absl::StatusOr<std::unique_ptr<runtime::ActorStorage>> OpenActor(
      const runtime::ActorAddress& address) override {
    return observer_.OnOpenActor(address);
  }
  void OnLog(runtime::Worker& worker, LogLevel level, std::string_view text) override;
  void OnCondemned(runtime::Worker& worker, std::string_view reason) override;
  void OnIdle(runtime::Worker& worker) override;
  void CheckIdle();

  EventLoop& loop_;
  std::shared_ptr<const LiveScript> script_;  // shared with the state(s) that serve it
  TenantObserver& observer_;
  size_t leases_ = 0;
  Duration cpu_reported_{};
  std::unique_ptr<runtime::Worker> worker_;
};

}  // namespace terrella::edge
