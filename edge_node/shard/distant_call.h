// DistantCall: a subrequest by HTTP to a server that stands at a modelled distance: half a round
// trip before the request leaves, half before its answer is told. What more a server costs (a
// handshake), and how its failures are called, is for who derives from it.
//
// Thread: the shard's loop. Destroying one cancels it; the body it handed out lives on by itself.
#pragma once

#include <memory>
#include <string>

#include "edge_node/runtime/host.h"
#include "edge_node/shard/subrequest.h"
#include "http/client/client.h"

namespace terrella::edge {

class DistantCall : public runtime::Subrequest, private http::ResponseObserver {
 public:
  // What is asked for goes into `request`, which says where; fields of one connection stay behind.
  DistantCall(EventLoop& loop, http::Client& client, Duration rtt, http::ClientRequest request,
              UrlParts url, runtime::OutboundRequest asked, runtime::SubrequestObserver& observer);

 protected:
  enum class Answer { kResponse, kSocket, kFailure };
  // What is waited for besides the way back.
  virtual Duration ExtraOf(Answer answer) const = 0;
  virtual absl::Status FailureOf(const absl::Status& status) const { return status; }
  // The request leaves now.
  virtual void OnDepart() {}
  virtual std::unique_ptr<http::MessageChannel> SocketOf(
      std::unique_ptr<http::MessageChannel> socket) {
    return socket;
  }

  EventLoop& loop() { return loop_; }
  Duration rtt() const { return rtt_; }
  // For fields of our own, until the request leaves: not before the loop's next turn.
  http::Headers& request_headers() { return request_.head.headers; }
  const http::Call& call() const { return *call_; }

 private:
  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override;
  void OnSwitched(http::ResponseHead head, std::unique_ptr<ByteStream> stream,
                  std::string unread) override;
  void OnError(const absl::Status& status) override;
  void AskForSocket();
  void Arrive(Answer answer);
  void Deliver();

  EventLoop& loop_;
  http::Client& client_;
  const Duration rtt_;
  http::ClientRequest request_;
  runtime::SubrequestObserver& observer_;
  std::unique_ptr<http::Call> call_;
  http::ResponseHead head_;
  std::unique_ptr<http::BodySource> body_;
  std::unique_ptr<http::MessageChannel> socket_;
  std::string key_, protocols_;  // of a request for a WebSocket
  absl::Status status_;
  Timer depart_, arrive_;
};

}  // namespace terrella::edge
