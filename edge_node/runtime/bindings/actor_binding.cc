// native.actors: Durable Objects for js/actors/*.js, and values as bytes for js/rpc.js. Objects are
// named by the number that their instance was made with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/actor_id.h"
#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/socket_state.h"
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

// namespaceOf(script, class) -> its id
void NamespaceOf(const Info& info) {
  const auto found = IsolateState::From(info.GetIsolate())
                         ->owner()
                         .FindActorNamespace(Text(info, 0), Text(info, 1));
  if (!found.ok()) return Throw(info.GetIsolate(), found.status());
  info.GetReturnValue().Set(ToV8(info.GetIsolate(), *found));
}
// idFromName(namespace, name) -> 64 digits
void IdFromName(const Info& info) {
  info.GetReturnValue().Set(
      Latin1ToV8(info.GetIsolate(), ActorIdFromName(Text(info, 0), Text(info, 1))));
}
// newId(namespace) -> 64 digits
void NewId(const Info& info) {
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), NewActorId(Text(info, 0))));
}
// isId(namespace, digits)
void IsId(const Info& info) {
  info.GetReturnValue().Set(IsActorIdOf(Text(info, 0), Text(info, 1)));
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

std::string AsText(v8::Isolate* isolate, v8::Local<v8::Array> array, uint32_t i) {
  return FromV8(isolate, array->Get(isolate->GetCurrentContext(), i).ToLocalChecked());
}

// acceptSocket(actor, io, socket, tags) -> its number in the object's own context
void AcceptSocket(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  IoContext* io = IsolateState::From(isolate)->FindIo(info[1].As<v8::Uint32>()->Value());
  const uint32_t given = info[2].As<v8::Uint32>()->Value();
  SocketState* socket = io == nullptr ? nullptr : io->FindSocket(given);
  if (actor->sockets().size() >= Table(info).limits().sockets_max) {
    return ThrowRangeError(isolate, fmt::format("a Durable Object may have {} WebSockets",
                                                Table(info).limits().sockets_max));
  }
  auto end = socket == nullptr ? nullptr : socket->TakeEnd();
  if (end == nullptr) {
    return ThrowTypeError(isolate, "the WebSocket was accepted or handed on already");
  }
  io->DropSocket(given);
  IoContext& own = actor->SocketIo();
  const uint32_t id = own.AddSocket(std::move(end));
  ActorState::HibernatingSocket& kept = actor->sockets()[id];
  auto tags = info[3].As<v8::Array>();
  for (uint32_t i = 0; i < tags->Length(); ++i) kept.tags.push_back(AsText(isolate, tags, i));
  own.FindSocket(id)->AcceptForActor();
  info.GetReturnValue().Set(id);
}

// socketContext(actor) -> the context that its sockets belong to
void SocketContext(const Info& info) {
  if (ActorState* actor = Actor(info)) info.GetReturnValue().Set(actor->SocketIo().id());
}

// socketIds(actor, tag or undefined) -> [socket, ...]
void SocketIds(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  const bool any = info[1]->IsUndefined();
  const std::string tag = Text(info, 1);
  std::vector<v8::Local<v8::Value>> ids;
  for (const auto& [id, socket] : actor->sockets()) {
    if (!any && std::find(socket.tags.begin(), socket.tags.end(), tag) == socket.tags.end()) {
      continue;
    }
    ids.push_back(v8::Integer::NewFromUnsigned(isolate, id));
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, ids.data(), ids.size()));
}

// The socket of the second argument; null when it is closed.
ActorState::HibernatingSocket* KeptSocket(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return nullptr;
  const auto found = actor->sockets().find(info[1].As<v8::Uint32>()->Value());
  return found == actor->sockets().end() ? nullptr : &found->second;
}

// socketTags(actor, socket) -> [tag, ...]
void SocketTags(const Info& info) {
  std::vector<v8::Local<v8::Value>> tags;
  if (const auto* socket = KeptSocket(info)) {
    for (const std::string& tag : socket->tags) tags.push_back(ToV8(info.GetIsolate(), tag));
  }
  info.GetReturnValue().Set(v8::Array::New(info.GetIsolate(), tags.data(), tags.size()));
}

