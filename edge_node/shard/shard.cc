#include "edge_node/shard/shard.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "edge_node/runtime/escape.h"
#include "edge_node/shard/asset_fetch.h"
#include "edge_node/shard/cached_fetch.h"
#include "edge_node/shard/event_request.h"
#include "edge_node/shard/health.h"
#include "edge_node/shard/subrequest.h"

namespace terrella::edge {
namespace {

// Whether some worker has Durable Objects or calls them.
bool HasActors(const ServingState& state) {
  if (!state.actors.empty()) return true;
  const auto calls_them = [](const LiveDeployment::Share& share) {
    const auto& bindings = share.script->code->bindings;
    return std::any_of(bindings.begin(), bindings.end(), [](const runtime::Binding& binding) {
      return binding.kind == runtime::BindingKind::kActor;
    });
  };
  return std::any_of(state.scripts.begin(), state.scripts.end(), [&](const auto& live) {
    const auto& shares = live.second.shares();
    return std::any_of(shares.begin(), shares.end(), calls_them);
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Shard>> Shard::Start(EventLoop& loop, runtime::Engine& engine,
                                                    ShardOptions options,
                                                    std::shared_ptr<const ServingState> state) {
  std::unique_ptr<Shard> shard(new Shard(loop, engine, std::move(options), std::move(state)));
  http::ServerOptions server{.address = shard->options_.listen,
                             .reuse_port = shard->options_.reuse_port,
                             .limits = shard->options_.limits.server,
                             .accept_proxy_protocol = true,
                             .tls = shard->options_.tls,
                             .clock = &shard->options_.faults->clock};
  Shard* self = shard.get();
  ASSIGN_OR_RETURN(shard->server_,
                   http::Server::Start(loop, server, [self](std::unique_ptr<http::Exchange> e) {
                     self->OnExchange(std::move(e));
                   }));
  shard->SetState(shard->state_);
  return shard;
}

Shard::Shard(EventLoop& loop, runtime::Engine& engine, ShardOptions options,
             std::shared_ptr<const ServingState> state)
    : loop_(loop),
      load_(loop),
      options_(std::move(options)),
      context_{.loop = loop,
               .clock = options_.faults->clock,
               .node = options_.node,
               .dev = options_.dev},
      state_(std::move(state)),
      rays_(RandomU64()),
      dice_(RandomU64()),
      client_(loop),
      kv_(loop, *options_.kv.cache, options_.kv.backend, options_.kv.rtt),
      cache_(loop, *options_.cache, context_.clock),
      pool_(loop, engine, *this, options_.limits.pool) {
  pool_.SetState(state_);
  if (options_.penalties != nullptr) pool_.LearnFrom(*options_.penalties);
  cache_.SetPurges(state_->purges);
}

Shard::~Shard() {
  flows_.clear();
  scheduled_.clear();
  actor_alarms_.reset();
  actor_door_.reset();
}

void Shard::SetState(std::shared_ptr<const ServingState> state) {
  const std::shared_ptr<const ServingState> before = std::exchange(state_, std::move(state));
  pool_.SetState(state_);
  for (const auto& [id, name] : before->actors.classes()) {
    const ActorClassName* now = state_->actors.ClassOf(id);
    if (now != nullptr && *now == name) continue;
    // One object must not be alive in two isolates.
    pool_.BreakActors(name.script, id,
                      "the Durable Object was reset: its class was deleted or moved");
  }
  cache_.SetPurges(state_->purges);
  if (actor_router_ == nullptr && options_.actors.directory != nullptr && HasActors(*state_)) {
    if (absl::Status started = StartActors(); !started.ok()) {
      LogError("Durable Objects cannot live here: {}", Message(started));
    }
  }
}

void Shard::Drain(Duration deadline, std::function<void()> done) {
  server_->Drain(deadline, std::move(done));
}

bool Shard::quiet() const {
  return server_->connections() == 0 && flows_.empty() && scheduled_.empty() && pool_.idle() &&
         kv_.idle();
}

void Shard::OnExchange(std::unique_ptr<http::Exchange> exchange) {
  if (AnswerAdmin(*exchange)) return;
  auto flow = std::make_unique<RequestFlow>(context_, static_cast<FlowOwner&>(*this), rays_.Next(),
                                            std::move(exchange));
  RequestFlow& ref = *flow;
  flows_.push_front(std::move(flow));
  ref.position = flows_.begin();
  if (auto event = ParseEventRequest(ref.head(), options_.dev, context_.clock.WallNow())) {
    const std::string script = std::move(event->script);
    ref.set_event(std::move(event->scheduled));
    if (!script.empty()) return RunScript(ref, script);
  }
  Route(ref);
}

void Shard::Route(RequestFlow& flow) {
  if (flows_.size() > options_.limits.in_flight_max) return flow.Refuse(OverloadedPage());
  const http::RequestHead& head = flow.head();
  const std::string host = NormalizeHost(head.host);
  // `OPTIONS *` asks about a whole site: whoever has its root answers.
  const std::string_view target = head.target == "*" ? "/" : std::string_view(head.target);
  const std::string* name = state_->routes.Find(host, target);
  if (name == nullptr) return flow.Refuse(NoRoutePage(host, target));
  RunScript(flow, *name);
}

void Shard::RunScript(RequestFlow& flow, const std::string& name) {
  const auto live = state_->scripts.find(name);
  if (live == state_->scripts.end()) return flow.Refuse(NotDeployedPage(name));
  const auto [script, by_name] = live->second.Pick(flow.head().headers, flow.ray_text());
  if (by_name) flow.set_chosen();
  if (ServeAsset(flow, script)) return;
  if (tails_ != nullptr) flow.Watch(*tails_, *script, *options_.tail_ring, dice_.Uniform());
  if (const auto rest = pool_.Resting(*script)) {
    // Without a log line each: whoever asks must not be able to fill the disk.
    flow.set_rests();
    return flow.Refuse(PausedPage(name, *rest), script.get());
  }
  auto acquired = pool_.Acquire(script);
  if (!acquired.ok()) {
    LogWarn("worker {} version {} ray {}: cannot start: {}", name, script->code->version_id,
            flow.ray_text(), Message(acquired.status()));
    return flow.Refuse(StartFailedPage(name, Message(acquired.status()), options_.dev),
                       script.get());
  }
  flow.Run(*std::move(acquired));
}

// Without an isolate. The flow may be gone when it returns true.
bool Shard::ServeAsset(RequestFlow& flow, const std::shared_ptr<const LiveScript>& script) {
  if (script->site == nullptr || (flow.is_event() && script->has_worker())) return false;
  const http::RequestHead& head = flow.head();
  const std::string host = NormalizeHost(head.host);
  auto answer =
      script->site->Route({head.method, host, head.target, head.headers}, context_.clock.WallNow());
  if (!answer) return false;
  flow.ServeAsset(script, *std::move(answer), *options_.assets);
  return true;
}

void Shard::RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) {
  using Kind = ScheduledOutcome::Kind;
  const auto live = state_->scripts.find(order.script);
  if (live == state_->scripts.end()) {
    return done({.kind = Kind::kAbsent, .detail = "the script has no version on this node"});
  }
  const std::shared_ptr<const LiveScript>& script = live->second.PickByKey(order.key);
  if (!script->has_worker()) {
    return done({.kind = Kind::kAbsent, .detail = "the script has assets, but no code"});
  }
  auto acquired = pool_.Acquire(script);
  if (!acquired.ok()) {
    return done({.detail = std::string(Message(acquired.status())),
                 .version_id = script->code->version_id});
  }
  auto ended = [this, done = std::move(done)](ScheduledRun& run, ScheduledOutcome outcome) {
    ScriptCounters& counters = counters_[run.code()];
    ++counters.scheduled_runs;
    if (outcome.kind != Kind::kOk) ++counters.scheduled_failures;
    const auto place = std::find_if(scheduled_.begin(), scheduled_.end(),
                                    [&](const auto& other) { return other.get() == &run; });
    const auto dying = std::move(*place);
    scheduled_.erase(place);
    done(std::move(outcome));
  };
  std::shared_ptr<RequestTrace> trace;
  if (tails_ != nullptr) {
    const std::string ray = fmt::format("{:016x}-{}", rays_.Next(), options_.node.pop);
    trace = RequestTrace::Begin(*tails_,
                                {.script = order.script,
                                 .version_id = script->code->version_id,
                                 .ray = ray,
                                 .dice = dice_.Uniform()},
                                {options_.node.id, options_.node.pop}, *options_.tail_ring,
                                context_.clock);
    if (trace != nullptr) {
      trace->set_cron(order.event.cron, static_cast<int64_t>(order.event.scheduled_ms));
    }
  }
  scheduled_.push_back(std::make_unique<ScheduledRun>(loop_, *std::move(acquired), std::move(order),
                                                      std::move(trace), std::move(ended)));
}

size_t Shard::TailCount() const {
  size_t count = 0;
  if (tails_ == nullptr) return 0;
  for (const auto& [script, filters] : tails_->by_script) count += filters.size();
  return count;
}

bool Shard::AnswerAdmin(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (head.target != kHealthPath || head.method != "GET" || !IsAddressHost(head.host)) return false;
  http::ResponseHead response;
  response.headers.Set("content-type", "application/json");
  response.headers.Set("cache-control", "no-store");
  exchange.Respond(std::move(response), HealthJson(options_.node, *state_,
                                                   {.in_flight = flows_.size(),
                                                    .isolates = pool_.isolates(),
                                                    .tails = TailCount(),
                                                    .shards = options_.shards->load(),
                                                    .confined = options_.confined}));
  return true;
}

void Shard::OnFlowDone(RequestFlow& flow) {
  if (flow.code() != nullptr) {
    ScriptCounters& counters = (flow.chosen() ? chosen_ : counters_)[flow.code()];
    ++counters.requests;
    if (flow.failed()) ++counters.errors;
    if (flow.failed() || flow.status() >= 500) ++counters.responses_5xx;
    if (flow.cpu_killed()) ++counters.cpu_limit_kills;
    if (flow.cold()) ++counters.cold_starts;
    counters.body_bytes += flow.body_bytes();
    if (flow.failed()) {
      ++counters.failures[flow.failure() ? static_cast<size_t>(*flow.failure())
                                         : ScriptCounters::kFailureKinds];
    }
    if (CountryCounter* country = counters.OfCountry(flow.country()); country != nullptr) {
      ++country->requests;
      if (flow.failed()) ++country->errors;
    }
    counters.cpu_us.Add(static_cast<uint64_t>(flow.cpu().count() / 1000));
    counters.latency_us.Add(
        static_cast<uint64_t>(std::max<int64_t>(flow.took().count() / 1000, 0)));
  }
  auto dying = std::move(*flow.position);
  flows_.erase(flow.position);
}

// The origin that the request was on its way to; the only one, when no name fits.
std::unique_ptr<runtime::Subrequest> Shard::OnFlowPassThrough(
    const Tenant& tenant, http::RequestHead head, runtime::SubrequestObserver& observer) {
  const std::vector<OriginTarget>& origins = tenant.live().origins;
  const std::string host = NormalizeHost(head.host);
  auto origin = std::find_if(origins.begin(), origins.end(),
                             [&](const OriginTarget& o) { return o.host == host; });
  if (origin == origins.end() && origins.size() == 1) origin = origins.begin();
  if (origin == origins.end()) return nullptr;
  runtime::OutboundRequest request;
  request.method = std::move(head.method);
  request.headers = std::move(head.headers);
  return FetchOrigin(
      loop_, client_, *origin,
      {.authority = std::move(head.host), .host = host, .target = std::move(head.target)},
      std::move(request), observer);
}

std::unique_ptr<runtime::Subrequest> Shard::OnFetch(Tenant& tenant,
                                                    runtime::OutboundRequest request,
                                                    runtime::SubrequestObserver& observer) {
  if (!request.cache_operation) ++counters_[tenant.script()->code].subrequests;
  auto url = SplitUrl(request.url);
  if (!url.ok()) return FailSubrequest(loop_, url.status(), observer);
  if (request.cache_operation) {
    return OperateCache(cache_, tenant.code().script, std::move(request), observer);
  }
  if (request.actor.has_value()) {
    if (request.depth >= options_.limits.service_depth_max) {
      return FailSubrequest(loop_,
                            ResourceExhausted("workers call each other more than {} deep",
                                              options_.limits.service_depth_max),
                            observer);
    }
    if (actor_router_ == nullptr) {
      return FailSubrequest(loop_, Unavailable("Durable Objects cannot live on this node"),
                            observer);
    }
    return actor_router_->Start(*std::move(url), std::move(request), observer);
  }
  if (!request.service.empty()) {
    return FetchService(tenant, *std::move(url), std::move(request), observer);
  }
  for (const OriginTarget& origin : tenant.live().origins) {
    if (origin.host != url->host) continue;
    // A WebSocket is nothing to store.
    if (request.headers.Has("upgrade")) {
      return FetchOrigin(loop_, client_, origin, *std::move(url), std::move(request), observer);
    }
    return FetchThroughCache(cache_, loop_, client_, tenant.code().script, origin,
                             std::move(request), observer);
  }
  return FailSubrequest(
      loop_,
      PermissionDenied("{} is not a declared origin of worker {}", url->host, tenant.code().script),
      observer);
}

absl::Status Shard::StartActors() {
  ActorRouter::Options router{.directory = options_.actors.directory, .rtts = options_.actors.rtts};
  router.hosts = options_.stays;
  if (options_.stays) {
    RETURN_IF_ERROR(HostActors(router));
  } else {
    auto first = options_.actors.first_host->Get();
    if (!first.has_value()) return Unavailable("the node's first shard hosts none");
    router.self = *std::move(first);
  }
  actor_router_ = std::make_unique<ActorRouter>(
      loop_, client_, std::move(router),
      [this](auto address, auto url, auto request, auto& observer) {
        return DeliverToActorHere(std::move(address), std::move(url), std::move(request), observer);
      });
  if (!options_.stays) return absl::OkStatus();
  actor_router_->StartJoining();
  actor_alarms_ = std::make_unique<ActorAlarms>(
      loop_, context_.clock, *alarm_index_, *actor_router_,
      [this](std::string_view id) { return state_->actors.ClassOf(id) != nullptr; });
  return absl::OkStatus();
}

absl::Status Shard::HostActors(ActorRouter::Options& router) {
  const std::filesystem::path& folder = options_.actors.folder;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("cannot create {}: {}", folder.string(), error.message());
  ASSIGN_OR_RETURN(alarm_index_, AlarmIndex::Open(folder));
  const std::string key = RandomBytes(32);
  ASSIGN_OR_RETURN(
      actor_door_,
      ActorDoor::Open(loop_, key, [this](auto address, auto url, auto request, auto& observer) {
        return DeliverToActorHere(std::move(address), std::move(url), std::move(request), observer);
      }));
  router.self.set_node(options_.node.id);
  router.self.set_shard(options_.index);
  router.self.set_instance(ToHex(RandomBytes(16)));
  router.self.set_pop(options_.node.pop);
  router.self.set_door(actor_door_->address().ToString());
  router.self.set_key(key);
  if (options_.index == 0) options_.actors.first_host->Set(router.self);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Shard::OnFindActorNamespace(std::string_view script,
                                                        std::string_view class_name) {
  if (const std::string* found = state_->actors.Find(script, class_name)) return *found;
  if (!state_->scripts.contains(script)) {
    return NotFound(
        "worker {}, whose Durable Objects of class {} are asked for, has no version here", script,
        class_name);
  }
  return NotFound(
      "worker {} has no class {} of Durable Objects: [[migrations]] of its configuration "
      "make one, by new_sqlite_classes",
      script, class_name);
}

absl::StatusOr<std::unique_ptr<runtime::ActorStorage>> Shard::OnOpenActor(
    const runtime::ActorAddress& address) {
  if (alarm_index_ == nullptr) return Unavailable("Durable Objects cannot live on this node");
  const ActorStoreParts parts{.alarms = alarm_index_.get(), .pace = &options_.faults->disk};
  ASSIGN_OR_RETURN(auto store, ActorStore::Open(options_.actors.folder, address, parts));
  return std::unique_ptr<runtime::ActorStorage>(std::move(store));
}

std::unique_ptr<runtime::Subrequest> Shard::DeliverToActorHere(
    runtime::ActorAddress address, UrlParts url, runtime::OutboundRequest request,
    runtime::SubrequestObserver& observer) {
  const ActorClassName* code = state_->actors.ClassOf(address.namespace_id);
  if (code == nullptr) {
    // A deploy that has not come here yet may have made it: whoever asks tries again.
    return FailSubrequest(
        loop_,
        state_->actors.IsDeleted(address.namespace_id)
            ? NotFound("the class of the Durable Object was deleted")
            : absl::AbortedError("the class of the Durable Object is not known here"),
        observer);
  }
  address.script = code->script;
  address.class_name = code->class_name;
  const auto live = state_->scripts.find(address.script);
  const auto script = live == state_->scripts.end() ? nullptr : live->second.PickByKey(address.id);
  if (script == nullptr || !script->has_worker()) {
    return FailSubrequest(
        loop_, NotFound("the worker {} of the Durable Object has no version here", address.script),
        observer);
  }
  auto acquired = pool_.Acquire(script);
  if (!acquired.ok()) return FailSubrequest(loop_, acquired.status(), observer);
  return CallService(std::move(acquired->lease), std::move(url), std::move(request),
                     std::move(address), observer);
}

// A script's assets answer before it, whoever asks; methods and entrypoints are the worker's.
std::unique_ptr<runtime::Subrequest> Shard::FetchService(Tenant& caller, UrlParts url,
                                                         runtime::OutboundRequest request,
                                                         runtime::SubrequestObserver& observer) {
  const bool own_assets = request.service == kAssetsService;
  auto script = own_assets ? caller.script() : FindService(caller, request);
  if (!script.ok()) return FailSubrequest(loop_, script.status(), observer);
  if ((*script)->site != nullptr && request.entrypoint.empty() && request.rpc_method.empty()) {
    const AssetRequest asked{request.method, url.host, url.target, request.headers};
    const WallTime now = context_.clock.WallNow();
    std::optional<AssetAnswer> answer =
        own_assets ? (*script)->site->Answer(asked, now) : (*script)->site->Route(asked, now);
    if (answer) {
      return FetchAsset(loop_, *options_.assets, *std::move(script), *std::move(answer),
                        request.method == "HEAD", observer);
    }
  }
  if (own_assets || !(*script)->has_worker()) {
    const absl::Status none = NotFound("worker {} has no code to call", request.service);
    return FailSubrequest(loop_, none, observer);
  }
  auto callee = pool_.Acquire(*script);
  if (!callee.ok()) return FailSubrequest(loop_, callee.status(), observer);
  return CallService(std::move(callee->lease), std::move(url), std::move(request), std::nullopt,
                     observer);
}

absl::StatusOr<std::shared_ptr<const LiveScript>> Shard::FindService(
    const Tenant& caller, const runtime::OutboundRequest& request) {
  if (request.depth >= options_.limits.service_depth_max) {
    return ResourceExhausted("workers call each other more than {} deep, last {} -> {}",
                             options_.limits.service_depth_max, caller.code().script,
                             request.service);
  }
  const auto live = state_->scripts.find(request.service);
  if (live == state_->scripts.end()) {
    return NotFound("worker {} is bound to {}, which has no version on this node",
                    caller.code().script, request.service);
  }
  if (!live->second.is_split()) return live->second.main();
  return live->second.Pick(request.headers, fmt::format("{:016x}", rays_.Next())).script;
}

void Shard::OnTenantCondemned(Tenant& tenant, std::string_view reason) {
  pool_.Condemn(tenant, reason);
}

void Shard::OnTenantIdle(Tenant& tenant) {
  pool_.FreeIfRetired(tenant);
}

ShardReport Shard::TakeReport() {
  ShardReport report;
  for (size_t i = 0; i < ScriptCounters::kFailureKinds; ++i) {
    report.failure_names[i] = FailureKindName(static_cast<runtime::FailureKind>(i));
  }
  report.failure_names.back() = "refused";
  CountersByVersion scripts, chosen;
  for (auto& [code, counters] : std::exchange(counters_, {})) {
    scripts[{code->script, code->version_id}].Merge(counters);
  }
  for (auto& [code, counters] : std::exchange(chosen_, {})) {
    chosen[{code->script, code->version_id}].Merge(counters);
  }
  pool_.AddCpu(scripts);
  report.scripts = std::move(scripts);
  report.chosen = std::move(chosen);
  report.isolates = pool_.isolates();
  report.abandoned_isolates = runtime::AbandonedIsolates();
  report.in_flight = flows_.size();
  report.load = load_.Take();
  return report;
}

}  // namespace terrella::edge
