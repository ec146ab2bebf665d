#include "edge_node/runtime/actor_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/socket_state.h"

namespace terrella::runtime {
namespace {

constexpr Duration kSweepEvery = std::chrono::seconds(1);

}  // namespace

ActorState::ActorState(ActorTable& table, uint32_t number, ActorAddress address,
                       std::unique_ptr<ActorStorage> storage)
    : table_(table),
      number_(number),
      address_(std::move(address)),
      storage_(std::move(storage)),
      last_used_(table.state().loop()->Now()) {}

ActorState::~ActorState() = default;

void ActorState::Enter(IoContext& io) {
  ios_.insert(io.id());
  io.set_actor(this);
  if (waiting_.size() >= table_.limits().waiting_max) {
    return io.Fail(FailureKind::kOverloaded,
                   fmt::format("more than {} events wait for this Durable Object",
                               table_.limits().waiting_max));
  }
  if (!io.request().rpc_method.empty() && io.request().body != nullptr) return Gather(io);
  io.BeginWait();  // its turn is to come
  Deliver(Entering(io));
}

std::function<void()> ActorState::Entering(IoContext& io) {
  return [this, id = io.id()] {
    IoContext* entering = table_.state().FindIo(id);
    if (entering == nullptr) return;
    entering->EndWait();
    Run(*entering);
  };
}

// A call keeps its place while its arguments arrive.
void ActorState::Gather(IoContext& io) {
  auto place = std::make_shared<Waiting>();
  place->ready = false;
  place->event = Entering(io);
  waiting_.push_back(place);
  io.BeginWait();
  place->arguments = std::make_unique<http::Collector>(
      std::move(io.request().body), table_.limits().call_bytes_max,
      [this, id = io.id(), weak = std::weak_ptr(place)](absl::Status status, std::string bytes) {
        const auto arrived = weak.lock();
        if (arrived == nullptr) return;
        arrived->ready = true;
        if (IoContext* calling = table_.state().FindIo(id)) {
          calling->request().rpc_arguments = std::move(bytes);
          if (!status.ok()) calling->Fail(FailureKind::kException, std::string(Message(status)));
        }
        // Not from within the collector, which goes with its place.
        table_.state().loop()->Defer([table = table_.handle(), number = number_] {
          if (*table == nullptr) return;
          if (const auto self = (*table)->Find(number)) self->Pump();
        });
      });
  place->arguments->Start();
}

void ActorState::Deliver(std::function<void()> event) {
  if (broken_) return;
  auto place = std::make_shared<Waiting>();
  place->event = std::move(event);
  waiting_.push_back(std::move(place));
  Pump();
}

void ActorState::Pump() {
  const auto self = table_.Find(number_);  // an event may break the object
  while (!waiting_.empty() && waiting_.front()->ready && !blocked() && !broken_ &&
         !table_.state().condemned()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->event();
  }
}

void ActorState::Run(IoContext& io) {
  const uint32_t id = io.id();
  IsolateState& state = table_.state();
  last_used_ = state.loop()->Now();
  if (absl::Status owned = storage_->CheckOwner(); !owned.ok()) {
    io.FailNow(FailureKind::kMoved, Message(owned));
    return table_.Break(*this, Message(owned));
  }
  uint32_t retries = 0;
  if (io.request().is_alarm && !BeginAlarm(io, retries)) return;
  if (instance_.IsEmpty() && !Make(io)) return;
  if (blocked()) {
    auto place = std::make_shared<Waiting>();
    IoContext* entering = state.FindIo(id);
    if (entering == nullptr) return;
    entering->BeginWait();
    place->event = Entering(*entering);
    return waiting_.push_front(std::move(place));
  }
  IoContext* running = state.FindIo(id);
  if (running == nullptr) return;
  state.RunTurn(running, [&] {
    v8::Isolate* isolate = state.isolate();
    const InboundRequest& request = running->request();
    std::vector<v8::Local<v8::Value>> arguments = {v8::Integer::NewFromUnsigned(isolate, id),
                                                   Symbol(isolate, "actor"),
                                                   instance_.Get(isolate)};
    if (request.is_alarm) {
      arguments.push_back(Symbol(isolate, "alarm"));
      arguments.push_back(v8::Integer::NewFromUnsigned(isolate, retries));
    } else if (!request.rpc_method.empty()) {
      arguments.push_back(Symbol(isolate, "rpc"));
      arguments.push_back(ToV8(isolate, request.rpc_method));
    } else {
      arguments.push_back(Symbol(isolate, "fetch"));
      arguments.push_back(ToV8(isolate, request.head.method));
      arguments.push_back(ToV8(isolate, request.url));
      arguments.push_back(v8::Boolean::New(isolate, request.body != nullptr));
    }
    Discard(state.entry(Entry::kDispatchEvent)
                ->Call(state.context(), v8::Undefined(isolate), static_cast<int>(arguments.size()),
                       arguments.data()));
  });
}

// Whether alarm() is to run. Its next try is set before, so that a failure of any kind leads there;
// success takes it away (native.actors.alarmDone).
bool ActorState::BeginAlarm(IoContext& io, uint32_t& retries) {
  const auto now = static_cast<int64_t>(ToMs(table_.state().WallNow().time_since_epoch()));
  const auto alarm = storage_->GetAlarm();
  if (alarm_io_ == io.id()) return true;  // it had to wait for the constructor
  if (!alarm.ok() || !alarm->has_value() || (*alarm)->unix_ms > now || alarm_io_ != 0) {
    io.RespondEmpty(204);
    return false;
  }
  retries = (*alarm)->retries;
  std::optional<ActorStorage::Alarm> next;
  if (retries < table_.limits().alarm_retries_max) {
    const auto wait = table_.limits().alarm_retry * (1u << retries);
    next = ActorStorage::Alarm{now + static_cast<int64_t>(ToMs(wait)), retries + 1};
  }
  absl::Status kept = storage_->SetAlarm(next);
  if (kept.ok()) kept = storage_->Commit();
  if (!kept.ok()) {
    table_.Break(*this, Message(kept));
    return false;
  }
  alarm_io_ = io.id();
  return true;
}

// Runs the constructor, in the context of the event that needs it. False when there is no instance
// afterwards: that event has been answered, the others fail.
bool ActorState::Make(IoContext& io) {
  IsolateState& state = table_.state();
  const auto self = table_.Find(number_);
  const uint32_t id = io.id();
  io.BeginWait();  // the event's own turn is to come
  state.RunTurn(&io, [&] {
    v8::Isolate* isolate = state.isolate();
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(isolate, io.id()),
                                        Symbol(isolate, "actor"),
                                        v8::Undefined(isolate),
                                        Symbol(isolate, "make"),
                                        v8::Integer::NewFromUnsigned(isolate, number_),
                                        ToV8(isolate, address_.class_name),
                                        ToV8(isolate, address_.id),
                                        ToV8(isolate, address_.name)};
    v8::Local<v8::Value> made;
    if (state.entry(Entry::kDispatchEvent)
            ->Call(state.context(), v8::Undefined(isolate), std::size(arguments), arguments)
            .ToLocal(&made) &&
        made->IsObject()) {
      instance_.Reset(isolate, made.As<v8::Object>());
    }
  });
  if (state.condemned() || broken_) return false;
  if (IoContext* made_in = state.FindIo(id)) made_in->EndWait();
  if (!instance_.IsEmpty()) return true;
  table_.Break(*this, "the constructor of the Durable Object threw");
  return false;
}

