// Server: an origin or gateway end on one EventLoop: accepts connections, reads requests, hands
// each to a handler as an Exchange, and writes the answers.
//
// One port takes HTTP/1.1 and HTTP/2, in the clear or inside TLS: a connection's first bytes tell
// (opening.h). The handler need not know. On HTTP/1.1 one exchange at a time runs on a connection
// and pipelined requests wait in the socket; on HTTP/2 many run side by side. Everything a peer can
// do slowly has a deadline, everything it can send has a size limit. What is malformed never
// reaches the handler. Out of scope: routing.
//
// Thread: the loop's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/byte_stream.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/h1/limits.h"
#include "http/h2/limits.h"
#include "http/message/body.h"
#include "http/message/message.h"
#include "http/proxy_protocol.h"
#include "http/tls/context.h"

namespace terrella::http {

struct ServerLimits {
  h1::ParserLimits parser;
  h2::Limits h2;
  ProxyLimits proxy;
  size_t connections_max = 16 * 1024;  // beyond: 503 and close
  // Not 0: a network (/24, IPv6 /56) has so many connections at most, and when all places are taken
  // one of those who should go is ended (base/client_table.h), in place of the 503. For servers
  // that clients reach without a forwarder.
  size_t connections_per_network_max = 0;
  size_t requests_per_connection_max = 100'000;  // then `connection: close`
  Duration head_deadline =
      std::chrono::seconds(10);  // from its first byte (or the accept) to its last
  Duration idle_deadline = std::chrono::seconds(60);  // between two requests
  // While a body is wanted, each window must bring `body_window_bytes_min` or the body's end.
  Duration body_window = std::chrono::seconds(10);
  size_t body_window_bytes_min = 1024;
  // While output is queued, each window must see the socket take some of it.
  Duration write_stall = std::chrono::seconds(30);
  Duration request_deadline = std::chrono::hours(1);  // from head to the last byte of the answer
  uint64_t body_bytes_max = 100u << 20;               // declared beyond: 413 before the handler
  // How much of a body nobody wants is read and thrown away to keep the connection.
  uint64_t discard_bytes_max = 256 * 1024;
  size_t write_queue_bytes_high =
      256 * 1024;  // a BodySink is full from here until the queue is empty
  // HTTP/2: of one stream's answer, waiting for the peer's window; its BodySink is full from here.
  size_t stream_queue_bytes_high = 64 * 1024;
  Duration linger =
      std::chrono::seconds(2);  // after our FIN: read and discard (RFC 9112 section 9.6)
};

struct ServerOptions {
  SocketAddress address;  // port 0 picks a free one
  bool reuse_port = false;
  ServerLimits limits;
  // Accepts a PROXY v2 header at the start of a connection; connections without one are served as
  // well.
  bool accept_proxy_protocol = false;
  // A peer that has sent FIN counts as gone (the usual choice of gateways): the closed callback
  // runs. The answer is written nevertheless when the handler goes on.
  bool fin_means_gone = true;
  // Answers the HTTP/2 preface in the clear (RFC 9113 section 3.3, prior knowledge).
  bool http2 = true;
  // Not null: a connection that begins with a TLS handshake gets one, on the same port. Connections
  // in the clear are served as well.
  std::shared_ptr<LazyTls> tls;
  const Clock* clock = nullptr;  // of the Date of answers; null: the loop's. Outlives the server.
};

class ExchangePeer;

// What a handler finds out about the client of a connection and wants back at its next request.
class ClientNote {
 public:
  virtual ~ClientNote() = default;
};

// What a TLS handshake agreed on.
struct TlsFacts {
  std::string version;  // "TLSv1.3"
  std::string cipher;   // "TLS_AES_256_GCM_SHA384"
};

// What all exchanges of one connection have in common. They share it and may outlive the
// connection.
struct ConnectionFacts {
  SocketAddress peer;              // the other end of the socket
  SocketAddress local;             // the address the connection was accepted on
  std::optional<ProxyInfo> proxy;  // what its PROXY header said
  std::optional<TlsFacts> tls;     // nothing: in the clear
  MonotonicTime accepted{};        // or when its TLS handshake was done
  std::shared_ptr<const ClientNote> note;
};

// Exchange: one request and its answer. Owned by the handler, which answers now or later by Respond
// or StartResponse, once. Destroying it unanswered gives the client a 500; destroying it in the
// middle of a streamed answer truncates that visibly. It may be destroyed from any of its
// callbacks, and may outlive its connection (its calls then do nothing).
//
// Thread: the server's loop.
class Exchange {
 public:
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const RequestHead& head() const { return head_; }
  // For handlers that pass the head on; head() is empty afterwards. HEAD-ness is remembered.
  RequestHead TakeHead() { return std::move(head_); }
  // The other end of the socket; for the client behind a forwarder see proxy().
  const SocketAddress& peer() const { return connection_facts_->peer; }
  // The address the connection was accepted on.
  const SocketAddress& local() const { return connection_facts_->local; }
  // What the PROXY header of this connection said; null when there was none. Valid while the
  // Exchange is.
  const ProxyInfo* proxy() const {
    return connection_facts_->proxy ? &*connection_facts_->proxy : nullptr;
  }
  // Null when the connection is in the clear. Valid while the Exchange is.
  const TlsFacts* tls() const {
    return connection_facts_->tls ? &*connection_facts_->tls : nullptr;
  }
  // What the handler left with the connection; null at first.
  const std::shared_ptr<const ClientNote>& note() const { return connection_facts_->note; }
  void set_note(std::shared_ptr<const ClientNote> note) {
    connection_facts_->note = std::move(note);
  }
  // When the last byte of the head was read.
  MonotonicTime received() const { return received_; }
  // How many exchanges this connection had before.
  uint64_t index_on_connection() const { return index_; }

