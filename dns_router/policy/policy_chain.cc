#include "dns_router/policy/policy_chain.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "dns_router/policy/steering.h"

namespace terrella::dns {
namespace {

using Kind = SteeringStep::Kind;

// Uniform in (0, 1].
double Uniform(uint64_t hash) {
  return (static_cast<double>(hash >> 11) + 1) * 0x1.0p-53;
}

}  // namespace

uint64_t StableHash(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, finished by a mix
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return Mix64(hash);
}

void PolicyChain::Candidates::KeepIf(const auto& keep, const auto& reason) {
  std::erase_if(nodes, [&](NodeIndex node) {
    if (keep(node)) return false;
    if (reasons != nullptr) (*reasons)[node] = reason(node);
    return true;
  });
}

PolicyChain::PolicyChain(const SteeringPolicy& policy, const Ranking& ranking,
                         const Geography& geography, std::span<const NodeFacts> nodes,
                         size_t addresses_max)
    : policy_(policy),
      ranking_(ranking),
      geography_(geography),
      nodes_(nodes),
      count_max_(addresses_max) {
  for (const NodeFacts& node : nodes) {
    const auto weight = policy.weights.find(node.id);
    weights_.push_back(weight == policy.weights.end() ? 1 : weight->second);
    node_hashes_.push_back(StableHash(node.id));
  }
  for (const SteeringStep& step : policy.steps) {
    if (step.kind == Kind::kWeighted) sticky_ = true;
    by_location_ |= step.kind == Kind::kGeo || step.kind == Kind::kShed ||
                    (step.kind == Kind::kLatency && step.high > 0);
    if (step.kind == Kind::kFirst) count_max_ = step.count;
  }
  ResolveSteps();
  same_everywhere_ = IsSameEverywhere();
  const size_t locations = same_everywhere_ ? 1 : geography.location_count();
  Candidates candidates;
  std::vector<NodeIndex>& left = candidates.nodes;
  for (LocationId location = 0; location < locations; ++location) {
    starts_.push_back(static_cast<uint32_t>(left_.size()));
    LeftAt(location, candidates);
    if (!sticky_ && left.size() > count_max_) left.resize(count_max_);
    left_.insert(left_.end(), left.begin(), left.end());
  }
  starts_.push_back(static_cast<uint32_t>(left_.size()));
}

// Ids are looked up once, not once a location.
void PolicyChain::ResolveSteps() {
  for (const SteeringStep& step : policy_.steps) {
    std::vector<uint16_t>& turns = turns_.emplace_back();
    if (step.kind != Kind::kOnly && step.kind != Kind::kFailover) continue;
    std::unordered_map<std::string_view, uint16_t> turn_of;
    for (const std::string& id : step.nodes) {
      turn_of.emplace(id, static_cast<uint16_t>(std::min<size_t>(turn_of.size(), kNotListed - 1)));
    }
    for (const NodeFacts& node : nodes_) {
      const auto turn = turn_of.find(node.id);
      turns.push_back(turn == turn_of.end() ? kNotListed : turn->second);
    }
  }
}

// Places differ in their ranking alone, unless a step says otherwise. `weighted` makes an order of
// its own, and so does `failover`, until the ranking is restored; but what was cut before by the
// ranking stays cut by it.
bool PolicyChain::IsSameEverywhere() const {
  if (by_location_) return false;
  bool ordered = sticky_;
  for (const SteeringStep& step : policy_.steps) {
    if (step.kind == Kind::kFirst && !ordered) return false;
    if (step.kind == Kind::kFailover) ordered = true;
    if (step.kind == Kind::kLatency) ordered = sticky_;
  }
  return ordered;
}

size_t PolicyChain::Choose(LocationId location, uint64_t client, std::span<NodeIndex> out) const {
  const size_t list = same_everywhere_ ? 0 : location;
  const std::span<const NodeIndex> left{left_.data() + starts_[list],
                                        starts_[list + 1] - starts_[list]};
  const size_t count = std::min({count_max_, left.size(), out.size()});
  if (!sticky_) {
    std::copy_n(left.begin(), count, out.begin());
    return count;
  }
  // The best few, kept in order: lists are short and `count` is mostly 1.
  std::array<double, kAddressesMax> scores;
  size_t taken = 0;
  for (const NodeIndex node : left) {
    const double score =
        weights_[node] / -std::log(Uniform(Mix64(client ^ node_hashes_[node])) * (1 - 0x1.0p-53));
    size_t at = taken;
    while (at > 0 && scores[at - 1] < score) --at;
    if (at == count) continue;
    if (taken < count) ++taken;
    for (size_t i = taken - 1; i > at; --i) {
      scores[i] = scores[i - 1];
      out[i] = out[i - 1];
    }
    scores[at] = score;
    out[at] = node;
  }
  return taken;
}

std::vector<std::string> PolicyChain::ReasonsAt(LocationId location) const {
  std::vector<std::string> reasons(nodes_.size());
  Candidates candidates{.nodes = {}, .reasons = &reasons};
  LeftAt(location, candidates);
  return reasons;
}

void PolicyChain::LeftAt(LocationId location, Candidates& candidates) const {
  const auto order = ranking_.At(location);
  candidates.nodes.assign(order.begin(), order.end());
  for (size_t step = 0; step < policy_.steps.size(); ++step) Apply(step, location, candidates);
}

void PolicyChain::Apply(size_t index, LocationId location, Candidates& candidates) const {
  const SteeringStep& step = policy_.steps[index];
  switch (step.kind) {
    case Kind::kUp:
      return KeepUp(candidates);
    case Kind::kOnly:
      return KeepListed(index, candidates);
    case Kind::kGeo:
      return KeepGeo(location, candidates);
    case Kind::kFailover:
      KeepListed(index, candidates);
      std::stable_sort(
          candidates.nodes.begin(), candidates.nodes.end(),
          [&turns = turns_[index]](NodeIndex a, NodeIndex b) { return turns[a] < turns[b]; });
      return;
    case Kind::kLatency: {
      const auto rtt_ms = [&](NodeIndex node) { return ranking_.RttMs(location, node); };
      std::stable_sort(candidates.nodes.begin(), candidates.nodes.end(),
                       [&](NodeIndex a, NodeIndex b) { return rtt_ms(a) < rtt_ms(b); });
      if (step.high == 0 || candidates.nodes.empty()) return;
      const double limit_ms = rtt_ms(candidates.nodes[0]) + step.high;
      return candidates.KeepIf([&](NodeIndex node) { return rtt_ms(node) <= limit_ms; },
                               [&](NodeIndex node) {
                                 return fmt::format("latency: {:.1f} ms further",
                                                    rtt_ms(node) - limit_ms + step.high);
                               });
    }
    case Kind::kShed: {
      // Which locations a busy node loses is a matter of chance, but always the same ones first.
      const auto keeps = [&](NodeIndex node) {
        const double share = (nodes_[node].load - step.low) / (step.high - step.low);
        return Uniform(Mix64(node_hashes_[node] ^ Mix64(location))) > share;
      };
      // Shedding spreads load; it never leaves nobody.
      if (std::none_of(candidates.nodes.begin(), candidates.nodes.end(), keeps)) return;
      return candidates.KeepIf(keeps, [&](NodeIndex node) {
        return fmt::format("shed: load {:.2f}", nodes_[node].load);
      });
    }
    case Kind::kWeighted:
      return candidates.KeepIf([&](NodeIndex node) { return weights_[node] > 0; },
                               [](NodeIndex) { return "weight 0"; });
    case Kind::kFirst:
      if (!sticky_ && candidates.nodes.size() > step.count) {
        // Those cut off were good, only not needed: they get no reason.
        candidates.nodes.resize(step.count);
      }
      return;
  }
}

void PolicyChain::KeepUp(Candidates& candidates) const {
  int tier = 1;
  for (const NodeIndex node : candidates.nodes) tier = std::max(tier, ServingTier(nodes_[node]));
  candidates.KeepIf([&](NodeIndex node) { return ServingTier(nodes_[node]) == tier; },
                    [&](NodeIndex node) { return WhyNotReady(nodes_[node]); });
}

void PolicyChain::KeepListed(size_t step, Candidates& candidates) const {
  const std::string_view name = policy_.steps[step].kind == Kind::kOnly ? "only" : "failover";
  candidates.KeepIf([&](NodeIndex node) { return turns_[step][node] != kNotListed; },
                    [&](NodeIndex) { return fmt::format("{}: not one of these", name); });
}

void PolicyChain::KeepGeo(LocationId location, Candidates& candidates) const {
  const std::string_view country = geography_.CountryOf(location);
  if (country.empty()) return;
  const int continent = geography_.ContinentOf(country);
  const auto same_country = [&](NodeIndex node) { return nodes_[node].country == country; };
  const auto same_continent = [&](NodeIndex node) {
    return continent >= 0 && geography_.ContinentOf(nodes_[node].country) == continent;
  };
  const auto any = [&](const auto& test) {
    return std::any_of(candidates.nodes.begin(), candidates.nodes.end(), test);
  };
  if (any(same_country)) {
    candidates.KeepIf(same_country,
                      [&](NodeIndex) { return fmt::format("geo: not in {}", country); });
  } else if (any(same_continent)) {
    candidates.KeepIf(same_continent,
                      [&](NodeIndex) { return std::string("geo: on another continent"); });
  }
}

}  // namespace terrella::dns
