// ClientBody: a request's body on its way into a worker, which remembers how it broke off.
//
// A worker that awaits a body hears of a client that is too slow, or breaks the coding, as an
// exception; most let it pass. The answer should then blame the client (408, 413, 400), and the
// script's errors should not grow: else anybody could make them.
//
// Thread: the shard's. Owns: the inner source; the record is shared with the flow, either may go
// first.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "http/message/body.h"

namespace terrella::edge {

// `error` becomes what the reader is told; OK until then.
std::unique_ptr<http::BodySource> WatchClientBody(std::unique_ptr<http::BodySource> source,
                                                  std::shared_ptr<absl::Status> error);

}  // namespace terrella::edge
