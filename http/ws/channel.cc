#include "http/ws/channel.h"

#include <array>
#include <deque>
#include <optional>

#include "base/check.h"
#include "base/random.h"

namespace terrella::http::ws {
namespace {

class Channel final : public MessageChannel, private ByteStream::Observer {
 public:
  Channel(EventLoop& loop, std::unique_ptr<ByteStream> stream, std::string_view unread, Role role,
          const Limits& limits)
      : loop_(loop),
        limits_(limits),
        role_(role),
        stream_(std::move(stream)),
        frames_(role, limits.message_bytes_max),
        held_(unread),
        timer_(loop, [this] { OnTimer(); }),
        alive_(std::make_shared<bool>(true)) {
    stream_->set_observer(this);
    heard_ = loop_.Now();
    timer_.Start(limits_.ping_after);
  }

  ~Channel() override {
    *alive_ = false;
    if (stream_ != nullptr) {
      if (!close_sent_) SendClose(kCloseGoingAway, {});
      stream_->Linger();
    }
  }

  void Read(Reader& reader) override {
    reader_ = &reader;
    reading_ = true;
    if (std::exchange(deferred_, true)) return;
    loop_.Defer([this, alive = alive_] {
      if (!*alive) return;
      deferred_ = false;
      Advance({});
    });
  }
  void Pause() override { reading_ = false; }

  bool Send(Kind kind, std::string_view bytes) override {
    if (close_sent_ || stream_ == nullptr) return true;
    Append(kind == Kind::kText ? Opcode::kText : Opcode::kBinary, bytes);
    Flush();
    if (stream_->write_queue_bytes() > limits_.write_queue_bytes_max) {
      GiveUpSoon();
    }
    if (stream_->write_queue_bytes() < limits_.write_queue_bytes_high) return true;
    full_ = true;
    return false;
  }

  void Close(uint16_t code, std::string_view reason) override {
    if (close_sent_ || stream_ == nullptr) return;
    SendClose(code, reason);
    deadline_ = loop_.Now() + limits_.close_deadline;
    timer_.StartAt(*deadline_);
  }

  size_t buffered_bytes() const override {
    return stream_ == nullptr ? 0 : stream_->write_queue_bytes();
  }

 private:
  void OnRead(std::string_view bytes) override { Advance(bytes); }

  // Parses what there is, as long as somebody reads; the rest waits, and so does the peer.
  void Advance(std::string_view fresh) {
    if (stream_ == nullptr || advancing_) return;
    if (!fresh.empty()) heard_ = loop_.Now();
    std::string held = std::exchange(held_, {});
    input_ = fresh;
    if (!held.empty()) input_ = held.append(fresh);
    advancing_ = true;
    const std::shared_ptr<bool> alive = alive_;
    while (reading_ && stream_ != nullptr) {
      if (!received_.empty()) {
        auto [kind, message] = std::move(received_.front());
        received_.pop_front();
        reader_->OnMessage(kind, std::move(message));
        if (!*alive) return;
        continue;
      }
      if (peer_close_ || failed_ || input_.empty()) break;
      TakeFrame();
    }
    advancing_ = false;
    if (stream_ == nullptr) return;
    held_.assign(input_);
    input_ = {};
    Flush();
    if (received_.empty() && reading_) {
      if (peer_close_) return Finish(peer_close_->code, peer_close_->reason);
      if (failed_) return Finish(kCloseAbnormal, {});
    }
    UpdateReading();
  }

  void TakeFrame() {
    switch (frames_.Next(&input_)) {
      case FrameReader::Event::kNeedMore:
      case FrameReader::Event::kPong:
        break;
      case FrameReader::Event::kMessage:
        received_.push_back({frames_.opcode() == Opcode::kText ? Kind::kText : Kind::kBinary,
                             frames_.TakePayload()});
        break;
      case FrameReader::Event::kPing:
        if (!close_sent_) Append(Opcode::kPong, frames_.TakePayload());
        break;
      case FrameReader::Event::kClose:
        peer_close_ = {frames_.close_code(), frames_.TakePayload()};
        if (!close_sent_) SendClose(peer_close_->code, {});
        break;
      case FrameReader::Event::kError:
        failed_ = true;
        if (!close_sent_) SendClose(frames_.close_code(), {});
        break;
    }
  }

