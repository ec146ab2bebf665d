// TcpServer: DNS over TCP (RFC 7766), or over TLS (RFC 7858), on a thread of its own.
//
// A client may keep its connection and send many queries without waiting (pipelining); they are
// answered in order, since every answer is ready at once. A connection ends when the client ends
// it, when no whole query has come for `idle`, or after `total`; a client that does not read its
// answers is not read from. When all places are taken, or too much waits for clients who do not
// read, those who caused it make room (base/client_table.h): slow clients are in each other's way,
// not in that of those who ask and go.
//
// A zone transfer goes out a message at a time, in turns with everybody else's answers; what comes
// on its connection meanwhile waits. It may take longer than `total`, but must go on.
//
// Thread: Listen, Start and the destructor on one thread. Owns: its loop, thread and connections.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/tcp.h"
#include "dns_router/server/backend.h"
#include "http/tls/context.h"

namespace terrella::dns {

struct TcpLimits {
  size_t connections_max = 2000;
  size_t connections_per_network_max = 200;  // of a /24 or IPv6 /56
  size_t query_bytes_max = 4096;             // real queries have less than 600
  size_t unsent_bytes_max = 16 << 10;        // of answers, before the client is not read any more
  size_t held_bytes_max = 16 << 20;          // for queries and answers that wait, of all clients
  Duration idle = std::chrono::seconds(10);  // between whole queries
  Duration total = std::chrono::seconds(120);
  Duration transfer = std::chrono::minutes(10);  // one zone transfer
};

class TcpServer {
 public:
  // `backend` outlives the server. `tls`: null for plain TCP. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<TcpServer>> Listen(
      const SocketAddress& address, const TcpLimits& limits, Backend& backend,
      std::shared_ptr<const http::ServerTls> tls);
  // Starts answering.
  void Start();
  ~TcpServer();
  SocketAddress address() const;

 private:
  class Impl;
  explicit TcpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::dns
