// Channel: the end of a WebSocket over a connection, after the opening handshake (RFC 6455 sections
// 5 to 7). Frames are wslay's business; limits, deadlines and back-pressure are ours.
//
// Pings are answered; a connection that was silent for `ping_after` is pinged, and given up when it
// stays silent. A message over the limit closes with 1009, a broken frame with 1002, bad UTF-8 with
// 1007. Compression is not offered.
//
// Thread: the loop's. Owns: the stream.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "base/byte_stream.h"
#include "base/event_loop.h"
#include "http/message/message_channel.h"
#include "http/ws/frames.h"

namespace terrella::http::ws {

struct Limits {
  size_t message_bytes_max = 32 << 20;  // received
  size_t write_queue_bytes_high = 256 * 1024;
  // What may wait for a peer that takes nothing; beyond, the connection is given up.
  size_t write_queue_bytes_max = 32 << 20;
  Duration ping_after = std::chrono::seconds(30);
  Duration pong_deadline = std::chrono::seconds(20);
  Duration close_deadline = std::chrono::seconds(5);  // from our close to the peer's
};

// `unread`: bytes of the stream that were received already.
std::unique_ptr<MessageChannel> MakeChannel(EventLoop& loop, std::unique_ptr<ByteStream> stream,
                                            std::string_view unread, Role role,
                                            const Limits& limits = {});

}  // namespace terrella::http::ws
