// StoreBody: a body whose bytes are an array buffer's, sent from where they lie.
//
// Thread: the isolate's. Shares: the backing store with JavaScript, which no longer writes to it.
// May outlive the isolate.
#pragma once

#include <v8.h>

#include <memory>

#include "edge_node/runtime/buffer_allocator.h"
#include "http/message/body.h"

namespace terrella::runtime {

// `allocator` is where the store's memory goes back to.
std::unique_ptr<http::BodySource> MakeStoreBody(v8::Local<v8::ArrayBufferView> bytes,
                                                std::shared_ptr<BufferAllocator> allocator);

}  // namespace terrella::runtime
