// TeeBody: one body for two readers, each at its own pace.
//
// The source is read as fast as the faster reader wants (Streams standard, tee); what the slower
// one has not taken yet is held for it, out of the worker's memory, and breaks its body beyond a
// limit. When one of the two goes, the other's bytes just pass through.
//
// Thread: the isolate's. Owned by the two sources together.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "edge_node/runtime/buffer_allocator.h"
#include "http/message/body.h"

namespace terrella::runtime {

std::pair<std::unique_ptr<http::BodySource>, std::unique_ptr<http::BodySource>> TeeBody(
    std::unique_ptr<http::BodySource> source, const std::shared_ptr<BufferAllocator>& allocator,
    size_t held_bytes_max);

}  // namespace terrella::runtime
