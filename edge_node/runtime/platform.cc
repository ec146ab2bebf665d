#include "edge_node/runtime/platform.h"

#include <libplatform/libplatform.h>

#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/clock.h"

namespace terrella::runtime {
namespace {

thread_local double frozen_epoch_ms = 0;

class FrozenClockPlatform final : public v8::Platform {
 public:
  explicit FrozenClockPlatform(std::unique_ptr<v8::Platform> inner) : inner_(std::move(inner)) {}

  std::shared_ptr<TurnTasks> TasksOf(v8::Isolate* isolate) {
    std::lock_guard lock(mutex_);
    auto& tasks = tasks_[isolate];
    if (tasks == nullptr) tasks = std::make_shared<TurnTasks>(&SteadySeconds);
    return tasks;
  }
  void Forget(v8::Isolate* isolate) {
    std::lock_guard lock(mutex_);
    tasks_.erase(isolate);
  }

  double CurrentClockTimeMillis() override {
    return frozen_epoch_ms > 0 ? frozen_epoch_ms : SystemClockTimeMillis();
  }

  v8::PageAllocator* GetPageAllocator() override { return inner_->GetPageAllocator(); }
  v8::ZoneBackingAllocator* GetZoneBackingAllocator() override {
    return inner_->GetZoneBackingAllocator();
  }
  void OnCriticalMemoryPressure() override { inner_->OnCriticalMemoryPressure(); }
  bool OnCriticalMemoryPressure(size_t length) override {
    return inner_->OnCriticalMemoryPressure(length);
  }
  int NumberOfWorkerThreads() override { return inner_->NumberOfWorkerThreads(); }
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override {
    return TasksOf(isolate);
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    inner_->CallOnWorkerThread(std::move(task));
  }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task, double delay_s) override {
    inner_->CallDelayedOnWorkerThread(std::move(task), delay_s);
  }
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority,
                                         std::unique_ptr<v8::JobTask> job) override {
    return inner_->PostJob(priority, std::move(job));
  }
  double MonotonicallyIncreasingTime() override { return inner_->MonotonicallyIncreasingTime(); }
  v8::TracingController* GetTracingController() override { return inner_->GetTracingController(); }

 private:
  static double SteadySeconds() { return ToMs(SystemClock().Now().time_since_epoch()) / 1000; }

  const std::unique_ptr<v8::Platform> inner_;
  std::mutex mutex_;
  std::unordered_map<v8::Isolate*, std::shared_ptr<TurnTasks>> tasks_;  // guarded by mutex_
};

}  // namespace

void SetFrozenTime(double epoch_ms) {
  frozen_epoch_ms = epoch_ms;
}
double FrozenTime() {
  return frozen_epoch_ms;
}

std::unique_ptr<v8::Platform> MakePlatform() {
  return std::make_unique<FrozenClockPlatform>(v8::platform::NewSingleThreadedDefaultPlatform());
}

std::shared_ptr<TurnTasks> TasksOf(v8::Platform* platform, v8::Isolate* isolate) {
  return static_cast<FrozenClockPlatform*>(platform)->TasksOf(isolate);
}
void ForgetTasks(v8::Platform* platform, v8::Isolate* isolate) {
  static_cast<FrozenClockPlatform*>(platform)->Forget(isolate);
}

}  // namespace terrella::runtime
