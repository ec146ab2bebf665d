// ShardSeat: a place for a shard: the loop and the thread it lives on.
//
//   Spawn --> starting --listens--> there --End--> ending --drained, freed--> vacant
//                | '--could not--> empty ---End-->---'                          |
//                '------------------------------<--Fill------------------------'
//
// Tasks posted are run in their order; those for an empty or vacant seat get no shard. So whoever
// waits for the answers of all seats waits for none in vain. Loop and thread stay when the shard
// goes: what it asked of others (the control plane, the disk) is answered to the loop, when nobody
// may be waiting any more.
//
// Thread: the main loop's, but for callbacks. Owns: the shard, and the loop and thread of all but
// the first.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/shard/load_meter.h"
#include "edge_node/shard/shard.h"

namespace terrella::edge {

class ShardSeat {
 public:
  // A shard on the main loop, which the caller runs and which outlives it.
  static absl::StatusOr<std::unique_ptr<ShardSeat>> On(EventLoop& main_loop,
                                                       runtime::Engine& engine,
                                                       const ShardOptions& options,
                                                       std::shared_ptr<const ServingState> state);
  // One on a thread of its own. `started` is called there, once.
  static std::unique_ptr<ShardSeat> Spawn(runtime::Engine& engine, const ShardOptions& options,
                                          std::shared_ptr<const ServingState> state,
                                          std::function<void(absl::Status)> started);
  // Cuts what is in flight. On the main loop's thread, which it keeps waiting until the shard's
  // has ended.
  ~ShardSeat();
  ShardSeat(const ShardSeat&) = delete;
  ShardSeat& operator=(const ShardSeat&) = delete;

  // Runs `task` on the shard's loop; null: it could not start.
  void Post(std::function<void(Shard* shard)> task);
  // Of a thread of its own: the shard stops, after what is in flight, and is freed there; then
  // `ended`, there, with what was not reported yet. No Post after this.
  void End(Duration deadline, std::function<void(ShardReport)> ended);
  // Of a vacant seat: another shard. `started` is called on its thread, once.
  void Fill(runtime::Engine& engine, const ShardOptions& options,
            std::shared_ptr<const ServingState> state, std::function<void(absl::Status)> started);
  bool ending() const { return ending_; }
  // Of a shard on the main loop, on its thread.
  const Shard& shard() const { return *shard_; }

  // How busy the thread was since the last call: 0 to 1.
  double TakeLoad() { return load_.Take(); }

 private:
  explicit ShardSeat(EventLoop* main_loop);
  void Free(const std::function<void(ShardReport)>& ended);

  const std::unique_ptr<EventLoop> own_loop_;  // null for the first
  EventLoop& loop_;
  LoadMeter load_;
  std::unique_ptr<Shard> shard_;  // touched on its loop only
  bool ending_ = false;           // or vacant
  std::thread thread_;

 public:
  // When new connections ceased to come here; of seats that are left.
  MonotonicTime left{};
};

}  // namespace terrella::edge
