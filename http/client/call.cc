#include "http/client/call.h"

#include <utility>

#include "http/client/client_connection.h"
#include "http/h1/serialize.h"

namespace terrella::http {
namespace {

// RFC 9110 section 9.2.2.
bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

CallImpl::CallImpl(Client::Impl& client, ClientRequest request, ResponseObserver& observer)
    : client_(client),
      request_(std::move(request)),
      observer_(observer),
      early_error_timer_(client.loop_, [this] { observer_.OnError(early_error_); }) {}

CallImpl::~CallImpl() {
  if (connection_ != nullptr) connection_->OnCallDestroyed();
}

absl::Status CallImpl::Serialize() {
  using Kind = h1::SendFraming::Kind;
  h1::SendFraming framing;
  const std::string& method = request_.head.method;
  is_head_ = method == "HEAD";
  idempotent_ = IsIdempotent(method);
  had_body_ = request_.body != nullptr;
  if (had_body_) {
    const auto expect = request_.head.headers.Find("expect");
    expects_continue_ = expect && EqualsIgnoreCase(*expect, "100-continue");
    std::optional<uint64_t> length = request_.body->length_bytes();
    chunked_ = !length.has_value();
    framing.kind = chunked_ ? Kind::kChunked : Kind::kContentLength;
    framing.content_length = length.value_or(0);
  } else if (method == "POST" || method == "PUT" || method == "PATCH") {
    framing.kind = Kind::kContentLength;  // RFC 9110 section 8.6: say 0 where a body is usual
  }
  if (IsAlone()) framing.connection = "close";
  if (!request_.upgrade.empty()) {
    framing.upgrade = request_.upgrade;
    framing.connection = "Upgrade";
  }
  // An expectation without a body would never be met (RFC 9110 section 10.1.1).
  if (!had_body_) request_.head.headers.Remove("expect");
  return h1::SerializeRequestHead(request_.head, framing, &head_);
}

void CallImpl::Start() {
  timings_.started = client_.loop_.Now();
  early_error_ = Serialize();
  if (early_error_.ok()) {
    client_.Assign(*this, IsAlone());
  } else {
    early_error_timer_.Start(Duration(0));
  }
}

bool CallImpl::CanRetry() const {
  return timings_.reused && !timings_.retried && idempotent_ && !had_body_;
}

void CallImpl::Fail(const absl::Status& status) {
  connection_ = nullptr;
  observer_.OnError(status);
}

}  // namespace terrella::http
