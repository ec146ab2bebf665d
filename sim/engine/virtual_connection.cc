#include "sim/engine/virtual_connection.h"

#include "base/check.h"

namespace terrella::sim {
namespace {

constexpr MonotonicTime kStart{};

LineOptions UpOptions(const PathSettings& settings, const Path& path, Duration begin) {
  LineOptions out = LineOptionsOf(settings, path, Direction::kToSite);
  out.ready_at = kStart + begin + FromMs(path.handshake_ms);
  return out;
}

}  // namespace

VirtualConnection::VirtualConnection(const PathSettings& settings, const Path& path, uint16_t pop,
                                     Duration begin)
    : pop_(pop),
      up_jitter_(settings, path, Direction::kToSite),
      down_jitter_(settings, path, Direction::kToClient),
      up_(UpOptions(settings, path, begin)),
      down_(LineOptionsOf(settings, path, Direction::kToClient)) {}

void VirtualConnection::Request(Duration now, size_t bytes_each, std::span<Duration> arrives) {
  size_t sent_bytes = 0, whole = 0;
  while (whole < arrives.size()) {
    const size_t left_bytes = arrives.size() * bytes_each - sent_bytes;
    const LineTiming::Piece piece = up_.Take(kStart + now, left_bytes, up_jitter_);
    sent_bytes += piece.bytes;
    for (; whole < arrives.size() && (whole + 1) * bytes_each <= sent_bytes; ++whole) {
      arrives[whole] = piece.due - kStart;
    }
  }
}

Duration VirtualConnection::Answer(Duration now, size_t bytes) {
  CHECK(bytes > 0);
  LineTiming::Piece piece;
  for (size_t left = bytes; left > 0; left -= piece.bytes) {
    piece = down_.Take(kStart + now, left, down_jitter_);
  }
  return piece.due - kStart;
}

}  // namespace terrella::sim
