// Path: what one connection goes through on its way to a site: how long a round trip is, what the
// client's last mile adds to it, how long the handshake took, what gets lost.
//
// Drawn once, when the connection is placed; later draws (jitter, losses) come from streams that
// the path names, so the same connection of the same seed is always delayed the same. A connection
// that came with a PROXY header is known by its client's address and port, any other by its number.
//
// Thread: a value; it borrows the settings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "sim/ingress/catchment.h"
#include "sim/ingress/delay_line.h"
#include "sim/ingress/placer.h"
#include "sim/net/handshake.h"
#include "sim/net/last_mile.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"

namespace terrella::sim {

// What all paths of an ingress share; outlives them.
struct PathSettings {
  const net::LatencyModel& model;
  const net::Places& places;
  net::Transport transport = net::Transport::kTcp;
  net::LastMileOptions last_mile;  // its wired_rtt_ms is the model's
  const Clock* evening = nullptr;  // tells the hour of day; null: last_mile.hour_utc does
  bool jitter = true;
  uint64_t seed = 1;
};

// Where a connection ends.
struct Reach {
  const Site* site = nullptr;
  std::optional<double> path_ms;    // round trip without the last mile; none: the model's
  std::optional<uint64_t> network;  // the client's AS
};

struct Path {
  net::LastMile mile;
  double rtt_ms = 0;        // with the last mile and its queue
  double deviation_ms = 0;  // the scale of its jitter
  double handshake_ms = 0;  // until the first byte may leave
  bool first_lost = false;  // the first packet of all: the window begins small
  uint64_t flow = 0;        // names the connection's random numbers
};

// The client's and the connection's names in random streams.
uint64_t ClientKey(const IpAddress& client);
uint64_t ClientKey(const Placement& placement);
// Of one that came with a PROXY header.
uint64_t FlowKey(uint64_t client_key, uint16_t client_port);
uint64_t FlowKey(const Placement& placement, uint64_t connection);

// The last miles of an ingress' clients, at this time of day.
net::LastMileOptions MileOptionsOf(const PathSettings& settings);
Path DrawPath(const PathSettings& settings, const Placement& placement, const Reach& reach,
              uint64_t connection);

// What a handshake over a path with the given client, site, mile, round trip, deviation and flow
// takes.
void DrawHandshake(const PathSettings& settings, Path& path);

enum class Direction : uint64_t { kToSite = 1, kToClient = 2 };
// How bytes go in a direction, once the connection stands (`ready_at` is not set).
LineOptions LineOptionsOf(const PathSettings& settings, const Path& path, Direction direction);
// What a way takes on top, draw by draw: half of a round trip's jitter, or nothing at all.
class WayJitter {
 public:
  WayJitter(const PathSettings& settings, const Path& path, Direction direction)
      : drawn_(settings.jitter),
        deviation_ms_(path.deviation_ms),
        random_(settings.seed, path.flow, static_cast<uint64_t>(direction)) {}
  Duration operator()() {
    return drawn_ ? FromMs(net::LatencyModel::JitterMs(random_, deviation_ms_) / 2) : Duration(0);
  }

 private:
  bool drawn_;
  double deviation_ms_;
  CounterRandom random_;
};
std::unique_ptr<DelayLine> MakeLine(const PathSettings& settings, const Path& path,
                                    Direction direction, MonotonicTime ready_at,
                                    size_t* held_in_all);

}  // namespace terrella::sim
