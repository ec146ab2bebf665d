#include "edge_node/runtime/io_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/async_frame.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/coding_budget.h"
#include "edge_node/runtime/compression/content_coding.h"
#include "edge_node/runtime/held_body.h"
#include "edge_node/runtime/in_body.h"
#include "edge_node/runtime/io_jobs.h"
#include "edge_node/runtime/kv_call.h"
#include "edge_node/runtime/out_stream.h"
#include "edge_node/runtime/sized_body.h"
#include "edge_node/runtime/socket_state.h"
#include "edge_node/runtime/subrequest_state.h"
#include "edge_node/runtime/tee_body.h"
#include "edge_node/runtime/watched_body.h"

namespace terrella::runtime {

// Of a worker's memory, what one half of a tee may hold for being slow.
constexpr uint64_t kTeeShare = 2;
// From here on a body's bytes are sent from where they lie; below, a copy is cheaper than a stream.
constexpr size_t kHeldBytesMin = 16 * 1024;

// Tasks of one request in their queue; some 200 bytes of the node's memory each.
constexpr size_t kTasksMax = 100'000;

struct IoContext::TimerState {
  TimerState(EventLoop& loop, std::function<void()> fire) : timer(loop, std::move(fire)) {}
  // HTML section 8.6: nested deeper than this, a timer waits at least 4 ms. An interval of zero
  // would keep the loop from ever sleeping.
  Duration NextDelay() const {
    constexpr uint32_t kFreeNesting = 5;
    if (nesting > kFreeNesting)
      return std::max<Duration>(options.delay, std::chrono::milliseconds(4));
    if (options.repeat) return std::max<Duration>(options.delay, std::chrono::milliseconds(1));
    return options.delay;
  }
  Timer timer;
  v8::Global<v8::Function> callback;
  AsyncFrame frame;  // of the call that started it
  TimerOptions options;
  uint32_t nesting = 0;  // how many timers that started timers led to it
};
struct IoContext::Task {
  v8::Global<v8::Function> callback;
  AsyncFrame frame;
};

IoContext::IoContext(IsolateState& state, InboundRequest request, ResponseObserver* observer)
    : state_(state),
      request_(std::move(request)),
      observer_(observer),
      is_script_(observer == nullptr),
      answered_(observer == nullptr) {}

IoContext::~IoContext() {
  CHECK(closed_ || state_.condemned());
}

void IoContext::Close() {
  closed_ = true;
  answer_.reset();
  deadline_.reset();
  timers_.clear();
  tasks_.clear();
  fetches_open_.clear();
  sockets_.clear();
  kv_open_.clear();
  jobs_.reset();
  bodies_.clear();
  watchers_.clear();
  for (auto& [id, stream] : std::exchange(streams_, {})) stream->Close();
  if (actor_ != nullptr) std::exchange(actor_, nullptr)->Left(id_);
  if (request_.trace != nullptr) std::exchange(request_.trace, nullptr)->OnEnd(cpu_used_);
}

bool IoContext::IsStuck() const {
  return !waiting() && (actor_ == nullptr || !actor_->OthersWait(*this));
}

IoJobs& IoContext::jobs() {
  if (jobs_ == nullptr) jobs_ = std::make_unique<IoJobs>(*this);
  return *jobs_;
}

void IoContext::FinishTurn() {
  finish_asked_ = false;
  if (answer_.has_value()) {
    Answer answer = *std::exchange(answer_, std::nullopt);
    if (observer_ != nullptr) {
      std::exchange(observer_, nullptr)->OnResponse(std::move(answer.head), std::move(answer.body));
    }
  }
  Settle();
}

void IoContext::Settle() {
  if (closed_) return;
  if (is_script_) {
    if (!waiting()) state_.RemoveIo(id_);
    return;
  }
  if (!answered_) {
    if (IsStuck()) {
      Fail(FailureKind::kHung,
           "the handler's promise can never settle: nothing it could wait for is pending");
    }
    return;
  }
  // The answer is still on its way to the observer; whoever brings it settles afterwards.
  if (observer_ != nullptr) return;
  const bool stuck = IsStuck();
  for (auto it = streams_.begin(); it != streams_.end();) {
    auto stream = it->second;
    ++it;
    if (!stuck || !stream->open() || !stream->pulling()) continue;
    state_.Log(LogLevel::kError,
               "the response stream can never go on: nothing it could wait for is pending");
    stream->Close();
    streams_.erase(stream->id());
  }
  if (!streams_.empty()) return;
  if (waits_ > 0 && !leaving_.empty()) return;
  if ((hosts_socket_ || actor_ != nullptr) &&
      std::any_of(sockets_.begin(), sockets_.end(),
                  [](const auto& entry) { return entry.second->open(); })) {
    return;
  }
  // What an event of an object leaves behind goes on like what waitUntil() was given.
  if ((waits_ > 0 && !stuck) || (actor_ != nullptr && waiting())) {
    if (!deadline_.has_value() && state_.loop() != nullptr) {
      deadline_.emplace(*state_.loop(), [this] {
        state_.Log(LogLevel::kWarn, fmt::format("waitUntil() work was cancelled after {} ms",
                                                state_.limits().wait_until_ms));
        state_.RemoveIo(id_);
      });
      deadline_->Start(std::chrono::milliseconds(state_.limits().wait_until_ms));
    }
    return;
  }
  if (waits_ > 0) {
    state_.Log(LogLevel::kWarn,
               "waitUntil() was given a promise that can never settle: nothing it could wait for "
               "is pending");
  }
  state_.RemoveIo(id_);
}

void IoContext::Respond(http::ResponseHead head, v8::Local<v8::Value> body, bool is_encoded) {
  if (answered_) return;
  const std::string coding = head.headers.Combined("content-encoding").value_or("");
  is_encoded |= coding.empty() || (body->IsUint32() && IsCodedAs(body, coding));
  auto taken = TakeBody(body, coding);
  if (!taken.ok()) return Fail(FailureKind::kBadResponse, std::string(Message(taken.status())));
  if (state_.memory_exceeded()) return;  // what was taken may lack parts; the turn fails
  answer_ = Answer{std::move(head), *std::move(taken)};
  if (!is_encoded) Encode(answer_->body, coding);
  answered_ = true;
  state_.FinishLater(*this);
}

void IoContext::RespondEmpty(int status) {
  if (answered_) return;
  answer_ = Answer{{.status = status}, std::unique_ptr<http::BodySource>()};
  answered_ = true;
  state_.FinishLater(*this);
}

void IoContext::RespondSocket(http::ResponseHead head, std::unique_ptr<http::MessageChannel> end) {
  if (answered_) return;
  answer_ = Answer{std::move(head), std::move(end)};
  answered_ = hosts_socket_ = true;
  state_.FinishLater(*this);
}

void IoContext::Fail(FailureKind kind, std::string detail) {
  if (answered_ || state_.memory_exceeded()) return;
  answered_ = true;
  state_.AfterTurn([this, &state = state_, id = id_, kind, detail = std::move(detail)] {
    if (state.FindIo(id) != this) return;
    FailNow(kind, detail);
    if (IoContext* io = state.FindIo(id)) io->Settle();
  });
}

void IoContext::FailNow(FailureKind kind, std::string_view detail) {
  answered_ = true;
  if (observer_ != nullptr)
    std::exchange(observer_, nullptr)->OnFailed(kind, detail, pass_through_);
}

void IoContext::ClientGone() {
  observer_ = nullptr;
  if (closed_) return;
  if (waits_ == 0 && streams_.empty() && actor_ == nullptr) {
    state_.RemoveIo(id_);
    return;
  }
  answered_ = true;  // nobody listens any more; waitUntil goes on
  state_.Wake(id_, [](IoContext& io) {
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(isolate, io.id())};
    Discard(io.state()
                .entry(Entry::kAbort)
                ->Call(io.state().context(), v8::Undefined(isolate), 1, arguments));
  });
}

