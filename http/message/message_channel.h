// MessageChannel: one end of a WebSocket as whoever uses it sees it: whole messages both ways, then
// a close with a code (RFC 6455). Behind it is a connection (http/ws/channel.h) or another end in
// the same process (MakeMessagePipe).
//
// An end answers the other side's close by itself, so OnClose comes once on both sides: to who
// closed first as the answer, to the other as the news.
//
// Thread: one (the loop's). Owns: nothing of the other side. Invariants: callbacks come from the
// loop, never from within a call; OnClose is the last; destroying an end that is not closed closes
// it with 1001 (going away).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/event_loop.h"

namespace terrella::http {

// RFC 6455 section 7.4.1, those that this code says.
enum CloseCode : uint16_t {
  kCloseNormal = 1000,
  kCloseGoingAway = 1001,
  kCloseNoCode = 1005,    // never on the wire: a close without a code
  kCloseAbnormal = 1006,  // never on the wire: no close at all
  kCloseTooBig = 1009,
  kCloseOverload = 1013,
};

class MessageChannel {
 public:
  enum class Kind { kText, kBinary };

  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void OnMessage(Kind kind, std::string bytes) = 0;  // kText: valid UTF-8
    virtual void OnClose(uint16_t code, std::string_view reason) = 0;
    // What was sent has been taken, after Send said "full".
    virtual void OnSent() {}
  };

  virtual ~MessageChannel() = default;
  // Begins (or goes on) delivering. The reader outlives the end.
  virtual void Read(Reader& reader) = 0;
  // Holds messages back; what was received already may wait inside, what was not stays outside.
  virtual void Pause() = 0;
  // Takes the message. False: full, and the peer should be given time. Nothing after a close.
  virtual bool Send(Kind kind, std::string_view bytes) = 0;
  virtual void Close(uint16_t code, std::string_view reason) = 0;
  // Sent and not taken by the other side.
  virtual size_t buffered_bytes() const = 0;
};

using MessageChannels = std::pair<std::unique_ptr<MessageChannel>, std::unique_ptr<MessageChannel>>;
MessageChannels MakeMessagePipe(EventLoop& loop);

// MessageSplice: moves messages between two ends until both are closed, then calls `done` once,
// last.
class MessageSplice {
 public:
  MessageSplice(std::unique_ptr<MessageChannel> a, std::unique_ptr<MessageChannel> b,
                std::function<void()> done);
  ~MessageSplice();
  MessageSplice(const MessageSplice&) = delete;
  MessageSplice& operator=(const MessageSplice&) = delete;

 private:
  // Reads one end and writes to the other.
  struct Side final : MessageChannel::Reader {
    void OnMessage(MessageChannel::Kind kind, std::string bytes) override;
    void OnClose(uint16_t code, std::string_view reason) override;
    void OnSent() override;

    MessageSplice* splice = nullptr;
    std::unique_ptr<MessageChannel> end;
    Side* other = nullptr;
    bool closed = false;
  };

  Side a_, b_;
  std::function<void()> done_;
};

}  // namespace terrella::http
