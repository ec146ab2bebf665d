// ClientConnection: one connection of a Client, carrying one call at a time.
//
//   kConnecting --OnConnected--> kBusy --FinishCall--> kIdle --Take--> kBusy ...
//   any --Retire--> kClosed
//
// Thread: the loop's. Owns: the socket, and the request's body while it is sent. Invariants: (1)
// call_ is set in kConnecting, and in kBusy until the call or the response ends; (2) bytes are
// parsed only by Advance, which never runs inside itself; (3) the object is freed at the end of the
// turn in which it closed.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/tcp.h"
#include "http/client/call.h"
#include "http/client/client_impl.h"
#include "http/connection_body.h"
#include "http/deadline_timer.h"
#include "http/h1/response_parser.h"
#include "http/unparsed_input.h"
#include "http/write_stall.h"

namespace terrella::http {

class ClientConnection final : public ByteStream::Observer,
                               private BodySource::Reader,
                               public ConnectionBody::Owner {
 public:
  ClientConnection(Client::Impl& client, Client::Impl::Target target,
                   const h1::ParserLimits& parser_limits);
  ~ClientConnection() override;

  void Connect(CallImpl& call);
  // Gives an idle connection its next call.
  void Take(CallImpl& call);
  void Retire();
  void OnTurnEnd();
  const Client::Impl::Target& target() const { return target_; }

  // From the call.
  void OnCallDestroyed();

  // ByteStream::Observer
  void OnRead(std::string_view bytes) override;
  void OnReadEof() override;
  void OnWriteDrained() override;
  void OnError(const absl::Status& status) override;

  std::list<std::unique_ptr<ClientConnection>>::iterator position;  // in the client's list

 private:
  enum class State { kConnecting, kBusy, kIdle, kClosed };

  // BodySource::Reader, of the request's body.
  void OnBodyData(std::string_view bytes) override;
  void OnBodyTrailers(Headers&& trailers) override { request_trailers_ = std::move(trailers); }
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  // ConnectionBody::Owner, of the response's body.
  void OnBodyReading() override;
  void OnBodyPaused() override;
  void OnBodyDestroyed() override;

  void OnConnected(const absl::Status& status);
  void StartTls();
  void OnHandshake(const absl::Status& status);
  void Connected();
  void SwitchProtocols(std::string_view* in);
  void Begin();
  void RequestSent();
  void StartBody();
  void Write(std::string_view first, std::string_view second = {});
  void Advance(std::string_view fresh);
  void AdvanceLoop(std::string_view* in);
  void DeliverHead();
  void FinishCall();
  void EndAtEof();
  void Fail(const absl::Status& status);
  void Lost(const absl::Status& status);
  void Settle();
  void ScheduleTurnEnd();
  void WantBody(bool wanted);
  void OnTimer();
  MonotonicTime NextDue();

  Client::Impl& client_;
  const Client::Impl::Target target_;
  std::unique_ptr<ByteStream> tcp_;
  h1::ResponseParser parser_;
  State state_ = State::kConnecting;
  bool turn_end_scheduled_ = false;
  bool eof_ = false;
  UnparsedInput input_;

  CallImpl* call_ = nullptr;
  ClientLimits limits_;  // of the current call
  std::unique_ptr<BodySource> request_body_;
  bool chunked_ = false;
  uint64_t request_left_bytes_ = 0;
  Headers request_trailers_;
  bool request_sent_ = false;
  bool request_paused_ = false;
  bool body_start_owed_ = false;
  bool awaits_continue_ = false;
  bool heard_any_ = false;
  bool head_delivered_ = false;
  bool last_call_ = false;  // the connection is not to be used again
  ConnectionBody* body_ = nullptr;

  DeadlineTimer timer_;
  MonotonicTime due_ = MonotonicTime::max();
  WriteStall stall_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace terrella::http