uint32_t IoContext::StartTimer(v8::Local<v8::Function> callback, const TimerOptions& options) {
  if (timers_.size() >= state_.limits().timers || state_.loop() == nullptr) {
    ThrowRangeError(state_.isolate(), fmt::format("more than {} timers are waiting in this request",
                                                  state_.limits().timers));
    return 0;
  }
  uint32_t key = state_.NextTimerId();
  auto timer = std::make_unique<TimerState>(*state_.loop(), [this, key] { FireTimer(key); });
  timer->callback.Reset(state_.isolate(), callback);
  timer->frame = AsyncFrame::Capture(state_.isolate());
  timer->options = options;
  timer->nesting = state_.timer_nesting();
  timer->timer.Start(timer->NextDelay());
  timers_[key] = std::move(timer);
  if (!options.weak) BeginWait();
  return key;
}

void IoContext::StopTimer(uint32_t key) {
  auto it = timers_.find(key);
  if (it == timers_.end()) return;
  // Not destroyed here: the call may come from inside this timer's own callback.
  it->second->timer.Stop();
  auto stopped = std::make_shared<std::unique_ptr<TimerState>>(std::move(it->second));
  timers_.erase(it);
  if (!(*stopped)->options.weak) EndWait();
  state_.AfterTurn([stopped] { stopped->reset(); });
}

