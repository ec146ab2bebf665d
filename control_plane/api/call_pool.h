// CallPool: a few threads for calls that wait for a disk or a network, so that those that need not
// (heartbeats, the pushes of a deploy) are not behind them: gRPC's own threads are as few as cores.
//
// Thread: Run from any. Owns: its threads; what was taken is run before they end.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace terrella::control {

struct CallPoolOptions {
  size_t threads = 8;
  size_t waiting_max = 1000;
};

class CallPool {
 public:
  explicit CallPool(const CallPoolOptions& options = {});
  ~CallPool();
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  // False, and the call is not run, when as many wait as may.
  [[nodiscard]] bool Run(std::function<void()> call);

 private:
  void Serve();

  const size_t waiting_max_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace terrella::control
