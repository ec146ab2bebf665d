#include "edge_node/runtime/worker.h"

#include <fmt/format.h>
#include <v8.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/module_loader.h"

namespace terrella::runtime {

std::string_view FailureKindName(FailureKind kind) {
  switch (kind) {
    case FailureKind::kException:
      return "exception";
    case FailureKind::kRejected:
      return "rejected";
    case FailureKind::kNoHandler:
      return "no_handler";
    case FailureKind::kBadResponse:
      return "bad_response";
    case FailureKind::kCpuLimit:
      return "cpu_limit";
    case FailureKind::kMemoryLimit:
      return "memory_limit";
    case FailureKind::kHung:
      return "hung";
    case FailureKind::kOverloaded:
      return "overloaded";
    case FailureKind::kMoved:
      return "moved";
    case FailureKind::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

namespace {

class InvocationHandle final : public Invocation {
 public:
  InvocationHandle(std::shared_ptr<IsolateState*> isolate, uint32_t io)
      : isolate_(std::move(isolate)), io_(io) {}
  ~InvocationHandle() override {
    if (*isolate_ == nullptr) return;
    if (IoContext* io = (*isolate_)->FindIo(io_)) io->ClientGone();
  }
  http::RequestHead TakeHead() override {
    IoContext* io = *isolate_ == nullptr ? nullptr : (*isolate_)->FindIo(io_);
    return io == nullptr ? http::RequestHead() : std::move(io->request().head);
  }
  Duration cpu_used() const override {
    IoContext* io = *isolate_ == nullptr ? nullptr : (*isolate_)->FindIo(io_);
    return io == nullptr ? Duration(0) : io->cpu_used();
  }

 private:
  std::shared_ptr<IsolateState*> isolate_;
  uint32_t io_;
};

// A request that was refused before it had a context.
class RefusedInvocation final : public Invocation {
 public:
  RefusedInvocation(http::RequestHead head, ResponseObserver& observer)
      : head_(std::move(head)), observer_(std::make_shared<ResponseObserver*>(&observer)) {}
  ~RefusedInvocation() override { *observer_ = nullptr; }
  http::RequestHead TakeHead() override { return std::move(head_); }
  Duration cpu_used() const override { return {}; }
  std::shared_ptr<ResponseObserver*> observer() { return observer_; }

 private:
  http::RequestHead head_;
  std::shared_ptr<ResponseObserver*> observer_;
};

constexpr size_t kInFlightMax = 10'000;

}  // namespace

// The worker as its isolate's owner. `host` is null in CheckCode.
class WorkerImpl final : public IsolateOwner {
 public:
  WorkerImpl(Engine& engine, EventLoop* loop, std::shared_ptr<const WorkerCode> code, Host* host)
      : code_(std::move(code)),
        host_(host),
        state_(engine, loop, code_->limits, *this),
        modules_(state_, *code_) {
    state_.set_modules(&modules_);
    state_.set_origin_hosts(code_->origin_hosts);
  }
  ~WorkerImpl() override {
    FailAll(FailureKind::kShutdown, "the worker was shut down", 0);
    state_.set_actors(nullptr);
  }

  absl::Status Load();
  std::unique_ptr<Invocation> Dispatch(InboundRequest request, ResponseObserver& observer);

  void OnLog(LogLevel level, std::string_view text) override {
    if (worker_ != nullptr) host_->OnLog(*worker_, level, text);
  }
  void OnCondemned(FailureKind kind, std::string_view reason, uint32_t culprit) override {
    FailAll(kind, reason, culprit);
    BreakActors(reason);  // lets go of their storage
    if (worker_ != nullptr) host_->OnCondemned(*worker_, reason);
  }
  void OnIoEnded() override {
    if (worker_ != nullptr && state_.io_count() == 0) host_->OnIdle(*worker_);
  }
  std::unique_ptr<Subrequest> Fetch(OutboundRequest request,
                                    SubrequestObserver& observer) override {
    return host_->Fetch(std::move(request), observer);
  }
  std::unique_ptr<Subrequest> Kv(KvRequest request, KvObserver& observer) override {
    return host_->Kv(std::move(request), observer);
  }
  bool TakeRate(const RateLimitCall& call) override { return host_->TakeRate(call); }
  absl::StatusOr<std::string> FindActorNamespace(std::string_view script,
                                                 std::string_view class_name) override {
    return host_->FindActorNamespace(script, class_name);
  }
  absl::StatusOr<std::unique_ptr<ActorStorage>> OpenActor(const ActorAddress& address) override {
    return host_->OpenActor(address);
  }

  // Ends what Durable Objects are alive in it, and sends those away that are about to be.
  void BreakActors(std::string_view reason, std::string_view namespace_id = {}) {
    for (const uint32_t id : std::vector(starting_)) {
      IoContext* io = state_.FindIo(id);
      if (io == nullptr || !io->request().actor.has_value()) continue;
      if (!namespace_id.empty() && io->request().actor->namespace_id != namespace_id) continue;
      io->FailNow(FailureKind::kMoved, reason);
      state_.RemoveIo(id);
    }
    if (actors_ != nullptr) actors_->BreakAll(reason, namespace_id);
  }
  void set_worker(Worker* worker) { worker_ = worker; }
  IsolateState& state() { return state_; }
  const WorkerCode& code() const { return *code_; }
  // Of any event.
  bool has_handler() const { return has_handler_; }
  uint64_t requests() const { return requests_; }
  Duration load_time() const { return load_time_; }

 private:
  absl::Status SetEnv();
  absl::Status SetUp();
  void StartAll();
  // Runs the handler of a fetch by the default export, or of anything else.
  void StartOne(IoContext& io);
  void StartEvent(IoContext& io);
  // What a call into js/ that threw means.
  absl::Status Failure(const v8::TryCatch& try_catch);
  void FailAll(FailureKind kind, std::string_view reason, uint32_t culprit);

  const std::shared_ptr<const WorkerCode> code_;
  Host* const host_;
  Worker* worker_ = nullptr;  // null until Load has succeeded
  IsolateState state_;
  ModuleLoader modules_;
  bool has_fetch_ = false;  // of the default export
  bool has_handler_ = false;
  std::unique_ptr<ActorTable> actors_;  // null until there was an event for one
  std::vector<uint32_t> starting_;      // ios without a turn yet
  uint64_t requests_ = 0;
  Duration load_time_{};
};

absl::Status WorkerImpl::Load() {
  MonotonicTime started = SystemClock().Now();
  absl::Status status;
  std::string uncaught;
  state_.on_uncaught = [&uncaught](std::string_view text) { uncaught = text; };
  bool alive = state_.RunTurn(nullptr, [&] {
    status = SetEnv();
    if (status.ok()) status = modules_.Start();
  });
  if (alive && status.ok()) {
    alive = state_.RunTurn(nullptr, [&] {
      status = modules_.Finish();
      if (status.ok()) status = SetUp();
    });
  }
  state_.on_uncaught = [this](std::string_view text) { state_.Log(LogLevel::kError, text); };
  load_time_ = SystemClock().Now() - started;
  if (state_.condemned()) {
    std::string text =
        fmt::format("{}: the global scope {}", code_->main_module, state_.condemned_reason());
    return state_.condemned_kind() == FailureKind::kCpuLimit ? DeadlineExceeded("{}", text)
                                                             : ResourceExhausted("{}", text);
  }
  RETURN_IF_ERROR(status);
  if (!uncaught.empty()) return InvalidArgument("{}", uncaught);
  return absl::OkStatus();
}

absl::Status WorkerImpl::Failure(const v8::TryCatch& try_catch) {
  if (try_catch.HasTerminated()) return Aborted("terminated");
  return InvalidArgument("{}",
                         state_.DescribeException(try_catch.Exception(), try_catch.Message()));
}

// env is there before the first module runs: modules may import it.
absl::Status WorkerImpl::SetEnv() {
  v8::Isolate* isolate = state_.isolate();
  auto context = state_.context();
  v8::TryCatch try_catch(isolate);
  std::vector<v8::Local<v8::Value>> bindings;
  for (const Binding& binding : code_->bindings) {
    v8::Local<v8::Value> value = ToV8(isolate, binding.value);
    if (binding.kind == BindingKind::kModule &&
        !modules_.DefaultOf(binding.value).ToLocal(&value)) {
      return Failure(try_catch);
    }
    if (binding.kind == BindingKind::kService || binding.kind == BindingKind::kActor) {
      v8::Local<v8::Value> parts[] = {value, ToV8(isolate, binding.entrypoint),
                                      ToV8(isolate, binding.props_json)};
      value = v8::Array::New(isolate, parts, std::size(parts));
    }
    bindings.push_back(ToV8(isolate, binding.name));
    bindings.push_back(v8::Integer::New(isolate, static_cast<int>(binding.kind)));
    bindings.push_back(value);
  }
  const bool script = std::any_of(code_->modules.begin(), code_->modules.end(),
                                  [](const auto& m) { return m.kind == ModuleKind::kScript; });
  const Compatibility& with = code_->compatibility;
  const int flags = (script ? 1 : 0) | (with.node_modules ? 2 : 0) | (with.async_hooks ? 4 : 0) |
                    (with.env_in_process ? 8 : 0) | (with.importable_env ? 16 : 0);
  v8::Local<v8::Value> arguments[] = {v8::Array::New(isolate, bindings.data(), bindings.size()),
                                      v8::Integer::New(isolate, flags),
                                      ToV8(isolate, code_->script)};
  if (state_.entry(Entry::kSetEnv)
          ->Call(context, v8::Undefined(isolate), std::size(arguments), arguments)
          .IsEmpty()) {
    return Failure(try_catch);
  }
  return absl::OkStatus();
}

absl::Status WorkerImpl::SetUp() {
  v8::Isolate* isolate = state_.isolate();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> exports = modules_.Exports();
  v8::Local<v8::Value> result;
  if (!state_.entry(Entry::kSetUp)
           ->Call(state_.context(), v8::Undefined(isolate), 1, &exports)
           .ToLocal(&result)) {
    return Failure(try_catch);
  }
  const uint32_t found = result->IsUint32() ? result.As<v8::Uint32>()->Value() : 0;
  has_fetch_ = (found & 1) != 0;
  has_handler_ = found != 0;
  return absl::OkStatus();
}

std::unique_ptr<Invocation> WorkerImpl::Dispatch(InboundRequest request,
                                                 ResponseObserver& observer) {
  ++requests_;
  if (state_.io_count() >= std::min<size_t>(code_->limits.in_flight, kInFlightMax)) {
    auto refused = std::make_unique<RefusedInvocation>(std::move(request.head), observer);
    state_.loop()->Defer([observer = refused->observer()] {
      if (*observer == nullptr) return;
      (*observer)->OnFailed(FailureKind::kOverloaded,
                            "too many requests are in flight in this worker", false);
    });
    return refused;
  }
  IoContext& io = state_.AddIo(std::make_unique<IoContext>(state_, std::move(request), &observer));
  auto handle = std::make_unique<InvocationHandle>(state_.handle(), io.id());
  // The caller has no handle yet, so its answer must not come from in here.
  starting_.push_back(io.id());
  if (starting_.size() == 1) {
    state_.loop()->Defer([isolate = state_.handle(), this] {
      if (*isolate != nullptr) StartAll();
    });
  }
  return handle;
}

void WorkerImpl::StartAll() {
  // Entered once for all of their turns.
  v8::Isolate::Scope entered(state_.isolate());
  for (uint32_t id : std::exchange(starting_, {})) {
    if (IoContext* io = state_.FindIo(id)) StartOne(*io);
  }
}

void WorkerImpl::StartOne(IoContext& io) {
  if (state_.condemned()) {
    io.FailNow(FailureKind::kShutdown, state_.condemned_reason());
    return state_.RemoveIo(io.id());
  }
  const InboundRequest& request = io.request();
  if (request.actor.has_value()) {
    if (actors_ == nullptr) {
      actors_ = std::make_unique<ActorTable>(state_);
      state_.set_actors(actors_.get());
    }
    return actors_->Start(io);
  }
  if (!request.entrypoint.empty() || request.scheduled.has_value() || !request.rpc_method.empty()) {
    return StartEvent(io);
  }
  if (!has_fetch_) {
    return io.Fail(FailureKind::kNoHandler,
                   fmt::format("{}: there is no fetch handler", code_->main_module));
  }
  state_.RunTurn(&io, [&] {
    v8::Isolate* isolate = state_.isolate();
    v8::Local<v8::Value> arguments[4] = {v8::Integer::NewFromUnsigned(isolate, io.id()),
                                         ToV8(isolate, request.url),
                                         v8::Boolean::New(isolate, request.body != nullptr)};
    const bool is_get = request.head.method == "GET";  // what js/ assumes when nothing is said
    if (!is_get) arguments[3] = ToV8(isolate, request.head.method);
    Discard(state_.entry(Entry::kDispatch)
                ->Call(state_.context(), v8::Undefined(isolate), is_get ? 3 : 4, arguments));
  });
}

void WorkerImpl::StartEvent(IoContext& io) {
  const InboundRequest& request = io.request();
  state_.RunTurn(&io, [&] {
    v8::Isolate* isolate = state_.isolate();
    std::vector<v8::Local<v8::Value>> arguments = {
        v8::Integer::NewFromUnsigned(isolate, io.id()),
        Symbol(isolate, request.scheduled.has_value() ? "scheduled"
                        : !request.rpc_method.empty() ? "rpc"
                                                      : "fetch"),
        ToV8(isolate, request.entrypoint)};
    if (request.scheduled.has_value()) {
      arguments.push_back(ToV8(isolate, request.scheduled->cron));
      arguments.push_back(v8::Number::New(isolate, request.scheduled->scheduled_ms));
    } else if (!request.rpc_method.empty()) {
      arguments.push_back(ToV8(isolate, request.rpc_method));
    } else {
      arguments.push_back(ToV8(isolate, request.head.method));
      arguments.push_back(ToV8(isolate, request.url));
      arguments.push_back(v8::Boolean::New(isolate, request.body != nullptr));
    }
    Discard(state_.entry(Entry::kDispatchEvent)
                ->Call(state_.context(), v8::Undefined(isolate), static_cast<int>(arguments.size()),
                       arguments.data()));
  });
}

void WorkerImpl::FailAll(FailureKind kind, std::string_view reason, uint32_t culprit) {
  for (uint32_t id : state_.IoIds()) {
    IoContext* io = state_.FindIo(id);
    if (io == nullptr) continue;
    bool guilty = culprit == 0 || id == culprit;
    io->FailNow(guilty ? kind : FailureKind::kShutdown,
                guilty ? std::string(reason) : fmt::format("another request {}", reason));
    state_.RemoveIo(id);
  }
}

absl::StatusOr<std::unique_ptr<Worker>> Worker::Load(Engine& engine, EventLoop& loop,
                                                     std::shared_ptr<const WorkerCode> code,
                                                     Host& host) {
  auto impl = std::make_unique<WorkerImpl>(engine, &loop, std::move(code), &host);
  RETURN_IF_ERROR(impl->Load());
  return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

Worker::Worker(std::unique_ptr<WorkerImpl> impl) : impl_(std::move(impl)) {
  impl_->set_worker(this);
}
Worker::~Worker() {
  impl_->set_worker(nullptr);
}

std::unique_ptr<Invocation> Worker::Dispatch(InboundRequest request, ResponseObserver& observer) {
  return impl_->Dispatch(std::move(request), observer);
}
const WorkerCode& Worker::code() const {
  return impl_->code();
}
bool Worker::condemned() const {
  return impl_->state().condemned();
}
size_t Worker::in_flight() const {
  return impl_->state().io_count();
}
void Worker::ReleaseMemory() {
  impl_->state().ReleaseMemory();
}
void Worker::BreakActors(std::string_view reason, std::string_view namespace_id) {
  impl_->BreakActors(reason, namespace_id);
}

Duration Worker::cpu_used() const {
  return impl_->state().cpu_used();
}

WorkerStatistics Worker::Statistics() const {
  WorkerStatistics statistics = impl_->state().Statistics();
  statistics.requests = impl_->requests();
  statistics.load = impl_->load_time();
  return statistics;
}

absl::Status CheckCode(Engine& engine, const WorkerCode& code, std::stop_token stop) {
  // Borrowed for the call only.
  std::shared_ptr<const WorkerCode> borrowed(&code, [](const WorkerCode*) {});
  WorkerImpl impl(engine, nullptr, borrowed, nullptr);
  absl::Status loaded;
  {
    std::stop_callback end(stop, [&impl] { impl.state().EndTurns(); });
    loaded = impl.Load();
  }
  if (stop.stop_requested()) return absl::CancelledError("the check was told to stop");
  RETURN_IF_ERROR(loaded);
  if (impl.has_handler()) return absl::OkStatus();
  return InvalidArgument(
      "{}: there is no handler; expected "
      "\"export default {{ async fetch(request, env, ctx) {{ ... }} }}\"",
      code.main_module);
}

}  // namespace terrella::runtime
