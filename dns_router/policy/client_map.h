// ClientMap: the address space cut into the fewest blocks a resolver has to tell apart.
//
// A resolver keeps one answer for every block it was given as the scope of an answer (RFC 7871), so
// blocks are what steering costs it: memory, and a query each. Two clients need different blocks
// only when their *rankings* of all nodes differ. A ranking, and not its first node, because then a
// node that goes down changes answers and never the blocks: whatever a resolver holds is replaced
// block by block and nothing overlaps.
//
// The cells are the largest CIDR blocks within which all placed addresses have one ranking. They
// are disjoint, they cover everything, and no set of disjoint blocks that keeps rankings apart has
// fewer: each of its blocks lies within one of these. Unplaced addresses go to whatever cell they
// fall into; their neighbours in number are the best guess there is.
//
// Thread: immutable, any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns_router/policy/geography.h"
#include "dns_router/policy/ranking.h"

namespace terrella::dns {

class ClientMap {
 public:
  struct Cell {
    LocationId location = kSomewhere;  // one of those with the cell's ranking
    int prefix_bits = 0;
  };
  // `ranking` must be of `geography`. About 0.1 us an address range of the geography.
  static std::shared_ptr<const ClientMap> Build(const Geography& geography, const Ranking& ranking);
  // Cells that keep locations apart, for policies that ask for more of a client than its ranking.
  static std::shared_ptr<const ClientMap> BuildByLocation(const Geography& geography);

  Cell Find(const IpAddress& address) const;
  size_t cell_count(IpAddress::Family family) const {
    return family == IpAddress::Family::kV4 ? v4_.starts.size() : v6_.starts.size();
  }

 private:
  // Ascending; cell i ends where cell i + 1 starts. A bucket is a run of keys with the same leading
  // bits among those in use, so that a lookup compares a handful of starts.
  template <typename Key>
  struct Cells {
    std::vector<Key> starts;
    std::vector<uint32_t> values;   // location << 8 | prefix bits
    std::vector<uint32_t> buckets;  // the cell of each bucket's first key, and one more
    int bucket_shift = 0;
    Key first_bucket = 0;

    void BuildIndex(int skipped_bits, Key first_key);
    Cell Find(Key key) const;
  };
  class Divider;
  static std::shared_ptr<const ClientMap> BuildByClass(const Geography& geography,
                                                       std::span<const uint32_t> classes);
  ClientMap() = default;

  Cells<uint32_t> v4_;
  Cells<uint64_t> v6_;
};

}  // namespace terrella::dns