void IoContext::HoldTimer(uint32_t key) {
  auto it = timers_.find(key);
  if (it == timers_.end() || !it->second->options.weak) return;
  it->second->options.weak = false;
  BeginWait();
}

void IoContext::FireTimer(uint32_t key) {
  state_.Wake(id_, [key](IoContext& io) {
    auto it = io.timers_.find(key);
    if (it == io.timers_.end()) return;
    TimerState& timer = *it->second;
    auto callback = timer.callback.Get(io.state_.isolate());
    const FrameScope scope(io.state_.isolate(), timer.frame);
    io.state_.set_timer_nesting(++timer.nesting);
    if (!timer.options.repeat) io.StopTimer(key);
    io.CallTask(callback);
    // Only now, so that an interval whose callback takes longer leaves room for others.
    it = io.timers_.find(key);
    if (it != io.timers_.end() && !it->second->timer.active()) {
      it->second->timer.Start(it->second->NextDelay());
    }
  });
}

// The loop may outlive the isolate: what it holds of a task is its number.
void IoContext::PostTask(v8::Local<v8::Function> callback) {
  if (state_.loop() == nullptr) return;
  if (tasks_.size() >= kTasksMax) {
    ThrowRangeError(state_.isolate(),
                    fmt::format("more than {} tasks are waiting in this request", kTasksMax));
    return;
  }
  BeginWait();
  const uint32_t key = next_key_++;
  auto task = std::make_unique<Task>();
  task->callback.Reset(state_.isolate(), callback);
  task->frame = AsyncFrame::Capture(state_.isolate());
  tasks_[key] = std::move(task);
  state_.loop()->Post([isolate = state_.handle(), id = id_, key] {
    IoContext* io = *isolate == nullptr ? nullptr : (*isolate)->FindIo(id);
    if (io == nullptr) return;
    io->EndWait();
    (*isolate)->Wake(id, [key](IoContext& io) {
      const auto task = io.tasks_.extract(key);
      if (task.empty()) return;
      const FrameScope scope(io.state_.isolate(), task.mapped()->frame);
      io.CallTask(task.mapped()->callback.Get(io.state_.isolate()));
    });
  });
}

// The body of a task: errors are reported, not thrown.
void IoContext::CallTask(v8::Local<v8::Function> callback) {
  v8::Isolate* isolate = state_.isolate();
  v8::TryCatch try_catch(isolate);
  if (callback->Call(state_.context(), v8::Undefined(isolate), 0, nullptr).IsEmpty() &&
      try_catch.HasCaught() && !try_catch.HasTerminated()) {
    auto error = try_catch.Exception();
    auto message = try_catch.Message();
    try_catch.Reset();
    state_.ReportException(error, message);
  }
}

