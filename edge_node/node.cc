#include "edge_node/node.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "edge_node/actors/actor_sweeper.h"
#include "edge_node/cache/store/store.h"
#include "edge_node/control/asset_loaders.h"
#include "edge_node/control/build_name.h"
#include "edge_node/control/certificate_keeper.h"
#include "edge_node/control/control_channel.h"
#include "edge_node/control/control_thread.h"
#include "edge_node/control/dev_crons.h"
#include "edge_node/control/dev_source.h"
#include "edge_node/control/event_agent.h"
#include "edge_node/control/grpc_actors.h"
#include "edge_node/control/grpc_events.h"
#include "edge_node/control/grpc_kv.h"
#include "edge_node/control/grpc_transport.h"
#include "edge_node/control/join.h"
#include "edge_node/control/node_agent.h"
#include "edge_node/faults/fault_signals.h"
#include "edge_node/kv/memory_kv.h"
#include "edge_node/runtime/check_code.h"
#include "edge_node/shard/shard_set.h"
#include "rpc/identity.h"
#include "rpc/sealing_key.h"
#include "rpc/upstream.h"

namespace terrella::edge {
namespace {

// SIGTERM and SIGINT, and the two that cut the node off and let it back, delivered on the loop.
class Signals {
 public:
  static constexpr int kCutOff = SIGUSR1, kRejoin = SIGUSR2;
  Signals(EventLoop& loop, std::function<void(int)> handler) : handler_(std::move(handler)) {
    constexpr std::array<int, kCount> kNumbers = {SIGTERM, SIGINT, kCutOff, kRejoin};
    for (size_t i = 0; i < handles_.size(); ++i) {
      handles_[i] = new uv_signal_t;
      handles_[i]->data = this;
      uv_signal_init(loop.uv(), handles_[i]);
      uv_signal_start(
          handles_[i],
          [](uv_signal_t* handle, int number) {
            static_cast<Signals*>(handle->data)->handler_(number);
          },
          kNumbers[i]);
    }
  }
  ~Signals() {
    for (uv_signal_t* handle : handles_) {
      uv_close(reinterpret_cast<uv_handle_t*>(handle),
               [](uv_handle_t* closed) { delete reinterpret_cast<uv_signal_t*>(closed); });
    }
  }

 private:
  std::function<void(int)> handler_;
  static constexpr size_t kCount = 4;
  std::array<uv_signal_t*, kCount> handles_{};  // freed by their close callbacks
};

// The shards as the agent sees them; they come to be after the agent's parts.
class Serving final : public ServingSide {
 public:
  explicit Serving(ShardSet& shards) : shards_(shards) {}
  void Activate(std::shared_ptr<const ServingState> state, std::function<void()> done) override {
    shards_.Activate(state, [this, state, done = std::move(done)] {
      done();
      if (sweeper_ != nullptr) sweeper_->Sweep(state->actors.deleted());
    });
  }
  // What deleted Durable Objects left goes once nobody reaches them any more.
  void set_sweeper(ActorSweeper* sweeper) { sweeper_ = sweeper; }

  void SetLeaving(bool leaving) override { shards_.SetLeaving(leaving); }
  void TakeReport(std::function<void(ShardReport)> done) override {
    shards_.TakeReport(std::move(done));
  }

 private:
  ShardSet& shards_;
  ActorSweeper* sweeper_ = nullptr;  // touched on the control loop only
};

// The same shards, for what nodes do besides serving.
class Running final : public EventSide {
 public:
  explicit Running(ShardSet& shards) : shards_(shards) {}
  void SetTails(std::shared_ptr<const TailPlan> plan) override {
    shards_.SetTails(std::move(plan));
  }
  void RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) override {
    shards_.RunScheduled(std::move(order), std::move(done));
  }

