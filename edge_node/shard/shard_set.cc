#include "edge_node/shard/shard_set.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <future>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(500);
// How long a shard that was left waits at least: for handshakes that had begun, the first repeat of
// a lost segment included.
constexpr Duration kLinger = std::chrono::seconds(3);
// Of a shard in which there is nothing.
constexpr Duration kEndDeadline = std::chrono::seconds(10);

// Whether the process may open a loop's files and some more. An EventLoop that cannot open its own
// ends the process, and a node that is busy may have all files in connections.
bool HasFilesForALoop() {
  std::array<int, 64> files{};
  for (int& file : files) file = eventfd(0, EFD_CLOEXEC);
  const bool had = files.back() >= 0;
  for (const int file : files) {
    if (file >= 0) close(file);
  }
  return had;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShardSet>> ShardSet::Start(
    EventLoop& main_loop, EventLoop& reply_loop, runtime::Engine& engine, ShardOptions options,
    ShardRange range, std::shared_ptr<const ServingState> state) {
  std::unique_ptr<ShardSet> set(
      new ShardSet(main_loop, reply_loop, engine, std::move(options), range, std::move(state)));
  RETURN_IF_ERROR(set->StartLeast());
  return set;
}

ShardSet::ShardSet(EventLoop& main_loop, EventLoop& reply_loop, runtime::Engine& engine,
                   ShardOptions options, ShardRange range,
                   std::shared_ptr<const ServingState> state)
    : main_loop_(main_loop),
      reply_loop_(reply_loop),
      engine_(engine),
      options_(std::move(options)),
      range_(range),
      state_(std::move(state)),
      scaler_(range),
      look_(main_loop, [this] { Look(); }) {
  options_.shards = &serving_;
  options_.actors.first_host = std::make_shared<ActorHostSlot>();
}

ShardSet::~ShardSet() = default;

absl::Status ShardSet::StartLeast() {
  options_.reuse_port = range_.max > 1;
  ASSIGN_OR_RETURN(auto first, ShardSeat::On(main_loop_, engine_, OptionsOf(0), state_));
  seats_.push_back(std::move(first));
  address_ = options_.listen = seats_.front()->shard().address();
  if (!range_.is_fixed()) StartSteering();
  while (seats_.size() < range_.min) {
    std::promise<absl::Status> started;
    seats_.push_back(
        ShardSeat::Spawn(engine_, OptionsOf(seats_.size()), state_,
                         [&started](absl::Status status) { started.set_value(status); }));
    RETURN_IF_ERROR(started.get_future().get());
  }
  serving_ = seats_.size();
  if (steering_ == nullptr || !Steer(serving_)) return absl::OkStatus();
  look_.Start(kLookEvery);
  return absl::OkStatus();
}

void ShardSet::StartSteering() {
  auto joined = PortSteering::Join(address_);
  if (joined.ok()) {
    steering_ = *std::move(joined);
  } else {
    LogWarn("the number of shards stays {}: {}", range_.min, Message(joined.status()));
  }
}

ShardOptions ShardSet::OptionsOf(size_t index) const {
  ShardOptions options = options_;
  options.index = static_cast<uint32_t>(index);
  options.stays = index < range_.min;
  return options;
}

std::vector<ShardSeat*> ShardSet::Present() const {
  std::vector<ShardSeat*> present;
  for (const auto& seat : seats_) {
    if (!seat->ending()) present.push_back(seat.get());
  }
  return present;
}

// `done` is called on the loop of the shard that is last.
void ShardSet::Everywhere(std::function<void(Shard&)> task, std::function<void()> done) {
  const std::vector<ShardSeat*> present = Present();
  auto left = std::make_shared<std::atomic<size_t>>(present.size());
  for (ShardSeat* seat : present) {
    seat->Post([task, left, done](Shard* shard) {
      if (shard != nullptr) task(*shard);
      if (left->fetch_sub(1) == 1) done();
    });
  }
}

void ShardSet::Activate(std::shared_ptr<const ServingState> state, std::function<void()> done) {
  main_loop_.Post([this, state = std::move(state), done = std::move(done)] {
    state_ = state;
    // The first one first: the others ask for Durable Objects in its name, once it has one.
    seats_.front()->Post([this, state, done](Shard* first) {
      first->SetState(state);
      Everywhere(
          [first, state](Shard& shard) {
            if (&shard != first) shard.SetState(state);
          },
          [this, done] { reply_loop_.Post(done); });
    });
  });
}

void ShardSet::TakeReport(std::function<void(ShardReport)> done) {
  // Gathered on the reply loop, one message a shard.
  struct Gathering {
    ShardReport sum;
    size_t left;
  };
  main_loop_.Post([this, done = std::move(done)] {
    const std::vector<ShardSeat*> present = Present();
    auto gathering = std::make_shared<Gathering>(
        Gathering{std::exchange(carried_, ShardReport()), present.size()});
    for (ShardSeat* seat : present) {
      seat->Post([this, gathering, done](Shard* shard) {
        ShardReport report = shard == nullptr ? ShardReport() : shard->TakeReport();
        reply_loop_.Post([gathering, done, report = std::move(report)] {
          gathering->sum.Merge(report);
          if (--gathering->left == 0) done(std::move(gathering->sum));
        });
      });
    }
  });
}

void ShardSet::RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) {
  main_loop_.Post([this, order = std::move(order), done = std::move(done)]() mutable {
    seats_.front()->Post([this, order = std::move(order), done = std::move(done)](Shard* shard) {
      shard->RunScheduled(order, [this, done](ScheduledOutcome outcome) {
        reply_loop_.Post([done, outcome = std::move(outcome)] { done(outcome); });
      });
    });
  });
}

