// The opening handshake of RFC 6455 section 4, both sides.
//
// Thread: any; pure functions, save for the randomness of NewKey.
#pragma once

#include <string>
#include <string_view>

#include "http/message/message.h"

namespace terrella::http::ws {

// Section 4.2.1: whether the request asks for a WebSocket, and asks properly.
enum class Ask { kNo, kYes, kMalformed, kOtherVersion };
Ask AskOf(const RequestHead& request);
// Section 4.2.2 (5.4): the Sec-WebSocket-Accept to a Sec-WebSocket-Key.
std::string AcceptFor(std::string_view key);
// Section 4.1 (7): 16 random bytes in base64.
std::string NewKey();
// Section 4.1, last steps: why the response to `key` opens no WebSocket; "" when it does.
// `protocols`: the Sec-WebSocket-Protocol that was offered, or "".
std::string RefusalOf(const ResponseHead& response, std::string_view key,
                      std::string_view protocols);

}  // namespace terrella::http::ws
