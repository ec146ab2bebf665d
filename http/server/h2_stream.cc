#include "http/server/h2_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "http/server/exchange.h"
#include "http/server/h2_connection.h"

namespace terrella::http {
namespace {

using Code = h2::ServerSession::Code;

}  // namespace

H2Stream::H2Stream(H2Connection& connection, const h2::IncomingRequest& request)
    : connection_(connection),
      id_(request.stream),
      length_(request.length_bytes),
      has_body_(request.has_body),
      continue_owed_(request.expects_continue),
      is_head_(request.head.method == "HEAD"),
      request_ended_(!request.has_body),
      request_due_(connection.server().loop_.Now() + connection.limits().request_deadline) {}

H2Stream::~H2Stream() = default;

std::unique_ptr<Exchange> H2Stream::MakeExchange(RequestHead head,
                                                 std::shared_ptr<ConnectionFacts> facts,
                                                 uint64_t index) {
  std::unique_ptr<Exchange> exchange(new Exchange);
  exchange->head_ = std::move(head);
  exchange->connection_facts_ = std::move(facts);
  exchange->received_ = connection_.server().loop_.Now();
  exchange->index_ = index;
  exchange->has_body_ = has_body_;
  exchange->peer_ = this;
  exchange_ = exchange.get();
  connection_.NeedBy(request_due_);
  return exchange;
}

std::unique_ptr<BodySource> H2Stream::TakeBody() {
  CHECK(!body_taken_);
  body_taken_ = true;
  auto body = std::make_unique<ConnectionBody>(*this, length_);
  body_ = body.get();
  return body;
}

void H2Stream::OnData(std::string_view bytes) {
  body_bytes_ += bytes.size();
  window_bytes_ += bytes.size();
  if (body_refused_ || (body_taken_ && body_ == nullptr)) {
    connection_.session().Consume(id_, bytes.size());
    return;
  }
  if (body_bytes_ > connection_.limits().body_bytes_max) {
    connection_.session().Consume(id_, bytes.size());
    FailRequest(
        ResourceExhausted("body is larger than {} bytes", connection_.limits().body_bytes_max),
        413);
    return;
  }
  if (input_.empty() && body_ != nullptr && body_->reading()) {
    body_->Deliver(bytes);
    connection_.session().Consume(id_, bytes.size());
  } else {
    input_.append(bytes);
  }
}

void H2Stream::OnEnd(Headers&& trailers) {
  request_ended_ = true;
  request_trailers_ = std::move(trailers);
  RunBodyWindow(false);
  if (body_ != nullptr) connection_.Schedule(*this);
}

// Hands on what was received, as long as somebody reads.
void H2Stream::Deliver() {
  if (body_ == nullptr || !body_->reading()) return;
  if (!input_.empty()) {
    std::string bytes = std::exchange(input_, {});
    connection_.session().Consume(id_, bytes.size());
    body_->Deliver(bytes);
    if (body_ == nullptr || !body_->reading()) return;
  }
  if (!request_ended_ || closed_) return;
  if (!request_trailers_.empty()) body_->Trailers(std::exchange(request_trailers_, {}));
  if (ConnectionBody* body = std::exchange(body_, nullptr)) body->End();
}

void H2Stream::OnBodyReading() {
  if (continue_owed_ && !response_started_) {
    continue_owed_ = false;
    connection_.session().Continue(id_);
  }
  if (!request_ended_) RunBodyWindow(true);
  connection_.Schedule(*this);
}

void H2Stream::OnBodyPaused() {
  RunBodyWindow(false);
}

void H2Stream::OnBodyDestroyed() {
  body_ = nullptr;
  RunBodyWindow(false);
  if (closed_) return;
  connection_.session().Consume(id_, input_.size());
  input_.clear();
  if (!request_ended_ && output_ended_) {
    connection_.session().AbandonRequest(id_);
    connection_.ScheduleTurnEnd();
  }
}

void H2Stream::Submit(const ResponseHead& head, std::optional<uint64_t> length) {
  response_started_ = true;
  const bool never = head.status == 204 || head.status == 304 || is_head_;
  sends_body_ = !never && length != 0;
  if (!never) send_left_bytes_ = length;
  h2::Answer answer{.head = head,
                    .date = connection_.server().Date(),
                    .content_length = {},
                    .has_body = sends_body_};
  // RFC 9110 section 8.6: none in 204; for HEAD and 304 what the same GET would say.
  if (is_head_ && head.status != 204) {
    answer.keep_length = !length || *length == 0;
    if (length && (*length > 0 || !head.headers.Has("content-length"))) {
      answer.content_length = length;
      answer.keep_length = false;
    }
  } else if (head.status == 304) {
    answer.keep_length = true;
  } else if (!never) {
    answer.content_length = length;
  }
  const absl::Status status = connection_.session().Respond(id_, answer);
  if (!status.ok()) {
    LogWarn("answer refused: {}", Message(status));
    output_.clear();
    SendError(500);
  }
  connection_.ScheduleTurnEnd();
}

void H2Stream::SendError(int status) {
  response_started_ = true;
  sends_body_ = false;
  ResponseHead head;
  head.status = status;
  CHECK(connection_.session()
            .Respond(id_, {.head = head,
                           .date = connection_.server().Date(),
                           .content_length = 0,
                           .has_body = false})
            .ok());
  connection_.ScheduleTurnEnd();
}

void H2Stream::Respond(ResponseHead head, std::string_view body) {
  CHECK(!response_started_);
  Submit(head, body.size());
  if (sends_body_) output_.assign(body);
  output_ended_ = true;
  ResponseDone();
}

void H2Stream::StartResponse(const ResponseHead& head, std::optional<uint64_t> length) {
  CHECK(!response_started_);
  Submit(head, length);
}

bool H2Stream::WriteBody(std::string_view bytes) {
  if (bytes.empty() || !sends_body_ || output_ended_) return true;
  if (send_left_bytes_) {
    if (bytes.size() > *send_left_bytes_) {
      AbortResponse();
      return true;
    }
    *send_left_bytes_ -= bytes.size();
  }
  if (unsent_bytes() == 0) {
    took_any_ = false;
    stall_due_ = connection_.server().loop_.Now() + connection_.limits().write_stall;
    connection_.NeedBy(stall_due_);
  }
  output_.append(bytes);
  connection_.session().Resume(id_);
  connection_.ScheduleTurnEnd();
  if (unsent_bytes() < connection_.limits().stream_queue_bytes_high) return true;
  drained_owed_ = true;
  return false;
}

void H2Stream::SetTrailers(Headers&& trailers) {
  if (sends_body_) connection_.session().SetTrailers(id_, std::move(trailers));
}

void H2Stream::EndBody() {
  if (sends_body_ && send_left_bytes_.value_or(0) > 0) {
    AbortResponse();
    return;
  }
  output_ended_ = true;
  if (sends_body_) connection_.session().Resume(id_);
  ResponseDone();
}

// The exchange is over; what is left to send goes out without it.
void H2Stream::ResponseDone() {
  if (Exchange* exchange = std::exchange(exchange_, nullptr)) {
    exchange->peer_ = nullptr;
    exchange->answered_ = true;
  }
  if (stall_due_ == MonotonicTime::max() && unsent_bytes() > 0) {
    stall_due_ = connection_.server().loop_.Now() + connection_.limits().write_stall;
    connection_.NeedBy(stall_due_);
  }
  // Nobody wants the rest of the request.
  if (!request_ended_ && body_ == nullptr) {
    body_refused_ = true;
    connection_.session().Consume(id_, std::exchange(input_, {}).size());
    connection_.session().AbandonRequest(id_);
  }
  connection_.ScheduleTurnEnd();
}

size_t H2Stream::OnProduce(char* out, size_t max, bool* last) {
  const size_t size = std::min(max, unsent_bytes());
  std::memcpy(out, output_.data() + sent_bytes_, size);
  sent_bytes_ += size;
  if (size > 0) took_any_ = true;
  if (unsent_bytes() == 0) {
    output_.clear();
    sent_bytes_ = 0;
    stall_due_ = MonotonicTime::max();
  }
  if (drained_owed_ && unsent_bytes() == 0) connection_.Schedule(*this);
  *last = output_ended_ && unsent_bytes() == 0;
  return size;
}

void H2Stream::AbortResponse() {
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->peer_ = nullptr;
  output_.clear();
  sent_bytes_ = 0;
  stall_due_ = MonotonicTime::max();
  connection_.session().Reset(id_, Code::kInternalError);
  connection_.ScheduleTurnEnd();
}

void H2Stream::OnExchangeDestroyed() {
  exchange_ = nullptr;
  if (closed_) return;
  if (response_started_) {
    AbortResponse();
  } else {
    SendError(default_status_);
    output_ended_ = true;
    ResponseDone();
  }
}

void H2Stream::FailRequest(const absl::Status& error, int status) {
  body_refused_ = true;
  RunBodyWindow(false);
  default_status_ = status;
  connection_.CountRefused();
  connection_.session().Consume(id_, std::exchange(input_, {}).size());
  if (ConnectionBody* body = std::exchange(body_, nullptr)) body->Fail(error);
  if (closed_ || exchange_ == nullptr || response_started_) return;
  SendError(status);
  output_ended_ = true;
  DetachExchange();
  connection_.session().AbandonRequest(id_);
}

void H2Stream::DetachExchange() {
  Exchange* exchange = std::exchange(exchange_, nullptr);
  exchange->peer_ = nullptr;
  if (auto closed = std::exchange(exchange->closed_, nullptr)) closed();
}

void H2Stream::OnClosed() {
  // What nobody took must not count against the connection's window.
  connection_.session().ConsumeConnection(input_.size());
  Fail(Cancelled("the client reset the stream"));
  connection_.OnStreamClosed(id_);
}

void H2Stream::Fail(const absl::Status& error) {
  if (std::exchange(closed_, true)) return;
  if (ConnectionBody* body = std::exchange(body_, nullptr)) {
    if (request_ended_ && input_.empty() && body->reading()) {
      body->End();
    } else {
      body->Fail(error);
    }
  }
  if (exchange_ != nullptr) DetachExchange();
}

void H2Stream::OnTurnEnd() {
  if (closed_) return;
  Deliver();
  if (closed_ || !drained_owed_ || unsent_bytes() > 0) return;
  drained_owed_ = false;
  if (exchange_ != nullptr && exchange_->sink_ != nullptr) exchange_->sink_->Drained();
}

void H2Stream::RunBodyWindow(bool run) {
  if (run == (window_due_ != MonotonicTime::max())) return;
  const MonotonicTime now = connection_.server().loop_.Now();
  const ServerLimits& limits = connection_.limits();
  if (run) {
    window_due_ = now + (window_left_ > Duration(0) ? window_left_ : limits.body_window);
    connection_.NeedBy(window_due_);
  } else {
    window_left_ = std::max(window_due_ - now, Duration(1));
    window_due_ = MonotonicTime::max();
  }
}

MonotonicTime H2Stream::CheckDeadlines(MonotonicTime now) {
  const ServerLimits& limits = connection_.limits();
  if (window_due_ <= now) {
    if (window_bytes_ < limits.body_window_bytes_min) {
      connection_.CountMissedDeadline();
      FailRequest(DeadlineExceeded("the body comes too slowly"), 408);
    } else {
      window_bytes_ = 0;
      window_due_ = now + limits.body_window;
    }
  }
  if (stall_due_ <= now) {
    if (took_any_) {
      took_any_ = false;
      stall_due_ = now + limits.write_stall;
    } else {
      connection_.CountMissedDeadline();
      stall_due_ = MonotonicTime::max();
      connection_.session().Reset(id_, Code::kCancel);
    }
  }
  if (request_due_ <= now) {
    connection_.CountMissedDeadline();
    request_due_ = MonotonicTime::max();
    connection_.session().Reset(id_, Code::kCancel);
  }
  return std::min({window_due_, stall_due_, request_due_});
}

}  // namespace terrella::http
