// ShardSet: the shards of a node: one on the main loop, more on threads of their own, all behind
// one address; as many as there must be at least, and more of them while those are busy.
//
//   --grow--> starting --listens--> serving <--grow-- left --nobody there any more--> ending -->
//   gone
//                                      '----shrink-----^
//
// A shard that is left gets no new connection (PortSteering) and ends those it has with their next
// answer; it goes when the last one has gone, however long that takes, and comes back into use when
// there is load before. When a shard is added, the connections of the others end with their next
// answer, too, or they would stay where they are and the new one had nothing to do.
//
// Shards beyond the least number host no Durable Objects, and run no triggers.
//
// Thread: Start, Drain and destruction on the main loop's; Activate, SetLeaving, SetTails,
// TakeReport and RunScheduled on any, and their answers arrive on the reply loop. Owns: the shards,
// the loops and threads of all but the first, also of shards that have gone. Invariants: shards
// come and go at the end of the row; one at a time is starting or ending.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/shard/port_steering.h"
#include "edge_node/shard/shard.h"
#include "edge_node/shard/shard_scaler.h"
#include "edge_node/shard/shard_seat.h"

namespace terrella::edge {

class ShardSet {
 public:
  // `reply_loop` outlives the set.
  static absl::StatusOr<std::unique_ptr<ShardSet>> Start(EventLoop& main_loop,
                                                         EventLoop& reply_loop,
                                                         runtime::Engine& engine,
                                                         ShardOptions options, ShardRange range,
                                                         std::shared_ptr<const ServingState> state);
  ~ShardSet();

  SocketAddress address() const { return address_; }
  // `done` follows when every shard answers new requests by `state`.
  void Activate(std::shared_ptr<const ServingState> state, std::function<void()> done);
  // `done` follows with what all shards did since the last call, those that have gone included.
  void TakeReport(std::function<void(ShardReport)> done);
  void SetTails(std::shared_ptr<const TailPlan> plan);
  // `done` follows with the outcome of one run, on the first shard.
  void RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done);
  // While true, every answer ends its connection; nobody is refused.
  void SetLeaving(bool leaving);
  // Stops accepting, finishes what is in flight (cut at the deadline); then `done`, on the main
  // loop.
  void Drain(Duration deadline, std::function<void()> done);

 private:
  ShardSet(EventLoop& main_loop, EventLoop& reply_loop, runtime::Engine& engine,
           ShardOptions options, ShardRange range, std::shared_ptr<const ServingState> state);
  absl::Status StartLeast();
  void StartSteering();
  ShardOptions OptionsOf(size_t index) const;
  // Those that take part in what happens: all but one that is ending.
  std::vector<ShardSeat*> Present() const;
  void Everywhere(std::function<void(Shard&)> task, std::function<void()> done);

  void Look();
  void Grow();
  void StartAnother(ShardOptions options);
  void OnStarted(const absl::Status& status);
  void Admit();
  void Shrink();
  void EndLastWhenQuiet();
  bool MayEnd(const ShardSeat* seat) const;
  void End(ShardSeat& seat);
  void OnEnded(ShardReport report);
  bool Steer(size_t count);

  EventLoop& main_loop_;
  EventLoop& reply_loop_;
  runtime::Engine& engine_;
  ShardOptions options_;
  const ShardRange range_;
  SocketAddress address_;
  // The rest is touched on the main loop only. What shards that come later have to know:
  std::shared_ptr<const ServingState> state_;
  std::shared_ptr<const TailPlan> tails_;
  bool leaving_ = false;
  ShardReport carried_;  // of shards that have gone
  bool draining_ = false;
  bool changing_ = false;                   // one is starting or ending
  std::unique_ptr<PortSteering> steering_;  // null: the number is fixed
  ShardScaler scaler_;
  std::atomic<size_t> serving_ = 0;  // the first so many of the seats; read by any shard
  std::vector<std::unique_ptr<ShardSeat>> seats_;
  // Of shards that have gone, for the next ones; no more than range_.max with those above.
  std::vector<std::unique_ptr<ShardSeat>> vacant_;
  Timer look_;
};

}  // namespace terrella::edge
