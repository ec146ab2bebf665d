// CityGate: a door on loopback behind which one is somewhere else: what comes in goes to the
// ingress from an address of a city's block, so that a browser that knows of none of this is there.
//
//   browser -> gate -> (from 127.130.4.7) -> ingress -> node
//
// Bytes pass as they are, so HTTP/1, HTTP/2, TLS and WebSockets all do. A side that reads slowly
// holds the other.
//
// Thread: the loop's. Owns: the listener and its connections.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "sim/net/places.h"

namespace terrella::sim {

struct CityGateOptions {
  SocketAddress listen{IpAddress::V4(0x7f000001), 0};  // port 0 picks a free one
  SocketAddress ingress;
  net::CityId city = 0;
  size_t connections_max = 512;  // more are closed at once
};

class CityGate {
 public:
  // FailedPrecondition when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<CityGate>> Start(EventLoop& loop,
                                                         const CityGateOptions& options);
  ~CityGate();
  SocketAddress address() const;
  size_t connections() const { return passages_.size(); }

 private:
  class Passage;
  CityGate(EventLoop& loop, const CityGateOptions& options);
  void OnAccept(std::unique_ptr<TcpConnection> connection);
  void Close(uint64_t id);

  EventLoop& loop_;
  const CityGateOptions options_;
  std::map<uint64_t, std::unique_ptr<Passage>> passages_;
  uint64_t next_id_ = 0;
  std::unique_ptr<TcpListener> listener_;
};

}  // namespace terrella::sim
