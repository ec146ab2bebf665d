// FreshIsolate: a V8 isolate with its one context, made from the snapshot, that has run nothing of
// a worker's yet; and FreshIsolates: some that were made ahead.
//
// Making one is most of a cold start and needs to know nothing of the worker. So a thread of the
// engine keeps a few ready, and a cold start takes one of them. Who has taken one says a moment
// later, when its request is answered, that the thread may make up for it: woken at once it would
// take the core from that very request. It makes the first when somebody first asks: a node that
// runs no worker pays for none.
//
// Thread: a FreshIsolate may be made on one thread and used on another, which calls Enter once
// before. FreshIsolates: any. Owns: the isolate.
#pragma once

#include <v8.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "edge_node/runtime/buffer_allocator.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/runtime/turn_tasks.h"

namespace terrella::runtime {

// Functions that js/ offers to C++, as internals.entry.NAME.
enum class Entry {
  kSetEnv,
  kSetUp,
  kDispatch,
  kDispatchEvent,
  kAbort,
  kProduce,
  kBuiltin,
  kReport,
  kRejection,
  kBecomeScript,
  kBodyArrived,
  kBodyEnded,
  kCount
};

class FreshIsolate {
 public:
  // `heap_bytes` bounds the heap, and the array buffers for themselves.
  FreshIsolate(Engine& engine, uint64_t heap_bytes);
  ~FreshIsolate();
  FreshIsolate(const FreshIsolate&) = delete;
  FreshIsolate& operator=(const FreshIsolate&) = delete;

  // The calling thread's stack is the one its JavaScript runs on from now.
  void MoveHere();
  // It was jumped out of: its memory is left as it is, for ever.
  void Abandon() { abandoned_ = true; }

  uint64_t heap_bytes() const { return heap_bytes_; }
  v8::Isolate* isolate() { return isolate_; }
  const std::shared_ptr<BufferAllocator>& allocator() { return allocator_; }
  TurnTasks& tasks() { return *tasks_; }
  v8::Local<v8::Context> context() { return context_.Get(isolate_); }
  v8::Local<v8::Function> entry(Entry e) { return entries_[static_cast<size_t>(e)].Get(isolate_); }

 private:
  void MakeContext();

  Engine& engine_;
  const uint64_t heap_bytes_;
  std::shared_ptr<BufferAllocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  std::shared_ptr<TurnTasks> tasks_;  // V8 holds it, too
  v8::Global<v8::Context> context_;
  std::array<v8::Global<v8::Function>, static_cast<size_t>(Entry::kCount)> entries_;
  bool abandoned_ = false;
};

class FreshIsolates {
 public:
  // Keeps up to `count` ready.
  FreshIsolates(Engine& engine, size_t count);
  ~FreshIsolates();
  FreshIsolates(const FreshIsolates&) = delete;
  FreshIsolates& operator=(const FreshIsolates&) = delete;

  // One that is ready, or else made now.
  std::unique_ptr<FreshIsolate> Take(uint64_t heap_bytes);
  // Has the thread make up for what was taken.
  void Refill();
  size_t ready() const;

 private:
  void Run();

  Engine& engine_;
  const size_t count_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<FreshIsolate>> ready_;  // guarded by mutex_
  uint64_t heap_bytes_ = 0;                           // of the next ones; guarded by mutex_
  bool stop_ = false;                                 // guarded by mutex_
  std::thread thread_;  // started by the first Refill; guarded by mutex_
};

}  // namespace terrella::runtime
