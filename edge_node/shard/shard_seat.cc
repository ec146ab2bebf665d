#include "edge_node/shard/shard_seat.h"

#include <malloc.h>

#include <utility>

namespace terrella::edge {

ShardSeat::ShardSeat(EventLoop* main_loop)
    : own_loop_(main_loop == nullptr ? std::make_unique<EventLoop>() : nullptr),
      loop_(main_loop == nullptr ? *own_loop_ : *main_loop),
      load_(loop_) {}

absl::StatusOr<std::unique_ptr<ShardSeat>> ShardSeat::On(
    EventLoop& main_loop, runtime::Engine& engine, const ShardOptions& options,
    std::shared_ptr<const ServingState> state) {
  std::unique_ptr<ShardSeat> seat(new ShardSeat(&main_loop));
  auto shard = Shard::Start(main_loop, engine, options, std::move(state));
  if (!shard.ok()) return shard.status();
  seat->shard_ = *std::move(shard);
  return seat;
}

std::unique_ptr<ShardSeat> ShardSeat::Spawn(runtime::Engine& engine, const ShardOptions& options,
                                            std::shared_ptr<const ServingState> state,
                                            std::function<void(absl::Status)> started) {
  std::unique_ptr<ShardSeat> seat(new ShardSeat(nullptr));
  seat->Fill(engine, options, std::move(state), std::move(started));
  seat->thread_ = std::thread([seat = seat.get()] {
    seat->loop_.Run();
    seat->shard_.reset();
  });
  return seat;
}

ShardSeat::~ShardSeat() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

void ShardSeat::Fill(runtime::Engine& engine, const ShardOptions& options,
                     std::shared_ptr<const ServingState> state,
                     std::function<void(absl::Status)> started) {
  ending_ = false;
  Post([this, &engine, options, state = std::move(state), started = std::move(started)](Shard*) {
    auto shard = Shard::Start(loop_, engine, options, state);
    if (shard.ok()) shard_ = *std::move(shard);
    started(shard.status());
  });
}

void ShardSeat::Post(std::function<void(Shard*)> task) {
  loop_.Post([this, task = std::move(task)] { task(shard_.get()); });
}

void ShardSeat::End(Duration deadline, std::function<void(ShardReport)> ended) {
  ending_ = true;
  Post([this, deadline, ended = std::move(ended)](Shard* shard) {
    if (shard == nullptr) return ended(ShardReport());
    // Not from within a call of its server.
    shard->Drain(deadline, [this, ended] { loop_.Post([this, ended] { Free(ended); }); });
  });
}

void ShardSeat::Free(const std::function<void(ShardReport)>& ended) {
  ShardReport last = shard_->TakeReport();
  shard_.reset();
#ifdef __GLIBC__
  malloc_trim(0);  // what its isolates had
#endif
  ended(std::move(last));
}

}  // namespace terrella::edge
