// CallDoor: a call of a Durable Object at another host, over the modelled distance.
//
// Half a round trip before the request leaves, half before its answer arrives; the network's nodes
// keep their connections, so there is no handshake to pay for. Messages of a WebSocket travel half
// a round trip each; pieces of a body follow as they come.
#include <deque>
#include <utility>

#include "base/status.h"
#include "edge_node/actors/actor_call.h"
#include "edge_node/shard/actor_router.h"
#include "edge_node/shard/distant_call.h"

namespace terrella::edge {
namespace {

// An end of a WebSocket whose messages take a while, in both directions.
class LateChannel final : public http::MessageChannel, http::MessageChannel::Reader {
 public:
  LateChannel(EventLoop& loop, std::unique_ptr<http::MessageChannel> end, Duration one_way)
      : loop_(loop),
        one_way_(one_way),
        end_(std::move(end)),
        send_(loop, [this] { SendDue(); }),
        deliver_(loop, [this] { DeliverDue(); }) {}

  void Read(MessageChannel::Reader& reader) override {
    reader_ = &reader;
    is_reading_ = true;
    if (!received_.empty()) deliver_.StartAt(received_.front().due);
    end_->Read(*this);
  }
  void Pause() override {
    is_reading_ = false;
    end_->Pause();
  }
  bool Send(Kind kind, std::string_view bytes) override {
    queued_bytes_ += bytes.size();
    Enqueue(sent_, send_, {.kind = kind, .text = std::string(bytes)});
    return queued_bytes_ < kQueuedBytesHigh;
  }
  void Close(uint16_t code, std::string_view reason) override {
    Enqueue(sent_, send_, {.text = std::string(reason), .code = code, .is_close = true});
  }
  size_t buffered_bytes() const override { return queued_bytes_ + end_->buffered_bytes(); }

 private:
  static constexpr size_t kQueuedBytesHigh = 1 << 20;
  struct Item {
    MonotonicTime due{};
    Kind kind = Kind::kText;
    std::string text;
    uint16_t code = 0;
    bool is_close = false;
  };

  void Enqueue(std::deque<Item>& items, Timer& timer, Item item) {
    item.due = loop_.Now() + one_way_;
    items.push_back(std::move(item));
    if (!timer.active()) timer.StartAt(items.front().due);
  }
  void SendDue() {
    while (!sent_.empty() && sent_.front().due <= loop_.Now()) {
      const Item item = std::move(sent_.front());
      sent_.pop_front();
      queued_bytes_ -= item.is_close ? 0 : item.text.size();
      if (item.is_close) {
        end_->Close(item.code, item.text);
      } else {
        end_->Send(item.kind, item.text);
      }
    }
    if (!sent_.empty()) return send_.StartAt(sent_.front().due);
    if (reader_ != nullptr) reader_->OnSent();
  }
  void DeliverDue() {
    const std::weak_ptr<bool> alive = alive_;
    while (!received_.empty() && is_reading_ && received_.front().due <= loop_.Now()) {
      Item item = std::move(received_.front());
      received_.pop_front();
      if (item.is_close) return reader_->OnClose(item.code, item.text);
      reader_->OnMessage(item.kind, std::move(item.text));
      if (alive.expired()) return;
    }
    if (!received_.empty() && is_reading_) deliver_.StartAt(received_.front().due);
  }
  void OnMessage(Kind kind, std::string bytes) override {
    Enqueue(received_, deliver_, {.kind = kind, .text = std::move(bytes)});
  }
  void OnClose(uint16_t code, std::string_view reason) override {
    Enqueue(received_, deliver_, {.text = std::string(reason), .code = code, .is_close = true});
  }

  EventLoop& loop_;
  const Duration one_way_;
  std::unique_ptr<http::MessageChannel> end_;
  MessageChannel::Reader* reader_ = nullptr;
  bool is_reading_ = false;
  size_t queued_bytes_ = 0;
  std::deque<Item> sent_, received_;
  Timer send_, deliver_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class DoorCall final : public DistantCall {
 public:
  DoorCall(EventLoop& loop, http::Client& client, const SocketAddress& door, Duration rtt,
           DescribeCall describe, UrlParts url, runtime::OutboundRequest asked,
           runtime::SubrequestObserver& observer)
      : DistantCall(loop, client, rtt, {.to = door}, std::move(url), std::move(asked), observer),
        describe_(std::move(describe)) {}

 private:
  void OnDepart() override { request_headers().Set(kActorCallField, EncodeActorCall(describe_())); }
  Duration ExtraOf(Answer) const override { return Duration(0); }
  absl::Status FailureOf(const absl::Status& status) const override {
    const bool has_left = call().timings().request_sent.has_value();
    return has_left
               ? Unavailable("the connection to the Durable Object was lost: {}", Message(status))
               : absl::AbortedError(status.message());
  }
  std::unique_ptr<http::MessageChannel> SocketOf(
      std::unique_ptr<http::MessageChannel> socket) override {
    return std::make_unique<LateChannel>(loop(), std::move(socket), rtt() / 2);
  }

  const DescribeCall describe_;
};

}  // namespace

std::unique_ptr<runtime::Subrequest> CallDoor(EventLoop& loop, http::Client& client,
                                              const SocketAddress& door, Duration rtt,
                                              DescribeCall describe, UrlParts url,
                                              runtime::OutboundRequest request,
                                              runtime::SubrequestObserver& observer) {
  return std::make_unique<DoorCall>(loop, client, door, rtt, std::move(describe), std::move(url),
                                    std::move(request), observer);
}

}  // namespace terrella::edge
