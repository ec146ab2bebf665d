#include "edge_node/shard/request_flow.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge_node/shard/client_place.h"
#include "edge_node/shard/subrequest.h"

namespace terrella::edge {

RequestFlow::RequestFlow(const FlowContext& context, FlowOwner& owner, uint64_t ray,
                         std::unique_ptr<http::Exchange> exchange)
    : context_(context),
      owner_(owner),
      ray_(ray),
      received_(exchange->received()),
      exchange_(std::move(exchange)) {
  exchange_->set_closed_callback([this] { OnClientGone(); });
}

RequestFlow::~RequestFlow() = default;

std::string RequestFlow::RayText() const {
  return fmt::format("{:016x}-{}", ray_, context_.node.pop);
}

void RequestFlow::Run(WorkerPool::Acquired acquired) {
  cold_ = acquired.cold;
  lease_.emplace(std::move(acquired.lease));
  Tenant& tenant = **lease_;
  code_ = tenant.live().code;
  dispatched_ = context_.loop.Now();
  invocation_ = tenant.worker().Dispatch(MakeInbound(), *this);
}

runtime::InboundRequest RequestFlow::MakeInbound() {
  runtime::InboundRequest request;
  const http::ProxyInfo* proxy = exchange_->proxy();
  request.place = PlaceOfClient(context_.node, proxy);
  if (exchange_->has_body()) request.body = exchange_->TakeBody();
  const SocketAddress& client =
      proxy != nullptr && !proxy->local ? proxy->source : exchange_->peer();
  const std::string_view method = exchange_->head().method;
  kept_head_ = request.body == nullptr && (method == "GET" || method == "HEAD");
  request.head = kept_head_ ? exchange_->head() : exchange_->TakeHead();
  http::RequestHead& head = request.head;
  request.url = fmt::format("http://{}{}", head.host, head.target == "*" ? "/" : head.target);
  RemoveHopByHop(head.headers);
  head.headers.Set("cf-connecting-ip", client.ip.ToString());
  head.headers.Set("terrella-ray", RayText());
  if (!request.place.country.empty()) head.headers.Set("cf-ipcountry", request.place.country);
  return request;
}

void RequestFlow::AddHeaders(http::Headers& headers) const {
  headers.Set("terrella-ray", RayText());
  if (code_ != nullptr) headers.Set("x-terrella-version", code_->version_id);
  std::string timing = fmt::format("edge;desc=\"{}\"", context_.node.pop);
  if (cold_ > Duration(0)) timing += fmt::format(", cold;dur={:.2f}", ToMs(cold_));
  if (dispatched_ != MonotonicTime{}) {
    timing += fmt::format(", worker;dur={:.2f}", ToMs(context_.loop.Now() - dispatched_));
  }
  headers.Append("server-timing", timing);
}

void RequestFlow::OnResponse(http::ResponseHead head, runtime::WorkerBody body) {
  AddHeaders(head.headers);
  if (auto* text = std::get_if<std::string>(&body)) {
    exchange_->Respond(std::move(head), *text);
    return Done();
  }
  auto source = std::move(std::get<std::unique_ptr<http::BodySource>>(body));
  if (source == nullptr) {
    exchange_->Respond(std::move(head), {});
    return Done();
  }
  const std::optional<uint64_t> length = source->length_bytes();
  http::BodySink& sink = exchange_->StartResponse(std::move(head), length);
  pump_ = std::make_unique<http::Pump>(std::move(source), sink, [this](absl::Status status) {
    if (!status.ok()) {
      failed_ = true;
      LogWarn("worker {} version {} ray {}: the answer broke off: {}", code_->script,
              code_->version_id, RayText(), ToStd(status.message()));
    }
    Done();
  });
  pump_->Start();
}

void RequestFlow::OnFailed(runtime::FailureKind kind, std::string_view detail, bool) {
  LogWarn("worker {} version {} ray {}: {}: {}", code_->script, code_->version_id, RayText(),
          runtime::FailureKindName(kind), detail);
  if (kind == runtime::FailureKind::kShutdown && MayRetry()) return Retry();
  Refuse(FailurePage(kind, *code_, detail, context_.dev));
}

void RequestFlow::Retry() {
  invocation_.reset();
  lease_.reset();
  // Later: the isolate is being emptied right now, and is retired only after that.
  retry_ = std::make_unique<Timer>(context_.loop, [this] { owner_.OnFlowRetry(*this); });
  retry_->Start(Duration(0));
}

void RequestFlow::Refuse(const ErrorPage& page, const LiveScript* script) {
  if (script != nullptr) code_ = script->code;
  failed_ = code_ != nullptr;
  http::ResponseHead head{.status = page.status};
  head.headers.Set("content-type", "text/plain; charset=utf-8");
  head.headers.Set("cache-control", "no-store");
  if (page.retry_after_s > 0) {
    head.headers.Set("retry-after", fmt::format("{}", page.retry_after_s));
  }
  AddHeaders(head.headers);
  exchange_->Respond(std::move(head), fmt::format("{}\nray {}\n", page.text, RayText()));
  Done();
}

void RequestFlow::OnClientGone() {
  Done();
}

}  // namespace terrella::edge