 private:
  ShardSet& shards_;
};

// Everything of the control side that must be there before serving begins.
struct ControlParts {
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<LastKnownGood> saved;
  std::shared_ptr<const rpc::SealingKey> sealing_key;
  std::unique_ptr<Applier> applier;
  std::shared_ptr<const ServingState> state;  // to begin with
};

// Beside the state, which nobody reads without it. A node that cannot keep one serves all the same,
// and asks for its secrets again after a restart.
std::shared_ptr<const rpc::SealingKey> OpenSealingKey(const std::filesystem::path& dir) {
  if (dir.empty()) return rpc::SealingKey::Make();
  auto key = rpc::SealingKey::Open(dir / "sealing.key");
  if (key.ok()) return *std::move(key);
  LogError("secrets are for this run only: {}", Message(key.status()));
  return rpc::SealingKey::Make();
}

// In the place of every copy: the older ones have secrets in the clear.
void OverwriteAll(LastKnownGood& saved, const v1::Push& state) {
  for (size_t i = 0; i < LastKnownGood::kSlots; ++i) {
    if (const absl::Status kept = saved.Save(state); !kept.ok()) {
      return LogError("secrets stay in the clear in {}: {}", saved.current_path().string(),
                      Message(kept));
    }
    saved.Sync();
  }
}

ControlParts LoadFromDisk(const NodeOptions& options, const DiskPace& pace) {
  const std::filesystem::path& dir = options.state_dir;
  const VersionLimits limits;
  ControlParts parts;
  parts.blobs =
      std::make_unique<BlobStore>(dir.empty() ? dir : dir / "cas", limits.code_bytes_max, &pace);
  parts.saved = std::make_unique<LastKnownGood>(dir, &pace);
  parts.sealing_key = OpenSealingKey(dir);
  parts.applier =
      std::make_unique<Applier>(*parts.blobs, Applier::Options{.pop = options.node.pop,
                                                               .continent = options.node.continent,
                                                               .build = BuildName(),
                                                               .sealing_key = parts.sealing_key,
                                                               .limits = limits});
  absl::StatusOr<v1::Push> saved = parts.saved->Load();
  if (saved.ok()) {
    parts.state = parts.applier->Restore(*saved);
    LogInfo("serving revision {} from disk: {} scripts", parts.state->revision,
            parts.state->scripts.size());
    if (parts.applier->sealed_anew()) OverwriteAll(*parts.saved, parts.applier->Snapshot());
  } else {
    if (!absl::IsNotFound(saved.status())) LogError("no usable state: {}", Message(saved.status()));
    parts.state = std::make_shared<ServingState>();
  }
  return parts;
}

v1::NodeInfo InfoOf(const NodeOptions& options, const std::string& confined,
                    const SocketAddress& address) {
  v1::NodeInfo info;
  info.set_id(options.node.id);
  info.set_pop(options.node.pop);
  info.set_city(options.node.city);
  info.set_country(options.node.country);
  info.set_continent(options.node.continent);
  info.set_latitude_deg(options.node.latitude_deg);
  info.set_longitude_deg(options.node.longitude_deg);
  info.set_address(address.ip.ToString());
  info.set_port(address.port);
  info.set_pid(static_cast<uint32_t>(getpid()));
  info.set_build(BuildName());
  info.set_confined(confined);
  return info;
}

DevSource::Options DevOptionsOf(runtime::Engine& engine, const NodeOptions& options) {
  DevSource::Options dev;
  dev.path = options.path;
  dev.load.vars = options.vars;
  dev.check = [&engine](const runtime::WorkerCode& code) {
    return runtime::CheckCode(engine, code);
  };
  return dev;
}

absl::Status WriteReadyFile(const NodeOptions& options, const std::string& confined,
                            const SocketAddress& address) {
  if (options.ready_file.empty()) return absl::OkStatus();
  const nlohmann::json ready = {{"pid", getpid()},
                                {"id", options.node.id},
                                {"address", address.ToString()},
                                {"confined", confined}};
  return WriteFileAtomic(options.ready_file, ready.dump() + "\n");
}

absl::StatusOr<std::unique_ptr<cache::Store>> OpenCache(const NodeOptions& options,
                                                        const DiskPace& pace) {
  cache::StoreOptions store{.memory_bytes_max = options.cache_memory_bytes, .disk = std::nullopt};
  if (!options.state_dir.empty() && options.cache_disk_bytes > 0) {
    store.disk = cache::DiskOptions{.folder = options.state_dir / "cache",
                                    .bytes_max = options.cache_disk_bytes,
                                    .pace = &pace};
  }
  return cache::Store::Open(store);
}

// How many workers a shard may keep: as asked, but no more than the kernel has mappings for. One
// that has answered takes ten or eleven, and a process that finds none left is lost.
size_t WarmWorkersOf(const NodeOptions& options) {
  constexpr size_t kMapsOfAWorker = 12, kMapsOfANode = 4096, kBytesMax = 64;
  const absl::StatusOr<std::string> text = ReadFile("/proc/sys/vm/max_map_count", kBytesMax);
  size_t maps = 0;
  if (!text.ok() || !absl::SimpleAtoi(*text, &maps)) return options.warm_workers;
  const size_t node = std::max(maps, kMapsOfANode + kMapsOfAWorker) - kMapsOfANode;
  const size_t most = std::max<size_t>(node / kMapsOfAWorker / options.shards.max, 1);
  if (options.warm_workers <= most) return options.warm_workers;
  LogWarn("--warm-workers is {} and not {}: vm.max_map_count is {}", most, options.warm_workers,
          maps);
  return most;
}

// Starts the shards, serves until a signal has been drained, stops in the order of dependence.
class Runner {
 public:
  Runner(runtime::Engine& engine, EventLoop& loop, NodeFaults& faults, const NodeOptions& options,
         NodeStart start)
      : engine_(engine),
        loop_(loop),
        faults_(faults),
        options_(options),
        start_(std::move(start)) {}

