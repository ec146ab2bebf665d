// Limits of an HTTP/2 session: what a peer may make us keep or do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace terrella::http::h2 {

struct Limits {
  uint32_t streams_max = 128;  // open at once
  // Flow control: what a peer may send before we have handed it on.
  uint32_t stream_window_bytes = 256 * 1024;
  uint32_t connection_window_bytes = 4 << 20;
  size_t target_bytes_max = 16 * 1024;
  // Name, value and 32 a field, as RFC 9113 section 6.5.2 counts them.
  size_t header_bytes_max = 128 * 1024;
  size_t header_count_max = 256;
  size_t trailer_bytes_max = 8 * 1024;
  // CONTINUATION frames of one header block.
  size_t continuations_max = 9;
  // Streams the peer may reset (CVE-2023-44487), or make us reset (CVE-2025-8671), and frames that
  // carry nothing (PING, SETTINGS, PRIORITY, empty DATA): so many at once, then so many a second.
  uint32_t resets_burst = 500;
  uint32_t resets_per_s = 100;
  uint32_t idle_frames_burst = 1000;
  uint32_t idle_frames_per_s = 200;
  size_t settings_max = 32;       // entries of one frame
  size_t unsent_acks_max = 1000;  // SETTINGS and PING answers that the peer does not take
};

}  // namespace terrella::http::h2
