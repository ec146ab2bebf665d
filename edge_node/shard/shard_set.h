// ShardSet: the shards of a node: one on the main loop, more on threads of their own, all behind
// one address.
//
// Thread: Start, Drain and destruction on the main loop's; Activate, SetLeaving, TakeReport and
// RunScheduled on the control loop's, where their answers arrive as well. Owns: the shards, the
// loops and threads of all but the first.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/shard/shard.h"

namespace terrella::edge {

class ShardSet {
 public:
  // `reply_loop` outlives the set.
  static absl::StatusOr<std::unique_ptr<ShardSet>> Start(EventLoop& main_loop,
                                                         EventLoop& reply_loop,
                                                         runtime::Engine& engine,
                                                         ShardOptions options, size_t count,
                                                         std::shared_ptr<const ServingState> state);
  ~ShardSet();

  SocketAddress address() const { return address_; }
  // `done` follows when every shard answers new requests by `state`.
  void Activate(std::shared_ptr<const ServingState> state, std::function<void()> done);
  // `done` follows with what all shards did since the last call.
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
  // A shard with the loop it lives on.
  struct Seat {
    EventLoop* loop = nullptr;
    std::unique_ptr<EventLoop> own_loop;  // null for the first
    std::unique_ptr<Shard> shard;         // touched on its loop only
    std::thread thread;
  };

  ShardSet(EventLoop& main_loop, EventLoop& reply_loop)
      : main_loop_(main_loop), reply_loop_(reply_loop) {}
  absl::Status StartThread(Seat& seat, runtime::Engine& engine, const ShardOptions& options,
                           const std::shared_ptr<const ServingState>& state);

  EventLoop& main_loop_;
  EventLoop& reply_loop_;
  SocketAddress address_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace terrella::edge
