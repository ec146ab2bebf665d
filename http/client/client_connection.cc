#include "http/client/client_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "http/h1/serialize.h"
#include "http/tls/stream.h"

namespace terrella::http {

ClientConnection::ClientConnection(Client::Impl& client, Client::Impl::Target target,
                                   const h1::ParserLimits& parser_limits)
    : client_(client),
      target_(std::move(target)),
      parser_(parser_limits),
      timer_(client.loop_, [this] { OnTimer(); }) {}

ClientConnection::~ClientConnection() {
  *alive_ = false;
}

void ClientConnection::Connect(CallImpl& call) {
  call_ = &call;
  call.connection_ = this;
  limits_ = call.request_.limits;
  due_ = client_.loop_.Now() + limits_.connect_deadline;
  const auto& from = target_.from;
  tcp_ = TcpConnection::Connect(client_.loop_, target_.to, from ? &*from : nullptr,
                                [this](absl::Status status) { OnConnected(status); });
  timer_.NeedBy(due_);
}

void ClientConnection::OnConnected(const absl::Status& status) {
  if (!status.ok()) {
    Fail(Unavailable("cannot connect to {}: {}", target_.to.ToString(), Message(status)));
    return;
  }
  if (target_.tls != nullptr) {
    StartTls();
  } else {
    Connected();
  }
}

void ClientConnection::StartTls() {
  tcp_->Write(call_->request_.prefix_bytes);
  auto tls = TlsStream::Connect(client_.loop_, std::move(tcp_), target_.tls, target_.tls_host,
                                [this](absl::Status status) { OnHandshake(status); });
  TlsStream& stream = *tls;
  tcp_ = std::move(tls);
  stream.Start({});
}

void ClientConnection::OnHandshake(const absl::Status& status) {
  if (status.ok()) return Connected();
  // Not from within the stream that is to go.
  client_.loop_.Defer([this, alive = alive_, status] {
    if (*alive && state_ == State::kConnecting) {
      Fail(Unavailable("cannot connect to {} ({}): {}", target_.tls_host, target_.to.ToString(),
                       Message(status)));
    }
  });
}

void ClientConnection::Connected() {
  call_->timings_.connected = client_.loop_.Now();
  tcp_->set_observer(this);
  Begin();
}

void ClientConnection::Take(CallImpl& call) {
  call_ = &call;
  call.connection_ = this;
  call.timings_.reused = true;
  limits_ = call.request_.limits;
  Begin();
}

void ClientConnection::Begin() {
  state_ = State::kBusy;
  last_call_ = call_->IsAlone();
  heard_any_ = head_delivered_ = request_sent_ = request_paused_ = false;
  due_ = MonotonicTime::max();
  parser_.Expect(call_->is_head_, !call_->request_.upgrade.empty());
  chunked_ = call_->chunked_;
  request_body_ = std::move(call_->request_.body);
  // Below TLS it is out already.
  const bool has_prefix = !call_->timings_.reused && target_.tls == nullptr;
  Write(has_prefix ? std::string_view(call_->request_.prefix_bytes) : "", call_->head_);
  if (request_body_ == nullptr) {
    RequestSent();
  } else {
    request_left_bytes_ = request_body_->length_bytes().value_or(0);
    awaits_continue_ = call_->expects_continue_;
    if (awaits_continue_) {
      due_ = client_.loop_.Now() + limits_.continue_wait;
    } else {
      StartBody();
    }
  }
  Settle();
}

void ClientConnection::StartBody() {
  if (awaits_continue_) due_ = MonotonicTime::max();
  awaits_continue_ = false;
  body_start_owed_ = true;  // later: its errors must not come from within Send
  ScheduleTurnEnd();
}

void ClientConnection::Write(std::string_view first, std::string_view second) {
  stall_.Sent(first.size() + second.size());
  tcp_->Write(first, second);
}

void ClientConnection::RequestSent() {
  request_sent_ = true;
  MonotonicTime now = client_.loop_.Now();
  if (call_ != nullptr) call_->timings_.request_sent = now;
  if (!head_delivered_) due_ = now + limits_.head_deadline;
}

void ClientConnection::OnBodyData(std::string_view bytes) {
  if (bytes.empty()) return;
  if (chunked_) {
    std::string piece;
    h1::AppendChunkHeader(bytes.size(), &piece);
    piece.append(bytes).append(h1::kChunkEnd);
    Write(piece);
  } else if (bytes.size() > request_left_bytes_) {
    Fail(InvalidArgument("the request body is longer than its declared length"));
    return;
  } else {
    request_left_bytes_ -= bytes.size();
    Write(bytes);
  }
  if (tcp_->write_queue_bytes() >= limits_.write_queue_bytes_high) {
    request_paused_ = true;
    request_body_->Pause();
  }
  ScheduleTurnEnd();
}

void ClientConnection::OnBodyEnd() {
  if (!chunked_ && request_left_bytes_ > 0) {
    Fail(InvalidArgument("the request body is shorter than its declared length"));
    return;
  }
  if (chunked_ && request_trailers_.empty()) {
    Write(h1::kLastChunk);
  } else if (chunked_) {
    std::string last;
    h1::AppendLastChunk(std::exchange(request_trailers_, {}), &last);
    Write(last);
  }
  RequestSent();
  ScheduleTurnEnd();
}

void ClientConnection::OnBodyError(const absl::Status& status) {
  absl::Status copy = status;
  Fail(copy);
}

void ClientConnection::OnWriteDrained() {
  if (state_ != State::kBusy) return;
  if (request_paused_ && request_body_ != nullptr) {
    request_paused_ = false;
    request_body_->Read(*this);
  }
  Settle();
}

void ClientConnection::OnRead(std::string_view bytes) {
  if (state_ != State::kBusy) {
    Retire();  // nobody asked
    return;
  }
  if (call_ != nullptr) {
    if (!heard_any_) call_->timings_.first_byte = client_.loop_.Now();
    call_->timings_.bytes_received += bytes.size();
  }
  heard_any_ = true;
  Advance(bytes);
}

void ClientConnection::Advance(std::string_view fresh) {
  if (state_ == State::kClosed) return;
  if (input_.Advance(fresh, [this](std::string_view* in) { AdvanceLoop(in); })) Settle();
}

void ClientConnection::AdvanceLoop(std::string_view* in) {
  while (state_ == State::kBusy) {
    if (head_delivered_ && (body_ == nullptr || !body_->reading())) return;
    switch (parser_.Next(in)) {
      case h1::Event::kNeedMore:
        if (awaits_continue_ && parser_.continued()) StartBody();
        if (eof_) EndAtEof();
        return;
      case h1::Event::kHead:
        if (parser_.switched()) return SwitchProtocols(in);
        DeliverHead();
        break;
      case h1::Event::kBody:
        due_ = client_.loop_.Now() + limits_.body_idle;
        body_->Deliver(parser_.body());
        break;
      case h1::Event::kEnd: {
        if (!parser_.trailers().empty()) {
          body_->Trailers(parser_.TakeTrailers());
          if (body_ == nullptr) break;  // it was destroyed, and the connection with it
        }
        ConnectionBody* body = std::exchange(body_, nullptr);
        FinishCall();
        body->End();
        break;
      }
      case h1::Event::kError:
        Fail(parser_.error().status == 431
                 ? ResourceExhausted("malformed response: {}", parser_.error().reason)
                 : DataLoss("malformed response: {}", parser_.error().reason));
        return;
    }
  }
  // What follows a finished response was not asked for.
  if (!in->empty()) Retire();
  *in = {};
}

void ClientConnection::SwitchProtocols(std::string_view* in) {
  CallImpl* call = std::exchange(call_, nullptr);
  call->connection_ = nullptr;
  ResponseHead head = parser_.TakeHead();
  std::string unread(*in);
  *in = {};
  tcp_->PauseReading();
  std::unique_ptr<ByteStream> stream = std::move(tcp_);
  Retire();
  call->observer_.OnSwitched(std::move(head), std::move(stream), std::move(unread));
}

void ClientConnection::DeliverHead() {
  head_delivered_ = true;
  due_ = MonotonicTime::max();
  CallImpl* call = call_;
  ResponseHead head = parser_.TakeHead();
  const h1::Framing& framing = parser_.framing();
  if (framing.no_body || framing.content_length == 0) {
    std::string_view nothing;
    CHECK(parser_.Next(&nothing) == h1::Event::kEnd);
    FinishCall();
    call->observer_.OnResponse(std::move(head), MakeStringBody(""));
    return;
  }
  auto body = std::make_unique<ConnectionBody>(*this, framing.content_length);
  body_ = body.get();
  call->observer_.OnResponse(std::move(head), std::move(body));
}

// The response is complete: the call is over, the connection free when the request is out as well.
void ClientConnection::FinishCall() {
  if (call_ != nullptr) call_->connection_ = nullptr;
  call_ = nullptr;
  bool reusable = request_sent_ && parser_.keep_alive() && !last_call_ && !eof_ &&
                  tcp_->write_queue_bytes() == 0;
  request_body_.reset();
  if (!reusable || !client_.Pool(*this)) {
    Retire();
    return;
  }
  state_ = State::kIdle;
  due_ = client_.loop_.Now() + client_.limits_.idle_deadline;
  ScheduleTurnEnd();
}

void ClientConnection::OnReadEof() {
  eof_ = true;
  if (state_ == State::kBusy) {
    Advance({});
  } else {
    Retire();
  }
}

// All input is used up and no more will come.
void ClientConnection::EndAtEof() {
  if (parser_.FinishAtEof()) {
    ConnectionBody* body = std::exchange(body_, nullptr);
    FinishCall();
    body->End();
  } else if (heard_any_) {
    Fail(DataLoss("the response was cut short"));
  } else {
    Lost(Unavailable("{} closed the connection before a response", target_.to.ToString()));
  }
}

void ClientConnection::OnError(const absl::Status& status) {
  if (state_ != State::kBusy) {
    Retire();
    return;
  }
  Lost(Unavailable("connection to {} lost: {}", target_.to.ToString(), Message(status)));
}

// A pooled connection may have been closed by the peer while our request was on its way.
void ClientConnection::Lost(const absl::Status& status) {
  if (heard_any_ || call_ == nullptr || !call_->CanRetry()) {
    Fail(status);
    return;
  }
  CallImpl* call = std::exchange(call_, nullptr);
  Retire();
  call->timings_.retried = true;
  call->timings_.reused = false;
  client_.Assign(*call, true);
}

void ClientConnection::Fail(const absl::Status& status) {
  CallImpl* call = std::exchange(call_, nullptr);
  if (call != nullptr) call->connection_ = nullptr;
  ConnectionBody* body = std::exchange(body_, nullptr);
  bool head_delivered = head_delivered_;
  Retire();
  if (body != nullptr) {
    body->Fail(status);
  } else if (call != nullptr && !head_delivered) {
    call->Fail(status);
  }
}

void ClientConnection::Retire() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kIdle) client_.Unpool(*this);
  state_ = State::kClosed;
  timer_.Stop();
  tcp_.reset();
  client_.Bury(*this);
  if (CallImpl* call = std::exchange(call_, nullptr)) call->connection_ = nullptr;
  if (ConnectionBody* body = std::exchange(body_, nullptr)) {
    body->Fail(Cancelled("the call was cancelled"));
  }
}

