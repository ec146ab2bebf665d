#include "edge_node/shard/actor_door.h"

#include <openssl/crypto.h>

#include <utility>

#include "base/status.h"
#include "edge_node/actors/actor_call.h"
#include "edge_node/shard/client_socket.h"
#include "http/ws/handshake.h"

namespace terrella::edge {
namespace {

constexpr size_t kMessageBytesMax = 2000;

// As encodeURIComponent, for a field's value.
std::string Percent(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMessageBytesMax)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

// One call, from its head to the last byte of its answer.
class ActorDoor::Visit final : public runtime::SubrequestObserver {
 public:
  Visit(ActorDoor& door, std::unique_ptr<http::Exchange> exchange)
      : door_(door), exchange_(std::move(exchange)) {
    exchange_->set_closed_callback([this] { Done(); });
  }

  std::list<std::unique_ptr<Visit>>::iterator position;

  void Start() {
    const auto field = exchange_->head().headers.Find(kActorCallField);
    if (!field.has_value()) return Refuse(403, "this door is for calls of other hosts");
    auto call = DecodeActorCall(*field);
    if (!call.ok()) return Refuse(400, Message(call.status()));
    if (call->key().size() != door_.key_.size() ||
        CRYPTO_memcmp(call->key().data(), door_.key_.data(), door_.key_.size()) != 0) {
      return Refuse(403, "the call does not show the key of this door");
    }
    UrlParts url{.authority = exchange_->head().host,
                 .host = NormalizeHost(exchange_->head().host),
                 .target = exchange_->head().target};
    runtime::OutboundRequest request = MakeRequest(*call);
    runtime::ActorAddress address{.namespace_id = call->namespace_id(),
                                  .id = call->id(),
                                  .name = call->name(),
                                  .epoch = call->epoch()};
    // What waits for its turn is destroyed with the visit, or goes with its turn.
    auto arrived =
        std::make_shared<Arrived>(Arrived{std::move(address), std::move(url), std::move(request)});
    arrived_ = arrived;
    door_.order_.Arrive(ActorKey(call->namespace_id(), call->id()),
                        {call->caller(), call->number(), call->after()},
                        [this, weak = std::weak_ptr(arrived)] {
                          if (!weak.expired()) Deliver();
                        });
  }

 private:
  struct Arrived {
    runtime::ActorAddress address;
    UrlParts url;
    runtime::OutboundRequest request;
  };
  void Deliver() {
    const std::shared_ptr<Arrived> arrived = std::move(arrived_);
    call_ = door_.deliver_(std::move(arrived->address), std::move(arrived->url),
                           std::move(arrived->request), *this);
  }
  runtime::OutboundRequest MakeRequest(const v1::ActorCall& call) {
    runtime::OutboundRequest request;
    if (exchange_->has_body()) request.body = exchange_->TakeBody();
    http::RequestHead head = exchange_->TakeHead();
    request.rpc_method = call.rpc_method();
    request.is_alarm = call.alarm();
    request.actor = runtime::ActorTarget{call.namespace_id(), call.id(), call.name(), ""};
    request.url = fmt::format("{}://{}{}", call.scheme(), head.host, head.target);
    request.depth = call.depth();
    if (call.has_place()) {
      request.place = std::make_shared<const runtime::RequestPlace>(PlaceOf(call.place()));
    }
    if (http::ws::AskOf(head) == http::ws::Ask::kYes) {
      socket_key_ = *head.headers.Find("sec-websocket-key");
    }
    request.method = std::move(head.method);
    RemoveHopByHop(head.headers);
    if (!socket_key_.empty()) head.headers.Set("upgrade", "websocket");
    head.headers.Remove(kActorCallField);
    request.headers = std::move(head.headers);
    return request;
  }

  void OnSubrequestResponse(http::ResponseHead head,
                            std::unique_ptr<http::BodySource> body) override {
    head.headers.Remove(kActorRefusedField);
    const auto length = body->length_bytes();
    http::BodySink& sink = exchange_->StartResponse(std::move(head), length);
    pump_ = std::make_unique<http::Pump>(std::move(body), sink,
                                         [this](const absl::Status&) { Done(); });
    pump_->Start();
  }
  void OnSubrequestSocket(http::ResponseHead head,
                          std::unique_ptr<http::MessageChannel> end) override {
    auto channel = SwitchToSocket(door_.loop_, *exchange_, std::move(head), socket_key_);
    if (channel == nullptr) {
      return OnSubrequestError(
          Internal("the Durable Object answered with a WebSocket that was not asked for"));
    }
    splice_ = std::make_unique<http::MessageSplice>(std::move(channel), std::move(end),
                                                    [this] { Done(); });
  }
  void OnSubrequestError(const absl::Status& status) override {
    http::ResponseHead head{.status = 503};
    if (absl::IsAborted(status)) {
      head.headers.Set(kActorRefusedField, "1");
    } else {
      head.headers.Set(kActorErrorField, "Error");
      head.headers.Set(kActorMessageField, Percent(Message(status)));
    }
    exchange_->Respond(std::move(head), {});
    Done();
  }
  void Refuse(int status, std::string_view why) {
    http::ResponseHead head{.status = status};
    head.headers.Set("content-type", "text/plain; charset=utf-8");
    exchange_->Respond(std::move(head), fmt::format("{}\n", why));
    Done();
  }
  // Destroys it, once nothing of it is on the stack.
  void Done() {
    if (std::exchange(is_done_, true)) return;
    door_.loop_.Defer([door = &door_, position = position, alive = std::weak_ptr(door_alive_)] {
      if (!alive.expired()) door->visits_.erase(position);
    });
  }

  ActorDoor& door_;
  std::unique_ptr<http::Exchange> exchange_;
  std::string socket_key_;  // of a caller that asked for a WebSocket
  bool is_done_ = false;
  std::shared_ptr<Arrived> arrived_;  // until it is delivered
  // Destroyed bottom up: the body before the call.
  std::unique_ptr<runtime::Subrequest> call_;
  std::unique_ptr<http::Pump> pump_;
  std::unique_ptr<http::MessageSplice> splice_;
  // Falls with the door's list.
  const std::shared_ptr<bool> door_alive_ = std::make_shared<bool>(true);
};

absl::StatusOr<std::unique_ptr<ActorDoor>> ActorDoor::Open(EventLoop& loop, std::string key,
                                                           DeliverToActor deliver) {
  std::unique_ptr<ActorDoor> door(new ActorDoor(loop, std::move(key), std::move(deliver)));
  ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Parse("127.0.0.1:0"));
  http::ServerOptions options{.address = address};
  ActorDoor* self = door.get();
  ASSIGN_OR_RETURN(door->server_, http::Server::Start(loop, options, [self](auto exchange) {
                     self->OnExchange(std::move(exchange));
                   }));
  return door;
}

ActorDoor::ActorDoor(EventLoop& loop, std::string key, DeliverToActor deliver)
    : loop_(loop), key_(std::move(key)), deliver_(std::move(deliver)), order_(loop) {}

ActorDoor::~ActorDoor() {
  visits_.clear();
}

void ActorDoor::OnExchange(std::unique_ptr<http::Exchange> exchange) {
  visits_.push_front(std::make_unique<Visit>(*this, std::move(exchange)));
  Visit& visit = *visits_.front();
  visit.position = visits_.begin();
  visit.Start();
}

}  // namespace terrella::edge