void ActorState::Left(uint32_t io) {
  ios_.erase(io);
  last_used_ = table_.state().loop()->Now();
  if (io == socket_io_) socket_io_ = 0;
  if (io == alarm_io_) alarm_io_ = 0;
  if (broken_) return;
  if (blocks_.erase(io) > 0) {
    return table_.BreakLater(number_,
                             "blockConcurrencyWhile() was given a promise that can never settle");
  }
  if (ios_.empty()) return;
  // The others may have waited for this one's promises.
  table_.state().AfterTurn([&table = table_, number = number_] {
    const auto self = table.Find(number);
    if (self == nullptr) return;
    const std::set<uint32_t> others = self->ios_;
    for (const uint32_t id : others) {
      if (IoContext* other = table.state().FindIo(id)) other->Settle();
    }
  });
}

bool ActorState::OthersWait(const IoContext& io) const {
  if (blocked() && !blocks_.contains(io.id())) return true;
  return std::any_of(ios_.begin(), ios_.end(), [&](uint32_t id) {
    const IoContext* other = table_.state().FindIo(id);
    return other != nullptr && other != &io && other->waiting();
  });
}

void ActorState::Block(IoContext& io) {
  if (!blocked()) blocked_since_ = table_.state().loop()->Now();
  ++blocks_[io.id()];
}

