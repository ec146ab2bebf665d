#include "edge_node/runtime/socket_state.h"

#include <utility>

#include "edge_node/runtime/actor_state.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {
namespace {

// What may wait for the other side before send() gives up.
constexpr size_t kBufferedBytesMax = size_t{32} << 20;

void Call(IoContext& io, v8::Local<v8::Function> function, int count,
          v8::Local<v8::Value>* arguments) {
  v8::Isolate* isolate = io.state().isolate();
  v8::TryCatch try_catch(isolate);
  if (function->Call(io.state().context(), v8::Undefined(isolate), count, arguments).IsEmpty() &&
      try_catch.HasCaught() && !try_catch.HasTerminated()) {
    io.state().on_uncaught(
        "Uncaught " + io.state().DescribeException(try_catch.Exception(), try_catch.Message()));
  }
}

// Whether this turn has written what is not kept yet.
bool HasUnsaved(IoContext& io) {
  const ActorTable* actors = io.state().actors();
  return actors != nullptr && io.state().in_turn() && actors->dirty();
}

}  // namespace

SocketState::SocketState(IoContext& io, uint32_t id, std::unique_ptr<http::MessageChannel> end)
    : io_(io), id_(id), end_(std::move(end)) {}

SocketState::~SocketState() = default;

void SocketState::Accept(v8::Local<v8::Function> deliver) {
  deliver_.Reset(io_.state().isolate(), deliver);
  StartReading();
}

void SocketState::AcceptForActor() {
  for_actor_ = true;
  StartReading();
}

void SocketState::StartReading() {
  accepted_ = true;
  io_.BeginWait();  // it may bring a turn at any time
  io_.state().AfterTurn([&state = io_.state(), io = io_.id(), id = id_] {
    IoContext* context = state.FindIo(io);
    SocketState* socket = context == nullptr ? nullptr : context->FindSocket(id);
    if (socket != nullptr && socket->end_ != nullptr) socket->end_->Read(*socket);
  });
}

std::unique_ptr<http::MessageChannel> SocketState::TakeEnd() {
  return accepted_ ? nullptr : std::move(end_);
}

bool SocketState::Send(http::MessageChannel::Kind kind, std::string_view bytes) {
  if (end_ == nullptr) return true;
  if (bytes.size() + end_->buffered_bytes() > kBufferedBytesMax) return false;
  if (!HasUnsaved(io_)) {
    end_->Send(kind, bytes);
    return true;
  }
  Later([kind, text = std::string(bytes)](http::MessageChannel& end) { end.Send(kind, text); });
  return true;
}

void SocketState::Close(uint16_t code, std::string_view reason) {
  if (end_ == nullptr) return;
  if (!HasUnsaved(io_)) return end_->Close(code, reason);
  Later([code, text = std::string(reason)](http::MessageChannel& end) { end.Close(code, text); });
}

// What a Durable Object wrote before is kept first.
void SocketState::Later(std::function<void(http::MessageChannel&)> action) {
  io_.state().AfterTurn(
      [&state = io_.state(), io = io_.id(), id = id_, action = std::move(action)] {
        IoContext* context = state.FindIo(io);
        SocketState* socket = context == nullptr ? nullptr : context->FindSocket(id);
        if (socket != nullptr && socket->end_ != nullptr) action(*socket->end_);
      });
}

void SocketState::Event(std::function<void(IoContext&)> body) {
  ActorState* actor = io_.actor();
  if (actor == nullptr) return io_.state().Wake(io_.id(), std::move(body));
  actor->Deliver(
      [&state = io_.state(), io = io_.id(), body = std::move(body)] { state.Wake(io, body); });
}

void SocketState::OnMessage(http::MessageChannel::Kind kind, std::string bytes) {
  if (for_actor_) {
    if (ActorState* actor = io_.actor()) actor->SocketMessage(id_, kind, std::move(bytes));
    return;
  }
  auto message = std::make_shared<std::string>(std::move(bytes));
  Event([id = id_, kind, message](IoContext& io) {
    SocketState* socket = io.FindSocket(id);
    if (socket == nullptr) return;
    io.RenewCpu();
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> data;
    if (kind == http::MessageChannel::Kind::kText) {
      data = ToV8(isolate, *message);
    } else if (!NewUint8Array(isolate, *message).ToLocal(&data)) {
      return;  // memory is short: the turn is over
    }
    if (data.IsEmpty()) return;
    Call(io, socket->deliver_.Get(isolate), 1, &data);
  });
}

void SocketState::OnClose(uint16_t code, std::string_view reason) {
  closed_ = true;
  if (for_actor_) {
    if (ActorState* actor = io_.actor()) actor->SocketClosed(id_, code, std::string(reason));
    return;
  }
  Event([id = id_, code, text = std::string(reason)](IoContext& io) {
    SocketState* socket = io.FindSocket(id);
    if (socket == nullptr) return;
    io.EndWait();
    io.RenewCpu();
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> arguments[] = {v8::Undefined(isolate), v8::Integer::New(isolate, code),
                                        ToV8(isolate, text)};
    auto deliver = socket->deliver_.Get(isolate);
    io.DropSocket(id);
    Call(io, deliver, 3, arguments);
  });
}

}  // namespace terrella::runtime
