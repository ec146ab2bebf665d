#include "edge_node/runtime/socket_state.h"

#include <utility>

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

}  // namespace

SocketState::SocketState(IoContext& io, uint32_t id, std::unique_ptr<http::MessageChannel> end)
    : io_(io), id_(id), end_(std::move(end)) {}

SocketState::~SocketState() = default;

void SocketState::Accept(v8::Local<v8::Function> deliver) {
  accepted_ = true;
  deliver_.Reset(io_.state().isolate(), deliver);
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
  end_->Send(kind, bytes);
  return true;
}

void SocketState::Close(uint16_t code, std::string_view reason) {
  if (end_ != nullptr) end_->Close(code, reason);
}

void SocketState::OnMessage(http::MessageChannel::Kind kind, std::string bytes) {
  auto message = std::make_shared<std::string>(std::move(bytes));
  io_.state().Wake(io_.id(), [id = id_, kind, message](IoContext& io) {
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
  io_.state().Wake(io_.id(), [id = id_, code, text = std::string(reason)](IoContext& io) {
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