// attachment(actor, socket) -> value or undefined
void Attachment(const Info& info) {
  const auto* socket = KeptSocket(info);
  if (socket == nullptr || socket->attachment.empty()) return;
  v8::Local<v8::Value> value;
  if (DeserializeValue(info.GetIsolate(), socket->attachment).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}
// setAttachment(actor, socket, value, bytes at most)
void SetAttachment(const Info& info) {
  auto* socket = KeptSocket(info);
  if (socket == nullptr) return;
  auto bytes = SerializeValue(info.GetIsolate(), info[2], info[3].As<v8::Uint32>()->Value(),
                              "serializeAttachment");
  if (bytes.has_value()) socket->attachment = *std::move(bytes);
}

// setAutoResponse(actor, request, response), or without both
void SetAutoResponse(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  actor->auto_response().reset();
  if (info[1]->IsString()) actor->auto_response() = {Text(info, 1), Text(info, 2)};
}
// autoResponse(actor) -> [request, response] or undefined; autoResponse(actor, socket) -> when it
// was last given, in Unix ms, or 0
void AutoResponse(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  if (info[1]->IsUint32()) {
    const auto* socket = KeptSocket(info);
    return info.GetReturnValue().Set(socket == nullptr ? 0 : socket->auto_response_ms);
  }
  const auto& pair = actor->auto_response();
  if (!pair.has_value()) return;
  v8::Local<v8::Value> texts[] = {ToV8(isolate, pair->request), ToV8(isolate, pair->response)};
  info.GetReturnValue().Set(v8::Array::New(isolate, texts, 2));
}

SqlValue SqlValueOf(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  SqlValue out;
  if (value->IsString()) {
    out.kind = SqlValue::Kind::kText;
    out.bytes = FromV8(isolate, value);
  } else if (value->IsUint8Array()) {
    out.kind = SqlValue::Kind::kBlob;
    out.bytes = BytesOf(value);
  } else if (value->IsBigInt()) {
    out.kind = SqlValue::Kind::kInteger;
    out.integer = value.As<v8::BigInt>()->Int64Value();
  } else if (value->IsInt32()) {
    out.kind = SqlValue::Kind::kInteger;
    out.integer = value.As<v8::Int32>()->Value();
  } else if (value->IsNumber()) {
    out.real = value.As<v8::Number>()->Value();
    const bool whole = out.real == std::trunc(out.real) && std::abs(out.real) < 9007199254740992.0;
    out.kind = whole ? SqlValue::Kind::kInteger : SqlValue::Kind::kReal;
    if (whole) out.integer = static_cast<int64_t>(out.real);
  }
  return out;
}

// Blobs are ArrayBuffers. Empty, with an exception pending, when memory is short.
v8::MaybeLocal<v8::Value> FromSql(v8::Isolate* isolate, const SqlValue& value) {
  switch (value.kind) {
    case SqlValue::Kind::kInteger:
      return v8::Number::New(isolate, static_cast<double>(value.integer));
    case SqlValue::Kind::kReal:
      return v8::Number::New(isolate, value.real);
    case SqlValue::Kind::kText:
      return ToV8(isolate, value.bytes);
    case SqlValue::Kind::kBlob: {
      v8::Local<v8::ArrayBuffer> buffer;
      if (!NewArrayBuffer(isolate, value.bytes, value.bytes.size()).ToLocal(&buffer)) return {};
      return buffer;
    }
    case SqlValue::Kind::kNull:
      break;
  }
  return v8::Null(isolate);
}

// sql(actor, query, bindings) -> [columns, rows, rows read, rows written]
void Sql(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  auto given = info[2].As<v8::Array>();
  std::vector<SqlValue> parameters;
  for (uint32_t i = 0; i < given->Length(); ++i) {
    auto value = given->Get(isolate->GetCurrentContext(), i).ToLocalChecked();
    parameters.push_back(SqlValueOf(isolate, value));
  }
  Table(info).MarkDirty(*actor);
  const auto result = actor->storage().Sql(
      Text(info, 1), parameters, [state] { return !state->OutOfCpu() && !state->ending(); });
  if (!Check(info, result.status())) return;
  std::vector<v8::Local<v8::Value>> columns, rows;
  for (const std::string& column : result->columns) columns.push_back(ToV8(isolate, column));
  for (const auto& row : result->rows) {
    std::vector<v8::Local<v8::Value>> values(row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      if (!FromSql(isolate, row[i]).ToLocal(&values[i])) return;
    }
    rows.push_back(v8::Array::New(isolate, values.data(), values.size()));
  }
  v8::Local<v8::Value> parts[] = {
      v8::Array::New(isolate, columns.data(), columns.size()),
      v8::Array::New(isolate, rows.data(), rows.size()),
      v8::Number::New(isolate, static_cast<double>(result->rows_read)),
      v8::Number::New(isolate, static_cast<double>(result->rows_written))};
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

// databaseBytes(actor)
void DatabaseBytes(const Info& info) {
  ActorState* actor = Actor(info);
  if (actor == nullptr) return;
  const auto bytes = actor->storage().DatabaseBytes();
  if (Check(info, bytes.status())) info.GetReturnValue().Set(static_cast<double>(*bytes));
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
    {"acceptSocket", AcceptSocket},
    {"socketContext", SocketContext},
    {"socketIds", SocketIds},
    {"socketTags", SocketTags},
    {"attachment", Attachment},
    {"setAttachment", SetAttachment},
    {"autoResponse", AutoResponse},
    {"setAutoResponse", SetAutoResponse},
    {"sql", Sql},
    {"databaseBytes", DatabaseBytes},
    {"namespaceOf", NamespaceOf},
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