void ShardSet::SetTails(std::shared_ptr<const TailPlan> plan) {
  main_loop_.Post([this, plan = std::move(plan)] {
    tails_ = plan;
    Everywhere([plan](Shard& shard) { shard.SetTails(plan); }, [] {});
  });
}

void ShardSet::SetLeaving(bool leaving) {
  main_loop_.Post([this, leaving] {
    leaving_ = leaving;
    for (size_t i = 0; i < seats_.size(); ++i) {
      if (seats_[i]->ending()) continue;
      const bool is_left = i >= serving_;
      seats_[i]->Post([leaving = leaving || is_left](Shard* shard) {
        if (shard != nullptr) shard->SetLeaving(leaving);
      });
    }
  });
}

void ShardSet::Drain(Duration deadline, std::function<void()> done) {
  draining_ = true;
  look_.Stop();
  steering_.reset();  // before the listeners: it would take in whom they refuse
  const std::vector<ShardSeat*> present = Present();
  auto left = std::make_shared<std::atomic<size_t>>(present.size());
  const auto one = [this, left, done] {
    if (left->fetch_sub(1) == 1) main_loop_.Post(done);
  };
  for (ShardSeat* seat : present) {
    seat->Post([deadline, one](Shard* shard) {
      if (shard == nullptr) return one();
      shard->Drain(deadline, one);
    });
  }
}

void ShardSet::Look() {
  look_.Start(kLookEvery);
  double busy = 0;
  for (size_t i = 0; i < serving_; ++i) busy += seats_[i]->TakeLoad();
  if (changing_) return;
  switch (scaler_.Look(main_loop_.Now(), serving_, busy)) {
    case ShardScaler::Step::kGrow:
      return Grow();
    case ShardScaler::Step::kShrink:
      return Shrink();
    case ShardScaler::Step::kStay:
      return EndLastWhenQuiet();
  }
}

void ShardSet::Grow() {
  if (serving_ < seats_.size()) return Admit();  // one that was left
  if (!HasFilesForALoop()) {
    LogWarn("the number of shards stays {}: the limit of open files is near", serving_.load());
    return scaler_.Failed(main_loop_.Now());
  }
  changing_ = true;
  ShardOptions options = OptionsOf(seats_.size());
  options.penalties = std::make_shared<const Penalties>(seats_.front()->shard().penalties());
  StartAnother(std::move(options));
  seats_.back()->Post([tails = tails_](Shard* shard) {
    if (shard != nullptr) shard->SetTails(tails);
  });
}

void ShardSet::StartAnother(ShardOptions options) {
  auto started = [this](absl::Status status) {
    main_loop_.Post([this, status = std::move(status)] { OnStarted(status); });
  };
  if (vacant_.empty()) {
    seats_.push_back(ShardSeat::Spawn(engine_, options, state_, std::move(started)));
    return;
  }
  seats_.push_back(std::move(vacant_.back()));
  vacant_.pop_back();
  seats_.back()->Fill(engine_, options, state_, std::move(started));
}

void ShardSet::OnStarted(const absl::Status& status) {
  changing_ = false;
  if (draining_) return;
  if (status.ok()) return Admit();
  LogWarn("one more shard could not start: {}", Message(status));
  scaler_.Failed(main_loop_.Now());
  End(*seats_.back());
}

// The first that does not serve does so from now on.
void ShardSet::Admit() {
  ShardSeat& seat = *seats_[serving_];
  seat.left = main_loop_.Now();
  if (!Steer(serving_ + 1)) return;
  seat.TakeLoad();  // how idle it was until now says nothing
  seat.Post([leaving = leaving_](Shard* shard) {
    if (shard != nullptr) shard->SetLeaving(leaving);
  });
  for (size_t i = 0; i < serving_; ++i) {
    seats_[i]->Post([](Shard* shard) { shard->RenewConnections(); });
  }
  ++serving_;
  LogInfo("shards that serve: {}, one more since the others were busy", serving_.load());
}

void ShardSet::Shrink() {
  if (!Steer(serving_ - 1)) return;
  ShardSeat& seat = *seats_[--serving_];
  seat.left = main_loop_.Now();
  seat.Post([](Shard* shard) { shard->SetLeaving(true); });
  LogInfo("shards that serve: {}, one less since there is little to do", serving_.load());
}

bool ShardSet::MayEnd(const ShardSeat* seat) const {
  return !draining_ && !changing_ && seats_.size() > serving_ && seats_.back().get() == seat &&
         main_loop_.Now() - seat->left >= kLinger;
}

void ShardSet::EndLastWhenQuiet() {
  ShardSeat* last = seats_.back().get();
  if (!MayEnd(last)) return;
  last->Post([this, last](Shard* shard) {
    if (!shard->quiet()) return;
    main_loop_.Post([this, last] {
      if (MayEnd(last)) End(*last);
    });
  });
}

void ShardSet::End(ShardSeat& seat) {
  changing_ = true;
  seat.End(kEndDeadline, [this](ShardReport report) {
    main_loop_.Post([this, report = std::move(report)] { OnEnded(report); });
  });
}

void ShardSet::OnEnded(ShardReport report) {
  report.isolates = report.in_flight = 0;
  report.load = 0;
  carried_.Merge(report);
  vacant_.push_back(std::move(seats_.back()));
  seats_.pop_back();
  changing_ = false;
  LogInfo("a shard has ended; there are {}", seats_.size());
}

bool ShardSet::Steer(size_t count) {
  const absl::Status steered = steering_->SteerTo(count);
  if (steered.ok()) return true;
  LogWarn("the number of shards stays {}: {}", serving_.load(), Message(steered));
  scaler_.Failed(main_loop_.Now());
  return false;
}

}  // namespace terrella::edge