  absl::Status Run() {
    // Before the signals are ours: who waits for a control plane is ended by the first.
    RETURN_IF_ERROR(MeetControlPlane());
    Signals signals(loop_, [this](int number) { OnSignal(number); });
    const FaultSignals fault_signals(loop_, faults_);
    const bool dev = options_.mode == NodeMode::kWorker;
    ControlParts parts;
    DevSource::Loaded first;
    if (dev) {
      ASSIGN_OR_RETURN(
          first, DevSource::Accept(*std::move(start_.worker), DevOptionsOf(engine_, options_)));
      parts.state = DevSource::StateOf(first.script, 1);
    } else {
      parts = LoadFromDisk(options_, faults_.disk);
    }
    MakeKv(dev);
    MakeActors();
    ASSIGN_OR_RETURN(cache_, OpenCache(options_, faults_.disk));
    ShardOptions shard{.node = options_.node,
                       .listen = options_.listen,
                       .rates = &rates_,
                       .assets = &assets_,
                       .tail_ring = &tail_ring_,
                       .cache = cache_.get(),
                       .faults = &faults_,
                       .dev = dev,
                       .confined = start_.confined,
                       .kv = {&kv_cache_, kv_backend_.get(), options_.kv_rtt},
                       .actors = {actors_.get(), ActorsDirOf(options_), options_.pop_rtts}};
    shard.limits.pool.warm_max = WarmWorkersOf(options_);
    shard.limits.pool.memory_floor_bytes = options_.memory_floor_bytes;
    if (!options_.tls.key.empty()) shard.tls = std::make_shared<http::LazyTls>(options_.tls);
    ASSIGN_OR_RETURN(shards_, ShardSet::Start(loop_, control_.loop(), engine_, shard,
                                              options_.shards, parts.state));
    serving_ = std::make_unique<Serving>(*shards_);
    running_ = std::make_unique<Running>(*shards_);
    RETURN_IF_ERROR(WriteReadyFile(options_, start_.confined, shards_->address()));
    LogInfo("{} serves on {}, confined by {}", options_.node.id, shards_->address().ToString(),
            start_.confined);
    if (!dev) {
      StartAgent(std::move(parts));
    } else if (options_.watch || !first.asset_files.empty() || !first.crons.empty()) {
      StartDevSource(std::move(first));
    }
    loop_.Run();
    faults_.disk.SetDelay(Duration(0));  // whatever came since the signal
    control_.Stop();
    if (grpc_kv_ != nullptr) grpc_kv_->Stop();
    if (grpc_actors_ != nullptr) grpc_actors_->Stop();
    shards_.reset();
    RemoveTemporary(options_);
    return absl::OkStatus();
  }

