#include "sim/ingress/path.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/random.h"

namespace terrella::sim {
namespace {

// The random streams of a connection, beside those of the directions.
enum Stream : uint64_t { kHandshakeJitter = 0, kHandshakeLoss = 3, kLoss = 4 };

double HourUtc(const Clock& clock) {
  const auto since = clock.WallNow().time_since_epoch();
  const auto day = std::chrono::hours(24);
  return ToMs((since % day + day) % day) / 3'600'000;
}

net::LastMile MileOf(const PathSettings& settings, const Placement& placement, const Reach& reach) {
  const net::Country* country = settings.places.FindCountry(placement.client.country);
  return net::LastMileOf(MileOptionsOf(settings), placement.wish, placement.client,
                         country == nullptr ? 0 : country->internet_users_percent,
                         ClientKey(placement), reach.network);
}

// What is wrong on the way.
void Suffer(const PathSettings& settings, const Placement& placement, const net::Endpoint& client,
            const Site& site, Path& out) {
  const net::PopSite* pop = settings.places.pops().Find(site.pop);
  if (pop == nullptr) return;
  net::FaultedPath path{.rtt_ms = out.rtt_ms, .loss = out.mile.loss};
  net::ApplyFaults(settings.places, placement.wish.faults, placement.client.country, pop->country,
                   path, [&](const net::PathFault& cut) {
                     return net::DetourMs(settings.model, settings.places, cut, client,
                                          site.endpoint);
                   });
  out.rtt_ms = path.rtt_ms;
  out.mile.loss = path.loss;
}

}  // namespace

net::LastMileOptions MileOptionsOf(const PathSettings& settings) {
  net::LastMileOptions options = settings.last_mile;
  options.wired_rtt_ms = settings.model.options().last_mile_rtt_ms;
  if (settings.evening != nullptr && !options.hour_utc) {
    options.hour_utc = HourUtc(*settings.evening);
  }
  return options;
}

uint64_t ClientKey(const IpAddress& client) {
  uint64_t key = 0;
  const size_t count = client.is_v4() ? 4 : 16;
  for (size_t i = 0; i < count; ++i) key = Mix64(key ^ client.bytes()[i]);
  return key;
}

uint64_t ClientKey(const Placement& placement) {
  return ClientKey(placement.client_address.ip);
}

uint64_t FlowKey(uint64_t client_key, uint16_t client_port) {
  return Mix64(client_key) ^ client_port;
}

uint64_t FlowKey(const Placement& placement, uint64_t connection) {
  if (!placement.by_proxy) return connection;
  return FlowKey(ClientKey(placement), placement.client_address.port);
}

Path DrawPath(const PathSettings& settings, const Placement& placement, const Reach& reach,
              uint64_t connection) {
  const net::Endpoint& site = reach.site->endpoint;
  net::Endpoint client = settings.model.ClientAt(placement.client);
  Path out{.mile = MileOf(settings, placement, reach), .flow = FlowKey(placement, connection)};
  client.access_rtt_ms = out.mile.rtt_ms + out.mile.queue_ms;
  out.rtt_ms =
      reach.path_ms ? *reach.path_ms + client.access_rtt_ms : settings.model.RttMs(client, site);
  out.deviation_ms = net::LatencyModel::DeviationMs(client, site);
  if (!placement.wish.faults.empty()) Suffer(settings, placement, client, *reach.site, out);
  DrawHandshake(settings, out);
  return out;
}

void DrawHandshake(const PathSettings& settings, Path& path) {
  const int round_trips = net::HandshakeRoundTrips(settings.transport);
  path.handshake_ms = round_trips * path.rtt_ms;
  CounterRandom random(settings.seed, path.flow, kHandshakeJitter);
  for (int i = 0; settings.jitter && i < round_trips; ++i) {
    path.handshake_ms += net::LatencyModel::JitterMs(random, path.deviation_ms);
  }
  if (path.mile.loss.share == 0) return;
  net::LossRecovery recovery(settings.transport, FromMs(path.rtt_ms), path.mile.loss,
                             CounterRandom(settings.seed, path.flow, kHandshakeLoss));
  const net::LossRecovery::Handshake lost = recovery.DrawHandshake(round_trips);
  path.handshake_ms += ToMs(lost.late);
  path.first_lost = lost.first_lost;
}

LineOptions LineOptionsOf(const PathSettings& settings, const Path& path, Direction direction) {
  const auto stream = static_cast<uint64_t>(direction);
  LineOptions options{.rtt = FromMs(path.rtt_ms)};
  options.window.segment_bytes = net::SegmentBytes(settings.transport);
  options.window.loss_window_segments = net::LossWindowSegments(settings.transport);
  options.window.initial_bytes = path.first_lost && !net::IsQuic(settings.transport)
                                     ? options.window.segment_bytes
                                     : net::InitialWindowBytes(settings.transport);
  if (path.mile.loss.share > 0) {
    options.recovery.emplace(settings.transport, options.rtt, path.mile.loss,
                             CounterRandom(settings.seed, path.flow, kLoss + stream));
  }
  return options;
}

std::unique_ptr<DelayLine> MakeLine(const PathSettings& settings, const Path& path,
                                    Direction direction, MonotonicTime ready_at,
                                    size_t* held_in_all) {
  DelayLineOptions options{.line = LineOptionsOf(settings, path, direction),
                           .held_in_all = held_in_all};
  options.line.ready_at = ready_at;
  if (settings.jitter) options.draw_jitter = WayJitter(settings, path, direction);
  return std::make_unique<DelayLine>(std::move(options));
}

}  // namespace terrella::sim
