#include "sim/engine/virtual_city.h"

#include <algorithm>
#include <utility>

#include "sim/engine/virtual_path.h"

namespace terrella::sim {
namespace {

constexpr Duration kIdle = std::chrono::seconds(30);  // as http::PoolLimits
constexpr uint64_t kKeptFlows = 0x6b657074;

}  // namespace

Failure VirtualCity::Begin(const Arrival& arrival, VirtualVisit* out) {
  if (speaks_http2_) {
    out->protocol = ProtocolOf(world_.scenario, arrival.city, arrival.client, arrival.population);
  }
  const bool kept = world_.scenario.clients.keep_alive;
  const uint32_t client = kept ? 0 : arrival.client;
  const uint64_t key = keys_.Of(client);
  // As the ingress names a connection; a kept one's name there is a number of its own.
  const uint64_t flow = kept ? Mix64(key ^ kKeptFlows) ^ Mix64(arrival.number)
                             : FlowKey(key, ClientPortOf(arrival.number));
  Beliefs::Route route;
  if (arrival.steering == Steering::kAnycast) {
    world_.beliefs.ByAnycast(index_, client, flow, arrival.due, &route);
    if (route.pop == kNoPop) return Failure::kStatus;
  }
  Audience::Person own;
  const Audience::Person& person =
      world_.audience.PersonAt(index_, client, key, route.network, own);
  Duration begin = arrival.due;
  if (arrival.steering == Steering::kDns) {
    if (world_.troubles.IsResolverOut(index_, arrival.due)) return Failure::kTimeout;
    const auto took = resolver_.LookUp(world_.host_of_kind[arrival.request], arrival.due,
                                       person.resolver_ms, ways_, &route.pop);
    if (!took) return Failure::kDns;
    begin += *took;
  }
  if (begin - arrival.due > world_.scenario.clients.timeout) return Failure::kTimeout;
  if (!world_.history.At(route.pop, begin).alive) return Failure::kConnect;
  out->pop = route.pop;
  Path path = PathTo(world_, index_, route, ways_.To(route.pop), person.mile, begin, flow);
  Send(arrival, begin, path, *out);
  return Failure::kNone;
}

bool VirtualCity::SpeaksHttp2(const VirtualWorld& world, size_t index) {
  const Scenario& scenario = world.scenario;
  const ProtocolMix& mix = scenario.populations.empty()
                               ? scenario.clients.protocols
                               : scenario.populations[world.audience.PopulationAt(index)].protocols;
  return mix.h2 > 0;
}

VirtualCity::Pool& VirtualCity::PoolOf(const VirtualVisit& visit, Duration now) {
  auto pool = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& candidate) {
    return candidate.pop == visit.pop && candidate.steering == visit.steering &&
           candidate.protocol == visit.protocol;
  });
  if (pool == pools_.end()) {
    pool = pools_.insert(
        pool, {.pop = visit.pop, .steering = visit.steering, .protocol = visit.protocol});
  }
  // Connections end with the process, or when nobody has used them for long.
  const uint16_t boots = world_.history.At(visit.pop, now).boots;
  if (std::exchange(pool->boots, boots) != boots) pool->connections.clear();
  std::erase_if(pool->connections, [&](const Kept& kept) { return kept.used_until + kIdle < now; });
  return *pool;
}

void VirtualCity::SendByKept(const Arrival& arrival, Duration begin, Path& path,
                             VirtualVisit& out) {
  const PathSettings& settings = world_.audience.settings();
  std::vector<Kept>& connections = PoolOf(out, begin).connections;
  const bool shared = out.protocol == Protocol::kHttp2;
  auto kept = connections.end();
  for (auto candidate = connections.begin(); candidate != connections.end(); ++candidate) {
    if (!shared && candidate->used_until > begin) continue;
    // The last to become free, as live.
    if (kept == connections.end() || candidate->used_until > kept->used_until) kept = candidate;
  }
  if (kept == connections.end()) {
    // One of HTTP/2 says whence it is and so has a name live; it is somebody's of the city.
    path.flow = shared ? FlowKey(keys_.Of(0), ClientPortOf(arrival.number))
                       : Mix64(path.flow) ^ Mix64(++kept_made_);
    DrawHandshake(settings, path);
    kept = connections.insert(
        kept, {.flow = path.flow,
               .lines = std::make_unique<VirtualConnection>(settings, path, out.pop, begin)});
  } else {
    path.handshake_ms = 0;
    path.flow = kept->flow;
  }
  out.kept = true;
  kept->lines->Request(begin, kRequestBytes, {&out.arrives, 1});
  const ServiceProfile& service = world_.options.ServiceOf(0, arrival.request);
  const double typical_ms = service.service_ms[service.service_ms.size() / 2] +
                            world_.origin_ways.TypicalMs(world_.scenario, arrival.request, out.pop);
  kept->used_until =
      kept->lines->Answer(out.arrives + FromMs(typical_ms), std::max(service.response_bytes, 1U));
}

void VirtualCity::Send(const Arrival& arrival, Duration begin, Path& path, VirtualVisit& out) {
  const PathSettings& settings = world_.audience.settings();
  out.steering = arrival.steering;
  if (world_.scenario.clients.keep_alive) {
    SendByKept(arrival, begin, path, out);
  } else {
    DrawHandshake(settings, path);
    out.arrives = RequestArrives(settings, path, begin);
  }
  out.number = arrival.number;
  out.due = arrival.due;
  out.dns_ms = static_cast<float>(ToMs(begin - arrival.due));
  out.connect_ms = static_cast<float>(path.handshake_ms);
  out.rtt_ms = path.rtt_ms;
  out.deviation_ms = path.deviation_ms;
  out.loss = path.mile.loss;
  out.flow = path.flow;
  out.city = arrival.city;
  out.client = arrival.client;
  out.kind = static_cast<uint16_t>(arrival.request);
  out.first_lost = path.first_lost;
}

}  // namespace terrella::sim
