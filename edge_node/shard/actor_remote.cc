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
#include "http/ws/channel.h"
#include "http/ws/handshake.h"

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

// A body with the call that brings it.
class CalledBody final : public http::BodySource {
 public:
  CalledBody(std::unique_ptr<http::Call> call, std::unique_ptr<http::BodySource> body)
      : call_(std::move(call)), body_(std::move(body)) {}
  std::optional<uint64_t> length_bytes() const override { return body_->length_bytes(); }
  void Read(Reader& reader) override { body_->Read(reader); }
  void Pause() override { body_->Pause(); }

 private:
  std::unique_ptr<http::Call> call_;  // destroyed after the body
  std::unique_ptr<http::BodySource> body_;
};

class DoorCall final : public runtime::Subrequest, public http::ResponseObserver {
 public:
  DoorCall(EventLoop& loop, http::Client& client, Duration rtt, http::ClientRequest request,
           bool asks_for_socket, runtime::SubrequestObserver& observer)
      : loop_(loop),
        client_(client),
        rtt_(rtt),
        request_(std::move(request)),
        observer_(observer),
        depart_(loop, [this] { call_ = client_.Send(std::move(request_), *this); }),
        arrive_(loop, [this] { Deliver(); }) {
    if (asks_for_socket) AskForSocket();
    depart_.Start(rtt_ / 2);
  }

  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    head_ = std::move(head);
    body_ = std::move(body);
    arrive_.Start(rtt_ - rtt_ / 2);
  }
  void OnSwitched(http::ResponseHead head, std::unique_ptr<ByteStream> stream,
                  std::string unread) override {
    if (const std::string refusal = http::ws::RefusalOf(head, key_, protocols_); !refusal.empty()) {
      status_ = Unavailable("no WebSocket: {}", refusal);
    } else {
      head_ = std::move(head);
      socket_ = std::make_unique<LateChannel>(
          loop_, http::ws::MakeChannel(loop_, std::move(stream), unread, http::ws::Role::kClient),
          rtt_ / 2);
    }
    arrive_.Start(rtt_ - rtt_ / 2);
  }
  void OnError(const absl::Status& status) override {
    const bool has_left = call_->timings().request_sent.has_value();
    status_ =
        has_left ? Unavailable("the connection to the Durable Object was lost: {}", Message(status))
                 : absl::AbortedError(status.message());
    arrive_.Start(rtt_ - rtt_ / 2);
  }

 private:
  void AskForSocket() {
    key_ = http::ws::NewKey();
    http::Headers& headers = request_.head.headers;
    protocols_ = headers.Combined("sec-websocket-protocol").value_or("");
    headers.Set("sec-websocket-key", key_);
    headers.Set("sec-websocket-version", "13");
    headers.Remove("sec-websocket-extensions");
    request_.upgrade = "websocket";
  }
  void Deliver() {
    // The observer may destroy this object: hand everything over first.
    runtime::SubrequestObserver& observer = observer_;
    if (!status_.ok()) {
      const absl::Status status = std::move(status_);
      return observer.OnSubrequestError(status);
    }
    RemoveHopByHop(head_.headers);
    http::ResponseHead head = std::move(head_);
    if (socket_ != nullptr) {
      return observer.OnSubrequestSocket(std::move(head), std::move(socket_));
    }
    auto body = std::make_unique<CalledBody>(std::move(call_), std::move(body_));
    observer.OnSubrequestResponse(std::move(head), std::move(body));
  }

  EventLoop& loop_;
  http::Client& client_;
  const Duration rtt_;
  http::ClientRequest request_;
  runtime::SubrequestObserver& observer_;
  std::unique_ptr<http::Call> call_;
  http::ResponseHead head_;
  std::unique_ptr<http::BodySource> body_;
  std::unique_ptr<http::MessageChannel> socket_;
  std::string key_, protocols_;  // of a request for a WebSocket
  absl::Status status_;
  Timer depart_, arrive_;
};

}  // namespace

std::unique_ptr<runtime::Subrequest> CallDoor(EventLoop& loop, http::Client& client,
                                              const SocketAddress& door, Duration rtt,
                                              std::string call, UrlParts url,
                                              runtime::OutboundRequest request,
                                              runtime::SubrequestObserver& observer) {
  http::ClientRequest out{.to = door};
  out.head.method = std::move(request.method);
  out.head.target = std::move(url.target);
  out.head.host = std::move(url.authority);
  out.head.headers = std::move(request.headers);
  const auto upgrade = out.head.headers.Find("upgrade");
  const bool asks_for_socket = upgrade && http::EqualsIgnoreCase(*upgrade, "websocket");
  RemoveHopByHop(out.head.headers);
  out.head.headers.Remove("host");
  out.head.headers.Set(kActorCallField, call);
  out.body = std::move(request.body);
  return std::make_unique<DoorCall>(loop, client, rtt, std::move(out), asks_for_socket, observer);
}

}  // namespace terrella::edge
