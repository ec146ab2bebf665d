// IsolateState: one V8 isolate with one context, made from the snapshot, and the rules for entering
// it.
//
// JavaScript runs only inside a turn (RunTurn): the isolate is entered, the watchdog armed, time
// frozen, microtasks drained. What JavaScript asks of the world during a turn is put on a queue
// (AfterTurn) and done once the isolate is left, so no callback of the outside ever runs on top of
// JavaScript, and JavaScript never runs on top of itself.
//
// Thread: the one it was made on. Owns: the isolate, the IoContexts.
// Invariants: (1) after Condemn no JavaScript runs any more; (2) an IoContext dies only outside of
// turns.
#pragma once

#include <v8.h>

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "edge_node/runtime/counted_bytes.h"
#include "edge_node/runtime/cpu_clock.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/runtime/fresh_isolate.h"
#include "edge_node/runtime/job_threads.h"
#include "edge_node/runtime/log_limit.h"
#include "edge_node/runtime/watchdog.h"
#include "edge_node/runtime/worker.h"

namespace terrella::runtime {

class ActorTable;
class IoContext;
class ModuleLoader;

// What the isolate's owner (a Worker, a script run) learns.
class IsolateOwner {
 public:
  virtual ~IsolateOwner() = default;
  virtual void OnLog(LogLevel level, std::string_view text) = 0;
  // `culprit` is the id of the IoContext whose turn broke the limit, 0 for the global scope.
  virtual void OnCondemned(FailureKind kind, std::string_view reason, uint32_t culprit) = 0;
  virtual void OnIoEnded() = 0;
  virtual std::unique_ptr<Subrequest> Fetch(OutboundRequest request,
                                            SubrequestObserver& observer) = 0;
  virtual std::unique_ptr<Subrequest> Kv(KvRequest request, KvObserver& observer) = 0;
  virtual bool TakeRate(const RateLimitCall&) { return true; }
  virtual absl::StatusOr<std::string> FindActorNamespace(std::string_view /*script*/,
                                                         std::string_view /*class_name*/) {
    return absl::NotFoundError("there are no Durable Objects here");
  }
  virtual absl::StatusOr<std::unique_ptr<ActorStorage>> OpenActor(const ActorAddress&) {
    return absl::UnimplementedError("there are no Durable Objects here");
  }
};

class IsolateState {
 public:
  // `loop` may be null: then there are no timers (CheckCode).
  IsolateState(Engine& engine, EventLoop* loop, const WorkerLimits& limits, IsolateOwner& owner);
  ~IsolateState();
  IsolateState(const IsolateState&) = delete;
  IsolateState& operator=(const IsolateState&) = delete;

  // Null while the snapshot is being made.
  static IsolateState* From(v8::Isolate* isolate) {
    return static_cast<IsolateState*>(isolate->GetData(0));
  }

  v8::Isolate* isolate() { return isolate_; }
  v8::Local<v8::Context> context() { return base_->context(); }
  v8::Local<v8::Function> entry(Entry e) { return base_->entry(e); }
  EventLoop* loop() { return loop_; }
  WallTime WallNow() const { return engine_.WallNow(); }
  const std::shared_ptr<BufferAllocator>& allocator() { return base_->allocator(); }
  IsolateOwner& owner() { return owner_; }
  const WorkerLimits& limits() const { return limits_; }
  void set_origin_hosts(std::span<const std::string> hosts) { origin_hosts_ = hosts; }
  std::span<const std::string> origin_hosts() const { return origin_hosts_; }
  void set_may_compile_wasm(bool may) { may_compile_wasm_ = may; }
  bool may_compile_wasm() const { return may_compile_wasm_; }
  void set_modules(ModuleLoader* modules) { modules_ = modules; }
  ModuleLoader* modules() { return modules_; }
  // Null until the first event for a Durable Object.
  void set_actors(ActorTable* actors) { actors_ = actors; }
  ActorTable* actors() { return actors_; }

  // Runs `body` in the isolate, on behalf of `io` (null: the global scope, under the start-up
  // budget), then what it put on the queue. False when the isolate is (or just got) condemned.
  bool RunTurn(IoContext* io, absl::FunctionRef<void()> body);
  // Runs a turn for the io now, or when inside one, after it. Nothing when the io is over by then.
  void Wake(uint32_t io_id, std::function<void(IoContext&)> body);
  // Runs `action` outside of JavaScript: after this turn, or at once when there is none.
  void AfterTurn(std::function<void()> action);
  // The io's own share of what comes after a turn, once for any number of calls: its answer goes
  // out, and it ends when it is over.
  void FinishLater(IoContext& io);
  bool in_turn() const { return in_turn_; }
  uint32_t NextTimerId() { return ++timer_ids_ == 0 ? ++timer_ids_ : timer_ids_; }
  // How deep in timers that started timers this turn is (HTML section 8.6); 0 when no timer made
  // it.
  uint32_t timer_nesting() const { return timer_nesting_; }
  void set_timer_nesting(uint32_t level) { timer_nesting_ = level; }
  // Time as JavaScript sees it goes on during a turn, for scripts that are nobody's neighbour.
  void set_live_clock(bool live) { live_clock_ = live; }