  // Whether the request has a body (a declared length above 0, or chunked).
  bool has_body() const { return has_body_; }
  // The request's body, once; an empty source when there is none. Reading it sends `100 Continue`
  // when the client waits for that. Errors: Cancelled (connection lost), InvalidArgument
  // (malformed), DeadlineExceeded (too slow), ResourceExhausted (larger than body_bytes_max).
  std::unique_ptr<BodySource> TakeBody();

  // A whole answer in one write. Adds content-length, date and connection; framing fields in `head`
  // are replaced. A head that cannot be sent safely (CR, LF or NUL in a field) becomes a 500.
  void Respond(ResponseHead head, std::string_view body);
  // A streamed answer: content-length when `length` is known, else chunked (HTTP/1.0: until close).
  // For HEAD, 204 and 304 the sink takes bytes and sends none. The sink lives as long as the
  // Exchange. Writing more or fewer bytes than `length` breaks the connection.
  BodySink& StartResponse(ResponseHead head, std::optional<uint64_t> length);
  // Answers 101 and gives up the connection to `protocol` (RFC 9110 section 7.8); `unread` gets
  // what was received behind the request. The exchange is over then, and the connection no longer
  // the server's. Null, with nothing sent, when that is not possible (HTTP/2, HTTP/1.0, a body).
  std::unique_ptr<ByteStream> SwitchProtocols(const ResponseHead& head, std::string_view protocol,
                                              std::string* unread);
  // Called once when the client goes away before the answer has been handed to the socket
  // completely.
  void set_closed_callback(std::function<void()> closed) { closed_ = std::move(closed); }
  // True when the answer can no longer reach anybody.
  bool gone() const { return peer_ == nullptr && !answered_; }

 private:
  friend class ServerConnection;
  friend class H2Stream;
  class Sink;
  Exchange();

  RequestHead head_;
  std::shared_ptr<ConnectionFacts> connection_facts_;
  MonotonicTime received_;
  uint64_t index_ = 0;
  bool has_body_ = false;
  bool answered_ = false;
  ExchangePeer* peer_ = nullptr;  // null once the answer is complete or the connection is gone
  std::unique_ptr<Sink> sink_;
  std::function<void()> closed_;
};

struct ServerStatistics {
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  // beyond connections_max, or ended to make room
  uint64_t requests = 0;             // handed to the handler
  uint64_t requests_refused = 0;     // malformed or beyond a limit: answered without the handler
  uint64_t deadlines_missed = 0;     // connections ended by one of the deadlines
};

class Server {
 public:
  using Handler = std::function<void(std::unique_ptr<Exchange>)>;

  // FailedPrecondition when the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(EventLoop& loop, ServerOptions options,
                                                       Handler handler);
  // Closes everything at once. Not from within a callback of this server.
  ~Server();

  SocketAddress address() const;
  // Stops accepting; idle connections close now, busy ones after their answer (`connection:
  // close`); what is left at the deadline is cut. `done` is called once, later, when no connection
  // is left.
  void Drain(Duration deadline, std::function<void()> done);
  // false: every answer says `connection: close` and ends its connection, while new connections are
  // still accepted; for a server that clients shall leave at their own pace. true at the beginning.
  void set_keep_alive(bool keep);
  // Every connection there is now ends with its next answer, which says so; those that come later
  // are kept. For clients that shall come back, perhaps to another listener of the same port.
  void RenewConnections();
  size_t connections() const;
  const ServerStatistics& statistics() const;

 private:
  friend class Session;
  class Impl;
  friend class Opening;
  friend class ServerConnection;
  friend class H2Connection;
  friend class H2Stream;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http