absl::StatusOr<WorkerBody> IoContext::TakeBody(v8::Local<v8::Value> body, std::string_view coding) {
  v8::Isolate* isolate = state_.isolate();
  if (body->IsString()) {
    std::string text = FromV8(isolate, body);
    if (text.size() < kHeldBytesMin) return text;
    auto held = HoldText(state_.allocator(), std::move(text));
    if (held != nullptr) return held;
    return ResourceExhausted("the worker has no memory left for a body to be sent");
  }
  if (body->IsUint32()) {
    Taken taken = TakeSource(body.As<v8::Uint32>()->Value(), coding);
    leaving_.insert(taken.watchers.begin(), taken.watchers.end());
    return std::move(taken.source);
  }
  if (body->IsUint8Array()) {
    if (body.As<v8::Uint8Array>()->ByteLength() >= kHeldBytesMin) {
      return HoldBuffers(state_.allocator(), {&body, 1});
    }
    return std::string(BytesOf(body));
  }
  if (body->IsArray()) {
    auto pieces = body.As<v8::Array>();
    std::vector<v8::Local<v8::Value>> views;
    for (uint32_t i = 0; i < pieces->Length(); ++i) {
      views.push_back(pieces->Get(state_.context(), i).ToLocalChecked());
    }
    return HoldBuffers(state_.allocator(), views);
  }
  return std::unique_ptr<http::BodySource>();
}

// Whether a native body came with this Content-Encoding and can leave with it.
bool IoContext::IsCodedAs(v8::Local<v8::Value> body, std::string_view coding) {
  const InBody* native = FindBody(body.As<v8::Uint32>()->Value());
  return native != nullptr && http::EqualsIgnoreCase(native->coding(), coding);
}

void IoContext::Encode(WorkerBody& body, std::string_view coding) {
  const auto codings = ParseContentCodings(coding);
  if (!codings || codings->empty()) return;
  if (auto* text = std::get_if<std::string>(&body)) body = http::MakeStringBody(std::move(*text));
  auto& source = std::get<std::unique_ptr<http::BodySource>>(body);
  if (source != nullptr) {
    source = EncodeContent(std::move(source), *codings,
                           [this] { return std::make_unique<CodingBudget>(*this); });
  }
}

uint32_t IoContext::AddBody(std::unique_ptr<http::BodySource> source, std::string coding) {
  uint32_t key = next_key_++;
  bodies_[key] = std::make_unique<InBody>(*this, key, std::move(source), std::move(coding));
  return key;
}

uint32_t IoContext::OpenStream(v8::Local<v8::Function> pull, std::optional<uint64_t> length_bytes) {
  uint32_t key = next_key_++;
  auto stream = std::make_shared<OutStream>(*this, key, pull, length_bytes);
  streams_[key] = stream;
  bodies_[key] = std::make_unique<InBody>(*this, key, stream->MakeSource(), std::string());
  return key;
}

bool IoContext::AttachBody(uint32_t stream, uint32_t body) {
  auto node = streams_.extract(stream);
  if (node.empty()) return false;
  Taken taken = TakeSource(body, "");
  leaving_.insert(taken.watchers.begin(), taken.watchers.end());
  node.mapped()->Attach(std::move(taken.source));
  return true;
}

std::string IoContext::CodingOf(uint32_t body) {
  const InBody* native = FindBody(body);
  return native == nullptr ? std::string() : native->coding();
}

IoContext::Taken IoContext::TakeSource(uint32_t body, std::string_view coding) {
  Taken taken;
  if (InBody* native = FindBody(body)) {
    taken.source = native->TakeSource(coding);
    taken.watchers = std::move(native->watchers());
  }
  DropBody(body);
  return taken;
}

