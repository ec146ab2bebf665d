#include "http/message/message_channel.h"

#include <deque>
#include <optional>

namespace terrella::http {
namespace {

// A pipe's end is full from here on.
constexpr size_t kPipeBytesHigh = 256 * 1024;

struct Message {
  MessageChannel::Kind kind;
  std::string bytes;
};

struct Closing {
  uint16_t code;
  std::string reason;
};

// What one end has been sent and not been told yet. Shared by both ends and by tasks of the loop.
struct Inbox {
  std::deque<Message> messages;
  size_t bytes = 0;
  std::optional<Closing> closing;
  MessageChannel::Reader* reader = nullptr;
  bool reading = false;
  bool gone = false;  // the end was destroyed, or its reader told of the close
  bool full = false;  // the sender was told so
  bool scheduled = false;
};

class PipeEnd final : public MessageChannel {
 public:
  PipeEnd(EventLoop& loop, std::shared_ptr<Inbox> mine, std::shared_ptr<Inbox> theirs)
      : loop_(loop), mine_(std::move(mine)), theirs_(std::move(theirs)) {}
  ~PipeEnd() override {
    mine_->gone = true;
    if (!closed_) Close(kCloseGoingAway, {});
  }

  void Read(Reader& reader) override {
    mine_->reader = &reader;
    mine_->reading = true;
    Schedule(loop_, mine_, theirs_);
  }
  void Pause() override { mine_->reading = false; }

  bool Send(Kind kind, std::string_view bytes) override {
    if (closed_ || theirs_->gone || theirs_->closing) return true;
    theirs_->messages.push_back({kind, std::string(bytes)});
    theirs_->bytes += bytes.size();
    Schedule(loop_, theirs_, mine_);
    if (theirs_->bytes < kPipeBytesHigh) return true;
    theirs_->full = true;
    return false;
  }

  void Close(uint16_t code, std::string_view reason) override {
    if (std::exchange(closed_, true) || theirs_->closing) return;
    theirs_->closing = Closing{code, std::string(reason)};
    Schedule(loop_, theirs_, mine_);
  }

  size_t buffered_bytes() const override { return theirs_->bytes; }

 private:
  static void Schedule(EventLoop& loop, const std::shared_ptr<Inbox>& inbox,
                       const std::shared_ptr<Inbox>& sender) {
    if (!inbox->reading && !(inbox->gone && inbox->closing)) return;
    if (std::exchange(inbox->scheduled, true)) return;
    loop.Defer([&loop, inbox, sender] { Deliver(loop, inbox, sender); });
  }

  static void Deliver(EventLoop& loop, const std::shared_ptr<Inbox>& inbox,
                      const std::shared_ptr<Inbox>& sender) {
    inbox->scheduled = false;
    while (inbox->reading && !inbox->gone && !inbox->messages.empty()) {
      Message message = std::move(inbox->messages.front());
      inbox->messages.pop_front();
      inbox->bytes -= message.bytes.size();
      inbox->reader->OnMessage(message.kind, std::move(message.bytes));
    }
    if (inbox->gone) {
      inbox->messages.clear();
      inbox->bytes = 0;
    }
    if (inbox->full && inbox->bytes == 0) {
      inbox->full = false;
      if (!sender->gone && sender->reader != nullptr) sender->reader->OnSent();
    }
    if (!inbox->closing || !inbox->messages.empty()) return;
    const Closing closing = *inbox->closing;
    // The answer, once (RFC 6455 section 5.5.1).
    if (!sender->closing) {
      sender->closing = closing;
      Schedule(loop, sender, inbox);
    }
    if (!inbox->reading || std::exchange(inbox->gone, true)) return;
    inbox->reader->OnClose(closing.code, closing.reason);
  }

  EventLoop& loop_;
  const std::shared_ptr<Inbox> mine_, theirs_;
  bool closed_ = false;
};

}  // namespace

MessageChannels MakeMessagePipe(EventLoop& loop) {
  auto a = std::make_shared<Inbox>(), b = std::make_shared<Inbox>();
  return {std::make_unique<PipeEnd>(loop, a, b), std::make_unique<PipeEnd>(loop, b, a)};
}

MessageSplice::MessageSplice(std::unique_ptr<MessageChannel> a, std::unique_ptr<MessageChannel> b,
                             std::function<void()> done)
    : done_(std::move(done)) {
  a_.splice = b_.splice = this;
  a_.end = std::move(a);
  b_.end = std::move(b);
  a_.other = &b_;
  b_.other = &a_;
  a_.end->Read(a_);
  b_.end->Read(b_);
}

MessageSplice::~MessageSplice() = default;

void MessageSplice::Side::OnMessage(MessageChannel::Kind kind, std::string bytes) {
  if (!other->end->Send(kind, bytes)) end->Pause();
}

void MessageSplice::Side::OnSent() {
  if (!other->closed) other->end->Read(*other);
}

void MessageSplice::Side::OnClose(uint16_t code, std::string_view reason) {
  closed = true;
  if (!other->closed) {
    other->end->Close(code, reason);
  } else if (auto done = std::exchange(splice->done_, nullptr)) {
    done();  // may destroy the splice
  }
}

}  // namespace terrella::http
