// KeptHttp2: the connections of HTTP/2 that a city's people share in a scenario whose connections
// are kept: one to each place where they are led. It goes when the node leaves it, or when nobody
// has used it for as long as a pool keeps one of HTTP/1.1.
//
// Thread: the loop's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/client/h2_client.h"
#include "sim/net/places.h"

namespace terrella::sim {

class KeptHttp2 {
 public:
  explicit KeptHttp2(EventLoop& loop) : loop_(loop) {}

  // To the ingress at `to`, which is told by `header` whence and to which destination. Whoever has
  // a call on it holds it: it may be replaced meanwhile.
  std::shared_ptr<http::H2Client> Find(net::CityId city, const SocketAddress& destination,
                                       const SocketAddress& to, const std::string& header);

 private:
  struct Entry {
    std::shared_ptr<http::H2Client> client;
    MonotonicTime used{};
  };
  EventLoop& loop_;
  std::map<std::pair<net::CityId, SocketAddress>, Entry> entries_;
};

}  // namespace terrella::sim