void ClientConnection::OnCallDestroyed() {
  call_ = nullptr;
  Retire();
}

void ClientConnection::OnBodyDestroyed() {
  body_ = nullptr;
  Retire();
}

void ClientConnection::WantBody(bool wanted) {
  due_ = wanted ? client_.loop_.Now() + limits_.body_idle : MonotonicTime::max();
}

void ClientConnection::OnBodyReading() {
  WantBody(true);
  ScheduleTurnEnd();
}

void ClientConnection::OnBodyPaused() {
  WantBody(false);
  if (!input_.advancing()) Settle();
}

void ClientConnection::ScheduleTurnEnd() {
  if (turn_end_scheduled_ || input_.advancing() || state_ == State::kClosed) return;
  turn_end_scheduled_ = true;
  client_.turn_end_.Add(*this);
}

void ClientConnection::OnTurnEnd() {
  turn_end_scheduled_ = false;
  if (body_start_owed_ && state_ == State::kBusy) {
    body_start_owed_ = false;
    request_body_->Read(*this);
  }
  Advance({});
}

void ClientConnection::Settle() {
  if (state_ == State::kClosed || state_ == State::kConnecting) return;
  if (body_start_owed_) ScheduleTurnEnd();  // not possible while input was parsed
  bool wanted = !head_delivered_ || (body_ != nullptr && body_->reading());
  bool want = !eof_ && (state_ == State::kIdle || (wanted && input_.empty()));
  if (want != tcp_->reading()) {
    if (want) {
      tcp_->StartReading();
    } else {
      tcp_->PauseReading();
    }
  }
  timer_.NeedBy(NextDue());
}

MonotonicTime ClientConnection::NextDue() {
  return std::min(
      due_, stall_.NextDue(client_.loop_.clock(), tcp_->write_queue_bytes(), limits_.write_stall));
}

void ClientConnection::OnTimer() {
  MonotonicTime now = client_.loop_.Now();
  if (stall_.Expired(now, tcp_->write_queue_bytes())) {
    Fail(DeadlineExceeded("{} does not read the request", target_.to.ToString()));
    return;
  }
  if (due_ > now || awaits_continue_) {
    if (due_ <= now) StartBody();
    timer_.NeedBy(NextDue());
    return;
  }
  switch (state_) {
    case State::kConnecting:
      Fail(DeadlineExceeded("{} did not accept within {:.0f} ms", target_.to.ToString(),
                            ToMs(limits_.connect_deadline)));
      break;
    case State::kBusy:
      Fail(
          head_delivered_
              ? DeadlineExceeded("the response body stopped for {:.0f} ms", ToMs(limits_.body_idle))
              : DeadlineExceeded("no response within {:.0f} ms", ToMs(limits_.head_deadline)));
      break;
    case State::kIdle:
      Retire();
      break;
    case State::kClosed:
      break;
  }
}

}  // namespace terrella::http
