#include "sim/bgp/routes.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace terrella::bgp {
namespace {

constexpr uint16_t kNoRoute = 0xffff;

constexpr uint16_t Rank(RouteClass route_class, int length) {
  return static_cast<uint16_t>(static_cast<int>(route_class) << 8 | length);
}
constexpr int LengthIn(uint16_t rank) {
  return rank & 0xff;
}
// A route that its AS has and tells nobody of, while the phases run: nothing can be learned from
// it.
constexpr uint16_t Hushed(RouteClass route_class) {
  return Rank(route_class, kUnreachable);
}

}  // namespace

size_t RouteTable::CountReached() const {
  return static_cast<size_t>(std::count_if(
      rank_.begin(), rank_.end(), [](uint16_t rank) { return LengthIn(rank) != kUnreachable; }));
}

bool RouteTable::Exports(AsId as) const {
  return !std::binary_search(silent_.begin(), silent_.end(), as);
}

RoutePropagator::RoutePropagator(const AsGraph& graph)
    : graph_(graph), pending_((graph.size() + 63) / 64, 0) {}

RouteTable RoutePropagator::Run(std::span<const Seed> seeds) {
  RouteTable table;
  Run(seeds, table);
  return table;
}

void RoutePropagator::Run(std::span<const Seed> seeds, RouteTable& table) {
  table.rank_.assign(graph_.size(), kNoRoute);
  table.silent_.clear();
  with_customer_route_.clear();
  silent_.clear();
  Plant(seeds, table.rank_);
  Up(table.rank_);
  Across(seeds, table.rank_);
  Down(table.rank_);
  for (const Seed& seed : silent_) {
    if (table.rank_[seed.as] != Hushed(seed.route_class)) continue;
    table.rank_[seed.as] = Rank(seed.route_class, seed.length);
    table.silent_.push_back(seed.as);
  }
}

// The origin's and customers' routes, and which ASes keep one to themselves.
void RoutePropagator::Plant(std::span<const Seed> seeds, std::vector<uint16_t>& rank) {
  for (const Seed& seed : seeds) {
    CHECK(seed.as < graph_.size() && seed.length <= kSeedLengthMax &&
          seed.route_class <= RouteClass::kPeer);
    if (!seed.exported) silent_.push_back(seed);
    if (seed.route_class == RouteClass::kPeer) continue;
    if (seed.exported) rank[seed.as] = std::min(rank[seed.as], Rank(seed.route_class, seed.length));
    pending_[seed.as / 64] |= uint64_t{1} << (seed.as % 64);
  }
  if (silent_.empty()) return;
  const auto key = [](const Seed& seed) {
    return uint64_t{seed.as} << 16 | Rank(seed.route_class, seed.length);
  };
  std::sort(silent_.begin(), silent_.end(),
            [&](const Seed& a, const Seed& b) { return key(a) < key(b); });
  silent_.erase(std::unique(silent_.begin(), silent_.end(),
                            [](const Seed& a, const Seed& b) { return a.as == b.as; }),
                silent_.end());
}

void RoutePropagator::Up(std::vector<uint16_t>& rank) {
  auto silent = silent_.rbegin();
  for (size_t word = pending_.size(); word-- > 0;) {
    while (pending_[word] != 0) {
      const int bit = 63 - std::countl_zero(pending_[word]);
      pending_[word] &= ~(uint64_t{1} << bit);
      const AsId as = static_cast<AsId>(word * 64 + static_cast<size_t>(bit));
      while (silent != silent_.rend() && silent->as > as) ++silent;
      if (silent != silent_.rend() && silent->as == as &&
          silent->route_class != RouteClass::kPeer &&
          Rank(silent->route_class, silent->length) < rank[as]) {
        rank[as] = Hushed(silent->route_class);
      }
      if (LengthIn(rank[as]) >= kLengthMax) continue;
      with_customer_route_.push_back(as);
      const uint16_t offer = Rank(RouteClass::kCustomer, LengthIn(rank[as]) + 1);
      for (const AsId provider : graph_.Providers(as)) {
        rank[provider] = std::min(rank[provider], offer);
        pending_[provider / 64] |= uint64_t{1} << (provider % 64);
      }
    }
  }
}

void RoutePropagator::Across(std::span<const Seed> seeds, std::vector<uint16_t>& rank) {
  for (const Seed& seed : seeds) {
    if (seed.route_class != RouteClass::kPeer || !seed.exported) continue;
    rank[seed.as] = std::min(rank[seed.as], Rank(RouteClass::kPeer, seed.length));
  }
  for (const AsId as : with_customer_route_) {
    const uint16_t offer = Rank(RouteClass::kPeer, LengthIn(rank[as]) + 1);
    for (const AsId peer : graph_.Peers(as)) rank[peer] = std::min(rank[peer], offer);
  }
  for (const Seed& seed : silent_) {
    if (seed.route_class == RouteClass::kPeer &&
        Rank(RouteClass::kPeer, seed.length) < rank[seed.as]) {
      rank[seed.as] = Hushed(RouteClass::kPeer);
    }
  }
}

void RoutePropagator::Down(std::vector<uint16_t>& rank) const {
  const size_t count = graph_.size();
  const uint32_t* begins = graph_.providers().begins.data();
  const AsId* providers = graph_.providers().targets.data();
  uint16_t* ranks = rank.data();
  uint32_t at = 0;
  for (size_t as = 0; as < count; ++as) {
    const uint32_t end = begins[as + 1];
    int least = kUnreachable;
    for (; at < end; ++at) least = std::min(least, LengthIn(ranks[providers[at]]));
    const uint16_t offer = least >= kLengthMax ? kNoRoute : Rank(RouteClass::kProvider, least + 1);
    ranks[as] = std::min(ranks[as], offer);
  }
}

}  // namespace terrella::bgp