 private:
  // Who the node is to its control plane, and that to it: by the files it was given, by those it
  // got when it joined, or in plain text.
  absl::Status MeetControlPlane() {
    if (options_.control.empty()) return absl::OkStatus();
    rpc::TlsFiles files = options_.control_tls;
    if (files.empty() && !options_.state_dir.empty()) {
      const absl::StatusOr<Membership> member = Join({.control = options_.control,
                                                      .token = options_.join_token,
                                                      .node = options_.node.id,
                                                      .state_dir = options_.state_dir},
                                                     loop_.clock());
      if (!member.ok() && !absl::IsNotFound(member.status())) return member.status();
      if (member.ok()) {
        files = member->files;
        cluster_ = member->identity.cluster;
        joined_ = true;
      }
    }
    ASSIGN_OR_RETURN(upstream_, rpc::MakeUpstream(options_.control, files, rpc::kControlPlane,
                                                  kControlCertFlag));
    return absl::OkStatus();
  }

  // A node alone has a KV of its own; one without a control plane has none.
  void MakeKv(bool dev) {
    if (dev) {
      kv_backend_ = std::make_unique<MemoryKv>(faults_.clock);
    } else if (!options_.control.empty()) {
      auto kv = std::make_unique<GrpcKv>(upstream_);
      grpc_kv_ = kv.get();
      kv_backend_ = std::move(kv);
    }
  }

  // A node alone hosts all Durable Objects.
  void MakeActors() {
    if (options_.control.empty()) {
      actors_ = std::make_unique<LocalActors>(options_.shards.min);
      return;
    }
    auto actors = std::make_unique<GrpcActors>(upstream_);
    grpc_actors_ = actors.get();
    actors_ = std::move(actors);
  }

  void StartAgent(ControlParts parts) {
    auto shared = std::make_shared<ControlParts>(std::move(parts));
    control_.Start([this, shared](EventLoop& loop) -> std::shared_ptr<void> {
      const bool alone = options_.control.empty();
      const auto channel = alone ? nullptr : DialStreams(upstream_);
      auto transport = alone ? nullptr : MakeGrpcTransport(loop, channel);
      BlobStore& blobs = *shared->blobs;
      auto agent = std::make_shared<NodeAgent>(
          loop,
          NodeAgent::Options{.cluster = cluster_,
                             .info = InfoOf(options_, start_.confined, shards_->address()),
                             .sealing_key = shared->sealing_key->public_key(),
                             .check =
                                 [this](const runtime::WorkerCode& code, std::stop_token stop) {
                                   return runtime::CheckCode(engine_, code, std::move(stop));
                                 }},
          std::move(shared->applier), std::move(shared->blobs), std::move(shared->saved),
          std::move(transport), *serving_);
      agent->Start();
      agent_ = agent;
      // Beside the agent's stream: its fetches live and die with its pushes.
      auto resident = std::make_shared<Resident>();
      resident->agent = agent;
      if (!alone) {
        resident->events = std::make_unique<EventAgent>(
            loop,
            EventAgent::Options{
                .cluster = cluster_, .node = options_.node.id, .pop = options_.node.pop},
            MakeGrpcEvents(loop, channel), *running_, tail_ring_);
        resident->events->Start();
      }
      resident->sweeper = std::make_unique<ActorSweeper>(
          loop, ActorSweeper::Options{.folder = ActorsDirOf(options_)});
      resident->sweeper->Sweep(shared->state->actors.deleted());
      serving_->set_sweeper(resident->sweeper.get());
      if (joined_) {
        resident->certificate = std::make_unique<CertificateKeeper>(
            loop, upstream_, options_.node.id, IdentityFileIn(options_.state_dir));
      }
      resident->assets =
          MakeSyncedAssets(blobs, alone ? nullptr : MakeGrpcTransport(loop, channel));
      assets_.Serve(resident->assets);
      return resident;
    });
  }

