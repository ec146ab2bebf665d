#include "edge_node/shard/subrequest.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/cache/policy/field_list.h"
#include "http/ws/channel.h"
#include "http/ws/handshake.h"

namespace terrella::edge {
namespace {

// A body together with what must live as long as it does.
template <class Keep>
class KeepingBody final : public http::BodySource {
 public:
  KeepingBody(Keep keep, std::unique_ptr<http::BodySource> body)
      : keep_(std::move(keep)), body_(std::move(body)) {}
  std::optional<uint64_t> length_bytes() const override { return body_->length_bytes(); }
  void Read(Reader& reader) override { body_->Read(reader); }
  void Pause() override { body_->Pause(); }

 private:
  Keep keep_;  // destroyed after the body
  std::unique_ptr<http::BodySource> body_;
};

// The same for an end of a WebSocket.
template <class Keep>
class KeepingChannel final : public http::MessageChannel {
 public:
  KeepingChannel(Keep keep, std::unique_ptr<http::MessageChannel> end)
      : keep_(std::move(keep)), end_(std::move(end)) {}
  void Read(Reader& reader) override { end_->Read(reader); }
  void Pause() override { end_->Pause(); }
  bool Send(Kind kind, std::string_view bytes) override { return end_->Send(kind, bytes); }
  void Close(uint16_t code, std::string_view reason) override { end_->Close(code, reason); }
  size_t buffered_bytes() const override { return end_->buffered_bytes(); }

 private:
  Keep keep_;  // destroyed after the end
  std::unique_ptr<http::MessageChannel> end_;
};

template <class Keep>
std::unique_ptr<http::BodySource> KeepWith(Keep keep, std::unique_ptr<http::BodySource> body) {
  return std::make_unique<KeepingBody<Keep>>(std::move(keep), std::move(body));
}

class FailedSubrequest final : public runtime::Subrequest {
 public:
  FailedSubrequest(EventLoop& loop, absl::Status status, runtime::SubrequestObserver& observer)
      : timer_(loop, [&observer, status] { observer.OnSubrequestError(status); }) {
    timer_.Start(Duration(0));
  }

 private:
  Timer timer_;
};

class OriginFetch final : public runtime::Subrequest, public http::ResponseObserver {
 public:
  OriginFetch(EventLoop& loop, http::Client& client, Duration rtt, http::ClientRequest request,
              runtime::SubrequestObserver& observer)
      : loop_(loop),
        client_(client),
        rtt_(rtt),
        request_(std::move(request)),
        observer_(observer),
        depart_(loop, [this] { call_ = client_.Send(std::move(request_), *this); }),
        arrive_(loop, [this] { Deliver(); }) {
    depart_.Start(rtt_ / 2);
  }

  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    head_ = std::move(head);
    body_ = std::move(body);
    Arrive(call_->timings().reused ? Duration(0) : rtt_);
  }
  void OnSwitched(http::ResponseHead head, std::unique_ptr<ByteStream> stream,
                  std::string unread) override {
    const auto& offered = protocols_;
    const std::string refusal = http::ws::RefusalOf(head, key_, offered);
    if (!refusal.empty()) {
      status_ = Unavailable("no WebSocket: {}", refusal);
      return Arrive(rtt_ / 2);
    }
    head_ = std::move(head);
    socket_ = http::ws::MakeChannel(loop_, std::move(stream), unread, http::ws::Role::kClient);
    Arrive(rtt_);
  }
  void OnError(const absl::Status& status) override {
    status_ = status;
    Arrive(rtt_ / 2);
  }
  // Asks for a WebSocket (RFC 6455 section 4.1).
  void AskForSocket() {
    key_ = http::ws::NewKey();
    protocols_ = request_.head.headers.Combined("sec-websocket-protocol").value_or("");
    http::Headers& headers = request_.head.headers;
    headers.Set("sec-websocket-key", key_);
    headers.Set("sec-websocket-version", "13");
    headers.Remove("sec-websocket-extensions");
    request_.upgrade = "websocket";
  }

 private:
  void Arrive(Duration handshake) {
    const Duration delay = rtt_ - rtt_ / 2 + handshake;
    // Without a distance the answer is passed on in the turn it came in.
    if (delay == Duration(0)) return Deliver();
    arrive_.Start(delay);
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
    auto body = KeepWith(std::move(call_), std::move(body_));
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
  Timer depart_;
  Timer arrive_;
};

class ServiceCall final : public runtime::Subrequest, public runtime::ResponseObserver {
 public:
  ServiceCall(Tenant::Lease callee, runtime::SubrequestObserver& observer)
      : keep_{std::move(callee), nullptr}, observer_(observer) {}

  void Start(runtime::InboundRequest request) {
    keep_.invocation = keep_.lease->worker().Dispatch(std::move(request), *this);
  }