std::pair<uint32_t, uint32_t> IoContext::TeeBody(uint32_t body) {
  // Each half is decoded by itself, if at all.
  const std::string coding = CodingOf(body);
  Taken taken = TakeSource(body, coding);
  if (taken.source == nullptr) {
    ThrowTypeError(state_.isolate(), "the body was read or canceled already");
    return {0, 0};
  }
  auto [a, b] = runtime::TeeBody(std::move(taken.source), state_.allocator(),
                                 state_.limits().heap_bytes / kTeeShare);
  const uint32_t first = AddBody(std::move(a), coding);
  const uint32_t second = AddBody(std::move(b), coding);
  // Whichever half is read brings the end.
  FindBody(first)->watchers() = taken.watchers;
  FindBody(second)->watchers() = std::move(taken.watchers);
  return {first, second};
}

uint32_t IoContext::TransformBody(uint32_t body, const Transform& transform,
                                  v8::Local<v8::Value> watcher) {
  const bool is_identity =
      transform.kind == Transform::Kind::kSize && !transform.length_bytes.has_value();
  const std::string coding = is_identity ? CodingOf(body) : std::string();
  auto [source, watchers] = TakeSource(body, coding);
  if (source == nullptr) {
    ThrowTypeError(state_.isolate(), "the body was read or canceled already");
    return 0;
  }
  if (transform.kind == Transform::Kind::kSize) {
    source = MakeSizedBody(std::move(source), transform.length_bytes);
  } else {
    const auto direction = transform.kind == Transform::Kind::kDecode
                               ? CodedBody::Direction::kDecode
                               : CodedBody::Direction::kEncode;
    source = std::make_unique<CodedBody>(
        std::move(source),
        CodedBody::Options{.format = transform.format, .direction = direction, .is_strict = true},
        std::make_unique<CodingBudget>(*this));
  }
  if (watcher->IsObject()) {
    watchers.push_back(next_key_++);
    watchers_[watchers.back()].Reset(state_.isolate(), watcher.As<v8::Object>());
    source = WatchBody(std::move(source), *this, watchers.back());
  }
  const uint32_t through = AddBody(std::move(source), coding);
  FindBody(through)->watchers() = std::move(watchers);
  return through;
}

void IoContext::TellWatcher(uint32_t key, const absl::Status& status) {
  leaving_.erase(key);
  state_.Wake(id_, [key, status](IoContext& io) {
    auto node = io.watchers_.extract(key);
    if (node.empty()) return;
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> reason = v8::Undefined(isolate);
    if (!status.ok()) reason = v8::Exception::TypeError(ToV8(isolate, Message(status)));
    v8::Local<v8::Value> arguments[] = {node.mapped().Get(isolate),
                                        v8::Boolean::New(isolate, !status.ok()), reason};
    Discard(io.state()
                .entry(Entry::kBodyEnded)
                ->Call(io.state().context(), v8::Undefined(isolate), 3, arguments));
  });
}

InBody* IoContext::FindBody(uint32_t key) {
  auto it = bodies_.find(key);
  return it == bodies_.end() ? nullptr : it->second.get();
}

void IoContext::DropBody(uint32_t key) {
  auto it = bodies_.find(key);
  if (it == bodies_.end()) return;
  if (it->second->waiting()) EndWait();
  auto dropped = std::make_shared<std::unique_ptr<InBody>>(std::move(it->second));
  bodies_.erase(it);
  state_.AfterTurn([dropped] { dropped->reset(); });
}

uint32_t IoContext::AddSocket(std::unique_ptr<http::MessageChannel> end) {
  uint32_t key = next_key_++;
  sockets_[key] = std::make_unique<SocketState>(*this, key, std::move(end));
  return key;
}

SocketState* IoContext::FindSocket(uint32_t key) {
  auto it = sockets_.find(key);
  return it == sockets_.end() ? nullptr : it->second.get();
}

