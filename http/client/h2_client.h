// H2Client: HTTP/2 requests over one connection, by prior knowledge (RFC 9113 section 3.3).
//
// It dials with the first request, and what is asked for in one turn of the loop leaves together.
// As many streams are open as the server allows; the rest waits inside. Once the connection is
// lost, every request fails. Out of scope: bodies of requests, TLS, upgrades, a second connection.
//
// Thread: the loop's. Owns: the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/client/client.h"
#include "http/h2/client_session.h"

namespace terrella::http {

struct H2ClientOptions {
  SocketAddress to;
  std::optional<SocketAddress> from;  // local address to dial from; port 0: any
  std::string prefix_bytes;           // sent before all else, e.g. a PROXY v2 header
  Duration connect_deadline = std::chrono::seconds(5);
  h2::Limits limits = h2::kBrowserLimits;
};

class H2Client {
 public:
  H2Client(EventLoop& loop, H2ClientOptions options);
  // Every Call must be gone; not from within a callback of one.
  ~H2Client();

  // As Client::Send. Of the request count its head, and of the limits `head_deadline` and
  // `body_idle`; where it goes is the client's.
  std::unique_ptr<Call> Send(ClientRequest request, ResponseObserver& observer);
  // False once the server is leaving or the connection is lost; calls may be under way.
  bool takes_requests() const;

 private:
  class CallImpl;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http
