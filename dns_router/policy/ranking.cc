#include "dns_router/policy/ranking.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "base/check.h"

namespace terrella::dns {

std::shared_ptr<const Ranking> Ranking::Build(const Geography& geography,
                                              std::span<const NodeFacts> nodes,
                                              std::shared_ptr<const Ranking> previous) {
  CHECK(nodes.size() <= UINT16_MAX);
  if (previous != nullptr && previous->IsFor(nodes)) return previous;
  std::shared_ptr<Ranking> ranking(new Ranking());
  ranking->nodes_.assign(nodes.begin(), nodes.end());

  std::unordered_map<std::string_view, size_t> known;
  for (size_t i = 0; previous != nullptr && i < previous->nodes_.size(); ++i) {
    known.emplace(previous->nodes_[i].id, i);
  }
  const size_t locations = geography.location_count();
  for (const NodeFacts& node : nodes) {
    const auto old = known.find(node.id);
    if (old != known.end() && previous->nodes_[old->second].SamePlaceAs(node)) {
      ranking->columns_.push_back(previous->columns_[old->second]);
      continue;
    }
    auto column = std::make_shared<Column>(locations);
    geography.RttsTo(node, *column);
    ranking->columns_.push_back(std::move(column));
  }

  ranking->order_.resize(locations * nodes.size());
  std::vector<float> rtt_ms(nodes.size());
  for (LocationId location = 0; location < locations; ++location) {
    for (size_t i = 0; i < nodes.size(); ++i) rtt_ms[i] = (*ranking->columns_[i])[location];
    const auto first = ranking->order_.begin() + static_cast<ptrdiff_t>(location * nodes.size());
    const auto last = first + static_cast<ptrdiff_t>(nodes.size());
    std::iota(first, last, NodeIndex{0});
    std::sort(first, last, [&](NodeIndex a, NodeIndex b) {
      return rtt_ms[a] != rtt_ms[b] ? rtt_ms[a] < rtt_ms[b] : a < b;
    });
  }
  return ranking;
}

bool Ranking::IsFor(std::span<const NodeFacts> nodes) const {
  return std::equal(nodes.begin(), nodes.end(), nodes_.begin(), nodes_.end(),
                    [](const NodeFacts& a, const NodeFacts& b) { return a.SamePlaceAs(b); });
}

}  // namespace terrella::dns
