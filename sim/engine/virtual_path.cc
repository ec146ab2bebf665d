#include "sim/engine/virtual_path.h"

#include "sim/ingress/line_timing.h"
#include "sim/net/handshake.h"

namespace terrella::sim {
namespace {

constexpr MonotonicTime kStart{};

}  // namespace

Path PathTo(const VirtualWorld& world, size_t city, const Beliefs::Route& route,
            const Distance& distance, const net::LastMile& mile, Duration begin, uint64_t flow) {
  const double bare_ms = route.path_ms ? *route.path_ms : distance.rtt_ms;
  Path out{.mile = mile,
           .rtt_ms = bare_ms + mile.rtt_ms + mile.queue_ms,
           .deviation_ms = distance.deviation_ms,
           .flow = flow};
  if (!world.troubles.none()) world.troubles.Suffer(city, route.pop, begin, out);
  return out;
}

Duration RequestArrives(const PathSettings& settings, const Path& path, Duration begin) {
  WayJitter draw_jitter(settings, path, Direction::kToSite);
  const Duration ready = begin + FromMs(path.handshake_ms);
  if (path.mile.loss.share == 0) return ready + FromMs(path.rtt_ms) / 2 + draw_jitter();
  LineOptions line = LineOptionsOf(settings, path, Direction::kToSite);
  line.ready_at = kStart + ready;
  return LineTiming(line).Take(kStart + begin, kRequestBytes, draw_jitter).due - kStart;
}

Duration AnswerArrives(const PathSettings& settings, const Path& path, Duration answered,
                       size_t bytes) {
  WayJitter draw_jitter(settings, path, Direction::kToClient);
  // What leaves at once and does not get lost needs no window.
  if (bytes <= net::kInitialWindowBytes && path.mile.loss.share == 0) {
    return answered + FromMs(path.rtt_ms) / 2 + draw_jitter();
  }
  LineTiming down(LineOptionsOf(settings, path, Direction::kToClient));
  LineTiming::Piece piece;
  for (size_t left = bytes; left > 0; left -= piece.bytes) {
    piece = down.Take(kStart + answered, left, draw_jitter);
  }
  return piece.due - kStart;
}

}  // namespace terrella::sim
