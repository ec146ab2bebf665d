// Server::Impl: the listener and the set of connections of a Server.
//
// Thread: the loop's. Owns: the connections.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "base/client_table.h"
#include "http/server/date_cache.h"
#include "http/server/server.h"
#include "http/turn_end_queue.h"

namespace terrella::http {

class Session;

class Server::Impl {
 public:
  Impl(EventLoop& loop, ServerOptions options, Handler handler);
  ~Impl();

  absl::Status Listen();
  void Drain(Duration deadline, std::function<void()> done);
  void Accept(std::unique_ptr<TcpConnection> tcp);
  // Counts a request of that connection.
  void CountRequest(Session& session);
  // Moves the session to where it is freed at the end of the turn.
  void Bury(Session& session);
  // Puts `next` where `opening` was; that is buried.
  void Replace(Session& opening, std::unique_ptr<Session> next);

  std::string_view Date() {
    return date_.At((options_.clock != nullptr ? *options_.clock : loop_.clock()).WallNow());
  }
  // No connection outlives the exchange it is in.
  bool draining() const { return draining_; }
  // The connection ends with the next answer that begins, which says so.
  bool IsLeaving(const Session& session) const;
  void set_keep_alive(bool keep) { keep_alive_ = keep; }
  void RenewConnections() { ++generation_; }

  EventLoop& loop_;
  const ServerOptions options_;
  const Handler handler_;
  ServerStatistics statistics_;
  std::unique_ptr<TcpListener> listener_;
  std::optional<ClientTable> clients_;  // where networks are told apart
  std::list<std::unique_ptr<Session>> connections_;
  TurnEndQueue<Session> turn_end_;

 private:
  void AfterTurn();

  DateCache date_;
  bool draining_ = false;
  bool keep_alive_ = true;
  uint64_t generation_ = 0;  // of the connections that come now; older ones shall end
  std::function<void()> drained_;
  Timer drain_timer_;
};

}  // namespace terrella::http
