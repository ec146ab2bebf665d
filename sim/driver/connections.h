// Connections: those that one person goes on using, by number: each of HTTP/1.1 has one request at
// a time, each of HTTP/2 many. Nobody else has them. One that its node has ended is made anew.
//
// Thread: the loop's.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/client/client.h"
#include "http/client/h2_client.h"
#include "sim/scenario/protocol.h"

namespace terrella::sim {

class Connections {
 public:
  Connections(EventLoop& loop, Protocol protocol)
      : loop_(loop), protocol_(protocol), http1_(loop) {}

  // By the connection of that number, which says `header` first when it has to be made.
  std::unique_ptr<http::Call> Send(size_t number, std::string header, http::ClientRequest request,
                                   http::ResponseObserver& observer);

 private:
  EventLoop& loop_;
  const Protocol protocol_;
  http::Client http1_;
  std::map<size_t, std::unique_ptr<http::H2Client>> http2_;
  std::vector<std::unique_ptr<http::H2Client>> left_;  // what was asked before may be under way
};

}  // namespace terrella::sim
