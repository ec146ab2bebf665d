#include "edge_node/shard/request_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "edge_node/shard/asset_fetch.h"
#include "edge_node/shard/client_body.h"
#include "edge_node/shard/client_place.h"
#include "edge_node/shard/client_socket.h"
#include "edge_node/shard/subrequest.h"
#include "http/ws/handshake.h"

namespace terrella::edge {
namespace {

constexpr std::string_view kHttp = "http://", kHttps = "https://";

// "0123456789abcdef-FRA"
std::string MakeRayText(uint64_t ray, std::string_view pop) {
  std::string text(16, '0');
  for (size_t i = text.size(); i-- > 0; ray >>= 4) text[i] = "0123456789abcdef"[ray & 15];
  text.append("-").append(pop);
  return text;
}

// Milliseconds with two decimals.
void AppendMs(Duration duration, std::string& out) {
  const int64_t hundredths = std::max<int64_t>(duration.count() / 10'000, 0);
  char digits[24];
  const auto end = std::to_chars(digits, std::end(digits), hundredths / 100).ptr;
  out.append(digits, end).push_back('.');
  out.push_back(static_cast<char>('0' + hundredths / 10 % 10));
  out.push_back(static_cast<char>('0' + hundredths % 10));
}

}  // namespace

RequestFlow::RequestFlow(const FlowContext& context, FlowOwner& owner, uint64_t ray,
                         std::unique_ptr<http::Exchange> exchange)
    : context_(context),
      owner_(owner),
      ray_text_(MakeRayText(ray, context.node.pop)),
      received_(exchange->received()),
      exchange_(std::move(exchange)),
      head_(exchange_->TakeHead()) {
  exchange_->set_closed_callback([this] { OnClientGone(); });
}

RequestFlow::~RequestFlow() = default;

void RequestFlow::Watch(const TailPlan& plan, const LiveScript& script, TailRing& ring,
                        double dice) {
  if (trace_ != nullptr) return;  // it is run anew
  const auto client = ClientOf(context_.node, *exchange_);
  const std::string_view scheme = exchange_->tls() != nullptr ? kHttps : kHttp;
  const std::string url = fmt::format("{}{}{}", scheme, head_.host, head_.target);
  trace_ = RequestTrace::Begin(plan,
                               {.script = script.code->script,
                                .version_id = script.code->version_id,
                                .method = head_.method,
                                .url = url,
                                .headers = &head_.headers,
                                .city = client->place.city,
                                .country = client->place.country,
                                .ray = ray_text_,
                                .dice = dice},
                               {context_.node.id, context_.node.pop}, ring, context_.clock);
}

// Its context may be over when the answer is.
void RequestFlow::LookAtCpu() {
  if (invocation_ != nullptr) cpu_ = std::max(cpu_, invocation_->cpu_used());
}

void RequestFlow::Run(WorkerPool::Acquired acquired) {
  cold_ = acquired.cold;
  lease_.emplace(std::move(acquired.lease));
  Tenant& tenant = **lease_;
  code_ = tenant.live().code;
  dispatched_ = cold_ > Duration(0) ? context_.loop.Now() : received_;
  invocation_ = tenant.worker().Dispatch(MakeInbound(), *this);
}

runtime::InboundRequest RequestFlow::MakeInbound() {
  const auto client = ClientOf(context_.node, *exchange_);
  runtime::InboundRequest request;
  request.head = std::move(head_);
  request.place = {client, &client->place};
  if (exchange_->has_body()) {
    body_error_ = std::make_shared<absl::Status>();
    request.body = WatchClientBody(exchange_->TakeBody(), body_error_);
  }
  request.scheduled = event_;
  request.trace = trace_;
  has_body_ = request.body != nullptr;
  http::RequestHead& head = request.head;
  may_retry_ = request.body == nullptr && (head.method == "GET" || head.method == "HEAD");
  const std::string_view path = head.target == "*" ? "/" : std::string_view(head.target);
  request.url.reserve(kHttps.size() + head.host.size() + path.size());
  request.url.append(exchange_->tls() != nullptr ? kHttps : kHttp).append(head.host).append(path);
  const bool asks_for_socket = http::ws::AskOf(head) == http::ws::Ask::kYes;
  RemoveHopByHop(head.headers);
  if (asks_for_socket) {
    socket_key_ = *head.headers.Find("sec-websocket-key");
    head.headers.Set("upgrade", "websocket");
    may_retry_ = false;
  }
  head.headers.Set("cf-connecting-ip", client->ip);
  head.headers.Set("terrella-ray", ray_text_);
  if (!client->place.country.empty()) head.headers.Set("cf-ipcountry", client->place.country);
  return request;
}

void RequestFlow::AddHeaders(http::Headers& headers) {
  headers.Set("terrella-ray", ray_text_);
  if (code_ != nullptr) headers.Set("x-terrella-version", code_->version_id);
  std::string timing;
  timing.reserve(64);
  timing.append("edge;desc=\"").append(context_.node.pop).append("\"");
  if (cold_ > Duration(0)) AppendMs(cold_, timing.append(", cold;dur="));
  ended_ = context_.loop.Now();  // unless a stream follows
  if (dispatched_ != MonotonicTime{}) {
    AppendMs(ended_ - dispatched_, timing.append(", worker;dur="));
  }
  const auto client = ClientOf(context_.node, *exchange_);
  country_ = client->place.country;
  if (!client->path_timing.empty()) {
    timing.append(", ").append(client->path_timing);
  }
  headers.Append("server-timing", timing);
}

void RequestFlow::Done() {
  if (ended_ == MonotonicTime{} || pump_ != nullptr || splice_ != nullptr)
    ended_ = context_.loop.Now();
  LookAtCpu();
  if (trace_ != nullptr) trace_->Answered();
  owner_.OnFlowDone(*this);
}

void RequestFlow::OnResponse(http::ResponseHead head, runtime::WorkerBody body) {
  status_ = head.status;
  AddHeaders(head.headers);
  LookAtCpu();
  if (trace_ != nullptr) {
    trace_->set_status(status_);
    if (cold_ > Duration(0)) trace_->set_cold();
  }
  if (auto* text = std::get_if<std::string>(&body)) {
    body_bytes_ = text->size();
    exchange_->Respond(std::move(head), *text);
    return Done();
  }
  if (auto* end = std::get_if<std::unique_ptr<http::MessageChannel>>(&body)) {
    return OnSocket(std::move(head), std::move(*end));
  }
  auto source = std::move(std::get<std::unique_ptr<http::BodySource>>(body));
  if (source == nullptr) {
    exchange_->Respond(std::move(head), {});
    return Done();
  }
  StartPump(std::move(head), std::move(source));
}

void RequestFlow::StartPump(http::ResponseHead head, std::unique_ptr<http::BodySource> source) {
  const std::optional<uint64_t> length = source->length_bytes();
  http::BodySink& sink = exchange_->StartResponse(std::move(head), length);
  pump_ = std::make_unique<http::Pump>(std::move(source), sink, [this](absl::Status status) {
    if (!status.ok()) {
      failed_ = true;
      if (trace_ != nullptr) trace_->set_outcome("responseStreamDisconnected");
      LogWarn("worker {} version {} ray {}: the answer broke off: {}", code_->script,
              code_->version_id, ray_text_, ToStd(status.message()));
    }
    Done();
  });
  pump_->Start();
}

void RequestFlow::OnSocket(http::ResponseHead head, std::unique_ptr<http::MessageChannel> end) {
  auto channel = SwitchToSocket(context_.loop, *exchange_, std::move(head), socket_key_);
  if (channel == nullptr) {
    return OnFailed(runtime::FailureKind::kBadResponse,
                    "the worker answered with a WebSocket, which the client did not ask for",
                    false);
  }
  splice_ =
      std::make_unique<http::MessageSplice>(std::move(channel), std::move(end), [this] { Done(); });
}

void RequestFlow::OnSubrequestResponse(http::ResponseHead head,
                                       std::unique_ptr<http::BodySource> body) {
  OnResponse(std::move(head), std::move(body));
}

void RequestFlow::OnSubrequestError(const absl::Status& status) {
  LogWarn("worker {} version {} ray {}: its origin failed, too: {}", code_->script,
          code_->version_id, ray_text_, Message(status));
  Refuse({.status = 502, .text = "The worker failed, and so did its origin."});
}

void RequestFlow::OnFailed(runtime::FailureKind kind, std::string_view detail, bool pass_through) {
  LogWarn("worker {} version {} ray {}: {}: {}", code_->script, code_->version_id, ray_text_,
          runtime::FailureKindName(kind), detail);
  if (kind == runtime::FailureKind::kShutdown && MayRetry()) return Retry();
  LookAtCpu();
  failure_ = kind;
  if (trace_ != nullptr) {
    trace_->set_outcome(TailOutcome(kind));
    trace_->AddException(detail);
  }
  cpu_killed_ = kind == runtime::FailureKind::kCpuLimit;
  if (const auto page = ClientsFault(kind)) {
    Answer(*page);
    return Done();
  }
  if (pass_through && !has_body_) {
    failed_ = true;
    origin_ = owner_.OnFlowPassThrough(**lease_, invocation_->TakeHead(), *this);
    if (origin_ != nullptr) return;
  }
  Refuse(FailurePage(kind, *code_, detail, context_.dev));
}

void RequestFlow::Retry() {
  head_ = invocation_->TakeHead();
  invocation_.reset();
  lease_.reset();
  // Later: the isolate is being emptied right now, and is retired only after that.
  retry_ = std::make_unique<Timer>(context_.loop, [this] { owner_.OnFlowRetry(*this); });
  retry_->Start(Duration(0));
}

std::optional<ErrorPage> RequestFlow::ClientsFault(runtime::FailureKind kind) const {
  const bool threw =
      kind == runtime::FailureKind::kException || kind == runtime::FailureKind::kRejected;
  if (!threw || body_error_ == nullptr || body_error_->ok()) return std::nullopt;
  return ClientBodyPage(*body_error_);
}

void RequestFlow::Refuse(const ErrorPage& page, const LiveScript* script) {
  if (script != nullptr) code_ = script->code;
  failed_ = code_ != nullptr;
  Answer(page);
  Done();
}

void RequestFlow::Answer(const ErrorPage& page) {
  http::ResponseHead head{.status = page.status};
  if (trace_ != nullptr) {
    trace_->set_status(page.status);
    if (failed_ && !failure_) trace_->set_outcome(cpu_killed_ ? "exceededCpu" : "exception");
  }
  head.headers.Set("content-type", "text/plain; charset=utf-8");
  head.headers.Set("cache-control", "no-store");
  if (page.retry_after_s > 0) {
    head.headers.Set("retry-after", fmt::format("{}", page.retry_after_s));
  }
  AddHeaders(head.headers);
  exchange_->Respond(std::move(head), fmt::format("{}\nray {}\n", page.text, ray_text_));
}

void RequestFlow::ServeAsset(std::shared_ptr<const LiveScript> script, AssetAnswer answer,
                             AssetStore& store) {
  code_ = script->code;
  asset_script_ = std::move(script);
  asset_ = std::move(answer);
  if (asset_.asset == nullptr) {
    AddHeaders(asset_.head.headers);
    exchange_->Respond(std::move(asset_.head), asset_.text);
    return Done();
  }
  if (head_.method == "HEAD") {
    AddHeaders(asset_.head.headers);
    exchange_->StartResponse(std::move(asset_.head), asset_.range.length).End();
    return Done();
  }
  if (auto bytes = store.Find(asset_.asset->sha256)) return SendAsset(std::move(bytes));
  asset_load_ =
      store.Load(asset_.asset->sha256, asset_.asset->size_bytes, context_.loop,
                 [this](absl::StatusOr<std::shared_ptr<const AssetBytes>> loaded) {
                   if (loaded.ok()) return SendAsset(*std::move(loaded));
                   LogWarn("script {} version {} ray {}: {}: {}", code_->script, code_->version_id,
                           ray_text_, asset_.asset->path, Message(loaded.status()));
                   Refuse({.status = 503,
                           .retry_after_s = 1,
                           .text = "This file is not on this node, and cannot be fetched now."});
                 });
}

void RequestFlow::SendAsset(std::shared_ptr<const AssetBytes> bytes) {
  constexpr size_t kWholeBytesMax = 64 << 10;  // in one write
  AddHeaders(asset_.head.headers);
  if (asset_.range.length > kWholeBytesMax) {
    return StartPump(std::move(asset_.head), MakeAssetBody(std::move(bytes), asset_.range));
  }
  body_bytes_ = asset_.range.length;
  exchange_->Respond(std::move(asset_.head),
                     bytes->bytes.substr(asset_.range.offset, asset_.range.length));
  Done();
}

void RequestFlow::OnClientGone() {
  if (trace_ != nullptr) trace_->set_outcome("canceled");
  Done();
}

}  // namespace terrella::edge
