#include "sim/engine/virtual_origins.h"

#include <algorithm>

#include "base/random.h"
#include "edge_node/distance/origin_distance.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kOriginStream = 0x6f726967696e;
constexpr Duration kIdle = std::chrono::seconds(30);  // as http::PoolLimits

}  // namespace

OriginWays::OriginWays(const Scenario& scenario, const EngineWorld& world,
                       const EngineOptions& options)
    : pops_(options.pops.size()) {
  for (const Origin& origin : scenario.origins) {
    const net::City& city = world.places->cities()[origin.at];
    // As a deploy tells nodes.
    const net::Endpoint there = world.latency->SiteAt(city.country, city.at);
    for (const net::PopSite& site : options.pops) {
      rtts_.push_back(FromMs(world.latency->RttMs(world.latency->SiteAt(site), there)));
    }
  }
}

double OriginWays::TypicalMs(const Scenario& scenario, size_t kind, size_t pop) const {
  double ms = 0;
  for (const size_t origin : scenario.requests[kind].origins) {
    ms += ToMs(Rtt(origin, pop)) + scenario.origins[origin].think_ms;
  }
  return ms;
}

VirtualOrigins::VirtualOrigins(const Scenario& scenario, const OriginWays& ways, size_t pop)
    : scenario_(scenario),
      ways_(ways),
      pop_(pop),
      free_at_(scenario.origins.size()),
      outages_(scenario.origins.size()) {
  for (size_t i = 0; i < outages_.size(); ++i) {
    for (const TimelineEvent& event : scenario.timeline) {
      if (event.action == TimelineEvent::Action::kOriginOutage &&
          event.target == scenario.origins[i].host) {
        outages_[i].push_back(event.at);
      }
    }
    std::sort(outages_[i].begin(), outages_[i].end());
  }
}

void VirtualOrigins::Forget() {
  for (auto& connections : free_at_) connections.clear();
}

VirtualOrigins::Outcome VirtualOrigins::Ask(size_t kind, uint64_t number, Duration begun) {
  Outcome out;
  const std::vector<size_t>& asked = scenario_.requests[kind].origins;
  if (asked.empty()) return out;
  CounterRandom random(scenario_.seed, kOriginStream, number);
  for (const size_t index : asked) {
    const Origin& origin = scenario_.origins[index];
    const Duration rtt = ways_.Rtt(index, pop_);
    // The model has the whole distance inside the node: the request is with the origin at once when
    // it leaves, and on a connection that is busy only as long as the origin thinks.
    const Duration leaves = begun + out.waited + rtt / 2;
    if (IsOriginOut(scenario_, origin.host, leaves)) {
      out.waited += rtt + edge::ExtraOfFailure(rtt);
      out.end = End::kRefused;
      return out;
    }
    const OriginThought thought = DrawThought(origin, random);
    const bool reused = TakeConnection(index, begun + rtt / 2, leaves, leaves + thought.think);
    out.waited += rtt + thought.think;
    if (!reused) out.waited += edge::ExtraOfNewConnection(rtt);
    if (thought.fails) {
      out.end = End::kError;
      return out;
    }
  }
  return out;
}

Duration VirtualOrigins::GoneBefore(size_t origin, Duration now) const {
  const std::vector<Duration>& outages = outages_[origin];
  const auto next = std::upper_bound(outages.begin(), outages.end(), now);
  return next == outages.begin() ? now - kIdle : std::max(now - kIdle, *std::prev(next));
}

bool VirtualOrigins::TakeConnection(size_t origin, Duration arrives, Duration leaves,
                                    Duration until) {
  std::vector<Duration>& free_at = free_at_[origin];
  std::erase_if(free_at,
                [gone = GoneBefore(origin, arrives)](Duration since) { return since < gone; });
  const auto free = std::find_if(free_at.begin(), free_at.end(),
                                 [leaves, gone = GoneBefore(origin, leaves)](Duration since) {
                                   return gone <= since && since <= leaves;
                                 });
  if (free != free_at.end()) {
    *free = until;
    return true;
  }
  free_at.push_back(until);
  return false;
}

const FailedService* FailureOf(const ServiceProfile& service, VirtualOrigins::End end) {
  const auto& failed = end == VirtualOrigins::End::kRefused ? service.on_refusal : service.on_error;
  return end == VirtualOrigins::End::kWell || !failed ? nullptr : &*failed;
}

}  // namespace terrella::sim
