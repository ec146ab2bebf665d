#include "dns_router/policy/node_health.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace terrella::dns {

void NodeHealth::Hear(const TopologyView& view, MonotonicTime now) {
  std::set<std::string_view> present;
  for (const NodeFacts& facts : view.nodes) {
    present.insert(facts.id);
    auto found = nodes_.find(facts.id);
    if (found == nodes_.end()) found = nodes_.emplace(facts.id, Node(options_)).first;
    Node& node = found->second;
    const bool was_up = node.reported == NodeState::kReady;
    const bool is_out = facts.state == NodeState::kDown || facts.state == NodeState::kSyncing;
    if (was_up && is_out) node.damping.Fall(now);
    if (facts.state == NodeState::kDown && !first_) {
      node.probes = ProbeState(options_.probes);  // what it said before is over
      node.must_answer = options_.probing;
    }
    node.is_probed = options_.probing && facts.port != 0 && facts.state != NodeState::kDown;
    if (facts.port == 0) node.must_answer = false;  // nobody asks it
    // A router that starts finds nodes that have served for long.
    if (first_ && facts.state == NodeState::kReady) node.was_ready = true;
    node.reported = facts.state;
  }
  std::erase_if(nodes_, [&](const auto& entry) { return !present.contains(entry.first); });
  first_ = false;
}

bool NodeHealth::OnProbe(std::string_view id, MonotonicTime began, std::string why_not,
                         MonotonicTime now) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return false;
  Node& node = found->second;
  const ProbeState before = node.probes;
  const bool had_to_answer = node.must_answer;
  if (why_not.empty()) {
    node.answered = std::max(node.answered.value_or(began), began);
    node.probes.Good();
    if (node.probes.verdict() == ProbeState::Verdict::kUp) node.must_answer = false;
  } else {
    node.probes.Bad(began, OthersAnswered(node), std::move(why_not));
  }
  const bool fell = before.verdict() != node.probes.verdict() &&
                    node.probes.verdict() == ProbeState::Verdict::kDown;
  if (fell && node.reported == NodeState::kReady) node.damping.Fall(now);
  return before.verdict() != node.probes.verdict() || had_to_answer != node.must_answer ||
         before.bad_in_a_row() != node.probes.bad_in_a_row();
}

std::optional<MonotonicTime> NodeHealth::OthersAnswered(const Node& except) const {
  size_t others = 0;
  std::vector<MonotonicTime> answered;
  for (const auto& [id, node] : nodes_) {
    if (&node == &except || !node.is_probed) continue;
    ++others;
    if (node.answered) answered.push_back(*node.answered);
  }
  const size_t half = (others + 1) / 2;
  if (half == 0 || answered.size() < half) return std::nullopt;
  const auto nth = answered.begin() + static_cast<ptrdiff_t>(half - 1);
  std::nth_element(answered.begin(), nth, answered.end(), std::greater<>());
  return *nth;
}

void NodeHealth::CapDamping(MonotonicTime now) {
  std::vector<std::pair<double, Node*>> suppressed;
  for (auto& [id, node] : nodes_) {
    node.damping_counts = false;
    if (node.reported == NodeState::kReady && node.damping.IsSuppressed(now)) {
      suppressed.emplace_back(node.damping.PenaltyAt(now), &node);
    }
  }
  // All penalties halve alike, so that time alone does not change their order.
  std::stable_sort(suppressed.begin(), suppressed.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (suppressed.size() > nodes_.size() / 2) suppressed.resize(nodes_.size() / 2);
  for (const auto& [penalty, node] : suppressed) node->damping_counts = true;
}

void NodeHealth::Apply(TopologyView& view, MonotonicTime now) {
  due_.reset();
  CapDamping(now);
  for (NodeFacts& facts : view.nodes) {
    const auto found = nodes_.find(facts.id);
    if (found == nodes_.end()) continue;
    Node& node = found->second;
    facts.reported = node.reported;
    facts.health.clear();
    facts.state = Believe(facts, node, now);
    facts.warm_share = WarmShare(node, facts.state == NodeState::kReady, now);
    if (facts.warm_share < 1) {
      facts.health.push_back(
          fmt::format("warm-up: {:.0f} % of its clients", facts.warm_share * 100));
    }
    facts.ttl_s_max = TtlMax(node, facts.state, now);
  }
}

NodeState NodeHealth::Believe(NodeFacts& facts, Node& node, MonotonicTime now) {
  NodeState state = node.reported;
  const bool could = state == NodeState::kReady;
  if (const auto until = node.damping.suppressed_until(now)) {
    if (node.damping_counts) state = NodeState::kSyncing;
    Due(*until);
    const double out_s = std::chrono::duration<double>(*until - node.damping.last_fall()).count();
    facts.health.push_back(
        could && !node.damping_counts
            ? fmt::format("damping: fell {} times, but half of the nodes are kept out already",
                          node.damping.falls())
            : fmt::format("damping: fell {} times, kept out for {:.0f} s after the last",
                          node.damping.falls(), std::ceil(out_s)));
  }
  if (!options_.probing || node.reported == NodeState::kDown) return state;
  const bool is_down = node.probes.verdict() == ProbeState::Verdict::kDown;
  if (could && (is_down || node.must_answer)) state = NodeState::kSyncing;
  if (node.probes.bad_in_a_row() > 0) {
    facts.health.push_back(fmt::format(
        "probes: {}{} failed in a row: {}{}", node.probes.bad_in_a_row(), is_down ? " or more" : "",
        node.probes.why(), is_down ? "" : ", not counted as down yet"));
  } else if (is_down || node.must_answer) {
    facts.health.push_back("probes: waiting until enough are answered");
  } else if (node.probes.verdict() == ProbeState::Verdict::kUp) {
    facts.health.push_back("probes: answered");
  }
  return state;
}

// In steps, since every change is a snapshot.
double NodeHealth::WarmShare(Node& node, bool ready, MonotonicTime now) {
  if (!ready) {
    node.warm_since.reset();
  } else if (!node.was_ready && options_.warm_up > Duration::zero()) {
    node.warm_since = now;
  }
  node.was_ready = ready;
  if (!node.warm_since) return 1;
  const double part = std::chrono::duration<double>(now - *node.warm_since).count() /
                      std::chrono::duration<double>(options_.warm_up).count();
  const int step = static_cast<int>(part * options_.warm_up_steps);
  if (step >= options_.warm_up_steps) {
    node.warm_since.reset();
    return 1;
  }
  Due(*node.warm_since + options_.warm_up * (step + 1) / options_.warm_up_steps +
      std::chrono::milliseconds(1));
  return options_.warm_up_first + (1 - options_.warm_up_first) * step / options_.warm_up_steps;
}

uint32_t NodeHealth::TtlMax(const Node& node, NodeState believed, MonotonicTime now) {
  if (believed != NodeState::kReady) return options_.ttl_s_min;
  uint32_t ttl_s = UINT32_MAX;
  if (node.damping.falls() > 0 && now < node.damping.forgotten_at()) {
    ttl_s = options_.ttl_s_min;
    Due(node.damping.forgotten_at());
  }
  if (options_.probing && node.probes.bad_in_a_row() > 0) {
    const auto left = options_.probe_interval * node.probes.until_change();
    const auto left_s = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    ttl_s = std::min(ttl_s, std::max(static_cast<uint32_t>(left_s), options_.ttl_s_min));
  }
  return ttl_s;
}

}  // namespace terrella::dns
