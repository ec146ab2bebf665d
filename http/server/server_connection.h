// ServerConnection: a connection of a Server that speaks HTTP/1.1, to its last byte.
//
//   kHead --StartExchange--> kExchange --FinishExchange--> kHead ...
//     |                          |
//     +--BeginClose--------------+--> kClosing --StartLinger--> kLingering
//   any --Retire--> kClosed
//
// kHead       no exchange; between requests, or inside a head
// kExchange   a request is with the handler, or its body is still to be read, or its answer to be
//             written
// kClosing    the last answer is queued; input is thrown away
// kLingering  our FIN is sent; input is thrown away until the peer's FIN (RFC 9112 section 9.6)
// kClosed     the socket is gone; the object lives until the end of the loop's turn
//
// Thread: the server's loop. Owns: the socket. Invariants: (1) exchange_ is set exactly while an
// answer is owed; (2) bytes are parsed only by Advance, which never runs inside itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/byte_stream.h"
#include "base/event_loop.h"
#include "http/connection_body.h"
#include "http/deadline_timer.h"
#include "http/h1/request_parser.h"
#include "http/h1/serialize.h"
#include "http/server/exchange_peer.h"
#include "http/server/server.h"
#include "http/server/session.h"
#include "http/unparsed_input.h"
#include "http/write_stall.h"

namespace terrella::http {

class ServerConnection final : public Session,
                               public ByteStream::Observer,
                               public ExchangePeer,
                               public ConnectionBody::Owner {
 public:
  ServerConnection(Server::Impl& server, std::unique_ptr<ByteStream> stream,
                   std::shared_ptr<ConnectionFacts> facts);
  ~ServerConnection() override;

  // `fresh`: what was received already.
  void Start(std::string_view fresh);
  // Answers 503 and closes: there are too many connections.
  void RefuseBusy();

  // Session
  void Drain() override;
  void Retire() override;
  void OnTurnEnd() override;

  // ExchangePeer
  std::unique_ptr<BodySource> TakeBody() override;
  void Respond(ResponseHead head, std::string_view body) override;
  void StartResponse(const ResponseHead& head, std::optional<uint64_t> length) override;
  bool WriteBody(std::string_view bytes) override;
  void SetTrailers(Headers&& trailers) override { trailers_ = std::move(trailers); }
  void EndBody() override;
  void AbortResponse() override;
  std::unique_ptr<ByteStream> SwitchProtocols(const ResponseHead& head, std::string_view protocol,
                                              std::string* unread) override;
  void OnExchangeDestroyed() override;

  // ByteStream::Observer
  void OnRead(std::string_view bytes) override;
  void OnReadEof() override;
  void OnWriteDrained() override;
  void OnError(const absl::Status& status) override;

 private:
  enum class Phase { kHead, kExchange, kClosing, kLingering, kClosed };

  // ConnectionBody::Owner, of the request's body.
  void OnBodyReading() override;
  void OnBodyPaused() override;
  void OnBodyDestroyed() override;

  // Input.
  void Advance(std::string_view fresh);
  void AdvanceLoop(std::string_view* in);
  bool AdvanceHead(std::string_view* in);
  bool AdvanceExchange(std::string_view* in);
  bool AdvanceBody(std::string_view* in);
  void EndRequestBody();
  void StartExchange();
  void FinishExchange();
  void Settle();
  void UpdateReading();
  bool discarding() const { return response_done_ && body_ == nullptr && !request_done_; }
  bool BodyFitsDiscard() const;

  // Output.
  void Send(std::string_view first, std::string_view second = {});
  void Flush();
  void ScheduleTurnEnd();
  bool output_full() const;
  h1::SendFraming FramingOf(const ResponseHead& head, std::optional<uint64_t> length);
  bool KeepsConnection(const ResponseHead& head) const;
  void ResponseDone();
  void SendError(int status, std::string_view reason);

  // Endings.
  void Refuse(int status, std::string_view reason);
  void FailRequest(const absl::Status& error, int status);
  void DetachExchange();
  void BeginClose();
  void StartLinger();

  // Deadlines.
  MonotonicTime NextDue();
  void OnTimer();
  void OnPhaseDeadline();
  void RunBodyWindow(bool run);

  Server::Impl& server_;
  const ServerLimits& limits_;
  std::unique_ptr<ByteStream> tcp_;
  const std::shared_ptr<ConnectionFacts> facts_;
  h1::RequestParser parser_;
  Phase phase_ = Phase::kHead;
  bool turn_end_scheduled_ = false;
  bool eof_ = false;
  bool close_after_ = false;
  UnparsedInput input_;
  std::string output_;  // written in this turn, not sent yet
  uint64_t requests_ = 0;

  // The current exchange.
  Exchange* exchange_ = nullptr;
  ConnectionBody* body_ = nullptr;
  bool body_taken_ = false;
  bool request_done_ = false;
  bool response_started_ = false;
  bool response_done_ = false;
  bool continue_owed_ = false;
  bool is_head_ = false;
  int minor_version_ = 1;
  uint64_t body_bytes_ = 0;
  uint64_t discarded_bytes_ = 0;
  h1::SendFraming::Kind send_kind_ = h1::SendFraming::Kind::kNone;
  uint64_t send_left_bytes_ = 0;
  Headers trailers_;           // of the answer
  bool drained_owed_ = false;  // the sink said "full"
  // What to answer when the handler drops the exchange unanswered.
  int default_status_ = 500;
  std::string default_reason_;

  // Deadlines.
  DeadlineTimer timer_;
  MonotonicTime phase_due_;
  MonotonicTime window_due_ = MonotonicTime::max();  // max: the body is not wanted now
  Duration window_left_{};
  size_t window_bytes_ = 0;
  WriteStall stall_;
};

}  // namespace terrella::http
