#include "edge_node/runtime/isolate_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/async_frame.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/escape.h"
#include "edge_node/runtime/exception_text.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_pages.h"
#include "edge_node/runtime/module_loader.h"
#include "edge_node/runtime/platform.h"

namespace terrella::runtime {
namespace {

// Ids are slot index + generation, so that a stale one never finds a later request. Together they
// stay below 2^31: a small integer to V8.
constexpr uint32_t kSlotBits = 14;
constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;
constexpr uint32_t kGenerationMax = (1u << (31 - kSlotBits)) - 1;
// Slots are reused in turn and only when this many are free: an id comes back after 2^25 requests.
constexpr size_t kFreeSlotsMin = 256;

constexpr Duration kNoBudget = std::chrono::hours(24 * 365);
constexpr size_t kRejectionsMax = 100;
// What a single allocation may need beyond the limit so that V8 can give up by termination instead
// of abort: the longest string (2^29 two-byte units) and the longest array (2^27 pointers) are 1
// GiB.
constexpr size_t kHeapReserveBytes = size_t{2} << 30;

// WebAssembly comes out of the bundle only.
bool MayCompileWasm(v8::Local<v8::Context> context, v8::Local<v8::String>) {
  return IsolateState::From(context->GetIsolate())->may_compile_wasm();
}

void FillImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                    v8::Local<v8::Object> meta) {
  auto* state = IsolateState::From(context->GetIsolate());
  if (state->modules() != nullptr) state->modules()->FillImportMeta(module, meta);
}

v8::MaybeLocal<v8::Promise> ImportDynamically(v8::Local<v8::Context> context, v8::Local<v8::Data>,
                                              v8::Local<v8::Value> referrer,
                                              v8::Local<v8::String> specifier,
                                              v8::Local<v8::FixedArray>) {
  auto* state = IsolateState::From(context->GetIsolate());
  if (state->modules() != nullptr) return state->modules()->ImportDynamically(referrer, specifier);
  ThrowTypeError(context->GetIsolate(), "import() needs a worker made of modules");
  return {};
}

}  // namespace

IsolateState::IsolateState(Engine& engine, EventLoop* loop, const WorkerLimits& limits,
                           IsolateOwner& owner)
    : engine_(engine),
      loop_(loop),
      limits_(limits),
      owner_(owner),
      log_limit_(limits.log_lines_per_s, limits.log_bytes_per_s),
      base_(engine.fresh().Take(limits.heap_bytes)),
      isolate_(base_->isolate()),
      self_(std::make_shared<IsolateState*>(this)) {
  isolate_->SetData(0, this);
  isolate_->SetPromiseRejectCallback(&OnPromiseReject);
  isolate_->AddNearHeapLimitCallback(&OnNearHeapLimit, this);
  isolate_->AddGCEpilogueCallback(&OnGarbageCollected, this,
                                  static_cast<v8::GCType>(v8::kGCTypeMarkSweepCompact));
  isolate_->SetAllowWasmCodeGenerationCallback(&MayCompileWasm);
  isolate_->SetHostImportModuleDynamicallyCallback(&ImportDynamically);
  isolate_->SetHostInitializeImportMetaObjectCallback(&FillImportMeta);
  guard_ = std::make_unique<Watchdog::Guard>(engine.watchdog(), isolate_);
  on_uncaught = [this](std::string_view text) { Log(LogLevel::kError, text); };
}

IsolateState::~IsolateState() {
  CHECK(!in_turn_);
  *self_ = nullptr;
  condemned_ = true;
  for (Slot& slot : slots_) {
    if (slot.io != nullptr) slot.io->Close();
  }
  after_turn_.clear();
  to_finish_.clear();
  slots_.clear();
  ended_.clear();
  rejections_.clear();
  reported_.clear();
  handled_late_.clear();
  guard_.reset();
}

Duration IsolateState::BudgetOf(const IoContext* io) const {
  uint32_t limit_ms = io == nullptr ? limits_.startup_cpu_ms : limits_.cpu_ms;
  if (limit_ms == 0) return kNoBudget;
  Duration used = io == nullptr ? Duration{} : io->cpu_used();
  return std::max(Duration(1), std::chrono::milliseconds(limit_ms) - used);
}

