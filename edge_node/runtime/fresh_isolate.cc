#include "edge_node/runtime/fresh_isolate.h"

#include <sys/resource.h>

#include <utility>

#include "base/check.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/engine_internal.h"
#include "edge_node/runtime/isolate_pages.h"
#include "edge_node/runtime/platform.h"
#include "edge_node/runtime/snapshot.h"
#include "edge_node/runtime/v8_flags.h"

namespace terrella::runtime {
namespace {

constexpr const char* kEntryNames[] = {"setEnv",    "setUp",        "dispatch",    "dispatchEvent",
                                       "abort",     "produce",      "builtin",     "report",
                                       "rejection", "becomeScript", "bodyArrived", "bodyEnded"};
static_assert(std::size(kEntryNames) == static_cast<size_t>(Entry::kCount));

constexpr int kNice = 10;

// V8's.
constexpr size_t kHeapPageBytes = 256 << 10;

// V8 makes WebAssembly anew in each context, so that the snapshot cannot hold what is added to it:
// js/wasm/wasm_api.js adds it at the first touch.
void CompleteWasmLazily(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  auto name = Symbol(isolate, "WebAssembly");
  v8::Local<v8::Value> wasm;
  if (!context->Global()->Get(context, name).ToLocal(&wasm) || !wasm->IsObject()) return;
  context->SetEmbedderData(kEngineWasmIndex, wasm);
  Discard(context->Global()->SetLazyDataProperty(
      context, name, &ProduceLazyValue, Symbol(isolate, "wasm_api WebAssembly"), v8::DontEnum));
}

}  // namespace

FreshIsolate::FreshIsolate(Engine& engine, uint64_t heap_bytes)
    : engine_(engine),
      heap_bytes_(heap_bytes),
      allocator_(std::make_shared<BufferAllocator>(heap_bytes)) {
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator_shared = allocator_;
  params.external_references = ExternalReferences();
  params.snapshot_blob = SnapshotBlob();
  params.allow_atomics_wait = false;
  params.constraints.set_max_old_generation_size_in_bytes(heap_bytes);
  // V8 divides the young generation into three parts, two of them the semi-spaces.
  params.constraints.set_max_young_generation_size_in_bytes(3 *
                                                            engine.options().semi_space_bytes_max);
  // The young generation begins with a page each: fewer pages to hold for an isolate that does
  // little, and what a busy one allocates stays in the core's cache.
  params.constraints.set_initial_young_generation_size_in_bytes(3 * kHeapPageBytes);
  isolate_ = v8::Isolate::Allocate();
  tasks_ = TasksOf(EnginePlatform(engine), isolate_);
  v8::Isolate::Initialize(isolate_, params);
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  MakeContext();
  IsolatePages(isolate_).ShareCode();
  IsolatePages(isolate_).DropEmptyCaches();
}

void FreshIsolate::MakeContext() {
  v8::Isolate::Scope entered(isolate_);
  v8::HandleScope handles(isolate_);
  auto context = v8::Context::New(isolate_);
  context->AllowCodeGenerationFromStrings(false);
  context->SetErrorMessageForCodeGenerationFromStrings(
      Symbol(isolate_, "code generation from strings is not allowed in a worker"));
  context_.Reset(isolate_, context);
  v8::Context::Scope in_context(context);
  CompleteWasmLazily(isolate_, context);
  auto entry_points =
      context->GetDataFromSnapshotOnce<v8::Object>(kEntryPointsIndex).ToLocalChecked();
  for (size_t i = 0; i < entries_.size(); ++i) {
    auto function = entry_points->Get(context, Symbol(isolate_, kEntryNames[i])).ToLocalChecked();
    CHECK(function->IsFunction());
    entries_[i].Reset(isolate_, function.As<v8::Function>());
  }
}

FreshIsolate::~FreshIsolate() {
  for (auto& entry : entries_) entry.Reset();
  context_.Reset();
  tasks_->Close();
  ForgetTasks(EnginePlatform(engine_), isolate_);
  if (abandoned_) {
    // V8 may call the allocator as long as the isolate's memory stands: for ever.
    new std::shared_ptr<BufferAllocator>(std::move(allocator_));
    return;
  }
  isolate_->Dispose();
}

void FreshIsolate::MoveHere() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  isolate_->SetStackLimit(here - kStackBytes);
}

FreshIsolates::FreshIsolates(Engine& engine, size_t count) : engine_(engine), count_(count) {}

FreshIsolates::~FreshIsolates() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<FreshIsolate> FreshIsolates::Take(uint64_t heap_bytes) {
  std::unique_ptr<FreshIsolate> taken;
  if (count_ > 0) {
    std::lock_guard lock(mutex_);
    // Mostly everybody asks for the same; who does not gets one made to measure.
    if (!ready_.empty() && ready_.back()->heap_bytes() == heap_bytes) {
      taken = std::move(ready_.back());
      ready_.pop_back();
    }
    heap_bytes_ = heap_bytes;
  }
  if (taken == nullptr) return std::make_unique<FreshIsolate>(engine_, heap_bytes);
  taken->MoveHere();
  return taken;
}

void FreshIsolates::Refill() {
  std::lock_guard lock(mutex_);
  if (ready_.size() >= count_ || heap_bytes_ == 0) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_one();
}

size_t FreshIsolates::ready() const {
  std::lock_guard lock(mutex_);
  return ready_.size();
}

void FreshIsolates::Run() {
  // Requests go first. It is of the thread alone on Linux; what it cannot have it goes without.
  setpriority(PRIO_PROCESS, 0, kNice);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || ready_.size() < count_; });
    if (stop_) return;
    const uint64_t heap_bytes = heap_bytes_;
    lock.unlock();
    auto made = std::make_unique<FreshIsolate>(engine_, heap_bytes);
    lock.lock();
    ready_.push_back(std::move(made));
  }
}

}  // namespace terrella::runtime
