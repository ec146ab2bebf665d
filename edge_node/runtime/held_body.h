// Bodies out of memory that stays the worker's: its array buffers are read where they are, without
// a copy, and a string is paid for as long as somebody has to read it. So a worker cannot fill the
// node's memory with answers that nobody takes.
//
// Thread: the isolate's; the body may outlive the isolate.
#pragma once

#include <v8.h>

#include <memory>
#include <span>
#include <string>

#include "edge_node/runtime/buffer_allocator.h"
#include "http/message/body.h"

namespace terrella::runtime {

// Nobody writes to the buffers any more.
std::unique_ptr<http::BodySource> HoldBuffers(std::shared_ptr<BufferAllocator> allocator,
                                              std::span<const v8::Local<v8::Value>> views);
// Null when the worker has no memory left for it.
std::unique_ptr<http::BodySource> HoldText(std::shared_ptr<BufferAllocator> allocator,
                                           std::string text);

}  // namespace terrella::runtime
