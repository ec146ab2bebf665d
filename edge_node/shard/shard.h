// Shard: one thread of an edge node: a listener, the isolates behind it, and the requests in
// between.
//
// Nothing of a request crosses threads. A node has one shard or several that share their port; they
// meet only in the immutable ServingState and in the reports taken from them.
//
// Thread: the loop's. Owns: server, isolates, client connections.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/random.h"
#include "edge_node/actors/actor_store.h"
#include "edge_node/assets/asset_store.h"
#include "edge_node/cache/engine/http_cache.h"
#include "edge_node/faults/node_faults.h"
#include "edge_node/kv/kv_door.h"
#include "edge_node/limits/rate_limiter.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/shard/actor_alarms.h"
#include "edge_node/shard/actor_door.h"
#include "edge_node/shard/actor_host_slot.h"
#include "edge_node/shard/actor_router.h"
#include "edge_node/shard/load_meter.h"
#include "edge_node/shard/request_flow.h"
#include "edge_node/shard/scheduled_run.h"
#include "edge_node/shard/script_counters.h"
#include "edge_node/shard/serving_state.h"
#include "edge_node/shard/subrequest.h"
#include "edge_node/shard/worker_pool.h"
#include "http/client/client.h"
#include "http/server/server.h"

namespace terrella::edge {

struct ShardLimits {
  size_t in_flight_max = 4096;      // requests at once; beyond: 503 with retry-after
  uint32_t service_depth_max = 16;  // service bindings crossed by one client request
  PoolLimits pool;
  http::ServerLimits server;
};

// Where the workers of a node have their KV; the shards share it.
struct KvAccess {
  KvCache* cache = nullptr;      // outlives the shards
  KvBackend* backend = nullptr;  // outlives the shards; null: none
  Duration rtt{};                // modelled, to where KV is kept
};

// Where Durable Objects of a node's workers live; the shards share it.
struct ActorAccess {
  ActorDirectory* directory = nullptr;        // outlives the shards; null: there are none
  std::filesystem::path folder;               // of their storage, shared by the cluster's nodes
  std::map<std::string, Duration> rtts;       // modelled, to the nodes of each PoP
  std::shared_ptr<ActorHostSlot> first_host;  // filled by the first shard; not null
};

struct ShardOptions {
  NodeIdentity node;
  SocketAddress listen;
  bool reuse_port = false;
  std::shared_ptr<http::LazyTls> tls;  // null: none; shared by the node's shards
  RateLimiter* rates = nullptr;        // shared by the node's shards, which it outlives
  AssetStore* assets = nullptr;        // shared likewise
  TailRing* tail_ring = nullptr;       // shared likewise; null: nobody can watch
  cache::Store* cache = nullptr;       // shared by the node's shards, which it outlives
  const NodeFaults* faults = nullptr;  // shared likewise; not null
  bool dev = false;                    // error pages show messages and stacks
  std::string confined;                // by what the process is, for its health
  KvAccess kv;
  ActorAccess actors;
  uint32_t index = 0;  // among the node's shards
  // False: it goes when there is less load, so that it hosts no Durable Objects.
  bool stays = true;
  // What the first shard knows of scripts that break limits; null: nothing.
  std::shared_ptr<const Penalties> penalties;
  const std::atomic<size_t>* shards = nullptr;  // of the node, that serve; outlives the shard
  ShardLimits limits;
};

class Shard final : private TenantObserver, private FlowOwner {
 public:
  static absl::StatusOr<std::unique_ptr<Shard>> Start(EventLoop& loop, runtime::Engine& engine,
                                                      ShardOptions options,
                                                      std::shared_ptr<const ServingState> state);
  // Cuts what is in flight.
  ~Shard() override;

  // New requests go by the new state from now on; those in flight finish on the old one.
  void SetState(std::shared_ptr<const ServingState> state);
  // Stops accepting, finishes what is in flight, then calls `done` once.
  void Drain(Duration deadline, std::function<void()> done);
  // While true, answers end their connections: the node shall be left, but nobody is refused.
  void SetLeaving(bool leaving) { server_->set_keep_alive(!leaving); }
  // Every connection there is now ends with its next answer; later ones are kept.
  void RenewConnections() { server_->RenewConnections(); }
  // Nobody is connected, and nothing is under way.
  bool quiet() const;
  const Penalties& penalties() const { return pool_.penalties(); }
  // Who watches what; null: nobody does.
  void SetTails(std::shared_ptr<const TailPlan> plan) { tails_ = std::move(plan); }
  SocketAddress address() const { return server_->address(); }
  // Runs scheduled() of a script; `done` is called once, from the loop or from here.
  void RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done);
  // Counters since the last call.
  ShardReport TakeReport();

