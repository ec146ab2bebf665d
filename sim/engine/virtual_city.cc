#include "sim/engine/virtual_city.h"

#include <algorithm>
#include <utility>

#include "sim/ingress/line_timing.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

constexpr MonotonicTime kStart{};
constexpr size_t kRequestBytes = 100;                 // one segment, whatever it says
constexpr Duration kIdle = std::chrono::seconds(30);  // as http::PoolLimits
constexpr uint64_t kKeptFlows = 0x6b657074;

}  // namespace

Failure VirtualCity::Begin(const Arrival& arrival, VirtualVisit* out) {
  const bool kept = world_.scenario.clients.keep_alive;
  const uint32_t client = kept ? 0 : arrival.client;
  const uint64_t key = KeyOf(client);
  // As the ingress names a connection; a kept one's name there is a number of its own.
  const uint64_t flow = kept ? Mix64(key ^ kKeptFlows) ^ Mix64(arrival.number)
                             : FlowKey(key, ClientPortOf(arrival.number));
  Beliefs::Route route;
  if (arrival.steering == Steering::kAnycast) {
    route = world_.beliefs.ByAnycast(index_, client, flow, arrival.due);
    if (route.pop == kNoPop) return Failure::kStatus;
  }
  const Audience::Person person = world_.audience.PersonAt(index_, client, key, route.network);
  Duration begin = arrival.due;
  if (arrival.steering == Steering::kDns) {
    const auto took = LookUp(arrival, person.resolver_ms, &route.pop);
    if (!took) return Failure::kDns;
    begin += *took;
  }
  if (begin - arrival.due > world_.scenario.clients.timeout) return Failure::kTimeout;
  if (!world_.history.At(route.pop, begin).alive) return Failure::kConnect;
  out->pop = route.pop;
  const Distance& distance = world_.audience.Between(index_, route.pop);
  Path path{
      .mile = person.mile,
      .rtt_ms = route.path_ms.value_or(distance.rtt_ms) + person.mile.rtt_ms + person.mile.queue_ms,
      .deviation_ms = distance.deviation_ms,
      .flow = flow};
  Send(arrival, begin, path, *out);
  return Failure::kNone;
}

uint64_t VirtualCity::KeyOf(uint32_t client) {
  if (keys_.empty()) {
    const net::CityId city = world_.audience.PlaceAt(index_).city;
    for (uint32_t i = 0; i < kClientsPerCity; ++i) {
      keys_.push_back(ClientKey(net::CityAddressV4(city, i)));
    }
  }
  return keys_[client];
}

std::optional<Duration> VirtualCity::LookUp(const Arrival& arrival, double resolver_ms,
                                            uint16_t* pop) {
  const uint16_t host = world_.host_of_kind[arrival.request];
  auto answer = std::find_if(answers_.begin(), answers_.end(),
                             [&](const Answer& candidate) { return candidate.host == host; });
  if (answer == answers_.end()) answer = answers_.insert(answer, {.host = host});
  if (answer->pop != kNoPop && arrival.due < answer->expires) {
    *pop = answer->pop;
    return FromMs(resolver_ms);
  }
  answer->pop = world_.beliefs.ByDns(index_);
  if (answer->pop == kNoPop) return std::nullopt;
  answer->expires = arrival.due + world_.options.times.dns_ttl;
  *pop = answer->pop;
  return FromMs(resolver_ms + world_.audience.Between(index_, *pop).behind_resolver_ms);
}

bool VirtualCity::TakeKept(const VirtualVisit& visit, Duration now, Duration until) {
  auto pool = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& candidate) {
    return candidate.pop == visit.pop && candidate.steering == visit.steering;
  });
  if (pool == pools_.end()) {
    pool = pools_.insert(pool, {.pop = visit.pop, .steering = visit.steering});
  }
  // Connections end with the process, or when nobody has used them for long.
  const uint16_t boots = world_.history.At(visit.pop, now).boots;
  if (std::exchange(pool->boots, boots) != boots) pool->free_at.clear();
  std::erase_if(pool->free_at, [&](Duration free_at) { return free_at + kIdle < now; });
  const auto free = std::find_if(pool->free_at.begin(), pool->free_at.end(),
                                 [&](Duration free_at) { return free_at <= now; });
  if (free != pool->free_at.end()) {
    *free = until;
    return true;
  }
  pool->free_at.push_back(until);
  return false;
}

void VirtualCity::Send(const Arrival& arrival, Duration begin, Path& path, VirtualVisit& out) {
  const PathSettings& settings = world_.audience.settings();
  out.steering = arrival.steering;
  DrawHandshake(settings, path);
  if (world_.scenario.clients.keep_alive) {
    const ServiceProfile& service = world_.options.ServiceOf(0, arrival.request);
    const Duration used =
        FromMs(path.handshake_ms + path.rtt_ms + service.service_ms[service.service_ms.size() / 2]);
    if (TakeKept(out, begin, begin + used)) {
      path.handshake_ms = 0;
      path.first_lost = false;
    }
  }
  WayJitter draw_jitter(settings, path, Direction::kToSite);
  const Duration ready = begin + FromMs(path.handshake_ms);
  if (path.mile.loss.share == 0) {
    out.arrives = ready + FromMs(path.rtt_ms) / 2 + draw_jitter();
  } else {
    LineOptions line = LineOptionsOf(settings, path, Direction::kToSite);
    line.ready_at = kStart + ready;
    out.arrives = LineTiming(line).Take(kStart + begin, kRequestBytes, draw_jitter).due - kStart;
  }
  out.number = arrival.number;
  out.due = arrival.due;
  out.rtt_ms = path.rtt_ms;
  out.deviation_ms = path.deviation_ms;
  out.loss = path.mile.loss;
  out.flow = path.flow;
  out.city = arrival.city;
  out.kind = static_cast<uint16_t>(arrival.request);
  out.first_lost = path.first_lost;
}

}  // namespace terrella::sim
