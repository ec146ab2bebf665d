// Placer: reads the first bytes of a connection until it is known where its client is and whom it
// wants to reach.
//
// The first that applies: a PROXY v2 header (it is taken off; its source address is in a city's
// block or a known country's, its destination a node's address for unicast, and TLVs may say since
// when it has been asked for (sim/net/asked_at.h) and what the fields `terrella-access`, `-loss`
// and `-hour` of a request say otherwise); the fields `terrella-from` and `terrella-to` of the
// first HTTP request (left in place); the socket's own source address when it is in a city's block;
// the default place. A request that is no HTTP is passed on for the node to refuse. The answer
// holds for the whole connection: a later request on it cannot move its client.
//
// Thread: one. Reads no clock and no socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/tcp.h"
#include "http/h1/request_parser.h"
#include "http/proxy_protocol.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/net/prefix_table.h"

namespace terrella::sim {

struct PlacerLimits {
  size_t head_bytes_max = 64 * 1024;  // of the first request, with a PROXY header
};

// What the placer knows of the world; outlives it.
struct PlacerWorld {
  const net::Places& places;
  const net::PrefixTable& prefixes;
  net::Place default_place;
};

// Where the client is and where it wants to go.
struct Placement {
  net::Place client;
  SocketAddress client_address;  // in the block of the client's city, or as PROXY gave it
  std::optional<SocketAddress> destination;  // of the PROXY header
  std::string to;                            // `terrella-to`; empty: not given
  net::PathWish wish;
  std::optional<MonotonicTime> asked_at;  // of the PROXY header (sim/net/asked_at.h)
  bool by_proxy = false;  // then address and port name the connection, run after run
};

// An answer of the ingress' own.
struct Refusal {
  int status = 400;
  std::string reason;   // for the field `terrella-ingress`: a word
  std::string message;  // for people
};

class Placer {
 public:
  enum class State { kNeedMore, kPlaced, kRefused };

  Placer(const PlacerWorld& world, const SocketAddress& peer, const PlacerLimits& limits)
      : world_(world),
        peer_(peer),
        limits_(limits),
        parser_({.header_bytes_max = limits.head_bytes_max}) {}

  // Takes the next bytes of the connection, in any pieces.
  State Feed(std::string_view bytes);
  // After kPlaced.
  const Placement& placement() const { return placement_; }
  // All bytes so far but the PROXY header: to be forwarded.
  std::string TakeBytes() { return std::move(held_); }
  // After kRefused.
  const Refusal& refusal() const { return refusal_; }

 private:
  State ReadProxyHeader();
  State ReadHead();
  State PlaceByProxy(const http::ProxyInfo& info);
  absl::Status ReadWishes(const http::RequestHead& head);
  State PlaceByHead(const http::RequestHead& head);
  State PlaceBySocket();
  State PlaceIn(const net::Place& place);
  State Refuse(int status, std::string reason, std::string message);
  std::optional<net::Place> PlaceOfAddress(const IpAddress& address) const;

  const PlacerWorld& world_;
  const SocketAddress peer_;
  const PlacerLimits limits_;
  http::h1::RequestParser parser_;
  std::string held_;
  size_t parsed_bytes_ = 0;  // of held_, given to parser_
  bool proxy_done_ = false;  // there is no PROXY header (any more) in held_
  Placement placement_;
  Refusal refusal_;
};

}  // namespace terrella::sim
