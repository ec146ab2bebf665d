// SocketState: one end of a WebSocket as JavaScript holds it: by the number of its request's
// context and a number in it (js/websocket.js).
//
// An end that was not accepted may leave JavaScript whole, with a response or to another worker;
// one that was accepted delivers its messages here, each in a turn of its own.
//
// Thread: the isolate's. Owned by its IoContext.
#pragma once

#include <v8.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message/message_channel.h"

namespace terrella::runtime {

class IoContext;

class SocketState final : public http::MessageChannel::Reader {
 public:
  SocketState(IoContext& io, uint32_t id, std::unique_ptr<http::MessageChannel> end);
  ~SocketState() override;

  // Messages go to `deliver` from now on: (string | Uint8Array), or (undefined, code, reason) at
  // the close.
  void Accept(v8::Local<v8::Function> deliver);
  // Messages go to the methods of the context's Durable Object from now on.
  void AcceptForActor();
  bool accepted() const { return accepted_; }
  // Accepted, and the close not delivered.
  bool open() const { return accepted_ && !closed_; }
  // For handing on; null once it was accepted.
  std::unique_ptr<http::MessageChannel> TakeEnd();
  // False when it was refused: too much waits already.
  bool Send(http::MessageChannel::Kind kind, std::string_view bytes);
  void Close(uint16_t code, std::string_view reason);
  size_t buffered_bytes() const { return end_ == nullptr ? 0 : end_->buffered_bytes(); }

 private:
  void StartReading();
  void Later(std::function<void(http::MessageChannel&)> action);
  // Runs it as an event of the context, when its Durable Object (if it is of one) takes events.
  void Event(std::function<void(IoContext&)> body);
  void OnMessage(http::MessageChannel::Kind kind, std::string bytes) override;
  void OnClose(uint16_t code, std::string_view reason) override;

  IoContext& io_;
  const uint32_t id_;
  std::unique_ptr<http::MessageChannel> end_;
  v8::Global<v8::Function> deliver_;
  bool accepted_ = false;
  bool for_actor_ = false;
  bool closed_ = false;
};

}  // namespace terrella::runtime
