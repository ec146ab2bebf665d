// The client's end of a WebSocket, once a worker or an object has answered with the other one.
//
// Thread: the shard's loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "http/message/message.h"
#include "http/message/message_channel.h"
#include "http/server/server.h"

namespace terrella::edge {

// Answers 101 with `head` (RFC 6455 section 4.2.2) and gives the channel over the connection. Null,
// and nothing was answered, when the client did not ask for one: `key`, what it sent, is empty
// then.
std::unique_ptr<http::MessageChannel> SwitchToSocket(EventLoop& loop, http::Exchange& exchange,
                                                     http::ResponseHead head, std::string_view key);

}  // namespace terrella::edge