  IoContext& AddIo(std::unique_ptr<IoContext> io);
  IoContext* FindIo(uint32_t id);
  // Ends it: destroyed as soon as nothing of it is on the stack.
  void RemoveIo(uint32_t id);
  size_t io_count() const { return io_count_; }
  std::vector<uint32_t> IoIds() const;
  // Of the promise chain that is running; null in the global scope.
  IoContext* CurrentIo();

  // Appends to what is held for JavaScript, after a garbage collection if there is no room before.
  bool Hold(std::string_view bytes, CountedBytes& into);
  // Whether the turn has used up its CPU budget: for native code, which the watchdog cannot stop.
  bool OutOfCpu() const;
  // For what takes longer than that. There must be a loop.
  JobQueue& job_queue();

  // The turn that runs, and any later one, is out of CPU time. Any thread may call this.
  void EndTurns() { guard_->Expire(); }
  // Ends the turn as one that exceeded its memory; for native code inside of it.
  void ExceedMemory();
  bool memory_exceeded() const { return memory_exceeded_; }
  // The turn was told to stop: no more JavaScript is to be called in it.
  bool ending() const {
    return memory_exceeded_ || guard_->fired() || isolate_->IsExecutionTerminating();
  }
  void Condemn(FailureKind kind, std::string_view reason, uint32_t culprit);
  bool condemned() const { return condemned_; }
  const std::string& condemned_reason() const { return condemned_reason_; }
  FailureKind condemned_kind() const { return condemned_kind_; }

  // An exception as people read it: "index.js:3:7: TypeError: ..." and, below, the stack. Inside a
  // turn.
  std::string DescribeException(v8::Local<v8::Value> exception, v8::Local<v8::Message> message);
  std::string DescribeRejection(v8::Local<v8::Value> reason);
  // To the owner, within the limits of how much a worker may say.
  void Log(LogLevel level, std::string_view text);
  // "Report an exception" of HTML section 8.1.4.6: to the worker's own listeners, then to
  // on_uncaught. Inside a turn. `message` may be empty.
  void ReportException(v8::Local<v8::Value> error, v8::Local<v8::Message> message);
  // Called for each error nobody handled, with its text; a log line by default.
  std::function<void(std::string_view)> on_uncaught;

  Duration cpu_used() const { return cpu_used_; }
  WorkerStatistics Statistics() const;
  void ReleaseMemory();
  // Outside objects hold a copy; it reads null once the isolate is gone.
  std::shared_ptr<IsolateState*> handle() { return self_; }

 private:
  static void OnPromiseReject(v8::PromiseRejectMessage message);
  static size_t OnNearHeapLimit(void* data, size_t current, size_t initial);
  static void OnGarbageCollected(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                                 void* data);
  Duration BudgetOf(const IoContext* io) const;
  void RunInside();
  bool RunTasks();  // whether there were any
  void EndTurn(bool cpu_exceeded, bool fatal);
  bool ReportRejections();
  bool CallRejection(const char* type, v8::Local<v8::Promise> promise);
  void Flush();

  Engine& engine_;
  EventLoop* loop_;
  const WorkerLimits limits_;
  IsolateOwner& owner_;
  LogLimit log_limit_;
  const std::unique_ptr<FreshIsolate> base_;
  v8::Isolate* const isolate_;  // base_'s
  std::unique_ptr<Watchdog::Guard> guard_;
  ModuleLoader* modules_ = nullptr;
  ActorTable* actors_ = nullptr;
  std::span<const std::string> origin_hosts_;

  struct Slot {
    uint32_t generation = 1;
    std::unique_ptr<IoContext> io;
  };
  std::vector<Slot> slots_;
  std::deque<uint32_t> free_slots_;
  std::vector<std::unique_ptr<IoContext>> ended_;  // freed when nothing is on the stack
  size_t io_count_ = 0;

  std::deque<std::function<void()>> after_turn_;
  std::vector<uint32_t> to_finish_;                    // ios, behind all of after_turn_
  bool io_ended_ = false;                              // the owner has to hear of it
  std::vector<v8::Global<v8::Promise>> rejections_;    // nobody handles them as yet
  std::vector<v8::Global<v8::Promise>> reported_;      // weak: told as unhandled
  std::vector<v8::Global<v8::Promise>> handled_late_;  // of these, now with a handler
  uint32_t timer_ids_ = 0;
  uint32_t timer_nesting_ = 0;
  bool live_clock_ = false;
  struct TurnState {
    IoContext* io;
    const absl::FunctionRef<void()>* body;
    CpuMark started;
  } turn_{};
  bool may_compile_wasm_ = false;
  bool in_turn_ = false;
  bool flushing_ = false;
  bool condemned_ = false;
  bool memory_exceeded_ = false;
  FailureKind condemned_kind_ = FailureKind::kShutdown;
  std::string condemned_reason_;
  Duration cpu_used_{};
  std::shared_ptr<IsolateState*> self_;
  std::unique_ptr<JobQueue> job_queue_;  // made when it is needed
};

}  // namespace terrella::runtime
