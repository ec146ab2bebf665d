// Session: what a Server holds for each of its connections, whatever that speaks.
//
//   Opening --first bytes, TLS handshake--> ServerConnection (HTTP/1.1) or H2Connection
//
// Thread: the server's loop. Owned by the server.
#pragma once

#include <list>
#include <memory>

#include "http/server/server_impl.h"

namespace terrella::http {

class Session {
 public:
  virtual ~Session() = default;
  // Closes when idle, else after what is under way.
  virtual void Drain() = 0;
  // Closes the socket at once.
  virtual void Retire() = 0;
  // Sends what has gathered during the turn.
  virtual void OnTurnEnd() = 0;

  std::list<std::unique_ptr<Session>>::iterator position;  // in the server's list
  uint64_t generation = 0;             // of connections that end together (RenewConnections)
  std::unique_ptr<ClientPlace> place;  // null where networks are not told apart
};

}  // namespace terrella::http
