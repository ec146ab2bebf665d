#include "edge_node/shard/subrequest.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/cache/policy/field_list.h"
#include "edge_node/distance/origin_distance.h"
#include "edge_node/shard/distant_call.h"
#include "edge_node/shard/keeping.h"

namespace terrella::edge {
namespace {

class FailedSubrequest final : public runtime::Subrequest {
 public:
  FailedSubrequest(EventLoop& loop, absl::Status status, runtime::SubrequestObserver& observer)
      : timer_(loop, [&observer, status] { observer.OnSubrequestError(status); }) {
    timer_.Start(Duration(0));
  }

 private:
  Timer timer_;
};

class OriginFetch final : public DistantCall {
 public:
  using DistantCall::DistantCall;

 private:
  Duration ExtraOf(Answer answer) const override {
    if (answer == Answer::kFailure) return ExtraOfFailure(rtt());
    if (answer == Answer::kResponse && call().timings().reused) return Duration(0);
    return ExtraOfNewConnection(rtt());
  }
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
  if (origin.tls != nullptr) {
    out.tls = origin.tls;
    out.tls_host = origin.host;
  }
  return std::make_unique<OriginFetch>(loop, client, origin.rtt, std::move(out), std::move(url),
                                       std::move(request), observer);
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