 private:
  Shard(EventLoop& loop, runtime::Engine& engine, ShardOptions options,
        std::shared_ptr<const ServingState> state);

  void OnExchange(std::unique_ptr<http::Exchange> exchange);
  void Route(RequestFlow& flow);
  void RunScript(RequestFlow& flow, const std::string& name);
  bool ServeAsset(RequestFlow& flow, const std::shared_ptr<const LiveScript>& script);
  bool AnswerAdmin(http::Exchange& exchange);
  size_t TailCount() const;
  void OnFlowDone(RequestFlow& flow) override;
  void OnFlowRetry(RequestFlow& flow) override { Route(flow); }
  std::unique_ptr<runtime::Subrequest> OnFlowPassThrough(
      const Tenant& tenant, http::RequestHead head, runtime::SubrequestObserver& observer) override;
  std::unique_ptr<runtime::Subrequest> OnFetch(Tenant& tenant, runtime::OutboundRequest request,
                                               runtime::SubrequestObserver& observer) override;
  std::unique_ptr<runtime::Subrequest> OnKv(runtime::KvRequest request,
                                            runtime::KvObserver& observer) override {
    return kv_.Start(std::move(request), observer);
  }
  absl::StatusOr<std::string> OnFindActorNamespace(std::string_view script,
                                                   std::string_view class_name) override;
  absl::StatusOr<std::unique_ptr<runtime::ActorStorage>> OnOpenActor(
      const runtime::ActorAddress& address) override;
  // Makes what calls of Durable Objects need, when a worker has some, and what hosting them does.
  absl::Status StartActors();
  absl::Status HostActors(ActorRouter::Options& router);
  std::unique_ptr<runtime::Subrequest> DeliverToActorHere(runtime::ActorAddress address,
                                                          UrlParts url,
                                                          runtime::OutboundRequest request,
                                                          runtime::SubrequestObserver& observer);
  std::unique_ptr<runtime::Subrequest> FetchService(Tenant& caller, UrlParts url,
                                                    runtime::OutboundRequest request,
                                                    runtime::SubrequestObserver& observer);
  bool OnTakeRate(const runtime::RateLimitCall& call) override {
    return options_.rates->Take({call.ns, call.limit, std::chrono::seconds(call.period_s)},
                                call.key);
  }
  absl::StatusOr<std::shared_ptr<const LiveScript>> FindService(
      const Tenant& caller, const runtime::OutboundRequest& request);
  void OnTenantCondemned(Tenant& tenant, std::string_view reason) override;
  void OnTenantIdle(Tenant& tenant) override;

  EventLoop& loop_;
  LoadMeter load_;
  const ShardOptions options_;
  const FlowContext context_;
  std::shared_ptr<const ServingState> state_;
  CounterRandom rays_;
  CounterRandom dice_;                     // of those who watch a sample
  std::shared_ptr<const TailPlan> tails_;  // null: nobody watches
  CountersByCode counters_;
  CountersByCode chosen_;  // of requests that named their version
  // Destroyed bottom up: flows hold exchanges and isolates, isolates hold fetches through the
  // cache, which holds client calls.
  http::Client client_;
  KvDoor kv_;
  cache::HttpCache cache_;
  std::unique_ptr<AlarmIndex> alarm_index_;  // these four: null until they are needed
  std::unique_ptr<ActorRouter> actor_router_;
  std::unique_ptr<ActorAlarms> actor_alarms_;
  std::unique_ptr<ActorDoor> actor_door_;
  WorkerPool pool_;
  std::unique_ptr<http::Server> server_;
  std::list<std::unique_ptr<RequestFlow>> flows_;
  std::list<std::unique_ptr<ScheduledRun>> scheduled_;
};

}  // namespace terrella::edge
