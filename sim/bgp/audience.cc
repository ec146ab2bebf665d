#include "sim/bgp/audience.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace terrella::bgp {
namespace {

uint32_t KeyOf(HubId hub, std::string_view country) {
  DCHECK(country.size() == 2);
  return uint32_t{hub} << 16 | static_cast<uint32_t>(static_cast<unsigned char>(country[0])) << 8 |
         static_cast<unsigned char>(country[1]);
}

}  // namespace

void Audience::Add(HubId hub, std::string_view country, StopId stop, double users) {
  CHECK(users > 0);
  entries_.push_back({.key = KeyOf(hub, country), .stop = stop, .users = users});
}

void Audience::Finish() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.key, a.stop) < std::tie(b.key, b.stop);
  });
  size_t out = 0;
  for (size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].key == entries_[out].key && entries_[i].stop == entries_[out].stop) {
      entries_[out].users += entries_[i].users;
    } else {
      entries_[++out] = entries_[i];
    }
  }
  if (!entries_.empty()) entries_.resize(out + 1);
  entries_.shrink_to_fit();
  double sum = 0;
  for (Entry& entry : entries_) entry.users = sum += entry.users;
}

std::optional<StopId> Audience::Draw(HubId hub, std::string_view country,
                                     CounterRandom& random) const {
  const auto range = [&](uint32_t first, uint32_t last) {
    const auto begin = std::partition_point(entries_.begin(), entries_.end(),
                                            [&](const Entry& e) { return e.key < first; });
    return std::pair(begin, std::partition_point(begin, entries_.end(),
                                                 [&](const Entry& e) { return e.key <= last; }));
  };
  const uint32_t key = KeyOf(hub, country), at_hub = uint32_t{hub} << 16;
  auto [begin, end] = range(key, key);
  if (begin == end) std::tie(begin, end) = range(at_hub, at_hub | 0xffff);
  if (begin == end) return std::nullopt;
  const double below = begin == entries_.begin() ? 0 : std::prev(begin)->users;
  const double drawn = below + random.Uniform() * (std::prev(end)->users - below);
  const auto found =
      std::upper_bound(begin, end, drawn, [](double at, const Entry& e) { return at < e.users; });
  return found == end ? std::prev(end)->stop : found->stop;
}

}  // namespace terrella::bgp
