// Engine: what every isolate of the process shares: the V8 platform, the start-up snapshot with all
// Web APIs in it, the watchdog thread that enforces CPU budgets, and isolates made ahead.
//
// V8 can be initialised once in a process and its platform outlives every isolate, so there is one
// Engine a process, made at the start of main and destroyed last.
//
// Thread: Create and destruction on the main thread; the object itself may be used from any.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"

namespace terrella::runtime {

class FreshIsolates;
class JobThreads;
class Watchdog;

struct EngineOptions {
  // Semi-space of an isolate's young generation: larger is fewer scavenges, smaller is less memory.
  size_t semi_space_bytes_max = 1 << 20;
  size_t fresh_isolates = 0;  // kept ready for workers to come
  // What time it is to workers; null: the machine's. Outlives the engine.
  const Clock* clock = nullptr;
};

class Engine {
 public:
  static std::unique_ptr<Engine> Create(const EngineOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const EngineOptions& options() const { return options_; }
  WallTime WallNow() const {
    return options_.clock != nullptr ? options_.clock->WallNow() : SystemClock().WallNow();
  }
  Watchdog& watchdog() { return *watchdog_; }
  FreshIsolates& fresh() { return *fresh_; }
  // Workers were started: their isolates may be made up for now.
  void RefillFreshIsolates();
  JobThreads& job_threads() { return *job_threads_; }
  class Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Engine(const EngineOptions& options);

  EngineOptions options_;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<FreshIsolates> fresh_;
  std::unique_ptr<JobThreads> job_threads_;
};

}  // namespace terrella::runtime
