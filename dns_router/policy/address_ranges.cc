#include "dns_router/policy/address_ranges.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::dns {
namespace {

struct Interval {
  uint64_t first, last;  // both inside
  LocationId location;
};

// Nested prefixes cut into intervals beside each other, in ascending order.
std::vector<Interval> Flatten(std::vector<Interval> nested) {
  std::stable_sort(nested.begin(), nested.end(), [](const Interval& a, const Interval& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  std::vector<Interval> flat, open;
  uint64_t cursor = 0;
  const auto close_before = [&](uint64_t first, bool all) {
    while (!open.empty() && (all || open.back().last < first)) {
      const Interval top = open.back();
      open.pop_back();
      if (cursor <= top.last) flat.push_back({cursor, top.last, top.location});
      if (top.last == UINT64_MAX) return;
      cursor = std::max(cursor, top.last + 1);
    }
  };
  for (const Interval& next : nested) {
    close_before(next.first, /*all=*/false);
    if (!open.empty() && cursor < next.first) {
      flat.push_back({cursor, next.first - 1, open.back().location});
    }
    cursor = next.first;
    open.push_back(next);
  }
  close_before(0, /*all=*/true);
  return flat;
}

void Append(AddressRanges& out, uint64_t first, LocationId location) {
  if (!out.empty() && out.back().first == first) out.pop_back();
  if (!out.empty() && out.back().location == location) return;
  out.push_back({first, location});
}

}  // namespace

uint64_t HighBits(const IpAddress& address) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | address.bytes()[static_cast<size_t>(i)];
  return bits;
}

LocationId LocationIn(std::span<const AddressRange> ranges, uint64_t high_bits) {
  CHECK(!ranges.empty());
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), high_bits,
                       [](uint64_t key, const AddressRange& range) { return key < range.first; });
  return std::prev(after)->location;
}

AddressRanges Overlay(AddressRanges base, std::span<const PlacedPrefix> prefixes,
                      IpAddress::Family family) {
  if (base.empty()) base.push_back({0, kUnplaced});
  std::vector<Interval> nested;
  for (const PlacedPrefix& placed : prefixes) {
    if (placed.prefix.address.family() != family) continue;
    const uint64_t first = HighBits(placed.prefix.address);
    const int bits = std::min(placed.prefix.length_bits, 64);
    const uint64_t rest = bits == 0 ? UINT64_MAX : bits == 64 ? 0 : UINT64_MAX >> bits;
    nested.push_back({first, first | rest, placed.location});
  }
  if (nested.empty()) return base;
  AddressRanges out;
  out.reserve(base.size() + 2 * nested.size());
  size_t at = 0;  // the first range of the base that is not in `out` or covered
  for (const Interval& interval : Flatten(std::move(nested))) {
    for (; at < base.size() && base[at].first < interval.first; ++at) {
      Append(out, base[at].first, base[at].location);
    }
    Append(out, interval.first, interval.location);
    while (at < base.size() && base[at].first <= interval.last) ++at;
    if (interval.last != UINT64_MAX) Append(out, interval.last + 1, base[at - 1].location);
  }
  for (; at < base.size(); ++at) Append(out, base[at].first, base[at].location);
  return out;
}

std::span<const PlacedPrefix> PrivateBlocks() {
  static const std::vector<PlacedPrefix> kBlocks = [] {
    std::vector<PlacedPrefix> blocks;
    for (const char* text : {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                             "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"}) {
      blocks.push_back({*IpPrefix::Parse(text), kSomewhere});
    }
    return blocks;
  }();
  return kBlocks;
}

}  // namespace terrella::dns