  void StartDevSource(DevSource::Loaded first) {
    auto shared = std::make_shared<DevSource::Loaded>(std::move(first));
    control_.Start([this, shared](EventLoop& loop) -> std::shared_ptr<void> {
      DevSource::Options dev = DevOptionsOf(engine_, options_);
      dev.activate = [this](std::shared_ptr<const ServingState> state) {
        shards_->Activate(std::move(state), [] {});
      };
      auto resident = std::make_shared<Resident>();
      auto assets = std::make_shared<FolderAssets>();
      assets->SetFiles(shared->asset_files);
      dev.assets = assets.get();
      resident->crons = std::make_unique<DevCrons>(
          loop, faults_.clock,
          [this](ScheduledOrder order, std::function<void(ScheduledOutcome)> done) {
            running_->RunScheduled(std::move(order), std::move(done));
          });
      resident->crons->Set(shared->script->code->script, shared->crons);
      dev.set_crons = [crons = resident->crons.get()](const std::string& script,
                                                      const std::vector<std::string>& all) {
        crons->Set(script, all);
      };
      assets_.Serve(assets);
      resident->assets = std::move(assets);
      if (options_.watch) {
        resident->dev = std::make_unique<DevSource>(loop, std::move(dev), *shared);
      }
      return resident;
    });
  }

  // A partition between this node and the control plane, and its end: it serves on from what it
  // has, hears of nothing, and is heard of no more.
  void SetCutOff(bool cut_off) {
    LogInfo("{} the control plane", cut_off ? "cut off from" : "together again with");
    cut_off ? control_.Hold() : control_.Release();
    if (grpc_kv_ != nullptr) grpc_kv_->SetCutOff(cut_off);
    if (grpc_actors_ != nullptr) grpc_actors_->SetCutOff(cut_off);
  }

  void OnSignal(int number) {
    if (number == Signals::kCutOff || number == Signals::kRejoin) {
      return SetCutOff(number == Signals::kCutOff);
    }
    control_.Release();  // it has a part in ending
    if (std::exchange(draining_, true) || shards_ == nullptr) {
      LogWarn("stopped by a second signal");
      return loop_.Stop();
    }
    faults_.disk.SetDelay(Duration(0));  // it holds up no end
    LogInfo("signal {}: finishing what is in flight, for at most {:.0f} s", number,
            ToMs(options_.drain_deadline) / 1000);
    control_.loop().Post([this] {
      if (auto agent = agent_.lock()) agent->AnnounceDrain();
    });
    shards_->Drain(options_.drain_deadline, [this] { loop_.Stop(); });
  }

  // What lives on the control thread; destroyed bottom up.
  struct Resident {
    std::shared_ptr<NodeAgent> agent;
    std::shared_ptr<AssetLoader> assets;
    std::unique_ptr<DevCrons> crons;
    std::unique_ptr<DevSource> dev;
    std::unique_ptr<ActorSweeper> sweeper;
    std::unique_ptr<CertificateKeeper> certificate;
    std::unique_ptr<EventAgent> events;
  };

  runtime::Engine& engine_;
  EventLoop& loop_;
  NodeFaults& faults_;
  const NodeOptions& options_;
  NodeStart start_;
  bool draining_ = false;
  rpc::Upstream upstream_;  // the control plane, when there is one
  std::string cluster_ = options_.cluster;
  bool joined_ = false;    // its certificate is its own to renew
  ControlThread control_;  // its loop outlives the shards, which post to it
  AssetStore assets_{control_.loop()};
  TailRing tail_ring_;
  RateLimiter rates_{loop_.clock()};
  KvCache kv_cache_{faults_.clock};
  std::unique_ptr<KvBackend> kv_backend_;
  GrpcKv* grpc_kv_ = nullptr;  // the backend, when it is one
  std::unique_ptr<ActorDirectory> actors_;
  GrpcActors* grpc_actors_ = nullptr;  // the directory, when it is one
  std::unique_ptr<cache::Store> cache_;
  std::unique_ptr<ShardSet> shards_;
  std::unique_ptr<Serving> serving_;
  std::unique_ptr<Running> running_;
  std::weak_ptr<NodeAgent> agent_;  // touched on the control loop only
};

}  // namespace

absl::Status RunNode(runtime::Engine& engine, EventLoop& loop, NodeFaults& faults,
                     const NodeOptions& options, NodeStart start) {
  return Runner(engine, loop, faults, options, std::move(start)).Run();
}

}  // namespace terrella::edge
