// H2Stream: one request of an HTTP/2 connection and its answer.
//
// The request's bytes that nobody reads yet wait here, at most the stream's window of them; handing
// them on opens the window again. The answer's bytes wait here for the peer's window.
//
// Thread: the server's loop. Owned by its H2Connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/connection_body.h"
#include "http/h2/server_session.h"
#include "http/server/exchange_peer.h"
#include "http/server/server.h"

namespace terrella::http {

class H2Connection;

class H2Stream final : public ExchangePeer, public h2::StreamHandler, public ConnectionBody::Owner {
 public:
  H2Stream(H2Connection& connection, const h2::IncomingRequest& request);
  ~H2Stream();

  int32_t id() const { return id_; }
  // The exchange for the handler, once.
  std::unique_ptr<Exchange> MakeExchange(RequestHead head, std::shared_ptr<ConnectionFacts> facts,
                                         uint64_t index);
  void OnTurnEnd();
  // Looks at the deadlines; returns the next one.
  MonotonicTime CheckDeadlines(MonotonicTime now);
  // The connection is gone.
  void Fail(const absl::Status& error);
  bool scheduled = false;

  // ExchangePeer
  std::unique_ptr<BodySource> TakeBody() override;
  void Respond(ResponseHead head, std::string_view body) override;
  void StartResponse(const ResponseHead& head, std::optional<uint64_t> length) override;
  bool WriteBody(std::string_view bytes) override;
  void SetTrailers(Headers&& trailers) override;
  void EndBody() override;
  void AbortResponse() override;
  std::unique_ptr<ByteStream> SwitchProtocols(const ResponseHead&, std::string_view,
                                              std::string*) override {
    return nullptr;  // RFC 9113 section 8.6
  }
  void OnExchangeDestroyed() override;

  // h2::StreamHandler
  void OnData(std::string_view bytes) override;
  void OnEnd(Headers&& trailers) override;
  size_t OnProduce(char* out, size_t max, bool* last) override;
  void OnClosed() override;

 private:
  // ConnectionBody::Owner
  void OnBodyReading() override;
  void OnBodyPaused() override;
  void OnBodyDestroyed() override;

  void Deliver();
  void Submit(const ResponseHead& head, std::optional<uint64_t> length);
  void SendError(int status);
  void ResponseDone();
  void FailRequest(const absl::Status& error, int status);
  void DetachExchange();
  void RunBodyWindow(bool run);
  size_t unsent_bytes() const { return output_.size() - sent_bytes_; }

  H2Connection& connection_;
  const int32_t id_;
  const std::optional<uint64_t> length_;
  const bool has_body_;
  bool continue_owed_;
  bool is_head_ = false;
  bool closed_ = false;

  // The request.
  Exchange* exchange_ = nullptr;
  ConnectionBody* body_ = nullptr;
  bool body_taken_ = false;
  bool body_refused_ = false;  // the rest is thrown away
  bool request_ended_;
  std::string input_;  // received, not handed on
  Headers request_trailers_;
  uint64_t body_bytes_ = 0;

  // The answer.
  bool response_started_ = false;
  bool sends_body_ = false;
  bool output_ended_ = false;
  std::optional<uint64_t> send_left_bytes_;  // of a declared length
  std::string output_;
  size_t sent_bytes_ = 0;  // of output_
  bool drained_owed_ = false;
  int default_status_ = 500;

  // Deadlines.
  MonotonicTime request_due_;
  MonotonicTime window_due_ = MonotonicTime::max();
  Duration window_left_{};
  size_t window_bytes_ = 0;
  MonotonicTime stall_due_ = MonotonicTime::max();
  bool took_any_ = false;  // the peer took some output since the clock began to run
};

}  // namespace terrella::http
