// WatchedBody: a body on its way out whose end JavaScript wants to hear of: the promise of pipeTo
// stays pending while native code moves the bytes.
//
// Thread: the isolate's. Owns: the inner source. Outlives, maybe, the request and the isolate that
// watch.
#pragma once

#include <cstdint>
#include <memory>

#include "http/message/body.h"

namespace terrella::runtime {

class IoContext;

// Tells the watcher (IoContext::TellWatcher) once, unless the request is over by then. Going away
// before the end counts as an error.
std::unique_ptr<http::BodySource> WatchBody(std::unique_ptr<http::BodySource> source, IoContext& io,
                                            uint32_t watcher);

}  // namespace terrella::runtime