bool IsolateState::RunTurn(IoContext* io, absl::FunctionRef<void()> body) {
  if (condemned_) return false;
  CHECK(!in_turn_);
  in_turn_ = true;
  SetFrozenTime(live_clock_ ? 0 : ToMs(engine_.WallNow().time_since_epoch()));
  turn_ = {io, &body, MarkCpu()};
  guard_->Enter(turn_.started, BudgetOf(io));
  EscapeCause escaped =
      RunGuarded([](void* self) { static_cast<IsolateState*>(self)->RunInside(); }, this);
  if (escaped != EscapeCause::kNone) {
    base_->Abandon();
    isolate_->Exit();  // the scope that would have done it was jumped over
  }
  bool fired = guard_->Leave();
  EndTurn(fired, escaped == EscapeCause::kFatal);
  if (actors_ != nullptr && !condemned_) actors_->CommitTurn();
  if (!flushing_) Flush();
  return !condemned_;
}

// The part of a turn that an Escape may jump out of: keeps nothing that must be given back.
void IsolateState::RunInside() {
  v8::Isolate::Scope entered(isolate_);
  v8::HandleScope handles(isolate_);
  auto context = base_->context();
  v8::Context::Scope in_context(context);
  context->SetContinuationPreservedEmbedderData(
      turn_.io == nullptr ? v8::Undefined(isolate_).As<v8::Value>()
                          : v8::Integer::NewFromUnsigned(isolate_, turn_.io->id()).As<v8::Value>());
  v8::TryCatch try_catch(isolate_);  // keeps a termination from ending up as a message
  (*turn_.body)();
  // Listeners of rejections and tasks of V8 (compiled WebAssembly, finalizers) leave microtasks.
  for (bool more = true; more && !ending();) {
    isolate_->PerformMicrotaskCheckpoint();
    more = !ending() && ReportRejections();
    if (ending()) break;
    if (base_->tasks().waiting()) more |= RunTasks();
  }
  isolate_->ClearKeptObjects();  // what WeakRef.prototype.deref() gave is kept until here
}

bool IsolateState::RunTasks() {
  bool ran = false;
  while (!ending()) {
    auto task = base_->tasks().Take();
    if (task == nullptr) break;
    task->Run();
    ran = true;
  }
  return ran;
}

void IsolateState::EndTurn(bool cpu_exceeded, bool fatal) {
  IoContext* io = turn_.io;
  Duration used = CpuSince(turn_.started);
  cpu_used_ += used;
  if (io != nullptr) io->AddCpu(used);
  in_turn_ = false;
  timer_nesting_ = 0;
  rejections_.clear();
  handled_late_.clear();
  uint32_t culprit = io == nullptr ? 0 : io->id();
  if (memory_exceeded_ || fatal) {
    Condemn(FailureKind::kMemoryLimit,
            fmt::format("exceeded {} MiB of memory", limits_.heap_bytes >> 20), culprit);
  } else if (cpu_exceeded) {
    uint32_t limit_ms = io == nullptr ? limits_.startup_cpu_ms : limits_.cpu_ms;
    Condemn(FailureKind::kCpuLimit, fmt::format("exceeded {} ms of CPU time", limit_ms), culprit);
  }
  if (io != nullptr && !condemned_) FinishLater(*io);
}

void IsolateState::Flush() {
  flushing_ = true;
  while (true) {
    if (!after_turn_.empty()) {
      auto action = std::move(after_turn_.front());
      after_turn_.pop_front();
      action();
    } else if (!to_finish_.empty()) {
      uint32_t id = to_finish_.back();
      to_finish_.pop_back();
      if (IoContext* io = FindIo(id)) io->FinishTurn();
    } else if (std::exchange(io_ended_, false)) {
      owner_.OnIoEnded();
    } else {
      break;
    }
  }
  flushing_ = false;
  ended_.clear();
}

void IsolateState::FinishLater(IoContext& io) {
  if (!io.TakeFinish()) return;
  to_finish_.push_back(io.id());
  if (!in_turn_ && !flushing_) Flush();
}

void IsolateState::AfterTurn(std::function<void()> action) {
  after_turn_.push_back(std::move(action));
  if (!in_turn_ && !flushing_) Flush();
}

void IsolateState::Wake(uint32_t io_id, std::function<void(IoContext&)> body) {
  IoContext* io = FindIo(io_id);
  if (io == nullptr || condemned_) return;
  io->BeginWait();  // a turn is to come: the io is not stuck until then
  AfterTurn([this, io_id, body = std::move(body)] {
    IoContext* io = FindIo(io_id);
    if (io == nullptr || condemned_) return;
    io->EndWait();
    RunTurn(io, [&] { body(*io); });
  });
}