void ActorState::Unblock(IoContext& io) {
  auto found = blocks_.find(io.id());
  if (found == blocks_.end()) return;
  if (--found->second == 0) blocks_.erase(found);
  if (blocked()) return;
  table_.state().AfterTurn([&table = table_, number = number_] {
    if (const auto self = table.Find(number)) self->Pump();
  });
}

IoContext& ActorState::SocketIo() {
  IsolateState& state = table_.state();
  if (IoContext* io = state.FindIo(socket_io_); socket_io_ != 0 && io != nullptr) return *io;
  IoContext& io = state.AddIo(std::make_unique<IoContext>(state, InboundRequest(), nullptr));
  socket_io_ = io.id();
  ios_.insert(io.id());
  io.set_actor(this);
  return io;
}

void ActorState::SocketMessage(uint32_t socket, http::MessageChannel::Kind kind,
                               std::string bytes) {
  IsolateState& state = table_.state();
  IoContext* io = state.FindIo(socket_io_);
  if (io == nullptr) return;
  const bool is_text = kind == http::MessageChannel::Kind::kText;
  if (is_text && auto_response_.has_value() && bytes == auto_response_->request) {
    sockets_[socket].auto_response_ms = ToMs(state.WallNow().time_since_epoch());
    if (SocketState* end = io->FindSocket(socket)) end->Send(kind, auto_response_->response);
    return;
  }
  if (waiting_.size() >= table_.limits().waiting_max) {
    if (SocketState* end = io->FindSocket(socket)) end->Close(http::kCloseOverload, "overloaded");
    return;
  }
  CallSocket(socket, [&state, is_text, bytes = std::move(bytes)](Arguments& arguments) {
    v8::Isolate* isolate = state.isolate();
    v8::Local<v8::Value> data;
    if (is_text) {
      data = ToV8(isolate, bytes);
    } else if (!NewUint8Array(isolate, bytes).ToLocal(&data)) {
      return false;
    }
    if (data.IsEmpty()) return false;
    arguments.push_back(Symbol(isolate, "webSocketMessage"));
    arguments.push_back(data);
    return true;
  });
}

void ActorState::SocketClosed(uint32_t socket, uint16_t code, std::string reason) {
  IsolateState& state = table_.state();
  if (broken_ || !sockets_.contains(socket)) {
    return;
  }
  CallSocket(socket, [&state, code, reason = std::move(reason)](Arguments& arguments) {
    v8::Isolate* isolate = state.isolate();
    arguments.push_back(Symbol(isolate, "webSocketClose"));
    arguments.push_back(v8::Integer::New(isolate, code));
    arguments.push_back(ToV8(isolate, reason));
    return true;
  });
  // Behind its event.
  Deliver([this, socket] {
    sockets_.erase(socket);
    IoContext* io = table_.state().FindIo(socket_io_);
    if (io == nullptr) return;
    io->EndWait();
    io->DropSocket(socket);
    table_.state().FinishLater(*io);
  });
}

void ActorState::CallSocket(uint32_t socket, std::function<bool(Arguments&)> add) {
  Deliver([this, socket, add = std::move(add)] {
    IsolateState& state = table_.state();
    IoContext* io = state.FindIo(socket_io_);
    if (io == nullptr || !sockets_.contains(socket)) return;
    last_used_ = state.loop()->Now();
    if (absl::Status owned = storage_->CheckOwner(); !owned.ok()) {
      return table_.Break(*this, Message(owned));
    }
    if (instance_.IsEmpty() && !Make(*io)) return;
    io->RenewBudgets();
    state.RunTurn(io, [&] {
      v8::Isolate* isolate = state.isolate();
      Arguments arguments = {v8::Integer::NewFromUnsigned(isolate, io->id()),
                             Symbol(isolate, "actor"), instance_.Get(isolate),
                             v8::Integer::NewFromUnsigned(isolate, socket)};
      if (!add(arguments)) return;
      std::swap(arguments[3], arguments[4]);  // the event's type comes first
      Discard(state.entry(Entry::kDispatchEvent)
                  ->Call(state.context(), v8::Undefined(isolate),
                         static_cast<int>(arguments.size()), arguments.data()));
    });
  });
}

