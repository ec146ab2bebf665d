// Routes: how every AS reaches one prefix, by the rules that money writes (Gao and Rexford).
//
// An AS prefers a route learned from a customer to one from a peer to one from a provider, then the
// shorter path. It tells customers of every route, peers and providers of its own and its
// customers' only (valley-free), so routes spread in three phases:
//
//   up      from the origin along its providers: customer routes. Ids fall towards providers, so
//           one descending scan over a bitmap of pending nodes settles each node once.
//   across  from every AS with a customer route to its peers: peer routes.
//   down    providers to customers. Ids rise towards customers: one ascending pass in which each AS
//           takes the least of its providers' lengths. No queue, no branch on the graph.
//
// Class and length of a route are one 16-bit rank, the class in the high byte, so that preference
// is the lesser number and "what is better" one unsigned minimum.
//
// Next hops are not stored: they are the neighbours, of the one relation that the class names,
// whose exported route is one shorter. All equally good ones are kept; who breaks ties is
// catchment.h.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sim/bgp/as_graph.h"

namespace terrella::bgp {

// In the order of preference.
enum class RouteClass : uint8_t { kOrigin, kCustomer, kPeer, kProvider, kNone = 0xff };
constexpr uint8_t kUnreachable = 0xff;
// Nobody tells of a longer path, as routers are set up to refuse such.
constexpr uint8_t kLengthMax = 254;
// Of what a seed starts with, prepending counted.
constexpr uint8_t kSeedLengthMax = 64;

// A route that does not come from another AS of the graph: the origin's own, or a session of the
// network whose prefix it is (which then is no node of the graph).
struct Seed {
  AsId as = 0;
  RouteClass route_class = RouteClass::kOrigin;  // kOrigin, kCustomer or kPeer
  uint8_t length = 0;                            // <= kSeedLengthMax
  bool exported = true;  // false: used, told to nobody (NO_EXPORT, RFC 1997)
};

class RouteTable {
 public:
  size_t size() const { return rank_.size(); }
  RouteClass ClassOf(AsId as) const { return static_cast<RouteClass>(rank_[as] >> 8); }
  // ASes on the path after this one, the origin and prepending counted; kUnreachable for none.
  uint8_t LengthOf(AsId as) const { return static_cast<uint8_t>(rank_[as]); }
  bool Reaches(AsId as) const { return LengthOf(as) != kUnreachable; }
  // Less is better; equal is equally good.
  uint16_t RankOf(AsId as) const { return rank_[as]; }
  size_t CountReached() const;

  // Calls visit(AsId) for each equally good next hop, ids ascending. A seed's own session is none.
  template <class Visit>
  void ForEachNextHop(const AsGraph& graph, AsId as, Visit visit) const;

  // Whether what `as` has, or tells others, is not as in `other` (of the same graph).
  bool DiffersAt(const RouteTable& other, AsId as) const {
    return rank_[as] != other.rank_[as] ||
           (!(silent_.empty() && other.silent_.empty()) && Exports(as) != other.Exports(as));
  }

  bool operator==(const RouteTable&) const = default;

 private:
  friend class RoutePropagator;
  bool Exports(AsId as) const;

  std::vector<uint16_t> rank_;
  std::vector<AsId> silent_;  // whose only best routes are not exported; ascending
};

// Computes route tables over one graph; holds the scratch memory. Thread: one.
class RoutePropagator {
 public:
  explicit RoutePropagator(const AsGraph& graph);

  // The fixed point for the prefix that `seeds` announce, into `table` (its memory is used again).
  void Run(std::span<const Seed> seeds, RouteTable& table);
  RouteTable Run(std::span<const Seed> seeds);

 private:
  void Up(std::vector<uint16_t>& rank);
  void Across(std::span<const Seed> seeds, std::vector<uint16_t>& rank);
  void Down(std::vector<uint16_t>& rank) const;
  void Plant(std::span<const Seed> seeds, std::vector<uint16_t>& rank);
  void Hush(RouteClass route_class, std::vector<uint16_t>& rank);

  const AsGraph& graph_;
  std::vector<uint64_t> pending_;  // a bit an AS that has a customer route to pass on
  std::vector<AsId> with_customer_route_;
  std::vector<Seed> silent_;  // seeds that are not exported, the best of each AS
};

template <class Visit>
void RouteTable::ForEachNextHop(const AsGraph& graph, AsId as, Visit visit) const {
  const RouteClass own = ClassOf(as);
  if (own == RouteClass::kNone || own == RouteClass::kOrigin) return;
  const std::span<const AsId> neighbours = own == RouteClass::kCustomer ? graph.Customers(as)
                                           : own == RouteClass::kPeer   ? graph.Peers(as)
                                                                        : graph.Providers(as);
  const int wanted = LengthOf(as) - 1;
  for (const AsId next : neighbours) {
    if (LengthOf(next) != wanted) continue;
    if (own != RouteClass::kProvider && ClassOf(next) > RouteClass::kCustomer) continue;
    if (!silent_.empty() && !Exports(next)) continue;
    visit(next);
  }
}

}  // namespace terrella::bgp
