// EventAgent: the node's side of what it does besides serving: it attends, runs scheduled() when it
// is told, shows what people watch, and reconnects for ever.
//
// A fire that is ordered again is not run again: while it runs its answer is waited for, and what
// came of the last ones is remembered (for this process; a node that died may run one twice).
// Filters of tails are over when their time to live is, whoever is still there to say so.
//
// Thread: the control loop's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/event_loop.h"
#include "base/random.h"
#include "edge_node/control/event_transport.h"
#include "edge_node/shard/scheduled_outcome.h"
#include "edge_node/tail/tail_filter.h"
#include "edge_node/tail/tail_ring.h"

namespace terrella::edge {

// The serving side, as the event agent sees it.
class EventSide {
 public:
  virtual ~EventSide() = default;
  // Null: nobody watches.
  virtual void SetTails(std::shared_ptr<const TailPlan> plan) = 0;
  // `done` follows once, on the agent's loop.
  virtual void RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) = 0;
};

struct EventAgentLimits {
  Duration first_after = std::chrono::milliseconds(50);  // the stream that serving needs goes first
  Duration backoff_min = std::chrono::milliseconds(100);
  Duration backoff_max = std::chrono::seconds(2);
  size_t results_max = 1024;  // remembered
  size_t running_max = 256;
  size_t detail_bytes_max = 4096;
  Duration tail_every = std::chrono::milliseconds(200);  // events are sent
  size_t tail_unsent_max = 4;  // batches; beyond, events stay in the ring and its end is near
};

class EventAgent final : private EventTransport::Observer {
 public:
  struct Options {
    std::string cluster;
    std::string node;
    std::string pop;
    EventAgentLimits limits;
  };
  EventAgent(EventLoop& loop, Options options, std::unique_ptr<EventTransport> transport,
             EventSide& side, TailRing& ring);

  void Start();

 private:
  using FireKey = std::pair<std::string, uint32_t>;  // id, attempt

  void OnOrder(v1::NodeOrder order) override;
  void OnStreamClosed(const absl::Status& status) override;
  void Connect();
  void OnFire(const v1::Fire& fire);
  void OnFired(const v1::Fire& fire, const ScheduledOutcome& outcome);
  void OnTails(const v1::TailSet& set);
  void SetFilters(std::map<std::string, std::shared_ptr<const TailFilter>> filters);
  void SendTail();
  void SendResult(const v1::FireResult& result);

  const Options options_;
  EventSide& side_;
  TailRing& ring_;
  std::unique_ptr<EventTransport> transport_;
  CounterRandom jitter_;
  bool connected_ = false;
  bool heard_ = false;
  int failures_ = 0;
  std::map<FireKey, std::optional<v1::FireResult>> fires_;            // nothing: it runs
  std::deque<FireKey> finished_;                                      // of these, the oldest first
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);             // callbacks hold it weakly
  std::map<std::string, std::shared_ptr<const TailFilter>> filters_;  // by session
  Timer connect_;
  Timer tail_;
  Timer tails_end_;
};

}  // namespace terrella::edge