IoContext& IsolateState::AddIo(std::unique_ptr<IoContext> io) {
  uint32_t index;
  if (free_slots_.size() < kFreeSlotsMin && slots_.size() < kSlotMask) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    CHECK(!free_slots_.empty());  // Worker bounds what is in flight
    index = free_slots_.front();
    free_slots_.pop_front();
  }
  Slot& slot = slots_[index];
  slot.io = std::move(io);
  slot.io->set_id((slot.generation << kSlotBits) | index);
  ++io_count_;
  return *slot.io;
}

IoContext* IsolateState::FindIo(uint32_t id) {
  uint32_t index = id & kSlotMask;
  if (index >= slots_.size() || slots_[index].generation != id >> kSlotBits) return nullptr;
  return slots_[index].io.get();
}

void IsolateState::RemoveIo(uint32_t id) {
  IoContext* io = FindIo(id);
  if (io == nullptr) return;
  Slot& slot = slots_[id & kSlotMask];
  ended_.push_back(std::move(slot.io));
  slot.generation = slot.generation == kGenerationMax ? 1 : slot.generation + 1;
  free_slots_.push_back(id & kSlotMask);
  --io_count_;
  // What it had under way may be in this isolate too, and end with it: all are freed afterwards.
  const bool was_flushing = std::exchange(flushing_, true);
  ended_.back()->Close();
  flushing_ = was_flushing;
  io_ended_ = true;
  if (!in_turn_ && !flushing_) Flush();
}

std::vector<uint32_t> IsolateState::IoIds() const {
  std::vector<uint32_t> ids;
  for (const Slot& slot : slots_) {
    if (slot.io != nullptr) ids.push_back(slot.io->id());
  }
  return ids;
}

IoContext* IsolateState::CurrentIo() {
  const uint32_t id = CurrentIoId(isolate_);
  return id == 0 ? nullptr : FindIo(id);
}

void IsolateState::Condemn(FailureKind kind, std::string_view reason, uint32_t culprit) {
  if (condemned_) return;
  condemned_ = true;
  condemned_kind_ = kind;
  condemned_reason_ = reason;
  AfterTurn([this, kind, culprit] { owner_.OnCondemned(kind, condemned_reason_, culprit); });
}

void IsolateState::OnPromiseReject(v8::PromiseRejectMessage message) {
  auto promise = message.GetPromise();
  v8::Isolate* isolate = promise->GetIsolate();
  IsolateState* state = From(isolate);
  auto is_it = [&](const v8::Global<v8::Promise>& p) { return p == promise; };
  if (message.GetEvent() == v8::kPromiseRejectWithNoHandler) {
    if (state->rejections_.size() >= kRejectionsMax) return;
    state->rejections_.emplace_back(isolate, promise);
  } else if (message.GetEvent() == v8::kPromiseHandlerAddedAfterReject) {
    std::erase_if(state->rejections_, is_it);
    if (std::erase_if(state->reported_, is_it) > 0)
      state->handled_late_.emplace_back(isolate, promise);
  }
}

// "Notify about rejected promises" of HTML section 8.1.4.7. True when JavaScript was run.
bool IsolateState::ReportRejections() {
  bool ran = false;
  for (auto& late : std::exchange(handled_late_, {})) {
    if (ending()) return ran;
    ran = true;
    CallRejection("rejectionhandled", late.Get(isolate_));
  }
  for (auto& rejection : std::exchange(rejections_, {})) {
    if (ending()) return ran;
    v8::HandleScope handles(isolate_);
    auto promise = rejection.Get(isolate_);
    if (promise->HasHandler()) continue;
    ran = true;
    if (!CallRejection("unhandledrejection", promise)) {
      if (ending()) return ran;
      on_uncaught("Uncaught (in promise) " + DescribeRejection(promise->Result()));
    }
    if (promise->HasHandler()) continue;
    std::erase_if(reported_, [](const auto& p) { return p.IsEmpty(); });
    if (reported_.size() >= kRejectionsMax) reported_.erase(reported_.begin());
    reported_.emplace_back(isolate_, promise).SetWeak();
  }
  return ran;
}

// True when a listener of the worker said that there is nothing to report.
bool IsolateState::CallRejection(const char* type, v8::Local<v8::Promise> promise) {
  v8::TryCatch try_catch(isolate_);
  v8::Local<v8::Value> arguments[] = {Symbol(isolate_, type), promise, promise->Result()};
  v8::Local<v8::Value> prevented;
  return entry(Entry::kRejection)
             ->Call(context(), v8::Undefined(isolate_), std::size(arguments), arguments)
             .ToLocal(&prevented) &&
         prevented->IsTrue();
}