  void Append(Opcode opcode, std::string_view payload) {
    if (role_ == Role::kServer) return AppendFrame(opcode, payload, nullptr, &output_);
    std::array<uint8_t, 4> mask;  // section 10.3: unpredictable, for each frame
    FillRandom(mask.data(), mask.size());
    AppendFrame(opcode, payload, &mask, &output_);
  }

  void SendClose(uint16_t code, std::string_view reason) {
    close_sent_ = true;
    Append(Opcode::kClose, ClosePayload(code, reason));
    Flush();
  }

  void Flush() {
    if (stream_ == nullptr || output_.empty()) return;
    stream_->Write(output_);
    output_.clear();
    if (output_.capacity() > 4096) output_.shrink_to_fit();
  }

  void UpdateReading() {
    const bool want = held_.empty() && (reading_ || close_sent_) &&
                      stream_->write_queue_bytes() < limits_.write_queue_bytes_max;
    if (want == stream_->reading()) return;
    if (want) {
      stream_->StartReading();
    } else {
      stream_->PauseReading();
    }
  }

  void OnWriteDrained() override {
    if (std::exchange(full_, false) && reader_ != nullptr) {
      const std::shared_ptr<bool> alive = alive_;
      reader_->OnSent();
      if (!*alive) return;
    }
    if (stream_ != nullptr) UpdateReading();
  }
  void OnReadEof() override { Finish(kCloseAbnormal, {}); }
  void OnError(const absl::Status&) override { Finish(kCloseAbnormal, {}); }

  // The reader hears of it once; the connection ends behind our back.
  void Finish(uint16_t code, std::string_view reason) {
    if (stream_ == nullptr) return;
    timer_.Stop();
    std::exchange(stream_, nullptr)->Linger();
    const std::string copy(reason);
    if (reader_ != nullptr) reader_->OnClose(code, copy);
  }

  // The peer does not take its messages.
  void GiveUpSoon() {
    close_sent_ = true;
    loop_.Defer([this, alive = alive_] {
      if (*alive) Finish(kCloseAbnormal, {});
    });
  }

  void OnTimer() {
    const MonotonicTime now = loop_.Now();
    if (deadline_ && *deadline_ <= now) return Finish(kCloseAbnormal, {});
    if (deadline_) return timer_.StartAt(*deadline_);
    const MonotonicTime ping_at = heard_ + limits_.ping_after;
    if (now < ping_at) {
      pinged_ = false;
      return timer_.StartAt(ping_at);
    }
    if (std::exchange(pinged_, true)) return Finish(kCloseAbnormal, {});
    Append(Opcode::kPing, {});
    Flush();
    timer_.Start(limits_.pong_deadline);
    if (stream_ != nullptr && !reading_) stream_->StartReading();  // else no pong could be heard
  }

  struct PeerClose {
    uint16_t code;
    std::string reason;
  };

  EventLoop& loop_;
  const Limits limits_;
  const Role role_;
  std::unique_ptr<ByteStream> stream_;  // null once closed
  FrameReader frames_;
  Reader* reader_ = nullptr;
  bool reading_ = false;
  bool deferred_ = false;
  bool advancing_ = false;
  bool close_sent_ = false;
  bool failed_ = false;
  bool full_ = false;
  bool pinged_ = false;
  std::string_view input_;
  std::string held_;
  std::string output_;
  std::deque<std::pair<Kind, std::string>> received_;
  std::optional<PeerClose> peer_close_;
  std::optional<MonotonicTime> deadline_;
  MonotonicTime heard_{};
  Timer timer_;
  std::shared_ptr<bool> alive_;
};

}  // namespace

std::unique_ptr<MessageChannel> MakeChannel(EventLoop& loop, std::unique_ptr<ByteStream> stream,
                                            std::string_view unread, Role role,
                                            const Limits& limits) {
  return std::make_unique<Channel>(loop, std::move(stream), unread, role, limits);
}

}  // namespace terrella::http::ws
