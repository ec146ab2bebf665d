// What all commands share that run a scenario in virtual time: the scenario read, the network
// chosen by --preset or --pops, the workers measured.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "cli/app/interrupt.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "sim/engine/options.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

// Sets a flag while Ctrl-C was pressed.
class StopOnInterrupt {
 public:
  StopOnInterrupt() : thread_([this] { Watch(); }) {}
  ~StopOnInterrupt() {
    over_ = true;
    thread_.join();
  }
  const std::atomic<bool>& raised() const { return raised_; }

 private:
  void Watch() {
    while (!over_) {
      if (interrupt_.Raised()) raised_ = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Interrupt interrupt_;
  std::atomic<bool> raised_ = false, over_ = false;
  std::thread thread_;
};

struct VirtualSetup {
  World world;
  sim::Scenario scenario;
  sim::EngineOptions options;
  sim::EngineWorld engine_world() const { return {world.places, world.latency}; }
};

// Nothing after it has said why; `code` is then the command's. Flags: those of
// VirtualFlags; without --preset and --pops the network is the scenario's own, or else `preset`.
std::optional<VirtualSetup> PrepareVirtual(Invocation& in, const std::atomic<bool>& stop,
                                           ExitCode* code, const std::string& preset = "world-30");
std::vector<Flag> VirtualFlags(const std::string& preset = "world-30");

}  // namespace terrella::cli