void IsolateState::ReportException(v8::Local<v8::Value> error, v8::Local<v8::Message> message) {
  v8::HandleScope handles(isolate_);
  ErrorPlace place = PlaceOfError(isolate_, context(), error, message);
  v8::TryCatch try_catch(isolate_);
  v8::Local<v8::Value> arguments[] = {error, ToV8(isolate_, place.text), ToV8(isolate_, place.file),
                                      v8::Integer::New(isolate_, place.line),
                                      v8::Integer::New(isolate_, place.column)};
  v8::Local<v8::Value> handled;
  if (entry(Entry::kReport)
          ->Call(context(), v8::Undefined(isolate_), std::size(arguments), arguments)
          .ToLocal(&handled) &&
      handled->IsTrue()) {
    return;
  }
  if (ending()) return;
  if (message.IsEmpty()) message = v8::Exception::CreateMessage(isolate_, error);
  on_uncaught("Uncaught " + DescribeException(error, message));
}

bool IsolateState::Hold(std::string_view bytes, CountedBytes& into) {
  if (into.Append(bytes)) return true;
  if (condemned_) return false;
  v8::Isolate::Scope entered(isolate_);
  isolate_->LowMemoryNotification();
  return into.Append(bytes);
}

bool IsolateState::OutOfCpu() const {
  return in_turn_ && CpuSince(turn_.started) >= BudgetOf(turn_.io);
}

JobQueue& IsolateState::job_queue() {
  if (job_queue_ == nullptr) job_queue_ = std::make_unique<JobQueue>(engine_.job_threads(), *loop_);
  return *job_queue_;
}

void IsolateState::ExceedMemory() {
  memory_exceeded_ = true;
  isolate_->TerminateExecution();
}

size_t IsolateState::OnNearHeapLimit(void* data, size_t current, size_t) {
  static_cast<IsolateState*>(data)->ExceedMemory();
  return current + kHeapReserveBytes;
}

void IsolateState::OnGarbageCollected(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                                      void* data) {
  auto* state = static_cast<IsolateState*>(data);
  int64_t external = isolate->AdjustAmountOfExternalAllocatedMemory(0);
  if (external <= static_cast<int64_t>(state->limits_.heap_bytes) + (16 << 20)) return;
  state->ExceedMemory();
}

std::string IsolateState::DescribeException(v8::Local<v8::Value> exception,
                                            v8::Local<v8::Message> message) {
  return runtime::DescribeException(isolate_, context(), exception, message);
}

std::string IsolateState::DescribeRejection(v8::Local<v8::Value> reason) {
  return runtime::DescribeException(isolate_, context(), reason,
                                    v8::Exception::CreateMessage(isolate_, reason));
}

void IsolateState::Log(LogLevel level, std::string_view text) {
  if (in_turn_) {
    IoContext* io = CurrentIo();
    if (io == nullptr) io = turn_.io;
    if (io != nullptr && io->request().trace != nullptr) io->request().trace->OnLog(level, text);
  }
  switch (log_limit_.Admit(SystemClock().Now(), text.size())) {
    case LogLimit::Verdict::kWrite:
      if (uint64_t dropped = log_limit_.TakeDropped()) {
        owner_.OnLog(LogLevel::kWarn, fmt::format("dropped {} lines", dropped));
      }
      return owner_.OnLog(level, text);
    case LogLimit::Verdict::kFirstDropped:
      return owner_.OnLog(LogLevel::kWarn,
                          fmt::format("more than {} lines or {} KiB a second: dropping lines",
                                      limits_.log_lines_per_s, limits_.log_bytes_per_s >> 10));
    case LogLimit::Verdict::kDrop:
      return;
  }
}

WorkerStatistics IsolateState::Statistics() const {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  WorkerStatistics statistics;
  statistics.heap_used_bytes = heap.used_heap_size();
  statistics.heap_committed_bytes = heap.total_physical_size();
  statistics.buffer_bytes = heap.external_memory();
  return statistics;
}

void IsolateState::ReleaseMemory() {
  if (condemned_ || in_turn_) return;
  v8::Isolate::Scope entered(isolate_);
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  IsolatePages(isolate_).DropEmptyCaches();
}

}  // namespace terrella::runtime
