#include "http/server/server_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "http/h1/grammar.h"
#include "http/server/exchange.h"

namespace terrella::http {
namespace {

// Output is gathered up to here, so that small pieces leave in one write.
constexpr size_t kGatherBytesMax = 64 * 1024;
// What an idle connection may keep of its buffers.
constexpr size_t kIdleBufferBytesMax = 1024;

void ClearBuffer(std::string* buffer) {
  buffer->clear();
  if (buffer->capacity() > kIdleBufferBytesMax) buffer->shrink_to_fit();
}

bool AsksToClose(const ResponseHead& head) {
  bool close = false;
  if (auto value = head.headers.Find("connection")) {
    h1::ForEachListItem(*value, [&close](std::string_view option) {
      close = close || EqualsIgnoreCase(option, "close");
    });
  }
  return close;
}

}  // namespace

ServerConnection::ServerConnection(Server::Impl& server, std::unique_ptr<ByteStream> stream,
                                   std::shared_ptr<ConnectionFacts> facts)
    : server_(server),
      limits_(server.options_.limits),
      tcp_(std::move(stream)),
      facts_(std::move(facts)),
      parser_(limits_.parser),
      timer_(server.loop_, [this] { OnTimer(); }) {
  tcp_->set_observer(this);
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::Start(std::string_view fresh) {
  phase_due_ = facts_->accepted + limits_.head_deadline;
  Advance(fresh);
}

void ServerConnection::RefuseBusy() {
  SendError(503, "too many connections");
  BeginClose();
  Settle();
}

void ServerConnection::Drain() {
  if (phase_ == Phase::kExchange || phase_ == Phase::kClosing || phase_ == Phase::kLingering ||
      parser_.in_head()) {
    return;  // the answer will say `connection: close`
  }
  if (output_.empty() && tcp_->write_queue_bytes() == 0) {
    Retire();
  } else {
    BeginClose();
    Settle();
  }
}

void ServerConnection::OnRead(std::string_view bytes) {
  Advance(bytes);
}

void ServerConnection::Advance(std::string_view fresh) {
  if (phase_ == Phase::kClosed) return;
  if (input_.Advance(fresh, [this](std::string_view* in) { AdvanceLoop(in); })) Settle();
}

void ServerConnection::AdvanceLoop(std::string_view* in) {
  bool more = true;
  while (more) {
    switch (phase_) {
      case Phase::kHead:
        more = AdvanceHead(in);
        break;
      case Phase::kExchange:
        more = AdvanceExchange(in);
        break;
      case Phase::kClosing:
      case Phase::kLingering:
      case Phase::kClosed:
        *in = {};
        more = false;
    }
  }
}

bool ServerConnection::AdvanceHead(std::string_view* in) {
  if (output_full()) return false;  // the client does not read its answers: no more requests of it
  if (in->empty()) {
    if (!eof_) return false;
    BeginClose();
    return true;
  }
  bool was_in_head = parser_.in_head();
  switch (parser_.Next(in)) {
    case h1::Event::kNeedMore:
      // The first head's time runs from the accept.
      if (!was_in_head && requests_ > 0) {
        phase_due_ = server_.loop_.Now() + limits_.head_deadline;
      }
      if (eof_) Refuse(400, "request cut short");
      return false;
    case h1::Event::kHead:
      StartExchange();
      return true;
    case h1::Event::kError:
      Refuse(parser_.error().status, parser_.error().reason);
      return true;
    case h1::Event::kBody:
    case h1::Event::kEnd:
      break;
  }
  CHECK(false);
}

void ServerConnection::StartExchange() {
  std::unique_ptr<Exchange> exchange(new Exchange);
  exchange->head_ = parser_.TakeHead();
  exchange->connection_facts_ = facts_;
  exchange->received_ = server_.loop_.Now();
  exchange->index_ = requests_++;
  exchange->has_body_ = parser_.has_body();
  exchange->peer_ = this;

  is_head_ = exchange->head_.method == "HEAD";
  minor_version_ = exchange->head_.minor_version;
  body_ = nullptr;
  body_taken_ = response_started_ = response_done_ = drained_owed_ = false;
  if (!trailers_.empty()) trailers_.Clear();
  continue_owed_ = parser_.expects_continue();
  body_bytes_ = discarded_bytes_ = 0;
  window_bytes_ = 0;
  window_left_ = {};
  default_status_ = 500;
  default_reason_ = "no answer";
  request_done_ = !parser_.has_body();
  if (request_done_) {
    std::string_view nothing;
    CHECK(parser_.Next(&nothing) == h1::Event::kEnd);
  } else if (parser_.framing().content_length.value_or(0) > limits_.body_bytes_max) {
    exchange->peer_ = nullptr;
    Refuse(413, "body is too large");
    return;
  }
  phase_ = Phase::kExchange;
  phase_due_ = exchange->received_ + limits_.request_deadline;
  exchange_ = exchange.get();
  server_.CountRequest(*this);
  server_.handler_(std::move(exchange));
}

bool ServerConnection::AdvanceExchange(std::string_view* in) {
  if (!request_done_) {
    if (discarding() && !BodyFitsDiscard()) {
      close_after_ = true;
      FinishExchange();
      return true;
    }
    bool wanted = discarding() || (body_ != nullptr && body_->reading());
    return wanted && AdvanceBody(in);
  }
  if (!response_done_) return false;
  FinishExchange();
  return true;
}

bool ServerConnection::AdvanceBody(std::string_view* in) {
  switch (parser_.Next(in)) {
    case h1::Event::kNeedMore:
      if (!eof_) return false;
      FailRequest(Cancelled("the client closed before the end of the body"), 400);
      return true;
    case h1::Event::kBody: {
      std::string_view piece = parser_.body();
      body_bytes_ += piece.size();
      window_bytes_ += piece.size();
      if (discarding()) {
        discarded_bytes_ += piece.size();
      } else if (body_bytes_ > limits_.body_bytes_max) {
        FailRequest(ResourceExhausted("body is larger than {} bytes", limits_.body_bytes_max), 413);
      } else {
        body_->Deliver(piece);
      }
      return true;
    }
    case h1::Event::kEnd:
      request_done_ = true;
      RunBodyWindow(false);
      EndRequestBody();
      return true;
    case h1::Event::kError:
      FailRequest(InvalidArgument("malformed body: {}", parser_.error().reason),
                  parser_.error().status);
      return true;
    case h1::Event::kHead:
      break;
  }
  CHECK(false);
}

void ServerConnection::EndRequestBody() {
  if (body_ == nullptr) return;
  // The reader may destroy the body as it hears of the trailers.
  if (!parser_.trailers().empty()) body_->Trailers(parser_.TakeTrailers());
  if (ConnectionBody* body = std::exchange(body_, nullptr)) body->End();
}

bool ServerConnection::BodyFitsDiscard() const {
  if (request_done_) return true;
  // Who waits for `100 Continue` in vain may send the body or not: nobody can tell where it would
  // begin.
  if (continue_owed_) return false;
  auto length = parser_.framing().content_length;
  return length ? *length - body_bytes_ + discarded_bytes_ <= limits_.discard_bytes_max
                : discarded_bytes_ <= limits_.discard_bytes_max;
}

void ServerConnection::FinishExchange() {
  RunBodyWindow(false);
  // One that shall only be left or renewed ends with an answer that says so, perhaps the next one.
  if (close_after_ || server_.draining()) {
    BeginClose();
    return;
  }
  phase_ = Phase::kHead;
  phase_due_ = server_.loop_.TurnTime() + limits_.idle_deadline;
}

void ServerConnection::Settle() {
  if (phase_ == Phase::kClosed) return;
  Flush();
  UpdateReading();
  timer_.NeedBy(NextDue());
  if (output_.empty()) ClearBuffer(&output_);
}

void ServerConnection::UpdateReading() {
  bool want = !eof_;
  if (phase_ == Phase::kHead) {
    want = want && !output_full();
  } else if (phase_ == Phase::kExchange) {
    // After the whole request, reading on shows when the client goes away; a next request stops
    // that.
    bool wanted = request_done_ || discarding() || (body_ != nullptr && body_->reading());
    want = want && wanted && input_.empty();
  }
  if (want == tcp_->reading()) return;
  if (want) {
    tcp_->StartReading();
  } else {
    tcp_->PauseReading();
  }
}

void ServerConnection::OnReadEof() {
  eof_ = true;
  switch (phase_) {
    case Phase::kHead:
      if (parser_.in_head()) {
        Refuse(400, "request cut short");
      } else {
        BeginClose();
      }
      break;
    case Phase::kExchange:
      close_after_ = true;
      if (!request_done_) {
        FailRequest(Cancelled("the client closed before the end of the body"), 400);
        ScheduleTurnEnd();
      } else if (exchange_ != nullptr && server_.options_.fin_means_gone) {
        if (auto closed = std::exchange(exchange_->closed_, nullptr)) closed();
      }
      break;
    case Phase::kClosing:
      break;
    case Phase::kLingering:
      Retire();
      return;
    case Phase::kClosed:
      return;
  }
  Settle();
}

std::unique_ptr<BodySource> ServerConnection::TakeBody() {
  CHECK(!body_taken_);
  body_taken_ = true;
  auto body = std::make_unique<ConnectionBody>(*this, parser_.framing().content_length);
  body_ = body.get();
  return body;
}

void ServerConnection::OnBodyReading() {
  if (continue_owed_ && !response_started_) {
    continue_owed_ = false;
    Send("HTTP/1.1 100 Continue\r\n\r\n");
  }
  RunBodyWindow(true);
  ScheduleTurnEnd();
}

void ServerConnection::OnBodyPaused() {
  RunBodyWindow(false);
  if (!input_.advancing()) UpdateReading();
}

void ServerConnection::OnBodyDestroyed() {
  body_ = nullptr;
  RunBodyWindow(discarding());
  ScheduleTurnEnd();
}

bool ServerConnection::output_full() const {
  return output_.size() + tcp_->write_queue_bytes() >= limits_.write_queue_bytes_high;
}

void ServerConnection::Send(std::string_view first, std::string_view second) {
  if (output_.size() + first.size() + second.size() <= kGatherBytesMax) {
    output_.append(first).append(second);
  } else {
    stall_.Sent(output_.size() + first.size());
    tcp_->Write(output_, first);
    output_.assign(second);
  }
  ScheduleTurnEnd();
}

void ServerConnection::Flush() {
  if (output_.empty()) return;
  stall_.Sent(output_.size());
  tcp_->Write(output_);
  output_.clear();
  if (drained_owed_ && tcp_->write_queue_bytes() == 0) ScheduleTurnEnd();
}

void ServerConnection::ScheduleTurnEnd() {
  if (turn_end_scheduled_ || input_.advancing() || phase_ == Phase::kClosed) return;
  turn_end_scheduled_ = true;
  server_.turn_end_.Add(*this);
}

void ServerConnection::OnTurnEnd() {
  turn_end_scheduled_ = false;
  // What an answer makes of a body that is here already leaves in one write with its head.
  if (!input_.empty()) Advance({});
  if (phase_ == Phase::kClosed) return;
  Flush();
  if (drained_owed_ && tcp_->write_queue_bytes() == 0) {
    drained_owed_ = false;
    if (exchange_ != nullptr && exchange_->sink_ != nullptr) exchange_->sink_->Drained();
  }
  Advance({});
}

void ServerConnection::OnWriteDrained() {
  if (phase_ == Phase::kClosing) {
    StartLinger();
    Settle();
  } else {
    ScheduleTurnEnd();
  }
}

bool ServerConnection::KeepsConnection(const ResponseHead& head) const {
  return !close_after_ && !eof_ && parser_.keep_alive() && !server_.IsLeaving(*this) &&
         requests_ < limits_.requests_per_connection_max && !AsksToClose(head) &&
         (BodyFitsDiscard() || (body_ != nullptr && !continue_owed_));
}

h1::SendFraming ServerConnection::FramingOf(const ResponseHead& head,
                                            std::optional<uint64_t> length) {
  using Kind = h1::SendFraming::Kind;
  h1::SendFraming framing;
  send_left_bytes_ = length.value_or(0);
  framing.content_length = send_left_bytes_;
  if (is_head_ || head.status == 204 || head.status == 304) {
    // RFC 9110 section 8.6: none in 204; in the others what the same GET would say.
    send_kind_ = Kind::kNone;
    if (head.status != 204) {
      framing.kind = is_head_ && length && (*length > 0 || !head.headers.Has("content-length"))
                         ? Kind::kContentLength
                         : Kind::kAsGiven;
    }
  } else {
    framing.kind = length                ? Kind::kContentLength
                   : minor_version_ >= 1 ? Kind::kChunked
                                         : Kind::kUntilClose;
    send_kind_ = framing.kind;
  }
  close_after_ = !KeepsConnection(head) || framing.kind == Kind::kUntilClose;
  if (close_after_) {
    framing.connection = "close";
  } else if (minor_version_ == 0) {
    framing.connection = "keep-alive";
  }
  return framing;
}

void ServerConnection::Respond(ResponseHead head, std::string_view body) {
  CHECK(!response_started_);
  response_started_ = true;
  h1::SendFraming framing = FramingOf(head, body.size());
  absl::Status status = h1::SerializeResponseHead(head, framing, server_.Date(), &output_);
  if (!status.ok()) {
    LogWarn("answer refused: {}", Message(status));
    SendError(500, "the answer has a malformed head");
  } else if (send_kind_ == h1::SendFraming::Kind::kContentLength) {
    Send(body);
  }
  ResponseDone();
}

void ServerConnection::StartResponse(const ResponseHead& head, std::optional<uint64_t> length) {
  CHECK(!response_started_);
  response_started_ = true;
  h1::SendFraming framing = FramingOf(head, length);
  absl::Status status = h1::SerializeResponseHead(head, framing, server_.Date(), &output_);
  if (!status.ok()) {
    LogWarn("answer refused: {}", Message(status));
    SendError(500, "the answer has a malformed head");
    send_kind_ = h1::SendFraming::Kind::kNone;  // what is written to the sink is dropped
  }
  ScheduleTurnEnd();
}

bool ServerConnection::WriteBody(std::string_view bytes) {
  if (bytes.empty()) return true;
  switch (send_kind_) {
    case h1::SendFraming::Kind::kContentLength:
      if (bytes.size() > send_left_bytes_) {
        AbortResponse();
        return true;
      }
      send_left_bytes_ -= bytes.size();
      Send(bytes);
      break;
    case h1::SendFraming::Kind::kChunked:
      h1::AppendChunkHeader(bytes.size(), &output_);
      Send(bytes, h1::kChunkEnd);
      break;
    case h1::SendFraming::Kind::kUntilClose:
      Send(bytes);
      break;
    case h1::SendFraming::Kind::kNone:
    case h1::SendFraming::Kind::kAsGiven:
      return true;
  }
  if (!output_full()) return true;
  drained_owed_ = true;
  ScheduleTurnEnd();
  return false;
}

void ServerConnection::EndBody() {
  if (send_kind_ == h1::SendFraming::Kind::kContentLength && send_left_bytes_ > 0) {
    AbortResponse();
    return;
  }
  if (send_kind_ == h1::SendFraming::Kind::kChunked) {
    if (trailers_.empty()) {
      Send(h1::kLastChunk);
    } else {
      std::string last;
      h1::AppendLastChunk(trailers_, &last);
      Send(last);
    }
  }
  ResponseDone();
}

void ServerConnection::AbortResponse() {
  exchange_->peer_ = nullptr;
  exchange_ = nullptr;
  Flush();
  // Without framing only a reset tells truncation from the end.
  if (send_kind_ == h1::SendFraming::Kind::kUntilClose) tcp_->Break();
  Retire();
}

std::unique_ptr<ByteStream> ServerConnection::SwitchProtocols(const ResponseHead& head,
                                                              std::string_view protocol,
                                                              std::string* unread) {
  if (minor_version_ == 0 || !request_done_ || response_started_ || eof_ || input_.advancing()) {
    return nullptr;
  }
  std::string text;
  if (!h1::SerializeSwitch(head, protocol, &text).ok()) return nullptr;
  Send(text);
  Flush();
  *unread = input_.Take();
  Exchange* exchange = std::exchange(exchange_, nullptr);
  exchange->peer_ = nullptr;
  exchange->answered_ = true;
  tcp_->PauseReading();
  std::unique_ptr<ByteStream> stream = std::move(tcp_);
  Retire();
  return stream;
}

void ServerConnection::ResponseDone() {
  response_done_ = true;
  if (Exchange* exchange = std::exchange(exchange_, nullptr)) {
    exchange->peer_ = nullptr;
    exchange->answered_ = true;
  }
  if (discarding()) RunBodyWindow(true);
  ScheduleTurnEnd();
}

void ServerConnection::SendError(int status, std::string_view reason) {
  close_after_ = true;
  ResponseHead head;
  head.status = status;
  head.headers.Append("content-type", "text/plain");
  std::string text = fmt::format("{} {}: {}\n", status, ReasonPhrase(status), reason);
  h1::SendFraming framing;
  framing.kind = h1::SendFraming::Kind::kContentLength;
  framing.content_length = text.size();
  framing.connection = "close";
  CHECK(h1::SerializeResponseHead(head, framing, server_.Date(), &output_).ok());
  if (!(is_head_ && phase_ == Phase::kExchange)) output_.append(text);
  ScheduleTurnEnd();
}

void ServerConnection::OnExchangeDestroyed() {
  exchange_ = nullptr;
  if (phase_ == Phase::kClosed) return;
  if (eof_) {
    Retire();
  } else if (!response_started_) {
    response_started_ = true;
    SendError(default_status_, default_reason_);
    ResponseDone();
  } else {
    Flush();
    if (send_kind_ == h1::SendFraming::Kind::kUntilClose) tcp_->Break();
    Retire();
  }
}

void ServerConnection::Refuse(int status, std::string_view reason) {
  LogDebug("{}: refused with {}: {}", facts_->peer.ToString(), status, reason);
  ++server_.statistics_.requests_refused;
  SendError(status, reason);
  BeginClose();
}

// The rest of the request cannot be had. The handler hears of it and may answer at once; else we
// do.
void ServerConnection::FailRequest(const absl::Status& error, int status) {
  close_after_ = true;
  request_done_ = true;
  RunBodyWindow(false);
  default_status_ = status;
  default_reason_ = Message(error);
  ++server_.statistics_.requests_refused;
  if (ConnectionBody* body = std::exchange(body_, nullptr)) body->Fail(error);
  if (phase_ != Phase::kExchange || exchange_ == nullptr || response_started_) return;
  response_started_ = response_done_ = true;
  SendError(default_status_, default_reason_);
  DetachExchange();
}

void ServerConnection::DetachExchange() {
  Exchange* exchange = std::exchange(exchange_, nullptr);
  exchange->peer_ = nullptr;
  if (auto closed = std::exchange(exchange->closed_, nullptr)) closed();
}

void ServerConnection::BeginClose() {
  phase_ = Phase::kClosing;
  input_.Clear();
  if (ConnectionBody* body = std::exchange(body_, nullptr)) {
    body->Fail(Cancelled("the connection closes"));
    if (phase_ != Phase::kClosing) return;
  }
  Flush();
  if (tcp_->write_queue_bytes() == 0) StartLinger();
}

void ServerConnection::StartLinger() {
  phase_ = Phase::kLingering;
  if (eof_) {
    Retire();
    return;
  }
  tcp_->ShutdownWrite();
  phase_due_ = server_.loop_.Now() + limits_.linger;
}

void ServerConnection::Retire() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  timer_.Stop();
  tcp_.reset();
  server_.Bury(*this);
  if (ConnectionBody* body = std::exchange(body_, nullptr)) {
    body->Fail(Cancelled("connection lost"));
  }
  if (exchange_ != nullptr) DetachExchange();
}

void ServerConnection::OnError(const absl::Status&) {
  Retire();
}

void ServerConnection::RunBodyWindow(bool run) {
  if (run == (window_due_ != MonotonicTime::max())) return;
  MonotonicTime now = server_.loop_.Now();
  if (run) {
    window_due_ = now + (window_left_ > Duration(0) ? window_left_ : limits_.body_window);
  } else {
    // A reader that pauses after each piece must not give a dripping client a new window each time.
    window_left_ = std::max(window_due_ - now, Duration(1));
    window_due_ = MonotonicTime::max();
  }
}

MonotonicTime ServerConnection::NextDue() {
  MonotonicTime due = std::min(
      window_due_,
      stall_.NextDue(server_.loop_.clock(), tcp_->write_queue_bytes(), limits_.write_stall));
  return phase_ == Phase::kClosing ? due : std::min(due, phase_due_);
}

void ServerConnection::OnTimer() {
  MonotonicTime now = server_.loop_.Now();
  if (stall_.Expired(now, tcp_->write_queue_bytes())) {
    ++server_.statistics_.deadlines_missed;
    Retire();
    return;
  }
  if (window_due_ <= now) {
    if (window_bytes_ < limits_.body_window_bytes_min) {
      ++server_.statistics_.deadlines_missed;
      FailRequest(DeadlineExceeded("the body comes too slowly"), 408);
      ScheduleTurnEnd();
    } else {
      window_bytes_ = 0;
      window_due_ = now + limits_.body_window;
    }
  }
  if (phase_ != Phase::kClosing && phase_ != Phase::kClosed && phase_due_ <= now) OnPhaseDeadline();
  if (phase_ != Phase::kClosed) Settle();
}

void ServerConnection::OnPhaseDeadline() {
  switch (phase_) {
    case Phase::kHead:
      if (parser_.in_head()) {
        ++server_.statistics_.deadlines_missed;
        Refuse(408, "the head comes too slowly");
      } else {
        BeginClose();  // idle: nothing is wrong
      }
      break;
    case Phase::kExchange:
      ++server_.statistics_.deadlines_missed;
      FailRequest(DeadlineExceeded("the request takes too long"), 503);
      if (exchange_ != nullptr || body_ != nullptr) Retire();
      ScheduleTurnEnd();
      break;
    case Phase::kLingering:
      Retire();
      break;
    case Phase::kClosing:
    case Phase::kClosed:
      break;
  }
}

}  // namespace terrella::http
