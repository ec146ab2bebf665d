// Launcher: kills and starts nodes of this machine by the program that started them.
//
// A control plane owns no processes: it knows nodes by what they say, and `terrella up` knows which
// process each is. So this runs that program (`terrella kill FRA`, `terrella start FRA`), which has
// the record, its lock and the proof that a process is still the one it started; nothing of that is
// known here. A control plane that was told of no such program kills and starts nobody.
//
// Thread: any; each order runs on a thread of its own, where `done` is called. Owns: the threads
// and the programs they wait for.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::control {

struct LauncherOptions {
  std::filesystem::path program;  // terrella
  std::filesystem::path home;     // TERRELLA_HOME for it
  std::string cluster;
  size_t orders_max = 4;  // at once
  Duration timeout = std::chrono::seconds(40);
};

class Launcher {
 public:
  enum class Order { kKill, kStart };
  // What the program said, at most 4 KiB.
  using Done = std::function<void(absl::StatusOr<std::string> said)>;

  explicit Launcher(LauncherOptions options) : options_(std::move(options)) {}
  // Stops first.
  ~Launcher();
  // `done` is called once. InvalidArgument for what is no name of a node, ResourceExhausted when
  // too many orders run, FailedPrecondition with the program's words when it refuses,
  // DeadlineExceeded, Cancelled after Stop.
  void Run(Order order, const std::string& node, Done done);
  // Ends orders under way; later ones are Cancelled. Returns when none is left.
  void Stop();

 private:
  struct Running {
    std::thread thread;
    bool over = false;
  };
  absl::StatusOr<std::string> Perform(Order order, const std::string& node);
  // Joins those that are over.
  void Reap();

  const LauncherOptions options_;
  std::mutex mutex_;  // guards what follows
  std::list<Running> running_;
  bool stopped_ = false;
};

}  // namespace terrella::control
