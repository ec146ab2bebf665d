// native.actors: Durable Objects for js/actors/*.js, and values as bytes for js/rpc.js. Objects are
// named by the number that their instance was made with.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/actor_id.h"
#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/value_codec.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

std::string Text(const Info& info, int i) {
  return FromV8(info.GetIsolate(), info[i]);
}

void Throw(v8::Isolate* isolate, const absl::Status& status) {
  isolate->ThrowException(v8::Exception::Error(ToV8(isolate, Message(status))));
}

ActorNamespace Namespace(const Info& info) {
  return {.script = Text(info, 0), .class_name = Text(info, 1)};
}

// idFromName(script, class, name) -> 64 digits
void IdFromName(const Info& info) {
  info.GetReturnValue().Set(
      Latin1ToV8(info.GetIsolate(), ActorIdFromName(Namespace(info), Text(info, 2))));
}
// newId(script, class) -> 64 digits
void NewId(const Info& info) {
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), NewActorId(Namespace(info))));
}
// isId(script, class, digits)
void IsId(const Info& info) {
  info.GetReturnValue().Set(IsActorIdOf(Namespace(info), Text(info, 2)));
}

// serialize(value) -> Uint8Array
void Serialize(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const auto bytes = SerializeValue(isolate, info[0], ActorLimits().call_bytes_max, "a call");
  v8::Local<v8::Value> out;
  if (bytes.has_value() && NewUint8Array(isolate, *bytes).ToLocal(&out)) {
    info.GetReturnValue().Set(out);
  }
}
// deserialize(bytes) -> value
void Deserialize(const Info& info) {
  v8::Local<v8::Value> value;
  if (DeserializeValue(info.GetIsolate(), BytesOf(info[0])).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// The object of the first argument; null with an exception pending when it is gone.
ActorState* Actor(const Info& info) {
  ActorTable* table = IsolateState::From(info.GetIsolate())->actors();
  const auto number = info[0].As<v8::Uint32>()->Value();
  const auto actor = table == nullptr ? nullptr : table->Find(number);
  if (actor == nullptr) {
    info.GetIsolate()->ThrowException(v8::Exception::Error(
        Symbol(info.GetIsolate(), "this Durable Object was reset: nothing of it can be used")));
  }
  return actor.get();  // objects go outside of turns only
}
ActorTable& Table(const Info& info) {
  return *IsolateState::From(info.GetIsolate())->actors();
}
// Whether it went well; else the exception is pending.
bool Check(const Info& info, const absl::Status& status) {
  if (!status.ok()) Throw(info.GetIsolate(), status);
  return status.ok();
}

// get(actor, key) -> value or undefined
void Get(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  const auto found = actor->storage().Get(Text(info, 1));
  if (!Check(info, found.status()) || !found->has_value()) return;
  v8::Local<v8::Value> value;
  if (DeserializeValue(info.GetIsolate(), **found).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// put(actor, key, value)
void Put(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  const auto bytes = SerializeValue(info.GetIsolate(), info[2],
                                    Table(info).limits().value_bytes_max, "storage.put");
  if (!bytes.has_value()) return;
  Table(info).MarkDirty(*actor);
  Check(info, actor->storage().Put(Text(info, 1), *bytes));
}

// remove(actor, key) -> whether it was there
void Remove(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  Table(info).MarkDirty(*actor);
  const auto was_there = actor->storage().Delete(Text(info, 1));
  if (Check(info, was_there.status())) info.GetReturnValue().Set(*was_there);
}

void RemoveAll(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  Table(info).MarkDirty(*actor);
  Check(info, actor->storage().DeleteAll());
}

// list(actor, start, startAfter, end, prefix, reverse, limit) -> [key, value, ...]; undefined where
// nothing is asked for
void List(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  auto given = [&](int i) {
    return info[i]->IsUndefined() ? std::nullopt : std::optional<std::string>(Text(info, i));
  };
  const ActorStorage::ListOptions options{
      .start = given(1),
      .start_after = given(2),
      .end = given(3),
      .prefix = given(4).value_or(""),
      .reverse = info[5]->IsTrue(),
      .limit = info[6]->IsNumber() ? static_cast<uint64_t>(info[6].As<v8::Number>()->Value()) : 0};
  IsolateState* state = IsolateState::From(isolate);
  std::vector<v8::Local<v8::Value>> flat;
  bool broken = false;
  const auto status = actor->storage().List(options, [&](auto key, auto bytes) {
    v8::Local<v8::Value> value;
    if (state->OutOfCpu() || state->ending() || !DeserializeValue(isolate, bytes).ToLocal(&value)) {
      broken = true;
      return false;
    }
    flat.push_back(ToV8(isolate, key));
    flat.push_back(value);
    return true;
  });
  if (broken || !Check(info, status)) return;
  info.GetReturnValue().Set(v8::Array::New(isolate, flat.data(), flat.size()));
}

// alarm(actor) -> Unix ms or null
void Alarm(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  const auto alarm = actor->storage().GetAlarm();
  if (!Check(info, alarm.status())) return;
  if (alarm->has_value() && !actor->runs_alarm()) {
    info.GetReturnValue().Set(static_cast<double>((*alarm)->unix_ms));
  } else {
    info.GetReturnValue().SetNull();
  }
}
// setAlarm(actor, Unix ms or null)
void SetAlarm(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  Table(info).MarkDirty(*actor);
  std::optional<ActorStorage::Alarm> alarm;
  if (info[1]->IsNumber()) {
    alarm = ActorStorage::Alarm{static_cast<int64_t>(info[1].As<v8::Number>()->Value()), 0};
  }
  actor->AlarmChanged();
  Check(info, actor->storage().SetAlarm(alarm));
}
// alarmDone(actor): alarm() went well
void AlarmDone(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr || !actor->runs_alarm()) return;  // it has set another one
  actor->AlarmChanged();
  Table(info).MarkDirty(*actor);
  Check(info, actor->storage().SetAlarm(std::nullopt));
}

// begin(actor), end(actor, commit): a transaction within the turn's
void Begin(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  Table(info).MarkDirty(*actor);
  Check(info, actor->storage().Begin());
}
void End(const Info& info) {
  if (ActorState* actor = Actor(info)) Check(info, actor->storage().End(info[1]->IsTrue()));
}
// hold(actor), release(actor): between them the ends of turns commit nothing
void Hold(const Info& info) {
  if (ActorState* actor = Actor(info)) actor->Hold();
}
void Release(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr || !actor->held()) return;
  actor->Release();
  Table(info).MarkDirty(*actor);
}

// The context of the running event; null when it is not one of this object.
IoContext* EventOf(const Info& info, const ActorState& actor) {
  IoContext* io = IsolateState::From(info.GetIsolate())->CurrentIo();
  return io == nullptr || io->actor() != &actor ? nullptr : io;
}

// block(actor) -> the context that blocks, 0: none; unblock(actor, context)
void Block(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  IoContext* io = EventOf(info, *actor);
  if (io == nullptr) {
    return ThrowTypeError(info.GetIsolate(),
                          "blockConcurrencyWhile() is only possible in an event of the object");
  }
  actor->Block(*io);
  info.GetReturnValue().Set(io->id());
}
void Unblock(const Info& info) {
  ActorTable* table = IsolateState::From(info.GetIsolate())->actors();
  const auto actor = table == nullptr ? nullptr : table->Find(info[0].As<v8::Uint32>()->Value());
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(info[1].As<v8::Uint32>()->Value());
  if (actor != nullptr && io != nullptr) actor->Unblock(*io);
}

// callArguments(io) -> Uint8Array
void CallArguments(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(info[0].As<v8::Uint32>()->Value());
  if (io == nullptr) return;
  const std::string bytes = std::move(io->request().rpc_arguments);
  v8::Local<v8::Value> out;
  if (NewUint8Array(info.GetIsolate(), bytes).ToLocal(&out)) info.GetReturnValue().Set(out);
}

// reset(actor, why): after this turn
void Reset(const Info& info) {
  if (ActorState* actor = Actor(info)) Table(info).BreakLater(actor->number(), Text(info, 1));
}

constexpr NativeFunction kFunctions[] = {
    {"idFromName", IdFromName},
    {"newId", NewId},
    {"isId", IsId},
    {"serialize", Serialize},
    {"deserialize", Deserialize},
    {"get", Get},
    {"put", Put},
    {"remove", Remove},
    {"removeAll", RemoveAll},
    {"list", List},
    {"alarm", Alarm},
    {"setAlarm", SetAlarm},
    {"alarmDone", AlarmDone},
    {"begin", Begin},
    {"end", End},
    {"hold", Hold},
    {"release", Release},
    {"block", Block},
    {"unblock", Unblock},
    {"reset", Reset},
    {"callArguments", CallArguments},
};

}  // namespace

std::span<const NativeFunction> ActorFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
