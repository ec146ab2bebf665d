#include "edge_node/shard/client_socket.h"

#include <utility>

#include "http/ws/channel.h"
#include "http/ws/handshake.h"

namespace terrella::edge {

std::unique_ptr<http::MessageChannel> SwitchToSocket(EventLoop& loop, http::Exchange& exchange,
                                                     http::ResponseHead head,
                                                     std::string_view key) {
  if (key.empty()) return nullptr;
  head.headers.Set("sec-websocket-accept", http::ws::AcceptFor(key));
  std::string unread;
  std::unique_ptr<ByteStream> stream = exchange.SwitchProtocols(head, "websocket", &unread);
  if (stream == nullptr) return nullptr;
  return http::ws::MakeChannel(loop, std::move(stream), unread, http::ws::Role::kServer);
}

}  // namespace terrella::edge
