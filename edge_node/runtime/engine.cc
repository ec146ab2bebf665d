#include "edge_node/runtime/engine.h"

#include <v8.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "edge_node/runtime/code_ranges.h"
#include "edge_node/runtime/engine_internal.h"
#include "edge_node/runtime/escape.h"
#include "edge_node/runtime/fresh_isolate.h"
#include "edge_node/runtime/job_threads.h"
#include "edge_node/runtime/platform.h"
#include "edge_node/runtime/snapshot.h"
#include "edge_node/runtime/v8_flags.h"
#include "edge_node/runtime/watchdog.h"

namespace terrella::runtime {

class Engine::Impl {
 public:
  Impl() : platform_(MakePlatform()) {
    static std::atomic<bool> made = false;
    CHECK(!made.exchange(true));  // V8 cannot be initialised twice in a process
    SetV8Flags();
    AnswerCodeRangeSearches();
    v8::V8::InitializePlatform(platform_.get());
    v8::V8::Initialize();
    InstallEscape();
  }
  ~Impl() {
    if (AbandonedIsolates() > 0) {
      platform_.release();  // they refer to it as long as the process lives
      return;
    }
    v8::V8::Dispose();
    v8::V8::DisposePlatform();
  }

  v8::Platform* platform() { return platform_.get(); }

 private:
  std::unique_ptr<v8::Platform> platform_;
};

Engine::Engine(const EngineOptions& options)
    : options_(options),
      impl_(std::make_unique<Impl>()),
      watchdog_(std::make_unique<Watchdog>()),
      fresh_(std::make_unique<FreshIsolates>(*this, options.fresh_isolates)),
      job_threads_(std::make_unique<JobThreads>()) {}
Engine::~Engine() = default;

std::unique_ptr<Engine> Engine::Create(const EngineOptions& options) {
  return std::unique_ptr<Engine>(new Engine(options));
}

void Engine::RefillFreshIsolates() {
  fresh_->Refill();
}

v8::Platform* EnginePlatform(Engine& engine) {
  return engine.impl().platform();
}

v8::StartupData* SnapshotBlob() {
  static v8::StartupData blob = {EmbeddedSnapshot().data(),
                                 static_cast<int>(EmbeddedSnapshot().size())};
  return &blob;
}

}  // namespace terrella::runtime
