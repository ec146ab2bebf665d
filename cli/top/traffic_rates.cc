#include "cli/top/traffic_rates.h"

#include <algorithm>
#include <utility>

namespace terrella::cli {
namespace {

using Counts = google::protobuf::RepeatedPtrField<v1::TrafficCount>;
using Items = google::protobuf::RepeatedPtrField<v1::FrequentItem>;

TrafficRates::Rates Difference(const Counts& before, const Counts& now, double seconds) {
  TrafficRates::Rates out;
  for (const v1::TrafficCount& count : now) out[count.what()] += static_cast<double>(count.count());
  for (const v1::TrafficCount& count : before) {
    out[count.what()] -= static_cast<double>(count.count());
  }
  for (auto& [what, rate] : out) rate = std::max(rate, 0.0) / seconds;
  return out;
}

void Take(std::map<std::string, TrafficRates::Item>& to, const Items& items) {
  for (const v1::FrequentItem& item : items) to[item.what()] = {item.per_s(), item.per_s_error()};
}

void AddRates(TrafficRates::Rates& to, const TrafficRates::Rates& from) {
  for (const auto& [what, rate] : from) to[what] += rate;
}

void AddItems(std::map<std::string, TrafficRates::Item>& to,
              const std::map<std::string, TrafficRates::Item>& from) {
  for (const auto& [what, item] : from) {
    to[what].per_s += item.per_s;
    to[what].per_s_error += item.per_s_error;
  }
}

template <class Value, class Greater>
std::vector<std::pair<std::string, Value>> Sorted(const std::map<std::string, Value>& values,
                                                  Greater greater) {
  std::vector<std::pair<std::string, Value>> out(values.begin(), values.end());
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return greater(a.second, b.second); });
  return out;
}

}  // namespace

TrafficRates RatesBetween(const v1::GetTrafficResponse& before_in,
                          const v1::GetTrafficResponse& now) {
  const bool restarted = now.uptime_s() < before_in.uptime_s();
  const v1::GetTrafficResponse before = restarted ? v1::GetTrafficResponse() : before_in;
  const double seconds = std::max(now.uptime_s() - before.uptime_s(), 1e-3);
  const auto rate = [seconds](uint64_t from, uint64_t to) {
    return to < from ? 0 : static_cast<double>(to - from) / seconds;
  };
  TrafficRates out;
  out.routers = {now.instance()};
  out.zone = now.zone();
  out.view_serial = now.view_serial();
  out.queries_per_s = rate(before.queries(), now.queries());
  out.answers_per_s = rate(before.answers(), now.answers());
  out.truncated_per_s = rate(before.truncated(), now.truncated());
  out.with_subnet_per_s = rate(before.with_subnet(), now.with_subnet());
  out.slipped_per_s = rate(before.slipped(), now.slipped());
  out.transports = Difference(before.transports(), now.transports(), seconds);
  out.rcodes = Difference(before.rcodes(), now.rcodes(), seconds);
  out.types = Difference(before.types(), now.types(), seconds);
  out.drops = Difference(before.drops(), now.drops(), seconds);
  for (const v1::NodeTraffic& node : now.nodes()) {
    out.nodes[node.node()] = {node.state(), node.load(), static_cast<double>(node.answers())};
  }
  for (const v1::NodeTraffic& node : before.nodes()) {
    const auto it = out.nodes.find(node.node());
    if (it != out.nodes.end()) it->second.answers_per_s -= static_cast<double>(node.answers());
  }
  for (auto& [id, node] : out.nodes)
    node.answers_per_s = std::max(node.answers_per_s, 0.0) / seconds;
  out.sampled_per_s = now.sampled_per_s();
  out.sampled_in_cells_per_s = now.sampled_in_cells_per_s();
  Take(out.names, now.names());
  Take(out.networks, now.networks());
  Take(out.cells, now.cells());
  return out;
}

void Add(TrafficRates& to, const TrafficRates& from) {
  const bool newer = to.routers.empty() || from.view_serial > to.view_serial;
  to.routers.insert(to.routers.end(), from.routers.begin(), from.routers.end());
  if (to.zone.empty()) to.zone = from.zone;
  to.view_serial = std::max(to.view_serial, from.view_serial);
  to.queries_per_s += from.queries_per_s;
  to.answers_per_s += from.answers_per_s;
  to.truncated_per_s += from.truncated_per_s;
  to.with_subnet_per_s += from.with_subnet_per_s;
  to.slipped_per_s += from.slipped_per_s;
  AddRates(to.transports, from.transports);
  AddRates(to.rcodes, from.rcodes);
  AddRates(to.types, from.types);
  AddRates(to.drops, from.drops);
  for (const auto& [id, node] : from.nodes) {
    const auto [it, added] = to.nodes.try_emplace(id, node);
    if (added) continue;
    const double answers_per_s = it->second.answers_per_s + node.answers_per_s;
    if (newer) it->second = node;
    it->second.answers_per_s = answers_per_s;
  }
  to.sampled_per_s += from.sampled_per_s;
  to.sampled_in_cells_per_s += from.sampled_in_cells_per_s;
  AddItems(to.names, from.names);
  AddItems(to.networks, from.networks);
  AddItems(to.cells, from.cells);
}

std::vector<std::pair<std::string, double>> Ranked(const TrafficRates::Rates& rates) {
  return Sorted(rates, [](double a, double b) { return a > b; });
}

std::vector<std::pair<std::string, TrafficRates::Item>> Ranked(
    const std::map<std::string, TrafficRates::Item>& items) {
  return Sorted(items, [](const TrafficRates::Item& a, const TrafficRates::Item& b) {
    return a.per_s - a.per_s_error > b.per_s - b.per_s_error;
  });
}

std::vector<std::pair<std::string, TrafficRates::Node>> Ranked(
    const std::map<std::string, TrafficRates::Node>& nodes) {
  return Sorted(nodes, [](const TrafficRates::Node& a, const TrafficRates::Node& b) {
    return a.answers_per_s > b.answers_per_s;
  });
}

}  // namespace terrella::cli
