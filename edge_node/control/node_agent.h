// NodeAgent: the node's side of the control plane's protocol: says Hello, applies one push at a
// time, reports, sends heartbeats, and reconnects for ever.
//
//   disconnected --backoff over--> connected --push--> fetching --blobs here--> building
//        ^                            ^                                           |  ^
//        |                            |                            on trial <-----+--'
//        |                            '--- reported <--- activating (shards swap) <-'
//        '---------------- stream lost (from any state: an unfinished push is abandoned)
//
// A version's global scope is run on a thread of its own (trial_thread.h): heartbeats go on
// meanwhile. Our control plane sends nothing before the report, so a wish to drain waits for the
// trial's end; of a peer that does send, a few pushes wait in their order, and such a wish is
// heard.
//
// Serving never depends on it: without a control plane the node serves what it has.
//
// Thread: the control loop's. Owns: applier, transport, what is on disk.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/event_loop.h"
#include "base/random.h"
#include "edge_node/control/applier.h"
#include "edge_node/control/blob_store.h"
#include "edge_node/control/last_known_good.h"
#include "edge_node/control/sync_transport.h"
#include "edge_node/control/trial_thread.h"
#include "edge_node/shard/script_counters.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

// The serving side, as the agent sees it.
class ServingSide {
 public:
  virtual ~ServingSide() = default;
  // `done` follows on the agent's loop when every new request meets the new state.
  virtual void Activate(std::shared_ptr<const ServingState> state, std::function<void()> done) = 0;
  // While true, clients are asked to go elsewhere after their answer; nobody is refused.
  virtual void SetLeaving(bool leaving) = 0;
  // `done` follows on the agent's loop with all shards' counters since the last call.
  virtual void TakeReport(std::function<void(ShardReport)> done) = 0;
};

struct AgentLimits {
  Duration heartbeat_every = std::chrono::seconds(1);
  Duration heartbeat_every_watched = std::chrono::milliseconds(250);  // by a rollout
  Duration backoff_min = std::chrono::milliseconds(100);
  Duration backoff_max = std::chrono::seconds(2);
  Duration patience = std::chrono::seconds(3);  // for a connection
  size_t fetches_max = 4;                       // at once
  int fetch_attempts_max = 3;  // per blob, each resuming where the last one stopped
  size_t unsent_max = 4;       // beyond: the peer is stuck, heartbeats wait
  size_t waiting_max = 4;      // pushes behind the one in work; beyond: the peer breaks its promise
  Duration sync_after = std::chrono::milliseconds(500);  // quiet time before files are made durable
  Duration sync_latest = std::chrono::seconds(5);        // however busy it is
};

class NodeAgent final : private SyncTransport::Observer {
 public:
  struct Options {
    std::string cluster;
    v1::NodeInfo info;
    std::string sealing_key;  // the public half: what secrets are sealed to
    TrialThread::Run check;   // of new versions' code
    AgentLimits limits;
  };
  // `transport` may be null: a node without a control plane.
  NodeAgent(EventLoop& loop, Options options, std::unique_ptr<Applier> applier,
            std::unique_ptr<BlobStore> blobs, std::unique_ptr<LastKnownGood> saved,
            std::unique_ptr<SyncTransport> transport, ServingSide& serving);
  ~NodeAgent() override;

  void Start();
  // The process is about to end: heartbeats say so from now on, the first at once.
  void AnnounceDrain();
  bool connected() const { return connected_; }

 private:
  void OnPush(v1::Push push) override;
  void OnStreamClosed(const absl::Status& status) override;

  void Connect();
  void Direct(const v1::Directive& directive);
  void Begin(v1::Push push);
  void BeginWaiting();
  void FetchMore();
  void FetchFrom(const MissingBlob& blob, std::string got, int attempt);
  void BuildStep();
  void Activate();
  void Report(Applier::Outcome outcome);
  void ReportTrial(Applier::Outcome outcome);
  void Beat();
  void SendBeat(const ShardReport& report);
  void Save(const v1::Push& snapshot);
  void SyncDisk();
  void LosePatience();

  EventLoop& loop_;
  const Options options_;
  ServingSide& serving_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<LastKnownGood> saved_;
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<SyncTransport> transport_;
  CounterRandom jitter_;
  bool connected_ = false;      // a stream is open (Hello was sent)
  bool activating_ = false;     // the shards are swapping; the outcome waits for them
  bool stopping_ = false;       // AnnounceDrain was called
  bool told_to_drain_ = false;  // by the control plane
  bool heard_ = false;          // the stream has brought a message
  bool patient_ = false;        // it waits for a connection
  std::string last_error_;      // so that one cause is logged once
  uint64_t stream_serial_ = 0;
  uint64_t revision_for_hello_ = 0;
  std::deque<v1::Push> waiting_;  // came while one was in work
  MonotonicTime push_started_{};
  size_t next_fetch_ = 0;
  size_t fetching_ = 0;
  int failures_ = 0;
  uint64_t beats_ = 0;
  MonotonicTime unsynced_since_{};
  // Code that the saved copies need, so that falling back to one finds it.
  std::array<std::set<std::string>, LastKnownGood::kSlots> code_saved_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // callbacks from shards hold it weakly
  Timer connect_;
  Timer impatience_;
  Timer build_;
  Timer beat_;
  Timer sync_;
  TrialThread trials_;
};

}  // namespace terrella::edge
