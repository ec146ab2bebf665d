#include "edge_node/shard/distant_call.h"

#include <utility>

#include "base/status.h"
#include "edge_node/shard/keeping.h"
#include "http/ws/channel.h"
#include "http/ws/handshake.h"

namespace terrella::edge {

DistantCall::DistantCall(EventLoop& loop, http::Client& client, Duration rtt,
                         http::ClientRequest request, UrlParts url, runtime::OutboundRequest asked,
                         runtime::SubrequestObserver& observer)
    : loop_(loop),
      client_(client),
      rtt_(rtt),
      request_(std::move(request)),
      observer_(observer),
      depart_(loop,
              [this] {
                OnDepart();
                call_ = client_.Send(std::move(request_), *this);
              }),
      arrive_(loop, [this] { Deliver(); }) {
  http::RequestHead& head = request_.head;
  head.method = std::move(asked.method);
  head.target = std::move(url.target);
  head.host = std::move(url.authority);
  head.headers = std::move(asked.headers);
  const auto upgrade = head.headers.Find("upgrade");
  const bool asks_for_socket = upgrade && http::EqualsIgnoreCase(*upgrade, "websocket");
  RemoveHopByHop(head.headers);
  head.headers.Remove("host");
  request_.body = std::move(asked.body);
  if (asks_for_socket) AskForSocket();
  depart_.Start(rtt_ / 2);
}

// RFC 6455 section 4.1.
void DistantCall::AskForSocket() {
  key_ = http::ws::NewKey();
  http::Headers& headers = request_.head.headers;
  protocols_ = headers.Combined("sec-websocket-protocol").value_or("");
  headers.Set("sec-websocket-key", key_);
  headers.Set("sec-websocket-version", "13");
  headers.Remove("sec-websocket-extensions");
  request_.upgrade = "websocket";
}

void DistantCall::OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) {
  head_ = std::move(head);
  body_ = std::move(body);
  Arrive(Answer::kResponse);
}

void DistantCall::OnSwitched(http::ResponseHead head, std::unique_ptr<ByteStream> stream,
                             std::string unread) {
  if (const std::string refusal = http::ws::RefusalOf(head, key_, protocols_); !refusal.empty()) {
    status_ = Unavailable("no WebSocket: {}", refusal);
    return Arrive(Answer::kFailure);
  }
  head_ = std::move(head);
  socket_ =
      SocketOf(http::ws::MakeChannel(loop_, std::move(stream), unread, http::ws::Role::kClient));
  Arrive(Answer::kSocket);
}

void DistantCall::OnError(const absl::Status& status) {
  status_ = FailureOf(status);
  Arrive(Answer::kFailure);
}

void DistantCall::Arrive(Answer answer) {
  const Duration delay = rtt_ - rtt_ / 2 + ExtraOf(answer);
  // Without a distance the answer is passed on in the turn it came in.
  if (delay == Duration(0)) return Deliver();
  arrive_.Start(delay);
}

void DistantCall::Deliver() {
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
  auto body = KeepWith(std::move(call_), std::move(body_));
  observer.OnSubrequestResponse(std::move(head), std::move(body));
}

}  // namespace terrella::edge
