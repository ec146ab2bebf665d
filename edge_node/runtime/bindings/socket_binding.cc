// native.sockets: the ends of WebSockets, see js/websocket.js.
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/socket_state.h"
#include "edge_node/runtime/subrequest_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr size_t kSocketsMax = 1000;  // of one request

uint32_t Number(const Info& info, int i) {
  return info[i]->IsUint32() ? info[i].As<v8::Uint32>()->Value() : 0;
}

IoContext* FindIo(const Info& info) {
  return IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
}
SocketState* Find(const Info& info) {
  IoContext* io = FindIo(info);
  return io == nullptr ? nullptr : io->FindSocket(Number(info, 1));
}

// pair(io) -> [number, number]
void Pair(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IoContext* io = FindIo(info);
  EventLoop* loop = IsolateState::From(isolate)->loop();
  if (io == nullptr || loop == nullptr) {
    return ThrowTypeError(isolate, "WebSocketPair: only possible while a request is handled");
  }
  if (io->socket_count() >= kSocketsMax) {
    return ThrowRangeError(isolate, "a request may have 1000 WebSockets");
  }
  auto [a, b] = http::MakeMessagePipe(*loop);
  v8::Local<v8::Value> numbers[] = {
      v8::Integer::NewFromUnsigned(isolate, io->AddSocket(std::move(a))),
      v8::Integer::NewFromUnsigned(isolate, io->AddSocket(std::move(b)))};
  info.GetReturnValue().Set(v8::Array::New(isolate, numbers, 2));
}

// accept(io, socket, deliver)
void Accept(const Info& info) {
  SocketState* socket = Find(info);
  if (socket == nullptr || socket->accepted()) {
    return ThrowTypeError(info.GetIsolate(), "the WebSocket was accepted or handed on already");
  }
  socket->Accept(info[2].As<v8::Function>());
}

// send(io, socket, string | bytes)
void Send(const Info& info) {
  SocketState* socket = Find(info);
  if (socket == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  bool taken = true;
  if (info[2]->IsString()) {
    const std::string text = FromV8(isolate, info[2]);
    if (isolate->IsExecutionTerminating()) return;
    taken = socket->Send(http::MessageChannel::Kind::kText, text);
  } else {
    taken = socket->Send(http::MessageChannel::Kind::kBinary, BytesOf(info[2]));
  }
  if (!taken) ThrowRangeError(isolate, "WebSocket: more than 32 MiB wait for the other side");
}

// close(io, socket, code, reason)
void Close(const Info& info) {
  if (SocketState* socket = Find(info)) {
    socket->Close(static_cast<uint16_t>(Number(info, 2)), FromV8(info.GetIsolate(), info[3]));
  }
}

// buffered(io, socket) -> bytes
void Buffered(const Info& info) {
  SocketState* socket = Find(info);
  info.GetReturnValue().Set(socket == nullptr ? 0 : static_cast<double>(socket->buffered_bytes()));
}

// answer(io, socket, flat headers): the request becomes a WebSocket.
void Answer(const Info& info) {
  IoContext* io = FindIo(info);
  SocketState* socket = Find(info);
  if (io == nullptr) return;
  auto end = socket == nullptr ? nullptr : socket->TakeEnd();
  if (end == nullptr) {
    return ThrowTypeError(info.GetIsolate(),
                          "the response's WebSocket was accepted or handed on already");
  }
  http::ResponseHead head{.status = 101};
  head.headers = HeadersFromV8(info.GetIsolate(), info[2]);
  io->DropSocket(Number(info, 1));
  io->RespondSocket(std::move(head), std::move(end));
}

constexpr NativeFunction kFunctions[] = {
    {"pair", Pair},   {"accept", Accept},     {"send", Send},
    {"close", Close}, {"buffered", Buffered}, {"answer", Answer},
};

}  // namespace

std::span<const NativeFunction> SocketFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