void IoContext::DropSocket(uint32_t key) {
  auto it = sockets_.find(key);
  if (it == sockets_.end()) return;
  auto dropped = std::make_shared<std::unique_ptr<SocketState>>(std::move(it->second));
  sockets_.erase(it);
  state_.AfterTurn([dropped] { dropped->reset(); });
}

OutStream* IoContext::FindStream(uint32_t key) {
  auto it = streams_.find(key);
  return it == streams_.end() ? nullptr : it->second.get();
}

void IoContext::DropStream(uint32_t key) {
  auto it = streams_.find(key);
  if (it == streams_.end()) return;
  auto stream = std::move(it->second);
  streams_.erase(it);
  stream->Close();
}

v8::Local<v8::Promise> IoContext::StartFetch(uint32_t key, OutboundRequest request,
                                             v8::Local<v8::Value> body) {
  v8::Isolate* isolate = state_.isolate();
  auto resolver = v8::Promise::Resolver::New(state_.context()).ToLocalChecked();
  if (++fetches_ > state_.limits().subrequests) {
    auto text =
        fmt::format("too many subrequests: a request may make {}", state_.limits().subrequests);
    Discard(resolver->Reject(state_.context(), v8::Exception::Error(ToV8(isolate, text))));
    return resolver->GetPromise();
  }
  request.depth = request_.depth;
  if (!request.service.empty()) request.place = request_.place;
  auto taken = TakeBody(body, request.headers.Combined("content-encoding").value_or(std::string()));
  if (!taken.ok()) {
    auto text = ToV8(isolate, Message(taken.status()));
    Discard(resolver->Reject(state_.context(), v8::Exception::RangeError(text)));
    return resolver->GetPromise();
  }
  if (auto* text = std::get_if<std::string>(&*taken)) {
    request.body = http::MakeStringBody(std::move(*text));
  } else {
    request.body = std::get<1>(*std::move(taken));
  }
  auto fetch = std::make_unique<SubrequestState>(*this, key, resolver);
  auto* started = fetch.get();
  fetches_open_[key] = std::move(fetch);
  BeginWait();
  auto shared = std::make_shared<OutboundRequest>(std::move(request));
  state_.AfterTurn([started, &state = state_, id = id_, key, shared] {
    IoContext* io = state.FindIo(id);
    if (io != nullptr && io->fetches_open_.contains(key)) started->Start(std::move(*shared));
  });
  return resolver->GetPromise();
}

v8::MaybeLocal<v8::Promise> IoContext::StartKv(KvRequest request) {
  v8::Isolate* isolate = state_.isolate();
  if (++kv_operations_ > state_.limits().kv_operations) {
    auto text =
        fmt::format("too many KV operations: a request may make {}", state_.limits().kv_operations);
    isolate->ThrowException(v8::Exception::Error(ToV8(isolate, text)));
    return {};
  }
  auto resolver = v8::Promise::Resolver::New(state_.context()).ToLocalChecked();
  const uint32_t key = next_key_++;
  auto call = std::make_unique<KvCall>(*this, key, resolver);
  auto* started = call.get();
  kv_open_[key] = std::move(call);
  BeginWait();
  auto shared = std::make_shared<KvRequest>(std::move(request));
  state_.AfterTurn([started, &state = state_, id = id_, key, shared] {
    IoContext* io = state.FindIo(id);
    if (io != nullptr && io->HasKv(key)) started->Start(std::move(*shared));
  });
  return resolver->GetPromise();
}

void IoContext::KvSettled(uint32_t key) {
  if (kv_open_.erase(key) > 0) EndWait();
}

void IoContext::AbortFetch(uint32_t key) {
  FetchSettled(key);
}

void IoContext::FetchSettled(uint32_t key) {
  auto it = fetches_open_.find(key);
  if (it == fetches_open_.end()) return;
  auto settled = std::make_shared<std::unique_ptr<SubrequestState>>(std::move(it->second));
  fetches_open_.erase(it);
  EndWait();
  state_.AfterTurn([settled] { settled->reset(); });
}

}  // namespace terrella::runtime
