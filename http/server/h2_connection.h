// H2Connection: a connection of a Server that speaks HTTP/2: the socket, the deadlines and the set
// of streams around an h2::ServerSession.
//
//   kOpen --Drain, too many requests--> kLeaving --no stream left--> kClosing --> kClosed
//   kOpen --abuse, idle------------------------------------------->
//
// kLeaving  a GOAWAY has warned the peer; at its pong (or after `linger`) the last one follows
// kClosing  what is queued is sent, then FIN; input is thrown away
//
// Thread: the server's loop. Owns: the socket, the session, the streams. Invariants: (1) frames are
// read only in Receive and made only in Flush, neither inside the other; (2) a stream is freed when
// the session says it is closed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_stream.h"
#include "http/deadline_timer.h"
#include "http/h2/server_session.h"
#include "http/server/h2_stream.h"
#include "http/server/server.h"
#include "http/server/session.h"
#include "http/write_stall.h"

namespace terrella::http {

class H2Connection final : public Session, public ByteStream::Observer, private h2::SessionHandler {
 public:
  H2Connection(Server::Impl& server, std::unique_ptr<ByteStream> stream,
               std::shared_ptr<ConnectionFacts> facts);
  ~H2Connection() override;

  // `fresh`: what was received already, the preface first.
  void Start(std::string_view fresh);

  // Session
  void Drain() override;
  void Retire() override;
  void OnTurnEnd() override;

  // From the streams.
  Server::Impl& server() { return server_; }
  const ServerLimits& limits() const { return limits_; }
  h2::ServerSession& session() { return session_; }
  // Has something to be sent.
  void ScheduleTurnEnd();
  // Calls stream.OnTurnEnd() at the end of the turn.
  void Schedule(H2Stream& stream);
  void NeedBy(MonotonicTime due) { timer_.NeedBy(due); }
  void OnStreamClosed(int32_t stream);
  void CountRefused() { ++server_.statistics_.requests_refused; }
  void CountMissedDeadline() { ++server_.statistics_.deadlines_missed; }

  // ByteStream::Observer
  void OnRead(std::string_view bytes) override;
  void OnReadEof() override;
  void OnWriteDrained() override;
  void OnError(const absl::Status&) override { Retire(); }

 private:
  enum class Phase { kOpen, kLeaving, kClosing, kLingering, kClosed };

  // h2::SessionHandler
  h2::StreamHandler* OnRequest(h2::IncomingRequest request) override;
  void OnRefused(std::string_view reason) override;
  void OnPong() override;

  void Leave();
  void LastWord();
  void Flush();
  void Settle();
  void BeginClose();
  void RunStreams();
  MonotonicTime NextDue();
  void OnTimer();

  Server::Impl& server_;
  const ServerLimits& limits_;
  std::unique_ptr<ByteStream> tcp_;
  const std::shared_ptr<ConnectionFacts> facts_;
  Phase phase_ = Phase::kOpen;
  bool turn_end_scheduled_ = false;
  bool in_session_ = false;  // Receive or Flush is on the stack
  bool said_last_ = false;   // the last GOAWAY is out
  std::unordered_map<int32_t, std::unique_ptr<H2Stream>> streams_;
  std::vector<int32_t> scheduled_;
  std::vector<std::unique_ptr<H2Stream>> closed_;  // freed when nothing is on the stack
  uint64_t requests_ = 0;
  std::string output_;
  DeadlineTimer timer_;
  MonotonicTime phase_due_;
  MonotonicTime head_due_ = MonotonicTime::max();
  WriteStall stall_;
  h2::ServerSession session_;  // first to go
};

}  // namespace terrella::http
