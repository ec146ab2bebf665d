// Client: HTTP/1.1 requests over pooled keep-alive connections on one EventLoop.
//
// A connection carries one call at a time and afterwards waits in a pool for the next call to the
// same address from the same source (and by the same TLS, to the same name). A request without a
// body and with an idempotent method that finds its pooled connection already closed by the peer is
// sent once more on a new one. Out of scope: name lookup, redirects (they belong to fetch),
// proxies, HTTP/2.
//
// Thread: the loop's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/h1/limits.h"
#include "http/message/body.h"
#include "http/message/message.h"
#include "http/tls/context.h"

namespace terrella::http {

// Of one call.
struct ClientLimits {
  h1::ParserLimits parser;
  Duration connect_deadline = std::chrono::seconds(5);
  Duration head_deadline =
      std::chrono::seconds(60);  // from the last byte sent to the response's head
  // With `expect: 100-continue`: how long the body waits for the server's word (RFC 9110
  // section 10.1.1 forbids to wait for ever).
  Duration continue_wait = std::chrono::seconds(1);
  Duration body_idle = std::chrono::seconds(30);    // between two reads while the reader wants more
  Duration write_stall = std::chrono::seconds(30);  // the peer takes nothing of what is queued
  size_t write_queue_bytes_high = 256 * 1024;       // the request body is paused from here
};

// Of the client.
struct PoolLimits {
  size_t idle_per_target_max = 64;
  size_t idle_total_max = 1024;
  Duration idle_deadline =
      std::chrono::seconds(30);  // shorter than the server's, so that it rarely races
};

struct ClientRequest {
  SocketAddress to;
  std::optional<SocketAddress> from;  // local address to dial from; port 0: any
  // Sent before the head, and before TLS, e.g. a PROXY v2 header. When not empty the call has a
  // connection of its own that is closed afterwards, unless `kept_as` names it: then later calls of
  // the same name may have it, whose prefix is only sent when they need a new one.
  std::string prefix_bytes;
  std::string kept_as;
  // `head.host` becomes the Host field; connection and framing fields in `head.headers` are
  // replaced.
  RequestHead head;
  std::unique_ptr<BodySource> body;  // null: none
  ClientLimits limits;
  // Not null: over TLS, to a server whose certificate is for `tls_host`.
  std::shared_ptr<const ClientTls> tls;
  std::string tls_host;
  // Offers to switch to this protocol (RFC 9110 section 7.8); without a body.
  std::string upgrade;
};

// When things happened; nothing for what has not happened (yet).
struct CallTimings {
  MonotonicTime started{};
  std::optional<MonotonicTime> connected;     // of a new connection; nothing when it was reused
  std::optional<MonotonicTime> request_sent;  // last byte handed to the kernel
  std::optional<MonotonicTime> first_byte;    // of the response
  bool reused = false;
  bool retried = false;
  uint64_t bytes_received = 0;  // of heads and bodies as they stood on the wire
};

class ResponseObserver {
 public:
  virtual ~ResponseObserver() = default;
  // The final response (interim 1xx are skipped). The body may be read after the Call is gone only
  // if the Call was not destroyed before the body's end: destroying the Call cancels the body as
  // well.
  virtual void OnResponse(ResponseHead head, std::unique_ptr<BodySource> body) = 0;
  // In its place, when the server took the offer to switch: the connection, and what was received
  // on it behind the head (status 101).
  virtual void OnSwitched(ResponseHead, std::unique_ptr<ByteStream>, std::string /*unread*/) {}
  // No response: Unavailable (cannot connect, connection lost), DeadlineExceeded, InvalidArgument
  // (the request cannot be sent safely), DataLoss (malformed response), ResourceExhausted (its head
  // is too large).
  virtual void OnError(const absl::Status& status) = 0;
};

// A call under way. Destroying it cancels it: no callback follows, and a body handed out ends with
// Cancelled. It may be destroyed from the observer's and the body reader's callbacks.
class Call {
 public:
  virtual ~Call() = default;
  virtual const CallTimings& timings() const = 0;
};

class Client {
 public:
  explicit Client(EventLoop& loop, PoolLimits limits = {});
  // Every Call must be gone.
  ~Client();

  // Exactly one of the observer's functions is called, later, never from within Send. Reading the
  // body has its own errors: DataLoss (malformed or truncated), DeadlineExceeded, Unavailable.
  std::unique_ptr<Call> Send(ClientRequest request, ResponseObserver& observer);

  size_t idle_connections() const;
  // Closes the idle connections to one address, e.g. of a node known to be dead.
  void DropIdle(const SocketAddress& to);

 private:
  friend class CallImpl;
  friend class ClientConnection;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http
