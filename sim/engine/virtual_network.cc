#include "sim/engine/virtual_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "base/status.h"

namespace terrella::sim {
namespace {

constexpr size_t kPopsMax = 4096;

std::vector<uint16_t> NumberHosts(const Scenario& scenario, size_t* count) {
  std::vector<std::string> hosts;
  std::vector<uint16_t> out;
  for (const RequestKind& kind : scenario.requests) {
    auto found = std::find(hosts.begin(), hosts.end(), kind.host);
    if (found == hosts.end()) found = hosts.insert(found, kind.host);
    out.push_back(static_cast<uint16_t>(found - hosts.begin()));
  }
  *count = hosts.size();
  return out;
}

bool UsesAnycast(const Scenario& scenario) {
  const auto& steering = scenario.clients.steering;
  return std::find(steering.begin(), steering.end(), Steering::kAnycast) != steering.end();
}

std::vector<Duration> Merged(const std::vector<Duration>& a, const std::vector<Duration>& b) {
  std::vector<Duration> out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

int ThreadsOf(const EngineOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

absl::Status CheckOptions(const Scenario& scenario, const EngineOptions& options) {
  if (options.pops.empty() || options.pops.size() > kPopsMax) {
    return InvalidArgument("expected 1 to {} PoPs, got {}", kPopsMax, options.pops.size());
  }
  if (options.services.empty()) return InvalidArgument("expected the workers' service profiles");
  for (const std::vector<ServiceProfile>& services : options.services) {
    if (services.size() != scenario.requests.size()) {
      return InvalidArgument("expected a service profile for each of {} kinds of request, got {}",
                             scenario.requests.size(), services.size());
    }
    for (const ServiceProfile& service : services) {
      if (service.service_ms.empty()) return InvalidArgument("a service profile has no times");
    }
  }
  return absl::OkStatus();
}

void SortPops(EngineOptions& options) {
  std::sort(options.pops.begin(), options.pops.end(),
            [](const net::PopSite& a, const net::PopSite& b) { return a.iata < b.iata; });
}

VirtualNetwork::VirtualNetwork(const Scenario& scenario, const EngineWorld& world,
                               const EngineOptions& options)
    : engine_world_(world),
      host_of_kind_(NumberHosts(scenario, &hosts_)),
      pool_(ThreadsOf(options)),
      audience_(scenario, world, options, pool_),
      history_(scenario, options.pops, options.times),
      releases_(scenario, options, history_),
      beliefs_(audience_, world, options, UsesAnycast(scenario)),
      troubles_(scenario, world, options, audience_, pool_),
      origin_ways_(scenario, world, options),
      kv_(scenario, world, options),
      catalogue_(scenario),
      belief_cuts_(Beliefs::Cuts(history_, options.times)),
      cuts_(Merged(belief_cuts_, releases_.Cuts())),
      world_{scenario,  options,      audience_, history_,   releases_,     beliefs_,
             troubles_, origin_ways_, kv_,       catalogue_, host_of_kind_, hosts_} {}

void VirtualNetwork::AdvanceTo(size_t cut, ServingNodes* nodes) {
  const Duration now = cuts_[cut];
  if (std::binary_search(belief_cuts_.begin(), belief_cuts_.end(), now)) {
    beliefs_.Advance(MomentAt(now), now);
  }
  if (!releases_.has_rollouts()) return;
  releases_.Advance(now, cut + 1 < cuts_.size() ? cuts_[cut + 1] : History::kNever, *nodes);
}

const Moment& VirtualNetwork::MomentAt(Duration at) const {
  const auto moments = history_.moments();
  const auto next = std::upper_bound(moments.begin(), moments.end(), at,
                                     [](Duration time, const Moment& m) { return time < m.at; });
  return *std::prev(next);
}

Results VirtualNetwork::NoResults(Duration stopped_at) const {
  Results results(engine_world_.places);
  for (const net::PopSite& pop : world_.options.pops) results.PopIndex(pop.iata);
  for (size_t version = 0; version < releases_.versions(); ++version) {
    results.VersionIndex(version == 0 ? "as deployed first"
                                      : fmt::format("after deploy {}", version));
  }
  for (const EventRecord& event : releases_.Events()) {
    if (event.at < stopped_at) results.AddEvent(event);
  }
  return results;
}

}  // namespace terrella::sim
