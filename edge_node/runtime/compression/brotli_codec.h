// The Brotli side of codec.h.
#pragma once

#include <memory>

#include "edge_node/runtime/compression/codec.h"

namespace terrella::runtime {

std::unique_ptr<Codec> MakeBrotliCompressor(const CodecOptions& options);
std::unique_ptr<Codec> MakeBrotliDecompressor();

}  // namespace terrella::runtime
