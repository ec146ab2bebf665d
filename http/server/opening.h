// Opening: a connection whose protocol is not known yet.
//
//   kProxy --header, or the first byte shows that there is none--> kSniff
//   kSniff --first bytes--> HTTP/1.1 (server_connection.h) or HTTP/2 (h2_connection.h)
//      `----a TLS record--> kTls --handshake done, by ALPN--> HTTP/1.1 or HTTP/2
//
// HTTP/2 shows itself by its preface (RFC 9113 section 3.4), TLS by the type of its first record
// (RFC 8446 section 5.1). No HTTP/1.1 request begins with either.
//
// Thread: the server's loop. Owns: the socket, until it is handed on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/server/server.h"
#include "http/server/session.h"

namespace terrella::http {

class ServerConnection;
class TlsStream;

class Opening final : public Session, public ByteStream::Observer {
 public:
  Opening(Server::Impl& server, std::unique_ptr<TcpConnection> tcp);
  ~Opening() override;

  void Start();
  // Answers 503 and closes: there are too many connections.
  void RefuseBusy();

  // Session
  void Drain() override { Retire(); }
  void Retire() override;
  void OnTurnEnd() override {}

  // ByteStream::Observer
  void OnRead(std::string_view bytes) override;
  void OnReadEof() override;
  void OnError(const absl::Status&) override { Retire(); }

 private:
  enum class Phase { kProxy, kSniff, kTls, kOver };

  bool TakeProxyHeader(std::string_view* in);
  void Sniff(std::string_view in);
  void StartTls(std::string_view in);
  void OnHandshake(const absl::Status& status);
  ServerConnection& BecomeHttp1();
  void BecomeHttp2(std::string_view in);

  Server::Impl& server_;
  std::unique_ptr<ByteStream> stream_;
  TlsStream* tls_ = nullptr;  // stream_, while it is one
  std::shared_ptr<ConnectionFacts> facts_;
  Phase phase_;
  std::string held_;  // received, and not enough
  Timer deadline_;
};

}  // namespace terrella::http