ActorTable::ActorTable(IsolateState& state, const ActorLimits& limits)
    : state_(state), limits_(limits), sweep_(*state.loop(), [this] { Sweep(); }) {}

ActorTable::~ActorTable() {
  *self_ = nullptr;
  for (auto& [number, actor] : by_number_) actor->broken_ = true;
}

absl::StatusOr<std::shared_ptr<ActorState>> ActorTable::Open(const ActorAddress& address) {
  const std::pair key(address.namespace_id, address.id);
  if (const auto found = actors_.find(key); found != actors_.end()) {
    if (found->second->address().epoch >= address.epoch) return found->second;
    Break(*found->second, "the Durable Object was moved away and has come back");
  }
  if (actors_.size() >= limits_.live_max) {
    return ResourceExhausted("more than {} Durable Objects are alive here", limits_.live_max);
  }
  ASSIGN_OR_RETURN(auto storage, state_.owner().OpenActor(address));
  auto actor = std::make_shared<ActorState>(*this, ++last_number_, address, std::move(storage));
  actors_[key] = by_number_[actor->number()] = actor;
  if (!sweep_.active()) sweep_.Start(kSweepEvery);
  return actor;
}

void ActorTable::Start(IoContext& io) {
  auto actor = Open(*io.request().actor);
  if (!actor.ok()) {
    const bool moved = absl::IsFailedPrecondition(actor.status());
    return io.Fail(moved ? FailureKind::kMoved : FailureKind::kException,
                   std::string(Message(actor.status())));
  }
  (*actor)->Enter(io);
}

std::shared_ptr<ActorState> ActorTable::Find(uint32_t number) {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

void ActorTable::CommitTurn() {
  if (dirty_.empty()) return;
  std::vector<std::pair<std::shared_ptr<ActorState>, absl::Status>> failed;
  for (const uint32_t number : std::exchange(dirty_, {})) {
    const auto actor = Find(number);
    if (actor == nullptr) continue;
    if (actor->held()) {
      dirty_.insert(number);
    } else if (absl::Status kept = actor->storage().Commit(); !kept.ok()) {
      failed.emplace_back(actor, kept);
    }
  }
  for (const auto& [actor, why] : failed) {
    Break(*actor, fmt::format("the Durable Object was reset, its last writes were not kept: {}",
                              Message(why)));
  }
}

void ActorTable::Break(ActorState& actor, std::string_view reason) {
  if (std::exchange(actor.broken_, true)) return;
  const auto self = Find(actor.number());
  by_number_.erase(actor.number());
  actors_.erase({actor.address().namespace_id, actor.address().id});
  dirty_.erase(actor.number());
  actor.storage_.reset();
  const std::string why(reason);
  for (const uint32_t id : std::exchange(actor.ios_, {})) {
    IoContext* io = state_.FindIo(id);
    if (io == nullptr) continue;
    io->FailNow(FailureKind::kException, why);
    state_.RemoveIo(id);
  }
  actor.waiting_.clear();
  actor.sockets_.clear();
  actor.instance_.Reset();
}

void ActorTable::BreakLater(uint32_t number, std::string reason) {
  state_.AfterTurn([this, number, reason = std::move(reason)] {
    if (const auto actor = Find(number)) Break(*actor, reason);
  });
}

void ActorTable::BreakAll(std::string_view reason, std::string_view namespace_id) {
  for (const auto& [number, actor] : std::map(by_number_)) {
    if (namespace_id.empty() || actor->address().namespace_id == namespace_id) {
      Break(*actor, reason);
    }
  }
}

void ActorTable::Sweep() {
  const MonotonicTime now = state_.loop()->Now();
  for (const auto& [number, actor] : std::map(by_number_)) {
    if (actor->blocked()) {
      if (now - actor->blocked_since_ < limits_.block_max) continue;
      Break(*actor, fmt::format("blockConcurrencyWhile() took more than {:.0f} s",
                                ToMs(limits_.block_max) / 1000));
      continue;
    }
    const bool has_sockets = actor->socket_io_ != 0;
    if (actor->ios_.size() > (has_sockets ? 1 : 0) || actor->held()) continue;
    if (now - actor->last_used_ < limits_.idle) continue;
    if (has_sockets) {
      actor->instance_.Reset();
    } else {
      Break(*actor, "idle");
    }
  }
  if (!by_number_.empty()) sweep_.Start(kSweepEvery);
}

}  // namespace terrella::runtime
