// DevCrons: runs a worker's scheduled() at its times where no control plane does: `terrella dev`.
//
// What a developer sees is what happens next: a moment that passed while the machine slept, or
// while the clock was set, is not made up for, nothing is tried again, and nothing is remembered.
// Runs may overlap, as on the network, up to a limit.
//
// Thread: one, its loop's; `side` answers there, too.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "bundle/cron_expression.h"
#include "edge_node/shard/scheduled_outcome.h"

namespace terrella::edge {

struct DevCronLimits {
  // The wall clock is looked at this often, at least: it may be set, and machines sleep.
  Duration look_again_max = std::chrono::seconds(20);
  Duration late_max = std::chrono::seconds(60);  // what is later has passed unseen
  size_t running_max = 16;
};

class DevCrons {
 public:
  using Run = std::function<void(ScheduledOrder, std::function<void(ScheduledOutcome)>)>;

  // `clock` says what time it is; `run` is EventSide::RunScheduled.
  DevCrons(EventLoop& loop, const Clock& clock, Run run, const DevCronLimits& limits = {});

  // What runs from now on. What cannot be parsed was refused when the worker was read.
  void Set(const std::string& script, const std::vector<std::string>& crons);

 private:
  struct Trigger {
    std::string cron;
    bundle::CronExpression expression;
    WallTime next;
  };
  void Look();
  void Arm();
  void Fire(const Trigger& trigger);
  void OnRan(const std::string& cron, const ScheduledOutcome& outcome);

  const Clock& clock_;
  const Run run_;
  const DevCronLimits limits_;
  std::string script_;
  std::vector<Trigger> triggers_;
  size_t running_ = 0;
  Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace terrella::edge
