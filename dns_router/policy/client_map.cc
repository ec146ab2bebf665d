#include "dns_router/policy/client_map.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"

namespace terrella::dns {
namespace {

// A number for each location, the same for locations with the same ranking.
std::vector<uint32_t> RankingClasses(const Geography& geography, const Ranking& ranking) {
  std::vector<uint32_t> classes(geography.location_count());
  absl::flat_hash_map<std::string_view, uint32_t> known;
  for (LocationId location = 0; location < classes.size(); ++location) {
    const auto order = ranking.At(location);
    const std::string_view bytes(reinterpret_cast<const char*>(order.data()), order.size_bytes());
    classes[location] = known.try_emplace(bytes, static_cast<uint32_t>(known.size())).first->second;
  }
  return classes;
}

}  // namespace

// Cuts the ranges of one family into cells. For every range two indices are found first, so that
// "is this block of one class?" is a comparison: the next range that is placed (itself if it is),
// and the next placed one of another class than that.
class ClientMap::Divider {
 public:
  Divider(AddressRanges ranges, std::span<const uint32_t> classes)
      : ranges_(std::move(ranges)), placed_(ranges_.size() + 1), differs_(ranges_.size() + 1) {
    const size_t count = ranges_.size();
    CHECK(count > 0 && ranges_[0].first == 0);
    placed_[count] = differs_[count] = static_cast<uint32_t>(count);
    for (size_t i = count; i-- > 0;) {
      placed_[i] = placed_[i + 1];
      differs_[i] = differs_[i + 1];
      if (ranges_[i].location == kUnplaced) continue;
      const uint32_t next = placed_[i + 1];
      placed_[i] = static_cast<uint32_t>(i);
      if (next < count && classes[ranges_[next].location] != classes[ranges_[i].location]) {
        differs_[i] = next;
      }
    }
  }

  // Calls emit(first key, prefix bits, location) for every cell, in ascending order.
  template <typename Emit>
  void Divide(const Emit& emit) const {
    DivideBlock(0, 0, 0, emit);
  }

 private:
  // `at` is the range that holds `first`.
  template <typename Emit>
  void DivideBlock(uint64_t first, int bits, size_t at, const Emit& emit) const {
    const uint64_t rest = bits == 64 ? 0 : UINT64_MAX >> bits;
    const uint64_t last = first | rest;
    if (!StartsWithin(differs_[at], last)) {
      const uint32_t placed = placed_[at];
      emit(first, bits, StartsWithin(placed, last) ? ranges_[placed].location : kSomewhere);
      return;
    }
    const uint64_t middle = first + (rest >> 1) + 1;
    DivideBlock(first, bits + 1, at, emit);
    const auto after =
        std::upper_bound(ranges_.begin() + static_cast<ptrdiff_t>(at), ranges_.end(), middle,
                         [](uint64_t key, const AddressRange& range) { return key < range.first; });
    DivideBlock(middle, bits + 1, static_cast<size_t>(after - ranges_.begin()) - 1, emit);
  }
  bool StartsWithin(size_t range, uint64_t last) const {
    return range < ranges_.size() && ranges_[range].first <= last;
  }

  AddressRanges ranges_;
  std::vector<uint32_t> placed_, differs_;
};

template <typename Key>
void ClientMap::Cells<Key>::BuildIndex(int skipped_bits, Key first_key) {
  constexpr int kKeyBits = std::numeric_limits<Key>::digits;
  // About one bucket a cell, so that a small world stays small.
  const int bucket_bits = std::clamp(static_cast<int>(std::bit_width(starts.size())), 4, 16);
  bucket_shift = kKeyBits - skipped_bits - bucket_bits;
  first_bucket = static_cast<Key>(first_key >> bucket_shift);
  buckets.resize((size_t{1} << bucket_bits) + 1);
  size_t cell = 0;
  for (size_t bucket = 0; bucket < buckets.size(); ++bucket) {
    const Key key = static_cast<Key>((first_bucket + static_cast<Key>(bucket)) << bucket_shift);
    // The one past the end wraps to 0 when the buckets reach the last key.
    const bool wrapped = bucket > 0 && key == 0;
    while (cell + 1 < starts.size() && (wrapped || starts[cell + 1] <= key)) ++cell;
    buckets[bucket] = static_cast<uint32_t>(cell);
  }
}

template <typename Key>
ClientMap::Cell ClientMap::Cells<Key>::Find(Key key) const {
  const Key bucket = static_cast<Key>((key >> bucket_shift) - first_bucket);
  size_t low = 0, high = starts.size();
  if (bucket < buckets.size() - 1) {
    low = buckets[bucket];
    high = buckets[bucket + 1] + 1;
  }
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (starts[middle] <= key ? low : high) = middle;
  }
  return {values[low] >> 8, static_cast<int>(values[low] & 0xff)};
}

std::shared_ptr<const ClientMap> ClientMap::Build(const Geography& geography,
                                                  const Ranking& ranking) {
  return BuildByClass(geography, RankingClasses(geography, ranking));
}

std::shared_ptr<const ClientMap> ClientMap::BuildByLocation(const Geography& geography) {
  std::vector<uint32_t> classes(geography.location_count());
  std::iota(classes.begin(), classes.end(), 0u);
  return BuildByClass(geography, classes);
}

std::shared_ptr<const ClientMap> ClientMap::BuildByClass(const Geography& geography,
                                                         std::span<const uint32_t> classes) {
  CHECK(geography.location_count() < (1u << 24));
  std::shared_ptr<ClientMap> map(new ClientMap());
  Divider(geography.Ranges(IpAddress::Family::kV4), classes)
      .Divide([&](uint64_t first, int bits, LocationId location) {
        map->v4_.starts.push_back(static_cast<uint32_t>(first >> 32));
        map->v4_.values.push_back(location << 8 | static_cast<uint32_t>(bits));
      });
  Divider(geography.Ranges(IpAddress::Family::kV6), classes)
      .Divide([&](uint64_t first, int bits, LocationId location) {
        map->v6_.starts.push_back(first);
        map->v6_.values.push_back(location << 8 | static_cast<uint32_t>(bits));
      });
  map->v4_.BuildIndex(0, 0);
  map->v6_.BuildIndex(3, uint64_t{1} << 61);  // 2000::/3 has all clients; others are searched for
  for (auto* values : {&map->v4_.values, &map->v6_.values}) values->shrink_to_fit();
  map->v4_.starts.shrink_to_fit();
  map->v6_.starts.shrink_to_fit();
  return map;
}

ClientMap::Cell ClientMap::Find(const IpAddress& address) const {
  const uint64_t high_bits = HighBits(address);
  return address.is_v4() ? v4_.Find(static_cast<uint32_t>(high_bits >> 32)) : v6_.Find(high_bits);
}

}  // namespace terrella::dns
