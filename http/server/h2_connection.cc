#include "http/server/h2_connection.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::http {
namespace {

// Frames are gathered up to here, then written.
constexpr size_t kGatherBytesMax = 64 * 1024;
constexpr size_t kIdleBufferBytesMax = 1024;

}  // namespace

H2Connection::H2Connection(Server::Impl& server, std::unique_ptr<ByteStream> stream,
                           std::shared_ptr<ConnectionFacts> facts)
    : server_(server),
      limits_(server.options_.limits),
      tcp_(std::move(stream)),
      facts_(std::move(facts)),
      timer_(server.loop_, [this] { OnTimer(); }),
      session_(limits_.h2, server.loop_.clock(), *this) {
  tcp_->set_observer(this);
}

H2Connection::~H2Connection() = default;

void H2Connection::Start(std::string_view fresh) {
  // The first request has as long as the first head of an HTTP/1.1 connection.
  phase_due_ = facts_->accepted + limits_.head_deadline;
  if (server_.IsLeaving(*this)) Leave();
  OnRead(fresh);
}

void H2Connection::OnRead(std::string_view bytes) {
  if (phase_ != Phase::kOpen && phase_ != Phase::kLeaving) return;
  in_session_ = true;
  const absl::Status status = session_.Receive(bytes);
  in_session_ = false;
  if (phase_ == Phase::kClosed) return;
  if (!status.ok()) {
    LogDebug("{}: HTTP/2 connection refused: {}", facts_->peer.ToString(), Message(status));
    ++server_.statistics_.requests_refused;
    Flush();
    BeginClose();
  }
  if (session_.wants_write()) ScheduleTurnEnd();
  Settle();
}

h2::StreamHandler* H2Connection::OnRequest(h2::IncomingRequest request) {
  ++requests_;
  if (server_.IsLeaving(*this) || requests_ >= limits_.requests_per_connection_max) Leave();
  auto owned = std::make_unique<H2Stream>(*this, request);
  H2Stream* stream = owned.get();
  streams_[request.stream] = std::move(owned);
  auto exchange = stream->MakeExchange(std::move(request.head), facts_, requests_ - 1);
  if (request.length_bytes.value_or(0) > limits_.body_bytes_max) {
    exchange->Respond({.status = 413}, "body is too large\n");
    ++server_.statistics_.requests_refused;
    return stream;
  }
  server_.CountRequest(*this);
  server_.handler_(std::move(exchange));
  return stream;
}

void H2Connection::OnRefused(std::string_view reason) {
  LogDebug("{}: HTTP/2 request refused: {}", facts_->peer.ToString(), reason);
  ++server_.statistics_.requests_refused;
}

void H2Connection::OnStreamClosed(int32_t id) {
  auto found = streams_.find(id);
  closed_.push_back(std::move(found->second));
  streams_.erase(found);
  if (streams_.empty()) phase_due_ = server_.loop_.Now() + limits_.idle_deadline;
  ScheduleTurnEnd();
}

void H2Connection::Schedule(H2Stream& stream) {
  if (std::exchange(stream.scheduled, true)) return;
  scheduled_.push_back(stream.id());
  ScheduleTurnEnd();
}

void H2Connection::ScheduleTurnEnd() {
  if (turn_end_scheduled_ || phase_ == Phase::kClosed) return;
  turn_end_scheduled_ = true;
  server_.turn_end_.Add(*this);
}

void H2Connection::OnTurnEnd() {
  turn_end_scheduled_ = false;
  if (phase_ == Phase::kClosed) return;
  RunStreams();
  if (phase_ == Phase::kClosed) return;
  Flush();
  closed_.clear();
  Settle();
}

void H2Connection::RunStreams() {
  for (int32_t id : std::exchange(scheduled_, {})) {
    auto found = streams_.find(id);
    if (found == streams_.end()) continue;
    found->second->scheduled = false;
    found->second->OnTurnEnd();
    if (phase_ == Phase::kClosed) return;
  }
}

void H2Connection::Flush() {
  if (in_session_) return ScheduleTurnEnd();
  in_session_ = true;
  bool more = true;
  while (more && tcp_->write_queue_bytes() < limits_.write_queue_bytes_high) {
    more = session_.Produce(&output_, kGatherBytesMax);
    if (output_.empty()) break;
    stall_.Sent(output_.size());
    tcp_->Write(output_);
    output_.clear();
  }
  in_session_ = false;
  if (output_.capacity() > kIdleBufferBytesMax && streams_.empty()) output_.shrink_to_fit();
}

