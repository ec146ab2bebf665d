#include "edge_node/shard/shard_set.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "base/status.h"

namespace terrella::edge {

absl::StatusOr<std::unique_ptr<ShardSet>> ShardSet::Start(
    EventLoop& main_loop, EventLoop& reply_loop, runtime::Engine& engine, ShardOptions options,
    size_t count, std::shared_ptr<const ServingState> state) {
  std::unique_ptr<ShardSet> set(new ShardSet(main_loop, reply_loop));
  options.reuse_port = count > 1;
  auto first = std::make_unique<Seat>();
  first->loop = &main_loop;
  ASSIGN_OR_RETURN(first->shard, Shard::Start(main_loop, engine, options, state));
  set->address_ = options.listen = first->shard->address();
  set->seats_.push_back(std::move(first));
  while (set->seats_.size() < count) {
    ++options.index;
    set->seats_.push_back(std::make_unique<Seat>());
    RETURN_IF_ERROR(set->StartThread(*set->seats_.back(), engine, options, state));
  }
  return set;
}

absl::Status ShardSet::StartThread(Seat& seat, runtime::Engine& engine, const ShardOptions& options,
                                   const std::shared_ptr<const ServingState>& state) {
  seat.own_loop = std::make_unique<EventLoop>();
  seat.loop = seat.own_loop.get();
  std::promise<absl::Status> started;
  seat.thread = std::thread([&seat, &engine, &started, options, state] {
    auto shard = Shard::Start(*seat.loop, engine, options, state);
    const bool ok = shard.ok();
    if (ok) seat.shard = *std::move(shard);
    started.set_value(shard.status());
    if (!ok) return;
    seat.loop->Run();
    seat.shard.reset();
  });
  return started.get_future().get();
}

ShardSet::~ShardSet() {
  for (auto& seat : seats_) {
    if (!seat->thread.joinable()) continue;
    seat->loop->Stop();
    seat->thread.join();
  }
}

void ShardSet::Activate(std::shared_ptr<const ServingState> state, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(seats_.size());
  for (auto& seat : seats_) {
    seat->loop->Post([this, &seat = *seat, state, left, done] {
      seat.shard->SetState(state);
      if (left->fetch_sub(1) == 1) reply_loop_.Post(done);
    });
  }
}

void ShardSet::TakeReport(std::function<void(ShardReport)> done) {
  // Gathered on the reply loop, one message a shard.
  struct Gathering {
    ShardReport sum;
    size_t left;
  };
  auto gathering = std::make_shared<Gathering>(Gathering{{}, seats_.size()});
  for (auto& seat : seats_) {
    seat->loop->Post([this, &seat = *seat, gathering, done] {
      reply_loop_.Post([gathering, done, report = seat.shard->TakeReport()] {
        for (const auto& [key, counters] : report.scripts)
          gathering->sum.scripts[key].Merge(counters);
        for (const auto& [key, counters] : report.chosen)
          gathering->sum.chosen[key].Merge(counters);
        gathering->sum.failure_names = report.failure_names;
        gathering->sum.isolates += report.isolates;
        gathering->sum.abandoned_isolates =
            std::max(gathering->sum.abandoned_isolates, report.abandoned_isolates);
        gathering->sum.in_flight += report.in_flight;
        gathering->sum.load = std::max(gathering->sum.load, report.load);
        if (--gathering->left == 0) done(std::move(gathering->sum));
      });
    });
  }
}

void ShardSet::RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) {
  Seat& seat = *seats_.front();
  seat.loop->Post([this, &seat, order = std::move(order), done = std::move(done)]() mutable {
    seat.shard->RunScheduled(std::move(order), [this, done](ScheduledOutcome outcome) {
      reply_loop_.Post([done, outcome = std::move(outcome)] { done(outcome); });
    });
  });
}

void ShardSet::SetTails(std::shared_ptr<const TailPlan> plan) {
  for (auto& seat : seats_) {
    seat->loop->Post([&seat = *seat, plan] { seat.shard->SetTails(plan); });
  }
}

void ShardSet::SetLeaving(bool leaving) {
  for (auto& seat : seats_) {
    seat->loop->Post([&seat = *seat, leaving] { seat.shard->SetLeaving(leaving); });
  }
}

void ShardSet::Drain(Duration deadline, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(seats_.size());
  for (auto& seat : seats_) {
    seat->loop->Post([this, &seat = *seat, deadline, left, done] {
      seat.shard->Drain(deadline, [this, left, done] {
        if (left->fetch_sub(1) == 1) main_loop_.Post(done);
      });
    });
  }
}

}  // namespace terrella::edge
