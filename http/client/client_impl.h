// Client::Impl: the connections of a Client and which of them are idle.
//
// Thread: the loop's. Owns: the connections.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "http/client/client.h"
#include "http/turn_end_queue.h"

namespace terrella::http {

class ClientConnection;
class CallImpl;

class Client::Impl {
 public:
  struct Target {
    SocketAddress to;
    std::optional<SocketAddress> from;
    std::shared_ptr<const ClientTls> tls;
    std::string tls_host;
    std::string kept_as;
    auto operator<=>(const Target&) const = default;
  };

  Impl(EventLoop& loop, PoolLimits limits) : loop_(loop), limits_(limits), turn_end_(loop) {}
  ~Impl();

  // Gives the call an idle connection when there is one (unless `fresh`), else a new one.
  void Assign(CallImpl& call, bool fresh);
  // True when the pool takes the connection; else the connection closes itself.
  bool Pool(ClientConnection& connection);
  void Unpool(ClientConnection& connection);
  void Bury(ClientConnection& connection);
  void DropIdle(const SocketAddress& to);

  EventLoop& loop_;
  const PoolLimits limits_;
  TurnEndQueue<ClientConnection> turn_end_;
  std::list<std::unique_ptr<ClientConnection>> connections_;
  size_t idle_count_ = 0;

 private:
  std::map<Target, std::vector<ClientConnection*>> idle_;  // the most recently used last
};

}  // namespace terrella::http