void H2Connection::Settle() {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kLeaving && said_last_ && streams_.empty()) BeginClose();
  if ((phase_ == Phase::kOpen || phase_ == Phase::kLeaving) && session_.finished()) BeginClose();
  if (phase_ == Phase::kClosed) return;
  // The first byte of a header block starts its clock.
  if (!session_.in_head()) {
    head_due_ = MonotonicTime::max();
  } else if (head_due_ == MonotonicTime::max()) {
    head_due_ = server_.loop_.Now() + limits_.head_deadline;
  }
  // A peer that does not take its answers sends no more requests.
  const bool want =
      phase_ >= Phase::kClosing || tcp_->write_queue_bytes() < limits_.write_queue_bytes_high;
  if (want != tcp_->reading()) {
    if (want) {
      tcp_->StartReading();
    } else {
      tcp_->PauseReading();
    }
  }
  timer_.NeedBy(NextDue());
}

void H2Connection::OnWriteDrained() {
  if (phase_ == Phase::kClosing) {
    BeginClose();
  } else {
    Flush();
  }
  Settle();
}

void H2Connection::OnReadEof() {
  Retire();
}

void H2Connection::Drain() {
  Leave();
  Flush();
  Settle();
}

void H2Connection::Leave() {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kLeaving;
  session_.WarnGoAway();
  session_.Ping();
  phase_due_ = server_.loop_.Now() + limits_.linger;
  timer_.NeedBy(phase_due_);
  ScheduleTurnEnd();
}

void H2Connection::OnPong() {
  LastWord();
}

void H2Connection::LastWord() {
  if (phase_ != Phase::kLeaving || std::exchange(said_last_, true)) return;
  session_.GoAway(h2::ServerSession::Code::kNoError);
  ScheduleTurnEnd();
}

void H2Connection::BeginClose() {
  if (tcp_->write_queue_bytes() > 0) {
    phase_ = Phase::kClosing;
    return;
  }
  if (phase_ == Phase::kLingering) return;
  phase_ = Phase::kLingering;
  tcp_->ShutdownWrite();
  phase_due_ = server_.loop_.Now() + limits_.linger;
}

void H2Connection::Retire() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  timer_.Stop();
  session_.Stop();
  tcp_.reset();
  auto streams = std::exchange(streams_, {});
  for (auto& [id, stream] : streams) stream->Fail(Cancelled("connection lost"));
  for (auto& [id, stream] : streams) closed_.push_back(std::move(stream));
  server_.Bury(*this);
}

MonotonicTime H2Connection::NextDue() {
  MonotonicTime due = std::min(
      head_due_,
      stall_.NextDue(server_.loop_.clock(), tcp_->write_queue_bytes(), limits_.write_stall));
  const bool idle = phase_ == Phase::kOpen && !streams_.empty();
  return idle || phase_ == Phase::kClosing ? due : std::min(due, phase_due_);
}

void H2Connection::OnTimer() {
  const MonotonicTime now = server_.loop_.Now();
  if (stall_.Expired(now, tcp_->write_queue_bytes()) || head_due_ <= now) {
    ++server_.statistics_.deadlines_missed;
    Retire();
    return;
  }
  MonotonicTime next = MonotonicTime::max();
  std::vector<H2Stream*> streams;
  for (auto& [id, stream] : streams_) streams.push_back(stream.get());
  for (H2Stream* stream : streams) {  // what one does may fail others, but frees none
    next = std::min(next, stream->CheckDeadlines(now));
    if (phase_ == Phase::kClosed) return;
  }
  timer_.NeedBy(next);
  if (phase_due_ <= now) {
    switch (phase_) {
      case Phase::kOpen:
        if (streams_.empty()) {
          if (requests_ == 0) ++server_.statistics_.deadlines_missed;
          session_.GoAway(h2::ServerSession::Code::kNoError);
          Flush();
          BeginClose();
        }
        break;
      case Phase::kLeaving:
        LastWord();
        phase_due_ = MonotonicTime::max();
        break;
      case Phase::kLingering:
        Retire();
        return;
      case Phase::kClosing:
      case Phase::kClosed:
        break;
    }
  }
  Flush();
  Settle();
}

}  // namespace terrella::http
