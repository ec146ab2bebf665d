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
  seat->thread_ = std::thread([seat = seat.get(), &engine, options, state = std::move(state),
                               started = std::move(started)]() mutable {
    seat->Run(engine, options, std::move(state), started);
  });
  return seat;
}

ShardSeat::~ShardSeat() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

void ShardSeat::Run(runtime::Engine& engine, const ShardOptions& options,
                    std::shared_ptr<const ServingState> state,
                    const std::function<void(absl::Status)>& started) {
  auto shard = Shard::Start(loop_, engine, options, std::move(state));
  if (shard.ok()) shard_ = *std::move(shard);
  started(shard.status());
  loop_.Run();
  ShardReport last;
  if (shard_ != nullptr) last = shard_->TakeReport();
  shard_.reset();
  if (ended_ == nullptr) return;
#ifdef __GLIBC__
  malloc_trim(0);  // what its isolates had
#endif
  ended_(std::move(last));
}

void ShardSeat::Post(std::function<void(Shard*)> task) {
  loop_.Post([this, task = std::move(task)] { task(shard_.get()); });
}

void ShardSeat::End(Duration deadline, std::function<void(ShardReport)> ended) {
  ending_ = true;
  Post([this, deadline, ended = std::move(ended)](Shard* shard) {
    ended_ = ended;
    if (shard == nullptr) return loop_.Stop();
    shard->Drain(deadline, [this] { loop_.Stop(); });
  });
}

}  // namespace terrella::edge
