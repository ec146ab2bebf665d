#include "control_plane/gateway/gateway_call.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "control_plane/gateway/rpc_route.h"

namespace terrella::control {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kJsonLines = "application/x-ndjson";

http::ResponseHead Head(int status, std::string_view content_type) {
  http::ResponseHead head{.status = status, .reason = {}, .headers = {}};
  head.headers.Append("content-type", content_type);
  head.headers.Append("cache-control", "no-store");
  head.headers.Append("x-content-type-options", "nosniff");
  return head;
}

std::string StatusJson(const absl::Status& status) {
  const nlohmann::ordered_json json = {{"code", absl::StatusCodeToString(status.code())},
                                       {"message", std::string(Message(status))}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool Is(std::string_view wanted, std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return http::EqualsIgnoreCase(type, wanted);
}

// What a body is. Neither is a type that a page of another site may send unasked.
std::string_view BodyType(const google::protobuf::MethodDescriptor& method) {
  return method.client_streaming() ? kJsonLines : "application/json";
}

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

void RespondError(http::Exchange& exchange, const absl::Status& status) {
  if (exchange.gone()) return;
  http::ResponseHead head = Head(HttpStatusOf(status.code()), "application/json");
  if (absl::IsUnauthenticated(status)) head.headers.Append("www-authenticate", "Bearer");
  exchange.Respond(std::move(head), "{\"error\":" + StatusJson(status) + "}\n");
}

GatewayCall::GatewayCall(const ApiSchema& schema, RpcCaller& caller, GatewayCallOptions options,
                         std::unique_ptr<http::Exchange> exchange, std::function<void()> finished)
    : schema_(schema),
      caller_(caller),
      options_(std::move(options)),
      exchange_(std::move(exchange)),
      finished_(std::move(finished)) {
  const auto accept = exchange_->head().headers.Combined("accept");
  events_ = accept && accept->find(kEventStream) != std::string::npos;
}

void GatewayCall::Start() {
  exchange_->set_closed_callback([this] { finished_(); });
  if (!options_.query_json.empty()) return Call(options_.query_json);
  if (!exchange_->has_body()) return Call(options_.method->client_streaming() ? "" : "{}");
  const std::string_view type = BodyType(*options_.method);
  if (!Is(type, exchange_->head().headers.Find("content-type").value_or(""))) {
    RespondError(*exchange_, InvalidArgument("expected content-type: {}", type));
    return finished_();
  }
  body_ = std::make_unique<http::Collector>(
      exchange_->TakeBody(), options_.body_bytes_max,
      [this](const absl::Status& status, const std::string& body) { OnBody(status, body); });
  body_->Start();
}

void GatewayCall::OnBody(const absl::Status& status, const std::string& body) {
  if (status.ok()) {
    return Call(body.empty() && !options_.method->client_streaming() ? "{}" : body);
  }
  RespondError(*exchange_, status);
  finished_();
}

void GatewayCall::Call(const std::string& json) {
  absl::StatusOr<std::vector<std::string>> wires = MessagesOf(schema_, *options_.method, json);
  if (!wires.ok()) {
    RespondError(*exchange_, wires.status());
    return finished_();
  }
  RpcRequest request{
      .path =
          fmt::format("/{}/{}", options_.method->service()->full_name(), options_.method->name()),
      .metadata = options_.metadata,
      .wires = *std::move(wires),
      .timeout = options_.method->server_streaming() ? Duration::zero() : options_.unary_timeout};
  call_ = caller_.Call(std::move(request),
                       {.message = [this](std::string wire) { OnMessage(std::move(wire)); },
                        .done = [this](const absl::Status& status) { OnDone(status); }});
}

void GatewayCall::OnMessage(std::string wire) {
  if (!options_.method->server_streaming()) {
    response_ = std::move(wire);
    return call_->Next();  // its end
  }
  StartStream();
  const absl::StatusOr<std::string> json = schema_.ToJson(*options_.method->output_type(), wire);
  WriteEvent(json.ok() ? "message" : "lost", json.ok() ? *json : StatusJson(json.status()));
  if (!full_) call_->Next();
}

void GatewayCall::OnDone(const absl::Status& status) {
  if (sink_ != nullptr) {
    const std::string end = StatusJson(status);
    WriteEvent("end", events_ ? end : "{\"end\":" + end + "}");
    sink_->End();
  } else if (!status.ok()) {
    RespondError(*exchange_, status);
  } else if (options_.method->server_streaming()) {
    StartStream();  // without a message
    return OnDone(status);
  } else {
    absl::StatusOr<std::string> json = schema_.ToJson(*options_.method->output_type(), response_);
    if (!json.ok()) {
      RespondError(*exchange_, json.status());
    } else {
      exchange_->Respond(Head(200, "application/json"), *json + "\n");
    }
  }
  finished_();
}

void GatewayCall::StartStream() {
  if (sink_ != nullptr) return;
  sink_ = &exchange_->StartResponse(Head(200, events_ ? kEventStream : kJsonLines), std::nullopt);
  sink_->set_drained_callback([this] {
    full_ = false;
    if (call_ != nullptr) call_->Next();
  });
}

void GatewayCall::WriteEvent(std::string_view event, std::string_view json) {
  std::string text;
  if (!events_) {
    text = fmt::format("{}\n", json);
  } else if (event == "message") {
    text = fmt::format("data: {}\n\n", json);
  } else {
    text = fmt::format("event: {}\ndata: {}\n\n", event, json);
  }
  if (!sink_->Write(text)) full_ = true;
}

void GatewayCall::Heartbeat() {
  if (events_ && sink_ != nullptr && !full_ && !sink_->Write(":\n\n")) full_ = true;
}

}  // namespace terrella::control