  void OnResponse(http::ResponseHead head, runtime::WorkerBody body) override {
    runtime::SubrequestObserver& observer = observer_;
    if (auto* end = std::get_if<std::unique_ptr<http::MessageChannel>>(&body)) {
      return observer.OnSubrequestSocket(std::move(head), std::make_unique<KeepingChannel<Keep>>(
                                                              std::move(keep_), std::move(*end)));
    }
    std::unique_ptr<http::BodySource> source;
    if (auto* text = std::get_if<std::string>(&body)) {
      source = http::MakeStringBody(std::move(*text));
    } else if (auto& stream = std::get<std::unique_ptr<http::BodySource>>(body)) {
      source = KeepWith(std::move(keep_), std::move(stream));
    } else {
      source = http::MakeStringBody("");
    }
    observer.OnSubrequestResponse(std::move(head), std::move(source));
  }
  void OnFailed(runtime::FailureKind kind, std::string_view detail, bool) override {
    if (kind == runtime::FailureKind::kMoved) {
      return observer_.OnSubrequestError(absl::AbortedError({detail.data(), detail.size()}));
    }
    const absl::Status status = Unavailable("worker {} failed: {}: {}", keep_.lease->code().script,
                                            runtime::FailureKindName(kind), detail);
    observer_.OnSubrequestError(status);
  }

 private:
  // Destroyed in the opposite order: the invocation before its worker may go.
  struct Keep {
    Tenant::Lease lease;
    std::unique_ptr<runtime::Invocation> invocation;
  };
  Keep keep_;
  runtime::SubrequestObserver& observer_;
};

}  // namespace

absl::StatusOr<UrlParts> SplitUrl(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return InvalidArgument("'{}' is no absolute URL", url);
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  if (authority.empty()) return InvalidArgument("'{}' has no host", url);
  UrlParts parts{.authority = std::string(authority), .host = NormalizeHost(authority)};
  if (slash == std::string_view::npos) {
    parts.target = "/";
  } else {
    if (rest[slash] == '?') parts.target = "/";
    parts.target += rest.substr(slash);
  }
  return parts;
}

void RemoveHopByHop(http::Headers& headers) {
  // What Connection names goes with it.
  if (const auto connection = headers.Combined("connection")) {
    for (cache::FieldList names(*connection); const auto name = names.Next();) {
      headers.Remove(name->whole);
    }
  }
  static constexpr std::string_view kNames[] = {
      "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"};
  headers.RemoveIf([](std::string_view name) {
    for (std::string_view known : kNames) {
      if (http::EqualsIgnoreCase(name, known)) return true;
    }
    return false;
  });
}

std::unique_ptr<runtime::Subrequest> FailSubrequest(EventLoop& loop, absl::Status status,
                                                    runtime::SubrequestObserver& observer) {
  return std::make_unique<FailedSubrequest>(loop, std::move(status), observer);
}

std::unique_ptr<runtime::Subrequest> FetchOrigin(EventLoop& loop, http::Client& client,
                                                 const OriginTarget& origin, UrlParts url,
                                                 runtime::OutboundRequest request,
                                                 runtime::SubrequestObserver& observer) {
  http::ClientRequest out{.to = origin.address};
  out.head.method = std::move(request.method);
  out.head.target = std::move(url.target);
  out.head.host = std::move(url.authority);
  out.head.headers = std::move(request.headers);
  const auto upgrade = out.head.headers.Find("upgrade");
  const bool asks_for_socket = upgrade && http::EqualsIgnoreCase(*upgrade, "websocket");
  RemoveHopByHop(out.head.headers);
  out.head.headers.Remove("host");
  out.body = std::move(request.body);
  if (origin.tls != nullptr) {
    out.tls = origin.tls;
    out.tls_host = origin.host;
  }
  auto fetch = std::make_unique<OriginFetch>(loop, client, origin.rtt, std::move(out), observer);
  if (asks_for_socket) fetch->AskForSocket();
  return fetch;
}

std::unique_ptr<runtime::Subrequest> CallService(Tenant::Lease callee, UrlParts url,
                                                 runtime::OutboundRequest request,
                                                 std::optional<runtime::ActorAddress> actor,
                                                 runtime::SubrequestObserver& observer) {
  runtime::InboundRequest in;
  in.head.method = std::move(request.method);
  in.head.target = std::move(url.target);
  in.head.host = std::move(url.authority);
  in.head.headers = std::move(request.headers);
  in.url = std::move(request.url);
  in.body = std::move(request.body);
  in.place = std::move(request.place);
  in.depth = request.depth + 1;
  in.entrypoint = std::move(request.entrypoint);
  in.props_json = std::move(request.props_json);
  in.rpc_method = std::move(request.rpc_method);
  in.actor = std::move(actor);
  in.is_alarm = request.is_alarm;
  auto call = std::make_unique<ServiceCall>(std::move(callee), observer);
  call->Start(std::move(in));
  return call;
}

}  // namespace terrella::edge
