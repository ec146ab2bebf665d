// TcpServer: DNS over TCP (RFC 7766) on a thread of its own.
//
// A client may keep its connection and send many queries without waiting (pipelining); they are
// answered in order, since every answer is ready at once. A connection ends when the client ends
// it, when no whole query has come for `idle`, or after `total`; a client that does not read its
// answers is not read from.
//
// Thread: Listen, Start and the destructor on one thread. Owns: its loop, thread and connections.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/tcp.h"
#include "dns_router/server/answer.h"
#include "dns_router/server/snapshot_cell.h"
#include "dns_router/server/statistics.h"

namespace terrella::dns {

struct TcpLimits {
  size_t connections_max = 2000;
  size_t connections_per_client_max = 200;   // by address
  size_t query_bytes_max = 4096;             // real queries have less than 600
  size_t unsent_bytes_max = 128 << 10;       // of answers, before the client is not read any more
  Duration idle = std::chrono::seconds(10);  // between whole queries
  Duration total = std::chrono::seconds(120);
};

class TcpServer {
 public:
  // `cell`, `identity` and `statistics` outlive the server. Unavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<TcpServer>> Listen(const SocketAddress& address,
                                                           const TcpLimits& limits,
                                                           const SnapshotCell& cell,
                                                           const ServerIdentity& identity,
                                                           Statistics& statistics);
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
