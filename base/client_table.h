// ClientTable: which of many strangers must go when a limit is reached.
//
// A server gives its clients places (connections, requests under way) and keeps bytes for them.
// When it runs out, those who caused it shall go and nobody else, and what one machine has many of,
// its addresses, shall not count: clients are told apart by network, a /24 or IPv6 /56, as what one
// customer is given.
//
//   too many bytes   of the network that holds most, the client that holds most
//   too many places  of those who never asked, once they have more than a quarter of the places, or
//                    else of those who have: the longest idle one. Of networks with more than a
//                    32nd of the places that with most gives first.
//
// So whoever asks keeps the place from those who only connect, newcomers have a quarter of them to
// ask in, a network alone pushes out itself, and who reads his answers is safe from who does not.
// What a client has in mind is not known: many networks that ask as others do have equal rights.
//
// To find who must go takes a look at every place.
//
// Thread: one. Owns: the accounts; the places belong to the clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>

#include "base/clock.h"
#include "base/ip_address.h"

namespace terrella {

class ClientPlace;

class ClientTable {
 public:
  struct Limits {
    size_t places_max = SIZE_MAX;
    size_t of_network_max = SIZE_MAX;  // places of one network, beyond which it is refused more
    size_t held_bytes_max = SIZE_MAX;
  };

  explicit ClientTable(const Limits& limits) : limits_(limits) {}
  ClientTable(const ClientTable&) = delete;

  // Whether the client's network may have one more place.
  bool Admits(const IpAddress& client) const;
  // Takes places away until the limits are kept.
  void MakeRoom();
  // Who is the next to go; null while the limits are kept.
  ClientPlace* Worst() const;

  size_t places() const { return places_.size(); }
  size_t held_bytes() const { return held_bytes_; }

 private:
  friend class ClientPlace;
  struct Network {
    size_t newcomers = 0, others = 0;  // places of those who never asked, and who have
    size_t held_bytes = 0;
    size_t places(bool asked) const { return asked ? others : newcomers; }
  };
  using Networks = std::map<IpAddress, Network>;

  ClientPlace* WorstHolder() const;
  ClientPlace* WorstIdler() const;

  const Limits limits_;
  std::list<ClientPlace*> places_;
  Networks networks_;
  size_t newcomers_ = 0;
  size_t held_bytes_ = 0;
};

// ClientPlace: what a table knows of one client, as long as it is there.
class ClientPlace {
 public:
  // `leave`: called once when the place is taken away, out of MakeRoom; may destroy this. `table`
  // outlives the place.
  ClientPlace(ClientTable& table, const IpAddress& client, MonotonicTime now,
              std::function<void()> leave);
  ~ClientPlace() { GiveUp(); }
  ClientPlace(const ClientPlace&) = delete;

  // A whole question has come.
  void Asked(MonotonicTime now);
  // So many bytes are kept for it from now on.
  void Hold(size_t bytes);
  // False once it has been taken away.
  bool valid() const { return table_ != nullptr; }

 private:
  friend class ClientTable;
  void GiveUp();

  ClientTable* table_;
  ClientTable::Networks::iterator network_;
  std::list<ClientPlace*>::iterator position_;
  std::function<void()> leave_;
  MonotonicTime idle_since_;
  size_t held_bytes_ = 0;
  bool asked_ = false;
};

}  // namespace terrella
