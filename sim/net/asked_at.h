// AskedAt: when a simulated client began to connect, as its driver tells the ingress.
//
// On loopback a connection stands some tenths of a millisecond after it was asked for: the driver's
// timer, two system calls, two processes that wake up. Over the modelled distance it would not
// stand for a round trip at least, so an ingress that counts the handshake from the moment of the
// asking hides all of that behind it. Driver and ingress share the machine's monotonic clock.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace terrella::net {

// The type of the PROXY v2 TLV (in the range for custom use) that holds the moment: nanoseconds of
// CLOCK_MONOTONIC, eight bytes, the most significant first.
constexpr uint8_t kAskedAtTlv = 0xe6;

inline std::string AskedAtText(MonotonicTime asked_at) {
  const auto ns = static_cast<uint64_t>(asked_at.time_since_epoch().count());
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(ns >> shift & 0xff);
  return out;
}

// None when the text is no such moment.
inline std::optional<MonotonicTime> ParseAskedAt(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  uint64_t ns = 0;
  for (const char c : text) ns = ns << 8 | static_cast<uint8_t>(c);
  if (ns > INT64_MAX) return std::nullopt;
  return MonotonicTime(Duration(static_cast<int64_t>(ns)));
}

}  // namespace terrella::net
